"""Compare a movement with what the rest of the face did meanwhile."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.baseline import POSES
from cuelight.read.channel import EXPRESSIVE
from cuelight.read.thresholds import EMOTION_THRESHOLDS
from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cuelight.read.channel import Floats
    from cuelight.read.thresholds import UnitThresholds

_BEFORE_SECONDS: Final = 0.6
_AFTER_SECONDS: Final = 0.1
_LONGEST_SECONDS: Final = 3.0
_KEEP_SECONDS: Final = 7.0  # a sustained movement is told after four
_ROOM: Final = 256  # frames at first: seven seconds at 30 a second, and as many to go on with
_BARE: Final = [name.rstrip("LR") for name in UNITS]


class Commotion:
    """Remembers all units for some seconds, to tell a cue from a face that is busy all over.

    A word, a bent head or a change of light moves many units at once, and a model that reads one of
    them a little too strongly makes a cue of it. How far a unit moved is counted from its least to
    its greatest value, as a multiple of the model card's enter threshold.
    """

    def __init__(self, units: Mapping[str, UnitThresholds]) -> None:
        rows = [units.get(name, EMOTION_THRESHOLDS) for name in UNITS]
        self.enter = np.array([row.enter for row in rows])
        self._live = np.array([row.live for row in rows])
        self._times = np.zeros(_ROOM)
        self._seen = np.zeros((_ROOM, len(EXPRESSIVE) + POSES))
        self._shown = np.zeros((_ROOM, len(UNITS)))
        self._first = self._end = 0  # of the rows in use
        self._masks: dict[frozenset[str], NDArray[np.bool_]] = {}

    def update(self, timestamp: float, observed: Floats, intensities: NDArray[np.float32]) -> None:
        """Take one frame's smoothed observations (37,), 24 units first, and intensities (24,)."""
        if self._end == len(self._times):
            self._make_room()
        end = self._end
        self._times[end], self._seen[end], self._shown[end] = timestamp, observed, intensities
        self._end += 1
        if self._times[self._first] < timestamp - _KEEP_SECONDS:
            self._first += 1

    def since(self, start: float) -> tuple[Floats, Floats, Floats]:
        """Give times (N,), observations (N, 37) and intensities (N, 24) from a time on.

        They are views, good until the next frame.
        """
        rows = self._rows(start)
        return self._times[rows], self._seen[rows], self._shown[rows]

    def share(self, onset: float, offset: float, own: frozenset[str], kin: frozenset[str]) -> float:
        """Say how far the rest of the face moved, on average, as a share of the cue's own units.

        Units without sides: `own` are the cue's, of which the widest counts; `kin` often go along
        and are left out. It is 0 where nothing is known.
        """
        start = onset - _BEFORE_SECONDS
        end = min(offset + _AFTER_SECONDS, onset + _LONGEST_SECONDS)
        rows = self._seen[self._rows(start, end), : len(UNITS)]
        mine, others = self._mask(own) & self._live, self._live & ~self._mask(own | kin)
        if not (len(rows) and mine.any() and others.any()):
            return 0.0
        ranges = np.ptp(rows, axis=0) / self.enter
        widest = float(ranges[mine].max())
        return float(ranges[others].mean()) / widest if widest > 0.0 else 0.0

    def lose(self) -> None:
        """Start anew: the face was lost for a moment."""
        self._first = self._end = 0

    def _rows(self, start: float, end: float = inf) -> slice:
        times = self._times[self._first : self._end]
        first, last = times.searchsorted(start), times.searchsorted(end, "right")
        return slice(self._first + int(first), self._first + int(last))

    def _make_room(self) -> None:
        """Move what is in use to the front; into twice the room, if it fills more than half."""
        rows = slice(self._first, self._end)
        count = self._end - self._first
        self._times, self._seen, self._shown = (
            _moved(kept, rows, 2 * len(kept) if 2 * count > len(kept) else len(kept))
            for kept in (self._times, self._seen, self._shown)
        )
        self._first, self._end = 0, count

    def _mask(self, names: frozenset[str]) -> NDArray[np.bool_]:
        if names not in self._masks:
            self._masks[names] = np.array([name in names for name in _BARE])
        return self._masks[names]


def _moved(kept: Floats, rows: slice, room: int) -> Floats:
    """Give an array of so much room that begins with some rows of another."""
    part = kept[rows]
    moved = np.zeros((room, *kept.shape[1:]))
    moved[: len(part)] = part
    return moved
