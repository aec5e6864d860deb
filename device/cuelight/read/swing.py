"""Find when something swings to and fro: a nodding head, a talking mouth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_NEAR: Final = 0.125  # of the least stroke: so near its furthest, a value has not left it yet


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


@dataclass(frozen=True, slots=True)
class BoutLimits(SwingLimits):
    """What counts as swinging that begins from rest.

    In the `rest_seconds` before, the value moved by no more than the share `rest` of the mean
    stroke; the smallest stroke is at least the share `even` of the widest. Raising `rest` finds
    more swings; raising `rest_seconds` or `even` finds fewer.
    """

    even: float
    rest: float
    rest_seconds: float


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


class Bout(Swing):
    """Counts the strokes of a swing that begins from rest, the first of them too.

    A value at rest has no turning points, only noise and drift, whose highest or lowest point may
    lie seconds before the first stroke. So that stroke begins where the value was last near the
    furthest point of the time a stroke may take, and what takes longer ends the swing.
    """

    def __init__(self, limits: BoutLimits) -> None:
        super().__init__(limits)
        self._even, self._rest, self._rest_seconds = limits.even, limits.rest, limits.rest_seconds
        self._near = limits.least * _NEAR
        self._recent: deque[tuple[float, float]] = deque()  # since the last turning point
        self._past: deque[tuple[float, float]] = deque()

    def update(self, timestamp: float, value: float) -> bool:
        """Take one value; say whether a stroke has just become certain."""
        limits, recent, past = self._limits, self._recent, self._past
        recent.append((timestamp, value))
        past.append((timestamp, value))
        while recent[0][0] < timestamp - limits.stroke_seconds:
            recent.popleft()
        while past[0][0] < timestamp - limits.within_seconds - self._rest_seconds:
            past.popleft()
        if self._turns and self._turns[-1][0] < timestamp - limits.stroke_seconds:
            self._turns.clear()
            self._way = 0
        values = [each for _, each in recent]
        if self._way >= 0 and value <= max(values) - limits.least / 2:
            return self._leave(max(values), -1)
        if self._way <= 0 and value >= min(values) + limits.least / 2:
            return self._leave(min(values), 1)
        return False

    def span(self, timestamp: float) -> tuple[float, float, float] | None:
        """Give (start, end, mean stroke) of the swing under way at `timestamp`, or None."""
        found = super().span(timestamp)
        if found is None or self._past[0][0] > found[0] - self._rest_seconds:
            return None
        start, _, mean = found
        points = [value for _, value in self._turns]
        strokes = [abs(b - a) for a, b in pairwise(points)]
        if min(strokes) < self._even * max(strokes):
            return None
        before = [value for at, value in self._past if start - self._rest_seconds <= at <= start]
        return found if max(before) - min(before) <= self._rest * mean else None

    def reset(self) -> None:
        """Forget all that was seen."""
        super().reset()
        self._recent.clear()
        self._past.clear()

    def _leave(self, furthest: float, way: int) -> bool:
        """Take for the turning point where the value was last near its furthest."""
        recent = self._recent
        last = max(at for at, value in recent if abs(value - furthest) <= self._near)
        while recent[0][0] < last:
            recent.popleft()
        self._turns.append((last, furthest))
        self._way = way
        return True
