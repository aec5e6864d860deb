"""Make real count windows, by the device's own rule for what may be released."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cuelight.records import VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.release import Gatherer

if TYPE_CHECKING:
    from cuelight.records import CountWindow

NAMES = ("interest", "nose_wrinkle", "after_price.interest")


def recent() -> datetime:
    """Return the start of a whole hour twenty days ago: well within what is kept."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return now - timedelta(days=20)


def real_windows(
    count: int,
    *,
    site: str = "berlin",
    device: str = "table-1",
    start: datetime | None = None,
    visits_an_hour: int = 4,
) -> list[CountWindow]:
    """Return `count` hourly windows, numbered from 1, of visits that show this and that."""
    begin = start or recent()
    gatherer = Gatherer(ReleaseSettings(), site=site, device=device, start=begin, names=NAMES)
    windows: list[CountWindow] = []
    hour = 0
    while len(windows) < count:
        hour += 1
        for visit in range(visits_an_hour):
            shown = {"interest"} if (hour + visit) % 3 == 0 else set()
            shown |= {"nose_wrinkle"} if (hour + visit) % 7 == 0 else set()
            price = visit % 2 == 0
            shown |= {"after_price.interest"} if price and hour % 2 else set()
            gatherer.add(VisitTally(frozenset(shown), price=price))
        window = gatherer.close_window(begin + timedelta(hours=hour))
        if window is not None:
            windows.append(replace(window, seq=len(windows) + 1))
    return windows


def sums(windows: list[CountWindow]) -> dict[str, tuple[int, int, int]]:
    """Add up n, visits and releases by cell: what a collector must come to."""
    found: dict[str, tuple[int, int, int]] = {}
    for window in windows:
        for name, cell in window.cells.items():
            n, visits, releases = found.get(name, (0, 0, 0))
            found[name] = (n + cell.n, visits + cell.visits, releases + 1)
    return found
