"""Follow one cell over days and over the hours of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cuelight.view.board.figures import Figure, Period, figure
from cuelight.view.rates import Gathered
from cuelight.view.schema import VISITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from cuelight.view.history import History

WEEK: Final = 7
"""Days that each point of the day chart looks back on: single days hold too few releases."""

LEAST_DAYS: Final = 28
"""Days of history that hours of the day are worth showing from."""

LEAST_RELEASES: Final = 5
"""Fewer releases in an hour of the day are not shown: one rate of them would be chance."""

MOST_GATHER_HOURS: Final = 6.0
"""A release that gathers over more opening hours than this knows no hour of the day."""


@dataclass(frozen=True, slots=True)
class Course:
    """A cell over days (`at` is a day's ISO date) or over hours of the day (`09`)."""

    cell: str
    points: tuple[tuple[str, Figure], ...]


def days_of(
    history: History, period: Period, cell: str, *, zone: tzinfo, sites: Sequence[str] | None
) -> Course:
    """Give a cell's rate over the days of a period, each from the seven days up to it."""
    first = period.start - timedelta(days=WEEK - 1)
    rows = history.by_day(first, period.end, zone=zone, sites=sites, cells=[cell])
    sums = {row.day: Gathered(row.n, row.visits, row.releases) for row in rows}
    start = period.start.astimezone(zone).date()
    last = (period.end - timedelta(hours=1)).astimezone(zone).date()
    points = []
    for offset in range((last - start).days + 1):
        day = start + timedelta(days=offset)
        total = Gathered()
        for back in range(WEEK):
            total += sums.get(day - timedelta(days=back), Gathered())
        points.append((day.isoformat(), figure(cell, total)))
    return Course(cell, tuple(points))


@dataclass(frozen=True, slots=True)
class HoursOfDay:
    """A cell by the hour in which it was released; no points where that would say nothing.

    `gather_hours` is how many opening hours a release gathers over, None when nothing is known.
    """

    course: Course
    history_days: int
    gather_hours: float | None


def hours_of(
    history: History,
    now: datetime,
    cell: str,
    *,
    zone: tzinfo,
    sites: Sequence[str] | None,
) -> HoursOfDay:
    """Give a cell's rate by the hour of the day in which it was released, over all history.

    A release gathers over the hours before it, so neighbouring hours look alike. Where it gathers
    over more than half a day its hour says nothing, and none is given.
    """
    nothing = Course(cell, ())
    extent = history.extent()
    if extent is None:
        return HoursOfDay(nothing, 0, None)
    end = max(extent[1], extent[0] + timedelta(hours=1))
    period = Period(max(extent[0], now - timedelta(days=366)), end)
    totals = history.totals(period.start, period.end, sites=sites, cells=[cell])
    total = next((one for one in totals.cells if one.cell == cell), None)
    if total is None or not total.visits or not totals.visits:
        return HoursOfDay(nothing, period.days, None)
    open_hours = _open_hours(history, period, zone=zone, sites=sites)
    pace = totals.visits / (totals.tables * open_hours)
    gather = total.visits / total.releases / pace
    if period.days < LEAST_DAYS or gather > MOST_GATHER_HOURS:
        return HoursOfDay(nothing, period.days, gather)
    rows = history.by_hour(
        period.start, period.end, zone=zone, sites=sites, cells=[cell], prompt_only=False
    )
    sums = {
        row.hour: Gathered(row.n, row.visits, row.releases)
        for row in rows
        if row.releases >= LEAST_RELEASES
    }
    span = range(min(sums, default=0), max(sums, default=-1) + 1)
    points = [(f"{hour:02d}:00", figure(cell, sums.get(hour, Gathered()))) for hour in span]
    return HoursOfDay(Course(cell, tuple(points)), period.days, gather)


def _open_hours(
    history: History, period: Period, *, zone: tzinfo, sites: Sequence[str] | None
) -> float:
    """Give how many hours the tables had visits in: hours of a day times days, at least one."""
    span = (period.start, period.end)
    by_hour = history.by_hour(*span, zone=zone, sites=sites, cells=[VISITS], prompt_only=False)
    by_day = history.by_day(*span, zone=zone, sites=sites, cells=[VISITS])
    most = max((row.n for row in by_hour), default=0)
    hours = sum(row.n > 0.05 * most for row in by_hour)  # the odd late window opens no hour
    return float(max(1, hours * len(by_day)))
