"""Compare a movement with what the rest of the face did meanwhile."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

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
        self._past: deque[tuple[float, Floats, NDArray[np.float32]]] = deque()
        self._masks: dict[frozenset[str], NDArray[np.bool_]] = {}

    def update(self, timestamp: float, observed: Floats, intensities: NDArray[np.float32]) -> None:
        """Take one frame's smoothed observations, the 24 units first, and the units' intensities.

        Neither may change any more.
        """
        self._past.append((timestamp, observed, intensities))
        if self._past[0][0] < timestamp - _KEEP_SECONDS:
            self._past.popleft()

    def since(self, start: float) -> tuple[Floats, Floats, Floats]:
        """Give times (N,), observations (N, 37) and intensities (N, 24) from a time on."""
        times, seen, shown = zip(*(row for row in self._past if row[0] >= start), strict=True)
        return np.array(times), np.array(seen), np.array(shown, np.float64)

    def share(self, onset: float, offset: float, own: frozenset[str], kin: frozenset[str]) -> float:
        """Say how far the rest of the face moved, on average, as a share of the cue's own units.

        Units without sides: `own` are the cue's, of which the widest counts; `kin` often go along
        and are left out. It is 0 where nothing is known.
        """
        start = onset - _BEFORE_SECONDS
        end = min(offset + _AFTER_SECONDS, onset + _LONGEST_SECONDS)
        rows = [seen[: len(UNITS)] for at, seen, _ in self._past if start <= at <= end]
        mine, others = self._mask(own) & self._live, self._live & ~self._mask(own | kin)
        if not (rows and mine.any() and others.any()):
            return 0.0
        ranges = np.ptp(np.array(rows), axis=0) / self.enter
        widest = float(ranges[mine].max())
        return float(ranges[others].mean()) / widest if widest > 0.0 else 0.0

    def lose(self) -> None:
        """Start anew: the face was lost for a moment."""
        self._past.clear()

    def _mask(self, names: frozenset[str]) -> NDArray[np.bool_]:
        if names not in self._masks:
            self._masks[names] = np.array([name in names for name in _BARE])
        return self._masks[names]
