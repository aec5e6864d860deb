"""Take single keys from a terminal and draw on it, over ssh too."""

from __future__ import annotations

import os
import select
import shutil
import sys
import termios
import tty
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

_ARROWS: Final = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[C": "right",
    "\x1b[D": "left",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1bOC": "right",
    "\x1bOD": "left",
}

_NAMED: Final = {"\t": "tab", "\x03": "q", "\x04": "q"}


class Terminal:
    """A terminal without echo on its second screen, until closed; then everything is as before."""

    def __init__(self) -> None:
        self._in, self._out = sys.stdin.fileno(), sys.stdout
        self._before = termios.tcgetattr(self._in)
        self._waiting = ""

    @staticmethod
    def is_there() -> bool:
        """Say whether a person sits before this program."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        columns, rows = shutil.get_terminal_size()
        return columns, rows

    def keys(self) -> list[str]:
        """Take what was pressed since the last call, by name; never waits."""
        while select.select([self._in], [], [], 0)[0]:
            got = os.read(self._in, 256)
            if not got:  # it hung up
                return ["q"]
            self._waiting += got.decode(errors="replace")
        pressed = []
        while self._waiting:
            name = _ARROWS.get(self._waiting[:3])
            if name is None and self._waiting[:1] == "\x1b":
                self._waiting = ""  # some other key's sequence, of whatever length
                break
            one = 1 if name is None else 3
            pressed.append(name or _NAMED.get(self._waiting[0], self._waiting[0]))
            self._waiting = self._waiting[one:]
        return pressed

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines from the top, and nothing else."""
        columns, rows = self.size
        shown = [f"{line[:columns]}\x1b[K" for line in lines[: rows - 1]]
        self._out.write("\x1b[H" + "\r\n".join(shown) + "\x1b[J")
        self._out.flush()

    def close(self) -> None:
        """Give the terminal back as it was."""
        self._out.write("\x1b[?25h\x1b[?1049l")
        self._out.flush()
        termios.tcsetattr(self._in, termios.TCSADRAIN, self._before)

    def __enter__(self) -> Self:
        tty.setcbreak(self._in)
        self._out.write("\x1b[?1049h\x1b[?25l")
        self._out.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
