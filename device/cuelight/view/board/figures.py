"""Turn what the history answers into the figures of the page: rates, floors, verdicts.

Page and export show these very figures. Pure but for the history that is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cuelight.view.difference import Difference, compare, compare_after_price
from cuelight.view.false_alarms import AFTER_PRICE, Floor, floor_of
from cuelight.view.rates import Gathered, Rate, rate_of
from cuelight.view.words import kind_of, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cuelight.view.answers import CellSum, SiteTotals
    from cuelight.view.history import History

PERIODS: Final = (7, 28, 90)
"""Days that the page offers."""


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open, in whole hours of UTC."""

    start: datetime
    end: datetime

    @classmethod
    def up_to(cls, now: datetime, days: int) -> Period:
        """Give the last days up to the end of the hour that runs now."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        end = hour if hour == now else hour + timedelta(hours=1)
        return cls(end - timedelta(days=days), end)

    @property
    def before(self) -> Period:
        """The period of the same length that ends where this one starts."""
        return Period(self.start - (self.end - self.start), self.start)

    @property
    def days(self) -> int:
        """Its length."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell in a period: what it was released with, its rate, and the floor under it.

    `rate` is None where it is withheld.
    """

    cell: str
    gathered: Gathered
    rate: Rate | None
    floor: Floor

    @property
    def is_withheld(self) -> bool:
        """Whether too little was released to say anything; that is not zero."""
        return self.rate is None

    @property
    def is_above_floor(self) -> bool:
        """Whether it is more than false alarms alone explain, their own doubt included.

        Where they were not measured nobody can say so.
        """
        if self.rate is None or not self.floor.is_measured:
            return False
        return self.rate.low > self.floor.high


@dataclass(frozen=True, slots=True)
class Compared:
    """One cell on two sides, and what may be said of the difference."""

    cell: str
    first: Figure
    second: Figure
    difference: Difference


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the page says of one or all sites in a period.

    `figures` are the cells of whole visits, `after_price` those cells beside theirs after a price
    mention, `before` the cells beside the period before.
    """

    period: Period
    sites: tuple[str, ...]
    totals: SiteTotals
    figures: tuple[Figure, ...]
    after_price: tuple[Compared, ...]
    before: tuple[Compared, ...]

    @property
    def withheld(self) -> int:
        """How many of its cells are withheld."""
        return sum(figure.is_withheld for figure in self.figures)


def picture_of(history: History, period: Period, *, sites: Sequence[str] | None = None) -> Picture:
    """Ask the history all that the page shows but its days and hours. `sites` None: all."""
    names = tuple(history.sites() if sites is None else sites)
    totals = history.totals(period.start, period.end, sites=names)
    earlier = history.totals(period.before.start, period.before.end, sites=names)
    began = is_begun_before(history, period)
    now, then = figures_of(totals, carries_in=began), figures_of(earlier)
    whole = tuple(figure for name, figure in now.items() if not name.startswith(AFTER_PRICE))
    marked = [name for name in now if name.startswith(AFTER_PRICE)]
    return Picture(
        period=period,
        sites=names,
        totals=totals,
        figures=whole,
        after_price=tuple(
            _after_price(now[name], now, among=len(marked))
            for name in marked
            if name.removeprefix(AFTER_PRICE) in now
        ),
        before=tuple(
            Compared(
                one.cell,
                one,
                then[one.cell],
                compare(one.gathered, then[one.cell].gathered, floor=one.floor, among=len(whole)),
            )
            for one in whole
        ),
    )


def by_site(history: History, period: Period, cell: str) -> dict[str, Figure | None]:
    """Give one cell's figure by site; None where it would be a single table's."""
    found: dict[str, Figure | None] = {}
    began = is_begun_before(history, period)
    for name in history.sites():
        totals = history.totals(period.start, period.end, sites=[name], cells=[cell])
        sums = next((one for one in totals.cells if one.cell == cell), None)
        if sums is not None:
            closed = bool(totals.closed)
            found[name] = (
                None if closed else figure(cell, gathered_of(sums, totals, carries_in=began))
            )
    return found


def is_begun_before(history: History, period: Period) -> bool:
    """Whether devices were already gathering when a period began."""
    extent = history.extent()
    return extent is not None and extent[0] < period.start


def figures_of(totals: SiteTotals, *, carries_in: bool = False) -> dict[str, Figure]:
    """Give every cell's figure by name, in the page's order; `carries_in` as in `gathered_of`."""
    return {
        one.cell: figure(one.cell, gathered_of(one, totals, carries_in=carries_in))
        for one in sorted(totals.cells, key=lambda one: order_of(one.cell))
        if kind_of(one.cell) != "other"
    }


def gathered_of(cell: CellSum, totals: SiteTotals, *, carries_in: bool = False) -> Gathered:
    """Give a cell's sums as the estimator wants them.

    `carries_in`: a period up to now that began while devices were gathering. What it released then
    holds visits from before it, about half a release a table, so as many of those that are open now
    are left out; with all of them rates of short periods came out too low
    (`tests/test_dashboard_figures.py`).
    """
    left_out = 0
    if carries_in and cell.releases and cell.visits:
        tables = min(cell.open_gathers, totals.tables)
        left_out = round(tables * cell.visits / cell.releases / 2.0)
    return Gathered(
        n=cell.n or 0,
        visits=cell.visits or 0,
        releases=cell.releases,
        open_gathers=cell.open_gathers,
        open_visits=max(0, cell.open_visits - left_out),
        k=totals.k,
        floor=totals.floor,
    )


def figure(cell: str, gathered: Gathered) -> Figure:
    """Estimate one cell's rate and put its floor under it."""
    return Figure(cell, gathered, rate_of(gathered), floor_of(cell))


def _after_price(after: Figure, now: Mapping[str, Figure], *, among: int) -> Compared:
    name = after.cell.removeprefix(AFTER_PRICE)
    whole = now[name]
    floor = max(after.floor, whole.floor, key=lambda one: one.value)
    difference = compare_after_price(after.gathered, whole.gathered, floor=floor, among=among)
    return Compared(name, after, whole, difference)
