"""Refuse frames that no sound camera gives: of another size or kind, or from another time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.errors import CameraError

if TYPE_CHECKING:
    from cuelight.sense.records import Frame

_EARLY_SECONDS: Final = 1.0
"""A frame cannot be newer than now; two clocks may differ a little."""

_LATE_SECONDS: Final = 60.0
"""No buffer holds a frame for so long; one as old belongs to another clock."""


class Soundness:
    """Check one open camera's frames against the first of them and against the clock.

    A driver that loses its way repeats itself, gives the bytes of another mode, or stamps a frame
    with nonsense; what the reader would make of that is worse than a camera that is opened again.
    """

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None
        self._last: float | None = None

    def check(self, frame: Frame, *, now: float) -> None:
        """Raise CameraError unless the frame can be read; `now` (s) is the frames' own clock."""
        image, timestamp = frame.image, frame.timestamp
        if image.dtype != np.uint8 or image.ndim != 2 or not image.size:
            raise _error(f"gave {image.dtype} of the shape {image.shape} instead of a grey picture")
        shape = self._shape or image.shape
        if image.shape != shape:
            raise _error(f"changed its pictures from {_size(shape)} to {_size(image.shape)} pixels")
        self._shape = shape
        if not now - _LATE_SECONDS <= timestamp <= now + _EARLY_SECONDS:  # nor is NaN in between
            raise _error(f"gave a frame whose time lies {timestamp - now:+.0f} s from now")
        if self._last is not None and timestamp <= self._last:
            raise _error("gave a frame that is no newer than the one before")
        self._last = timestamp


def _error(what: str) -> CameraError:
    return CameraError(f"The camera {what}; opening it again. Check its cable if this comes often.")


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
