"""Tell when the lens is covered, or the room dark: a picture in which nothing can be made out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from cuelight.sense.records import Frame, Luma

_LOOK_SECONDS: Final = 1.0
"""A look costs about a millisecond, and what is told takes many of them."""

_ENTER_SECONDS: Final = 30.0
"""So long nothing may show before it is told: longer than a hand, a coat or a catalogue is held
before the lens, so that what is told is a closed shutter or the light put out, not a movement."""

_LEAVE_SECONDS: Final = 5.0
"""So long something must show before that is taken back: one flash or headlamp does not."""

_GAP_SECONDS: Final = 5.0
"""After a gap in the frames (a pause, a fault) the times above begin anew."""

_ROWS, _COLUMNS = 12, 16
"""The picture is looked at as so many even blocks, whose means hide the noise of a dark picture."""

_EDGES: Final = 98.0
_STEP: Final = 8.0
"""Nothing shows where 98 % of neighbouring blocks differ by less than 8 of 255 levels. Shutters,
caps, tape and a hand leave a picture without edges, black or bright: the noise of a dark picture
makes 3 levels, and a single lamp in a dark room fewer than 2 % of edges. The sample clips and films
make 31 levels and more, with and without people: a room has corners, ceiling lamps and furniture,
so whoever sits down changes nothing in what is told."""


class Covered:
    """Says whether the lens is covered, slowly enough that it tells of the box and not of people.

    `update` looks at one frame a second; between `_ENTER_SECONDS` and `_LEAVE_SECONDS` of the same
    answer without a break it keeps what it said before, so it does not flap.
    """

    def __init__(self) -> None:
        self._looked: float | None = None
        self._since = 0.0
        self._seen = False
        self.now = False

    def update(self, frame: Frame) -> bool:
        """Take a frame; returns whether the lens counts as covered."""
        if self._looked is not None and 0 <= frame.timestamp - self._looked < _LOOK_SECONDS:
            return self.now
        blank = _is_blank(frame.image)
        broken = self._looked is None or not (
            0 <= frame.timestamp - self._looked <= _GAP_SECONDS and blank == self._seen
        )
        if broken:
            self._since = frame.timestamp
        self._looked, self._seen = frame.timestamp, blank
        if blank != self.now:
            wanted = _ENTER_SECONDS if blank else _LEAVE_SECONDS
            if frame.timestamp - self._since >= wanted:
                self.now = blank
        return self.now


def _is_blank(image: Luma) -> bool:
    rows = max(1, image.shape[0] // _ROWS)
    columns = max(1, image.shape[1] // _COLUMNS)
    high, wide = image.shape[0] // rows, image.shape[1] // columns
    # down first, along whole rows of memory; a block's sum is a whole number that float32 can hold
    stripes = image[: high * rows, : wide * columns].reshape(high, rows, wide * columns)
    sums = stripes.sum(axis=1, dtype=np.float32).reshape(high, wide, columns).sum(axis=2)
    means = sums / np.float32(rows * columns)
    steps = [np.abs(np.diff(means, axis=axis)).ravel() for axis in (0, 1)]
    return float(np.percentile(np.concatenate(steps), _EDGES)) < _STEP
