"""Compare two rates, and claim a difference only where neither chance nor false alarms explain it.

The interval of a difference comes from those of the two rates (Newcombe's hybrid, called MOVER:
Statistics in Medicine 17, 873-890, 1998). Where a page shows many comparisons side by side, each
is judged more strictly (Bonferroni), so that the whole page claims a false one in 5 % of cases at
most. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING, Final, Literal

from cuelight.view.rates import SHARE, rate_of

if TYPE_CHECKING:
    from cuelight.view.false_alarms import Floor
    from cuelight.view.rates import Gathered, Rate

Verdict = Literal["higher", "lower", "not shown", "withheld"]

NOT_SHOWN: Final = "no difference shown"


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the first rate is than the second, with its interval, and what to say."""

    value: float
    low: float
    high: float
    verdict: Verdict
    reason: str


WITHHELD: Final = Difference(0.0, 0.0, 0.0, "withheld", "a side of it is withheld")


def compare(first: Gathered, second: Gathered, *, floor: Floor, among: int = 1) -> Difference:
    """Compare two rates of the same kind; `among` is how many comparisons are shown together.

    It is claimed only where the interval leaves out zero, *and* the difference is larger than what
    false alarms alone are expected to count.
    """
    share = 1.0 - (1.0 - SHARE) / max(among, 1)
    one, other = rate_of(first, share=share), rate_of(second, share=share)
    if one is None or other is None:
        return WITHHELD
    value, low, high = _interval(one, other)
    if low <= 0.0 <= high:
        return Difference(value, low, high, "not shown", "chance explains it")
    if abs(value) <= floor.value:
        return Difference(value, low, high, "not shown", "false alarms explain it")
    return Difference(value, low, high, "higher" if value > 0.0 else "lower", "")


def compare_after_price(
    after: Gathered, whole: Gathered, *, floor: Floor, among: int = 1
) -> Difference:
    """Compare the half minutes after a price mention with whole visits.

    The second had far more time to show anything, so only a *higher* rate after the price says
    something; a lower one is what less time explains.
    """
    found = compare(after, whole, floor=floor, among=among)
    if found.verdict == "lower":
        less = "less time explains it"
        return Difference(found.value, found.low, found.high, "not shown", less)
    return found


def _interval(one: Rate, other: Rate) -> tuple[float, float, float]:
    value = one.value - other.value
    below = hypot(one.value - one.low, other.high - other.value)
    above = hypot(one.high - one.value, other.value - other.low)
    return value, value - below, value + above
