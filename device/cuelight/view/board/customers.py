"""Look up all that one view of the customers page shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from cuelight.view.board.courses import WEEK, Course, HoursOfDay, days_of, hours_of
from cuelight.view.board.figures import (
    PERIODS,
    Figure,
    Period,
    Picture,
    by_site,
    figures_of,
    is_begun_before,
    picture_of,
)
from cuelight.view.difference import compare
from cuelight.view.summary import WeekCell, summarise
from cuelight.view.words import READINGS, order_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.view.board.source import Source

ALL_SITES: Final = ""
_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose to see; it is also the page's address."""

    site: str = ALL_SITES
    days: int = _DAYS
    cell: str = READINGS[0]

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Choice:
        """Read an address; what makes no sense becomes the default."""
        days = query.get("days", "")
        return cls(
            site=query.get("site", ALL_SITES),
            days=int(days) if days in map(str, PERIODS) else _DAYS,
            cell=query.get("cell", READINGS[0]),
        )

    def as_query(self) -> dict[str, str]:
        """Give it as an address has it."""
        return {"site": self.site, "days": str(self.days), "cell": self.cell}

    @property
    def query(self) -> str:
        """Write it for an address."""
        return urlencode(self.as_query())

    @property
    def sites(self) -> list[str] | None:
        """What the history is asked for."""
        return None if self.site == ALL_SITES else [self.site]

    @property
    def where(self) -> str:
        """Name it in a sentence."""
        return "at all sites" if self.site == ALL_SITES else f"at {self.site}"


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that one view of the page shows."""

    choice: Choice
    sites: list[str]
    cells: list[str]
    picture: Picture
    summary: str
    days: Course
    hours: HoursOfDay
    by_site: Mapping[str, Figure | None]
    has_simulated: bool
    noised: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def look_up(source: Source, choice: Choice) -> Shown:
    """Ask the history for one view; on a thread."""
    history, now = source.history, source.now()
    sites = history.sites()
    if choice.site not in sites:
        choice = replace(choice, site=ALL_SITES)
    period = Period.up_to(now, choice.days)
    picture = picture_of(history, period, sites=choice.sites)
    cells = [one.cell for one in picture.figures]
    if cells and choice.cell not in cells:
        choice = replace(choice, cell=cells[0])
    hours = hours_of(history, now, choice.cell, zone=source.hours.zone, sites=choice.sites)
    return Shown(
        choice=choice,
        sites=sites,
        cells=cells,
        picture=picture,
        summary=_week(source, choice),
        days=days_of(history, period, choice.cell, zone=source.hours.zone, sites=choice.sites),
        hours=hours,
        by_site=by_site(history, period, choice.cell) if not choice.sites else {},
        noised=history.noised_sums(period.start, period.end, sites=choice.sites)
        if picture.totals.noised
        else {},
        has_simulated=any(device.simulated for device in history.fleet(choice.sites)),
    )


def _week(source: Source, choice: Choice) -> str:
    week = Period.up_to(source.now(), WEEK)
    picture = source.history.totals(week.start, week.end, sites=choice.sites)
    before = source.history.totals(week.before.start, week.before.end, sites=choice.sites)
    began = is_begun_before(source.history, week)
    now, then = figures_of(picture, carries_in=began), figures_of(before)
    readings = [name for name in sorted(now, key=order_of) if name in READINGS]
    cells = [
        WeekCell(
            name,
            now[name].rate,
            now[name].is_above_floor,
            compare(
                now[name].gathered,
                then[name].gathered,
                floor=now[name].floor,
                among=len(readings),
            ),
        )
        for name in readings
    ]
    end = week.end.astimezone(source.hours.zone)
    return summarise(choice.where, end=end, visits=picture.visits, cells=cells)
