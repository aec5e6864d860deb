"""Say where faces sit as cells of a coarse grid, and count parties by cell."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cuelight.sense.records import Box

Place = tuple[int, int, int]
"""Column, row and band of size of a face, in the grid below."""

COLUMNS: Final = 12
ROWS: Final = 9
BANDS: Final = 12
"""The grid. At 0.8 m before a Camera Module 3 a cell is some 7 cm wide, and a turn by 15 degrees
shifts a face by three cells; leaning to the next cell is tolerated, since places that touch a usual
one are as good."""


def place_of(box: Box, shape: tuple[int, int]) -> Place:
    """Give the place of a face's box in a picture of (height, width) pixels."""
    height, width = shape
    x = (box.left + box.right) / 2.0 / width
    y = (box.top + box.bottom) / 2.0 / height
    size = max((box.bottom - box.top) / height, 1e-3)
    return (
        _within(math.floor(COLUMNS * x), COLUMNS),
        _within(math.floor(ROWS * y), ROWS),
        _within(BANDS + math.floor(2.0 * math.log2(size)), BANDS),
    )


@dataclass(frozen=True, slots=True)
class SeatSums:
    """Parties by place, at one zone; `parties` of them, or as many as count (`LEARNT`)."""

    zone: str
    places: Counter[Place]
    parties: int = 0
    moved: bool = False


def touch(one: Place, other: Place) -> bool:
    """Say whether two places are the same or next to each other, corners and sizes included."""
    return all(abs(here - there) <= 1 for here, there in zip(one, other, strict=True))


def read_seats(kept: object) -> SeatSums | None:
    """Read what `Seats.ledger` gave to be kept; None where it is of no use."""
    match kept:
        case {"zone": str(zone), "moved": bool(moved), "parties": int(parties), "places": places}:
            pass
        case _:
            return None
    try:
        sums = Counter(dict(_places(places)))
    except (AttributeError, TypeError, ValueError):
        return None
    return SeatSums(zone, sums, parties, moved) if parties >= 0 else None


def _places(kept: Mapping[str, Any]) -> Iterator[tuple[Place, int]]:
    for name, n in kept.items():
        column, row, band = map(int, name.split())
        if type(n) is not int or n < 1:
            raise ValueError(name)
        yield (column, row, band), n


def _within(cell: int, count: int) -> int:
    return min(max(cell, 0), count - 1)
