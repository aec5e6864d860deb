"""When the rep marked that a price was mentioned."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class PriceTimes:
    """How far a mark reaches, in seconds (DESIGN section 3 and 5)."""

    before_seconds: float = 5.0
    after_seconds: float = 8.0
    one_seconds: float = 10.0
    flag_seconds: float = 30.0


class PriceMarks:
    """The marks of the last minute; a tap within 10 s of a mark repeats it."""

    def __init__(self, times: PriceTimes) -> None:
        self._times = times
        self._marks: list[float] = []

    def mark(self, timestamp: float) -> bool:
        """Note a mark; say whether it is a mention of its own."""
        if not isfinite(timestamp):
            return False
        if any(abs(timestamp - mark) <= self._times.one_seconds for mark in self._marks):
            return False
        self._marks.append(timestamp)
        return True

    def prune(self, timestamp: float) -> None:
        """Forget marks that reach no longer; called once a frame."""
        if self._marks and self._marks[0] < timestamp - 2.0 * self._times.flag_seconds:
            del self._marks[0]

    def around(self, timestamp: float) -> bool:
        """Say whether a mark covers this time: 5 s before it to 8 s after."""
        times = self._times
        return any(
            mark - times.before_seconds <= timestamp <= mark + times.after_seconds
            for mark in self._marks
        )

    def after(self, timestamp: float) -> bool:
        """Say whether this time lies within 30 s after a mark."""
        return any(0.0 <= timestamp - mark <= self._times.flag_seconds for mark in self._marks)

    def __bool__(self) -> bool:
        return bool(self._marks)

    def reset(self) -> None:
        """Forget all marks."""
        self._marks.clear()
