"""Sum a week up in one honest sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cuelight.view.words import between, count, label, percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cuelight.view.difference import Difference
    from cuelight.view.rates import Rate

_MOST: Final = 2
"""Readings and changes that one sentence can carry."""


@dataclass(frozen=True, slots=True)
class WeekCell:
    """A reading in the week: its rate (None: withheld), and its change against the week before."""

    cell: str
    rate: Rate | None
    is_above_floor: bool
    change: Difference


def summarise(where: str, *, end: datetime, visits: int | None, cells: Sequence[WeekCell]) -> str:
    """Say what a week showed, and as clearly what it did not: one sentence, no advice.

    `visits` is None while too few were released. Only what is above the floor of false alarms is
    told as a finding, only a difference beyond chance and floor as a change, and nothing of what
    is withheld.
    """
    week = f"In the seven days to {end.day} {end:%B}"
    if not visits:
        return f"{week}, too few visits were released {where} to say anything."
    shown = [cell for cell in cells if cell.rate is not None]
    start = f"{week}, {count(visits, 'visit')} were counted {where}"
    if not shown:
        return f"{start}, too few of each kind to say what they showed."
    parts = [start, _found(shown), _changed(shown), _withheld(cells)]
    parts = [part for part in parts if part]
    return f"{'; '.join(parts)}."


def _found(shown: Sequence[WeekCell]) -> str:
    above = [cell for cell in shown if cell.is_above_floor and cell.rate is not None]
    if not above:
        return "nothing showed more often than false alarms alone may explain"
    above.sort(key=lambda cell: -(cell.rate.value if cell.rate else 0.0))
    told = [
        f"{label(cell.cell).lower()} in about {percent(cell.rate.value)} of them"
        f" ({between(cell.rate)})"
        for cell in above[:_MOST]
        if cell.rate is not None
    ]
    return f"they showed {' and '.join(told)}, more than false alarms explain"


def _changed(shown: Sequence[WeekCell]) -> str:
    changed = [cell for cell in shown if cell.change.verdict in ("higher", "lower")]
    if changed:
        changed.sort(key=lambda cell: -abs(cell.change.value))
        told = [
            f"{label(cell.cell).lower()} {'more' if cell.change.verdict == 'higher' else 'less'}"
            " often than the week before"
            for cell in changed[:_MOST]
        ]
        return " and ".join(told)
    if any(cell.change.verdict == "not shown" for cell in shown):
        return "no difference from the week before is shown"
    return "the week before is withheld, so nothing is said of a change"


def _withheld(cells: Sequence[WeekCell]) -> str:
    hidden = [label(cell.cell).lower() for cell in cells if cell.rate is None]
    if not hidden:
        return ""
    are = "is" if len(hidden) == 1 else "are"
    named = hidden[0] if len(hidden) == 1 else f"{', '.join(hidden[:-1])} and {hidden[-1]}"
    return f"{named} {are} withheld, which is not zero"
