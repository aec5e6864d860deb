"""Keep the alert budget's memory on disk, so that a restart gives nobody a second allowance."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class LedgerFile:
    """One small JSON file, replaced as a whole.

    `write` is quick and survives the death of this process at any point, so it goes before the lamp
    is lit; `sync` makes it survive a power cut and may take tens of milliseconds, so it goes after.
    `boot` names the boot that the times belong to (they are seconds since boot).
    """

    def __init__(self, path: Path, *, boot: str | None = None) -> None:
        self._path = path
        self._boot = boot if boot is not None else _this_boot()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write(self, kept: Mapping[str, Any]) -> None:
        """Replace what is kept. Raises OSError when the disk is full or read-only."""
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({"boot": self._boot, "kept": dict(kept)}), encoding="utf-8")
        fresh.replace(self._path)

    def sync(self) -> None:
        """Wait until what was written is on the disk. Raises OSError."""
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
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return dict(found["kept"]), found["boot"] == self._boot
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning(
                "the alert budget in %s cannot be read (%s); starting anew", self._path, error
            )
            return None


def _this_boot() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip()
