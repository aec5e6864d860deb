"""Judge whether one side of a face moved alone, against this face's own asymmetry."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from cuelight.read.channel import Floats
    from cuelight.read.movement import Movement

_PAIRS: Final = tuple(UNITS.index(name) for name in ("AU12L", "AU12R", "AU14L", "AU14R"))
_COLUMN: Final = {
    ("AU12", "left"): 0,
    ("AU12", "right"): 1,
    ("AU14", "left"): 2,
    ("AU14", "right"): 3,
}

_MOST_SHARE: Final = 2.0


@dataclass(frozen=True, slots=True)
class SideLimits:
    """When a side moved alone.

    The moving side must rise `ratio` times as far as the other, and must itself have fallen to
    `fallen` of its peak when the movement ends (else the other side has only caught up); where
    weights judge how one-sided it is, `weighed_ratio` times is enough. Raising the ratios finds
    fewer one-sided smiles. A face's own lopsidedness is learned from both-sided smiles with
    `learn_seconds` of them, up to `most` of the sum on one side.
    """

    ratio: float = 2.0
    fallen: float = 0.75
    weighed_ratio: float = 1.0
    margin_seconds: float = 0.5
    keep_seconds: float = 6.0
    least: float = 0.35
    learn_seconds: float = 3.0
    most: float = 0.62


class Sides:
    """Keeps the last seconds of AU12 and AU14 on both sides, and how lopsided this face smiles."""

    def __init__(self, limits: SideLimits) -> None:
        self._limits = limits
        self._past: deque[tuple[float, float, float, float, float]] = deque()
        self._left_part = [0.5, 0.5]

    def update(self, timestamp: float, rises: Floats, elapsed: float) -> None:
        """Take one frame's rises above neutral (31,)."""
        a, b, c, d = (float(rises[index]) for index in _PAIRS)
        self._past.append((timestamp, a, b, c, d))
        if self._past[0][0] < timestamp - self._limits.keep_seconds:
            self._past.popleft()
        self._learn(0, a, b, elapsed)
        self._learn(1, c, d, elapsed)

    def balance(self, rises: Floats) -> Floats:
        """Give rises with this face's own lopsidedness taken out of the pairs."""
        result = rises.copy()
        for pair, part in enumerate(self._left_part):
            result[_PAIRS[2 * pair]] *= 0.5 / part
            result[_PAIRS[2 * pair + 1]] *= 0.5 / (1.0 - part)
        return result

    def excuse(self, movement: Movement, now: float, *, weighed: bool = False) -> str:
        """Say why a movement is not one-sided, or nothing if it is; `weighed`: or if it may be."""
        limits, seen = self._limits, self._compare(movement, now)
        ratio = limits.weighed_ratio if weighed else limits.ratio
        if seen is None:
            return "the face was not seen long enough"
        peak, mate, last = seen
        if mate * ratio > peak:
            return f"the other side moved too ({mate:.2f} against {peak:.2f})"
        if not weighed and movement.returned and last > limits.fallen * peak:
            return "the other side caught up"
        return ""

    def shares(self, movement: Movement, now: float) -> tuple[float, float]:
        """Give how far the other side rose, and its own in the end, as parts of its own rise.

        Both 0 for a movement without sides, and where the face was not seen long enough.
        """
        if (movement.unit, movement.side) not in _COLUMN:
            return 0.0, 0.0
        seen = self._compare(movement, now)
        if seen is None or seen[0] <= 0.0:
            return 0.0, 0.0
        peak, mate, last = seen
        return min(mate / peak, _MOST_SHARE), min(max(last / peak, 0.0), 1.0)

    def _compare(self, movement: Movement, now: float) -> tuple[float, float, float] | None:
        """Give the greatest rise of a movement's own side and of the other, and its own in the end.

        All with this face's own lopsidedness taken out; None where too little was seen.
        """
        limits, column = self._limits, _COLUMN[movement.unit, movement.side]
        part = self._left_part[column // 2]
        share = part if column % 2 == 0 else 1.0 - part
        start = movement.onset - limits.margin_seconds
        # The filter makes `now` lie after the movement's end; what follows the end counts too.
        rows = np.array([row for row in self._past if start <= row[0] <= now])
        if not len(rows):
            return None
        own = rows[:, 1 + column] * 0.5 / share
        other = rows[:, 1 + (column ^ 1)] * 0.5 / (1.0 - share)
        return float(own.max()), max(float(other.max()), 0.0), float(own[-1])

    def _learn(self, pair: int, left: float, right: float, elapsed: float) -> None:
        limits = self._limits
        low, high = (left, right) if left < right else (right, left)
        if low < limits.least or high > low * limits.most / (1.0 - limits.most):
            return
        gain = min(elapsed / limits.learn_seconds, 1.0)
        self._left_part[pair] += gain * (left / (left + right) - self._left_part[pair])
