"""Keep the alert budget's memory on disk, so that a restart gives nobody a second allowance."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)

ALERTS: Final = "alerts.json"
"""The file's name in the store."""

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def quick_folder(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder in memory that outlives the service; None where the unit names none.

    RUNTIME_DIRECTORY alone would not do: systemd empties that one when the service stops, unless
    its unit says RuntimeDirectoryPreserve=yes.
    """
    name = environ.get("CUELIGHT_QUICK", "")
    return Path(name) if name else None


class LedgerFile:
    """One small JSON file, replaced as a whole.

    `write` is quick and survives the death of this process at any point, so it goes before the lamp
    is lit; `sync` makes it survive a power cut and may take tens of milliseconds, so it goes after.
    `boot` names the boot that the times belong to (they are seconds since boot).

    Where a slow card is busy, even a write that waits for no disk takes as long. With a `quick`
    folder, in memory and outliving the service, `write` goes there, and `settle` (or `sync`) brings
    it to the disk, after which that copy goes: while there is one, it is the newest. It leads by
    one `write`, and only once the disk has taken all before it from this process; any other goes to
    the disk itself, and fails where that does. So what a machine that goes down forgets is the last
    write at most, as it is without such a folder.
    """

    def __init__(self, path: Path, *, boot: str | None = None, quick: Path | None = None) -> None:
        self._path = path
        self._quick = None if quick is None else quick / path.name
        self._boot = boot if boot is not None else _this_boot()
        self._ahead: str | None = None
        self._may_lead = False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._quick is not None:
            self._ahead = self._newest()
            with suppress(OSError):  # then every write goes to the disk, and fails as this one did
                self.settle()

    def write(self, kept: Mapping[str, Any]) -> None:
        """Replace what is kept. Raises OSError when the disk is full or read-only."""
        text = json.dumps({"boot": self._boot, "kept": dict(kept)})
        if self._quick is not None and self._may_lead:
            with suppress(OSError):  # no room there, or no such folder any more
                _replace(self._quick, text)
                self._ahead, self._may_lead = text, False
                return
        self._put(text)

    def settle(self) -> None:
        """Bring to the disk what is in memory only, if anything. Raises OSError."""
        if self._ahead is not None:
            self._put(self._ahead)

    def sync(self) -> None:
        """Wait until what was written is on the disk. Raises OSError."""
        self.settle()
        for path, flags in ((self._path, os.O_RDONLY), (self._path.parent, os.O_DIRECTORY)):
            descriptor = os.open(path, flags)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def load(self) -> tuple[dict[str, Any], bool] | None:
        """Return what is kept and whether its clock is still running; None if there is nothing.

        A file that cannot be read is reported and treated as nothing.
        """
        newest = self._newest()
        if newest is None:
            return None
        found = json.loads(newest)
        return dict(found["kept"]), found["boot"] == self._boot

    def _newest(self) -> str | None:
        for path in (self._quick, self._path):
            if path is None:
                continue
            try:
                text = path.read_text(encoding="utf-8")
                found = json.loads(text)
                dict(found["kept"]), found["boot"]
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning(
                    "the alert budget in %s cannot be read (%s); starting anew", path, error
                )
            else:
                return text
        return None

    def _put(self, text: str) -> None:
        """Replace the file on the disk; what memory holds is old then, and goes."""
        self._may_lead = False
        _replace(self._path, text)
        if self._quick is not None:
            self._quick.unlink(missing_ok=True)
        self._ahead, self._may_lead = None, True


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _this_boot() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip()
