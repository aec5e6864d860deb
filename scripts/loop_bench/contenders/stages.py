"""Runs in emulation: the loop over a scene, with a mark (os.getppid) at the end of every stage.

    scripts/count-instructions --program stages.py GREY.npy PICTURE_FPS RATE FRAMES

Answers with the marks' names, one after the other; the plugin writes what each of them counted.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, NoReturn

from protocol import Pictures, answer

from cuelight.compose import build_sensing
from cuelight.loop import Loop
from cuelight.sense.records import Frame
from cuelight.settings import Settings

if TYPE_CHECKING:
    from cuelight.sensing import Seen

_marks: list[str] = []


def mark(name: str) -> None:
    """Have the instructions up to here counted."""
    _marks.append(name)
    os.getppid()


class Table:
    """A camera that ends after so many pictures."""

    skipped = 0

    def __init__(self, pictures: Pictures, frames: int) -> None:
        self._pictures = pictures
        self._frames = frames
        self.number = 0
        self.time = 1000.0

    def read(self) -> Frame:
        """Give the next picture, between two marks of its own."""
        mark("loop")
        if self.number == self._frames:
            raise EOFError
        picture, seconds = self._pictures.at(self.number)
        self.number += 1
        self.time = 1000.0 + seconds
        frame = Frame(picture, self.time)
        mark("camera")
        return frame

    def close(self) -> None:
        """Nothing is open."""


def main(path: str, picture_fps: str, rate: str, frames: str) -> None:
    """Run the loop, its edges left out: no lamp, no broker."""
    table = Table(Pictures(path, picture_fps=float(picture_fps), rate=float(rate)), int(frames))
    faces: list[int] = []

    def see(seen: Seen) -> None:
        faces.append(len(seen.expressions))

    def give_up(reason: str) -> NoReturn:
        raise SystemExit(reason)

    Loop(
        sensing=build_sensing(Settings(), lap=mark),
        open_camera=lambda: table,
        camera_lamp=nullcontext,
        presses=tuple,
        tell=lambda _event: None,
        report=lambda _status: None,
        progress=lambda: None,
        now=lambda: table.time,
        wait=lambda _seconds: None,
        stopping=lambda: False,
        give_up=give_up,
        see=see,
        camera_fps=float(rate),
    ).run()
    answer({"marks": _marks, "faces": faces})


if __name__ == "__main__":
    main(*sys.argv[1:])
