"""A camera that is none: another process gives pictures at pace, through a pipe, as a driver would.

A container has no v4l2loopback, so there is no /dev/video to open. All above that is the device's
own: `Webcam` with its thread, which always empties the queue, and OpenCV's conversion to grey.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from cuelight.sense.webcam import Webcam
from cuelight.settings import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loop_bench.scene import Scene

_GIVER: Final = Path(__file__).parent / "contenders" / "giver.py"


class Pipe:
    """OpenCV's module, except that its captures read a pipe."""

    def __init__(self, path: Path, *, width: int, height: int) -> None:
        self._path = path
        self._shape = (height, width, 3)
        self.stamp = 0.0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever OpenCV has
        return getattr(cv2, name)

    def VideoCapture(self, _index: int, _way: int) -> Pipe:  # noqa: N802 - OpenCV's name
        """Open the pipe; waits for the giver."""
        self._pipe = self._path.open("rb", buffering=0)
        return self

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Say whether it is open."""
        return not self._pipe.closed

    def set(self, _what: int, _value: float) -> bool:
        """Take no settings."""
        return False

    def get(self, what: int) -> float:
        """Give the size."""
        return float(self._shape[1 if what == cv2.CAP_PROP_FRAME_WIDTH else 0])

    def read(self) -> tuple[bool, Any]:
        """Wait for a picture; its sensor's time is in `stamp` then."""
        head = bytearray(8)
        image = np.empty(self._shape, np.uint8)
        if not (self._fill(memoryview(head)) and self._fill(memoryview(image).cast("B"))):
            return False, None
        self.stamp = struct.unpack("<d", head)[0]
        return True, image

    def release(self) -> None:
        """Close the pipe; the giver ends by that."""
        self._pipe.close()

    def _fill(self, room: memoryview) -> bool:
        while len(room):
            count = self._pipe.readinto(room)
            if not count:
                return False
            room = room[count:]
        return True


@contextmanager
def live_camera(scene: Scene, folder: Path, *, fps: float) -> Iterator[Callable[[], Webcam]]:
    """Give what opens a webcam that sees this scene, for as long as the block lasts."""
    path = folder / "camera"
    os.mkfifo(path)
    words = [sys.executable, str(_GIVER), str(path), str(scene.colour), str(scene.picture_fps)]
    giver = subprocess.Popen([*words, str(fps)])
    try:
        pipe = Pipe(path, width=scene.width, height=scene.height)
        settings = CameraSettings(source="v4l2", width=scene.width, height=scene.height, fps=fps)
        yield lambda: Webcam(settings, cv2=pipe, now=lambda: pipe.stamp)
    finally:
        giver.kill()
        giver.wait()
        path.unlink()
