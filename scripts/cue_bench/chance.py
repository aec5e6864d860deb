"""How far a figure might be off by chance: counts, shares, rates and bootstraps."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, lgamma, log, nan, sqrt
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with the interval it lies in, and the number of cases behind it; nan: unknown."""

    value: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The median and the 5th and 95th percentile of `cases` values."""

    median: float
    low: float
    high: float
    cases: int


def spread(values: Sequence[float]) -> Spread:
    """Sum values up; all nan where there is none."""
    if not values:
        return Spread(nan, nan, nan, 0)
    low, median, high = np.percentile(values, [5, 50, 95])
    return Spread(float(median), float(low), float(high), len(values))


def poisson_at_most(count: int, mean: float) -> float:
    """Give the probability of at most `count` events where `mean` are expected."""
    if count < 0:
        return 0.0
    if mean <= 0.0:
        return 1.0
    terms = (k * log(mean) - mean - lgamma(k + 1.0) for k in range(count + 1))
    return min(sum(exp(term) for term in terms), 1.0)


def poisson_upper(count: int, share: float) -> float:
    """Give the upper end of the one-sided `share` interval for a Poisson mean (Garwood, exact).

    It is the mean at which `count` events or fewer would be seen with probability 1 - share.
    """
    low, high = 0.0, 10.0 + 3.0 * count + 10.0 * sqrt(count)
    while poisson_at_most(count, high) > 1.0 - share:
        high *= 2.0
    return _root(lambda mean: poisson_at_most(count, mean) > 1.0 - share, low, high)


def poisson_lower(count: int, share: float) -> float:
    """Give the lower end of the one-sided `share` interval for a Poisson mean; 0 for no event."""
    if count == 0:
        return 0.0
    return _root(lambda mean: 1.0 - poisson_at_most(count - 1, mean) < 1.0 - share, 0.0, count)


def rate(count: int, hours: float) -> Figure:
    """Give events an hour with the exact two-sided 95 % interval."""
    if hours <= 0.0:
        return Figure(nan, 0.0, inf, count)
    low, high = poisson_lower(count, 0.975), poisson_upper(count, 0.975)
    return Figure(count / hours, low / hours, high / hours, count)


def share_of(part: int, whole: int) -> Figure:
    """Give a share with Wilson's 95 % interval."""
    if whole == 0:
        return Figure(nan, 0.0, 1.0, 0)
    z, p = 1.959964, part / whole
    centre = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole))
    return Figure(p, max(centre - half, 0.0), min(centre + half, 1.0), whole)


class Resampling:
    """Draws clips with replacement, always the same draws for the same number of clips."""

    def __init__(self, clips: int, *, resamples: int, seed: int, share: float) -> None:
        dice = np.random.default_rng(seed)
        even = np.full(max(clips, 1), 1.0 / max(clips, 1))
        self._weights: Floats = dice.multinomial(clips, even, size=resamples).astype(np.float64)
        self._tails = (50.0 * (1.0 - share), 100.0 - 50.0 * (1.0 - share))

    def figure(self, counts: Floats, formula: Callable[[Floats], Floats], cases: int) -> Figure:
        """Give formula(sums) with its interval.

        `counts` (clips, K) are summed over clips; the formula maps (N, K) sums to (N,) values.
        Without any clip or case the figure is unknown.
        """
        if not len(counts) or not cases:
            return Figure(nan, nan, nan, cases)
        value = float(formula(counts.sum(axis=0, keepdims=True))[0])
        drawn = formula(self._weights @ counts)
        drawn = drawn[np.isfinite(drawn)]
        if not len(drawn):
            return Figure(value, nan, nan, cases)
        low, high = np.percentile(drawn, self._tails)
        return Figure(value, float(low), float(high), cases)


def f1(hits: Floats, false: Floats, missed: Floats) -> Floats:
    """Give 2 hits / (2 hits + false + missed) of each row; nan where there is nothing at all."""
    total = 2.0 * hits + false + missed
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = np.where(total > 0.0, 2.0 * hits / total, nan)
    return result


def part(some: Floats, rest: Floats) -> Floats:
    """Give some / (some + rest) of each row; nan where there is nothing at all."""
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = np.where(some + rest > 0.0, some / (some + rest), nan)
    return result


def _root(left_of: Callable[[float], bool], low: float, high: float) -> float:
    """Find where a test that holds from `low` on stops to hold, by halving."""
    for _ in range(100):
        middle = (low + high) / 2.0
        if left_of(middle):
            low = middle
        else:
            high = middle
    return high
