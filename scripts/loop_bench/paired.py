"""Sum up what was measured in pairs: means, percentiles, ratios, and how far they may be off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_DRAWS: Final = 2000


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and the 95 % interval it lies in."""

    value: float
    low: float
    high: float


def ratio(ours: Sequence[float], theirs: Sequence[float], *, seed: int = 0) -> Figure:
    """Give the ratio of two sums over the same rounds, with a bootstrap over rounds.

    Rounds are drawn in pairs, so whatever else the machine did in a round met both. Raises
    ValueError unless there is one of theirs for each of ours.
    """
    left, right = _array(ours), _array(theirs)
    if len(left) != len(right) or not len(left):
        raise ValueError(
            f"{len(left)} rounds of ours and {len(right)} of theirs; pairs are wanted."
        )
    drawn = _drawn(len(left), seed)
    spread = left[drawn].sum(axis=1) / right[drawn].sum(axis=1)
    return _figure(float(left.sum() / right.sum()), spread)


def mean(values: Sequence[float], *, seed: int = 0) -> Figure:
    """Give the mean over rounds, with a bootstrap over rounds."""
    given = _array(values)
    return _figure(float(given.mean()), given[_drawn(len(given), seed)].mean(axis=1))


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Give p50, p95 and p99."""
    p50, p95, p99 = np.percentile(_array(values), [50, 95, 99])
    return float(p50), float(p95), float(p99)


def _drawn(count: int, seed: int) -> Any:  # noqa: ANN401 - an array of places
    return np.random.default_rng(seed).integers(count, size=(_DRAWS, count))


def _figure(value: float, spread: Any) -> Figure:  # noqa: ANN401 - an array
    low, high = np.percentile(spread, [2.5, 97.5])
    return Figure(value, float(low), float(high))


def _array(values: Sequence[float]) -> Any:  # noqa: ANN401 - an array
    return np.asarray(values, np.float64)
