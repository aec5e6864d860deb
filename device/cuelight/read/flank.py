"""Measure the flanks of a movement: when it rose, when it fell, and how long its feet are."""

from __future__ import annotations

from itertools import takewhile
from math import acos, pi
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    Point = tuple[float, float]

_HIGH: Final = 0.8
"""The part of its peak up to which a flank is measured, from the leave threshold on."""

LONGEST_FOOT_SECONDS: Final = 0.25
"""A foot is no longer; what wavers about the threshold for longer before is no part of it."""


def last_rise(latest_first: Iterable[Point], *, start: float, apex: float, level: float) -> float:
    """Give when a movement last rose past the level at which it counts as over.

    What wavered about its threshold for a while before is no part of it. Points are (time, value);
    where none at or below the level was seen between `start` and `apex` it is `start`.
    """
    later: Point | None = None
    for point in latest_first:
        timestamp, value = point
        if timestamp > apex:
            continue
        if timestamp < start:
            break
        if value <= level:
            return start if later is None else _passes(point, later, level)
        later = point
    return start


def feet(
    latest_first: Iterable[Point],
    *,
    start: float,
    end: float,
    peak: float,
    leave: float,
    tail: float,
    wavered: bool,
) -> Point:
    """Give how long a movement lay below the leave threshold before `start` and after `end`.

    A weak movement crosses the threshold late and early; its flanks are taken for raised cosines,
    through that crossing and `_HIGH` of the peak. `tail` is the part of its peak at which it
    counted as over, and where it `wavered` before, as begun.
    """
    since = takewhile(lambda row: row[0] >= start, latest_first)
    rows = [row for row in since if row[0] <= end][::-1]
    high = [row for row, (_, value) in enumerate(rows) if value >= _HIGH * peak]
    if not high or not high[0] or high[-1] == len(rows) - 1:
        return 0.0, 0.0
    up = _passes(rows[high[0] - 1], rows[high[0]], _HIGH * peak)
    down = _passes(rows[high[-1]], rows[high[-1] + 1], _HIGH * peak)
    crossed = min(leave / peak, 0.5)
    late = _phase(max(crossed, tail))
    low = late if wavered else _phase(crossed)
    first = (up - start) * low / (_phase(_HIGH) - low)
    second = (end - down) * late / (_phase(_HIGH) - late)
    return min(first, LONGEST_FOOT_SECONDS), min(second, LONGEST_FOOT_SECONDS)


def fallen(before: Point, now: Point, level: float) -> float:
    """Give the time between two (time, value) points at which a level was reached from above."""
    (start, high), (end, low) = before, now
    if high <= low:
        return end
    return start + min(max((high - level) / (high - low), 0.0), 1.0) * (end - start)


def _passes(before: Point, after: Point, level: float) -> float:
    """Give the time at which a line through two (time, value) points passes a level."""
    (start, low), (end, high) = before, after
    return start + (end - start) * (level - low) / (high - low)


def _phase(part: float) -> float:
    """Give how much of its time (0 to 1) a raised cosine takes to rise to a part of its height."""
    return acos(1.0 - 2.0 * part) / pi
