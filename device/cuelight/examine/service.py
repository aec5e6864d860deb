"""Find the process that holds this box's camera or pins, so that nobody takes them from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.examine.unit import Unit

DEVICES: Final = ("gpiochip*", "gpiomem*", "mem", "video*", "media*")
"""What below /dev leads to the pins and the camera."""

HOLDERS: Final = frozenset({"run", "watch", "test-signal", "identify"})
"""The commands that open pins or camera."""


@dataclass(frozen=True, slots=True)
class Service:
    """A cuelight process that holds camera or pins; `status` is what it told systemd, if asked."""

    pid: int
    command: str
    status: str = ""

    def __str__(self) -> str:
        """Name it as `ps` would."""
        return f"cuelight {self.command} (process {self.pid})"


def find_service(
    *,
    proc: Path = Path("/proc"),
    dev: Path = Path("/dev"),
    devices: Sequence[str] = DEVICES,
    unit: Unit | None = None,
) -> Service | None:
    """Return the running cuelight that holds the box, or None.

    That is systemd's `unit` while it is active, else a process called cuelight that has one of the
    `devices` open. A process whose open files are hidden from this user counts as holding them: a
    pin taken from under a running box would put its camera lamp out.
    """
    if unit is not None and unit.runs:
        return Service(unit.pid, "run", unit.status)
    held = {os.path.realpath(path) for pattern in devices for path in dev.glob(pattern)}
    for folder in proc.glob("[0-9]*"):
        command = _command(folder)
        if command in HOLDERS and int(folder.name) != os.getpid() and _holds(folder, held):
            return Service(int(folder.name), command)
    return None


def _command(folder: Path) -> str:
    """Return the cuelight command that a process runs ("" for another program)."""
    try:
        words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:  # it ended meanwhile
        return ""
    at = next((n for n, word in enumerate(words) if Path(word).name == "cuelight"), None)
    if at is None:
        return ""
    return next((word for word in words[at + 1 :] if word and not word.startswith("-")), "")


def _holds(folder: Path, held: set[str]) -> bool:
    try:
        opened = list((folder / "fd").iterdir())
    except PermissionError:
        return bool(held)
    except OSError:
        return False
    return any(_target(link) in held for link in opened)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
