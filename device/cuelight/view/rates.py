"""Estimate how often visits show something, from cells that gathered until they were safe.

**Why not n / visits.** A cell is released at a window's end once it holds `k` visits, of which
`floor` did and `floor` did not show it (DESIGN section 5). It is sampled until enough have shown
it, not for a fixed number of visits: inverse sampling. One release's n / visits is then too near
to one half; and where few visits show a thing, only the lucky gathers are ever released, while
the others stay open, or are dropped after 28 days: a rate from released cells alone is too high.

**The estimator.** A stopping rule that looks at the visits only leaves the likelihood of a release
as it is: p^n (1 - p)^(visits - n), however long it gathered. So releases are pooled: n and visits
are summed first (the mean of single releases' rates is the biased one). What was *not* released
counts as well: a gather over M visits is unreleased exactly if it is short of one of the floors,
fewer than `floor` shown or fewer than `floor` not, since both only grow. Its likelihood is
P(Bin(M, p) < floor) + P(M - Bin(M, p) < floor). M is the `visits` published meanwhile:
those are published whenever `k` have come, just when the rule is asked for the other cells.

With Jeffreys' prior (flat in the arcsine of the root of p) the product is the posterior: its
median is the estimate, its quantiles the interval. `tests/test_view_rates.py` measures bias and
coverage on the device's own gatherer. It takes visits for independent and the rate for one; where
tables or days differ the interval is somewhat too narrow. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import lgamma, pi
from typing import TYPE_CHECKING, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats: TypeAlias = NDArray[np.float64]

SHARE: Final = 0.95
"""How often an interval covers the true rate."""

_POINTS: Final = 801
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Gathered:
    """Sums over releases of one cell: `n` of `visits` showed it, in `releases` releases.

    `open_visits` are those in `open_gathers` gathers that were not released (open still, or
    dropped); `floor` is what they fell short of, and `k` the fewest visits of a release.
    """

    n: int = 0
    visits: int = 0
    releases: int = 0
    open_gathers: int = 0
    open_visits: int = 0
    k: int = 5
    floor: int = 3

    def __post_init__(self) -> None:
        counts = (self.visits - self.n, self.n, self.releases, self.open_gathers, self.open_visits)
        if min(counts) < 0:
            raise ValueError(f"{self} holds a count below 0, or more than all visits")

    def __add__(self, other: Self) -> Gathered:
        return Gathered(
            self.n + other.n,
            self.visits + other.visits,
            self.releases + other.releases,
            self.open_gathers + other.open_gathers,
            self.open_visits + other.open_visits,
            max(self.k, other.k),
            max(self.floor, other.floor),
        )


def pooled(sums: Iterable[Gathered]) -> Gathered:
    """Add up sums of one cell: of several devices, sites or days."""
    return sum(sums, Gathered(k=0, floor=0))


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of visits with the interval it lies in, 0 to 1; `visits` are those behind it."""

    value: float
    low: float
    high: float
    n: int
    visits: int


def rate_of(gathered: Gathered, *, share: float = SHARE) -> Rate | None:
    """Estimate a rate with its interval; None where nothing was released: that is withheld.

    What is unreleased sharpens a rate, and never makes one: a cell of which nothing was released
    is not to be guessed at.
    """
    if gathered.releases == 0 or gathered.visits == 0:
        return None
    low, value, high = _quantiles(gathered, (1.0 - share) / 2.0)
    return Rate(value, low, high, gathered.n, gathered.visits)


@lru_cache(maxsize=65536)
def _quantiles(gathered: Gathered, tail: float) -> tuple[float, float, float]:
    """Give the quantiles at `tail`, one half and 1 - `tail` of the posterior."""
    left, right = 0.0, pi / 2.0
    for _ in range(3):  # each pass looks closer at where the posterior lives
        theta = np.linspace(left, right, _POINTS)
        density = _posterior(gathered, np.sin(theta) ** 2)
        alive = np.flatnonzero(density > 1e-9 * density.max())
        left, right = theta[max(alive[0] - 1, 0)], theta[min(alive[-1] + 1, _POINTS - 1)]
    steps = (density[1:] + density[:-1]) / 2.0
    below = np.concatenate(([0.0], np.cumsum(steps)))
    found = np.interp((tail, 0.5, 1.0 - tail), below / below[-1], theta)
    low, value, high = (float(np.sin(one) ** 2) for one in found)
    return low, value, high


def _posterior(gathered: Gathered, p: Floats) -> Floats:
    """Give the posterior at each `p`, up to a factor; the prior is flat in the arcsine."""
    log_p, log_q = np.log(np.maximum(p, _TINY)), np.log(np.maximum(1.0 - p, _TINY))
    log = gathered.n * log_p + (gathered.visits - gathered.n) * log_q
    if gathered.open_gathers:
        each = round(gathered.open_visits / gathered.open_gathers)
        if each >= max(gathered.k, 2 * gathered.floor):  # fewer are unreleased whatever the rate
            log += gathered.open_gathers * np.log(
                np.maximum(_is_short(each, gathered.floor, log_p, log_q), _TINY)
            )
    scaled: Floats = np.exp(log - log.max())
    return scaled


def _is_short(visits: int, floor: int, log_p: Floats, log_q: Floats) -> Floats:
    """Give the probability that fewer than `floor` of `visits` did show it, or did not."""
    total = np.zeros_like(log_p)
    for few in range(floor):
        total += _binomial(few, visits, log_p, log_q) + _binomial(few, visits, log_q, log_p)
    return total


def _binomial(shown: int, visits: int, log_p: Floats, log_q: Floats) -> Floats:
    ways = lgamma(visits + 1.0) - lgamma(shown + 1.0) - lgamma(visits - shown + 1.0)
    terms: Floats = np.exp(ways + shown * log_p + (visits - shown) * log_q)
    return terms
