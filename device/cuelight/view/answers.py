"""What the managers' history answers: sums over tables, never anything of one visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class CellSum:
    """A cell's releases in a period, summed over tables.

    `n` of `visits` visits showed it, in `releases` releases that gathered since `start` (which may
    lie before the period) and were published by `end`. Where nothing was released in the period all
    of these are None or 0 and `withheld` is True: too few to show, which is **not** zero.

    `open_gathers` were not released, over `open_visits` visits (as far as those are known): gathers
    that devices threw away in the period, and those that are open now if the period reaches up to
    now. `view/rates.py` says why they matter.
    """

    cell: str
    n: int | None
    visits: int | None
    releases: int
    start: datetime | None
    end: datetime | None
    open_gathers: int = 0
    open_visits: int = 0

    @property
    def withheld(self) -> bool:
        """Whether nothing of this cell could be released in the period."""
        return self.n is None


@dataclass(frozen=True, slots=True)
class SiteTotals:
    """What may be said of one or several sites in a period.

    `visits` and `visits_with_price` are None while too few were released. `dropped` counts cells
    that stayed unreleased for so long that their devices threw them away. `tables` is how many
    tables sent windows, `k` and `floor` the strictest rule among them; `closed` names sites that
    are left out, since their figures would be those of a single table that is not declared shared;
    `noised` names sites that are left out, since their numbers carry noise, so that no share can be
    estimated (`History.noised_sums` gives the numbers as they came).
    """

    cells: tuple[CellSum, ...]
    visits: int | None
    visits_with_price: int | None
    dropped: int
    tables: int
    k: int
    floor: int
    closed: tuple[str, ...]
    noised: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CollectorState:
    """How a collector that writes this history is doing.

    `changed_at` is when it connected or lost the broker, `heard_at` when anything came last.
    """

    name: str
    connected: bool
    changed_at: datetime
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class DaySum:
    """A cell's releases published on one day: `n` of `visits`. Days without any have no row."""

    day: date
    cell: str
    n: int
    visits: int
    releases: int


@dataclass(frozen=True, slots=True)
class HourSum:
    """A cell's releases by hour of the day (0 to 23), only those gathered within one window.

    A release that gathered for longer belongs to no hour; see `History.by_hour`.
    """

    hour: int
    cell: str
    n: int
    visits: int
    releases: int
