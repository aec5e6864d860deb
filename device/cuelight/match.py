"""Match found intervals to true ones, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Interval: TypeAlias = tuple[float, float]


def overlap(one: Interval, other: Interval) -> float:
    """Give intersection over union of two intervals in seconds, 0 to 1; two equal points give 1."""
    union = max(one[1], other[1]) - min(one[0], other[0])
    if union <= 0.0:
        return 1.0
    return max(min(one[1], other[1]) - max(one[0], other[0]), 0.0) / union


def match(
    true: Sequence[Interval], found: Sequence[Interval], *, least: float
) -> list[tuple[int, int]]:
    """Pair as many true with found intervals as can be, each used once, overlapping by `least`.

    That is the rule of the MEGC spotting challenges: a found interval whose overlap over union with
    a true one is 0.5 or more is a hit, and each true interval takes one. Of equally many pairs,
    better overlaps are tried first. Gives (true, found) positions in the order of the true ones.
    """
    fits: list[list[int]] = []
    for interval in true:
        ranked = sorted((-overlap(interval, other), place) for place, other in enumerate(found))
        fits.append([place for shared, place in ranked if -shared >= least])
    owner: dict[int, int] = {}

    def place_of(event: int, tried: set[int]) -> bool:
        for place in fits[event]:
            if place in tried:
                continue
            tried.add(place)
            if place not in owner or place_of(owner[place], tried):
                owner[place] = event
                return True
        return False

    best = {
        event: -max((overlap(true[event], found[p]) for p in fits[event]), default=0.0)
        for event in range(len(true))
    }
    for event in sorted(best, key=lambda event: (best[event], event)):
        place_of(event, set())
    return sorted((event, place) for place, event in owner.items())
