"""Say how many of this box's hints were called useful, once enough were judged to say anything."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

TAPS_NEEDED: Final = 50
"""Fewer judged hints say nothing yet: the interval would be wider than a quarter either way."""

_Z: Final = 1.959964
"""Two-sided 95 % of the normal distribution."""


@dataclass(frozen=True, slots=True)
class FieldPrecision:
    """The share of judged hints that were called useful, with its 95 % interval."""

    taps: int
    value: float
    low: float
    high: float


def field_precision(useful: int, not_useful: int) -> FieldPrecision | None:
    """Give the share and its interval (Wilson, 1927); None while fewer than fifty were judged."""
    taps = useful + not_useful
    if taps < TAPS_NEEDED:
        return None
    share, shrink = useful / taps, _Z * _Z / taps
    middle = (share + shrink / 2.0) / (1.0 + shrink)
    reach = _Z / (1.0 + shrink) * sqrt(share * (1.0 - share) / taps + shrink / (4.0 * taps))
    return FieldPrecision(taps, share, max(0.0, middle - reach), min(1.0, middle + reach))


def in_words(found: FieldPrecision | None) -> str:
    """Say it in a line."""
    if found is None:
        return f"unknown: fewer than {TAPS_NEEDED} hints of this box were judged by taps"
    share, low, high = (round(100.0 * one) for one in (found.value, found.low, found.high))
    return (
        f"{share} % ({low} to {high} %) of {found.taps} hints that were judged on this box were "
        "called useful; who taps is no random sample"
    )
