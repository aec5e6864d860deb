"""Join count windows that nobody has seen yet, so that an outage of months fits on the disk."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from cuelight.records import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cuelight.records import CountWindow


def join(first: CountWindow, second: CountWindow, *, new_id: str) -> CountWindow:
    """Sum two neighbouring windows into one that names the numbers it covers.

    Each cell of either was safe to release by itself, and no visit is in both, so their sum tells
    less than the two did. `None` (not released) adds nothing. Raises ValueError for windows that
    do not fit together (`may_join`).
    """
    if not may_join(first, second):
        raise ValueError(f"windows {first.seq} and {second.seq} are no neighbours of one kind")
    cells = dict(first.cells)
    for name, cell in second.cells.items():
        if name in cells:
            other = cells[name]
            cells[name] = Cell(
                other.n + cell.n, other.visits + cell.visits, min(other.start, cell.start)
            )
        else:
            cells[name] = cell
    return replace(
        second,
        id=new_id,
        start=min(first.start, second.start),
        end=max(first.end, second.end),
        visits=_sum(first.visits, second.visits),
        visits_with_price=_sum(first.visits_with_price, second.visits_with_price),
        cells=cells,
        withheld=first.withheld + second.withheld,
        covers=(covered(first)[0], second.seq),
    )


def may_join(first: CountWindow, second: CountWindow) -> bool:
    """Say whether the second follows the first without a gap, released by the same rule.

    Counts with noise stay apart: of a sum nobody could tell how much noise is in it.
    """
    return (
        first.epsilon is None
        and covered(second)[0] == first.seq + 1
        and _kind(first) == _kind(second)
    )


def covered(window: CountWindow) -> tuple[int, int]:
    """Return the first and the last number that a window stands for."""
    return window.covers or (window.seq, window.seq)


def closest(windows: Iterable[CountWindow]) -> tuple[CountWindow, CountWindow] | None:
    """Return the neighbours that together span the shortest time, the oldest of those.

    So what waits grows coarser evenly: hours become pairs of hours before any becomes a day.
    `windows` come in the order of their numbers. None when no two may be joined.
    """
    pairs = [pair for pair in pairwise(windows) if may_join(*pair)]
    return min(pairs, key=lambda pair: pair[1].end - pair[0].start, default=None)


def _kind(window: CountWindow) -> tuple[object, ...]:
    return (
        window.schema,
        window.site,
        window.device,
        window.k,
        window.floor,
        window.epsilon,
    )


def _sum(first: int | None, second: int | None) -> int | None:
    given = [number for number in (first, second) if number is not None]
    return sum(given) if given else None
