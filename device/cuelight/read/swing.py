"""Find when something swings to and fro: a nodding head, a talking mouth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SwingLimits:
    """What counts as swinging: `least` is the smallest stroke, in the unit of what is watched.

    A stroke may take `stroke_seconds`; `strokes` of them within `within_seconds` are a swing.
    Raising `least` or `strokes` finds fewer swings.
    """

    least: float
    strokes: int
    stroke_seconds: float
    within_seconds: float


class Swing:
    """Counts strokes: runs from one turning point to the next that are long and quick enough."""

    def __init__(self, limits: SwingLimits) -> None:
        self._limits = limits
        self._turns: deque[tuple[float, float]] = deque(maxlen=limits.strokes + 1)
        self._low = self._high = (0.0, 0.0)
        self._way = 0
        self._begun = False

    def update(self, timestamp: float, value: float) -> bool:
        """Take one value; say whether a stroke has just become certain."""
        here = (timestamp, value)
        if not self._begun:
            self._begun, self._low, self._high = True, here, here
            return False
        if value > self._high[1]:
            self._high = here
        if value < self._low[1]:
            self._low = here
        least = self._limits.least
        # A turning point is certain once half a stroke has been made back from it.
        if self._way >= 0 and value <= self._high[1] - least / 2:
            return self._turn(self._high, -1, here)
        if self._way <= 0 and value >= self._low[1] + least / 2:
            return self._turn(self._low, 1, here)
        return False

    def span(self, timestamp: float) -> tuple[float, float, float] | None:
        """Give (start, end, mean stroke) of the swing under way at `timestamp`, or None."""
        limits, turns = self._limits, self._turns
        if len(turns) <= limits.strokes or timestamp - turns[0][0] > limits.within_seconds:
            return None
        total = 0.0
        for (start, a), (end, b) in zip(turns, list(turns)[1:], strict=False):
            if end - start > limits.stroke_seconds or abs(b - a) < limits.least:
                return None
            total += abs(b - a)
        return turns[0][0], turns[-1][0], total / limits.strokes

    def reset(self) -> None:
        """Forget all turning points."""
        self._turns.clear()
        self._way, self._begun = 0, False

    def _turn(self, point: tuple[float, float], way: int, here: tuple[float, float]) -> bool:
        self._turns.append(point)
        self._way = way
        self._low = self._high = here
        if way < 0:
            self._high = point
            self._low = here
        else:
            self._low = point
            self._high = here
        return True
