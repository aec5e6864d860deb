"""Decide which sites' figures may be shown: none that would be the figures of a single table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from cuelight.view.schema import NOISED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.view.database import Database


@dataclass(frozen=True, slots=True)
class OpenSites:
    """Sites whose figures may be shown (`names`), those that may not, and what stands there.

    In `noised` sites some numbers of the period carry noise, so that no share is estimated there.
    """

    names: tuple[str, ...]
    closed: tuple[str, ...]
    tables: int
    k: int
    floor: int
    noised: tuple[str, ...] = ()


def open_sites(base: Database, period: tuple[int, int], sites: Sequence[str] | None) -> OpenSites:
    """Tell sites whose figures may be shown from those of one table or with noise; count tables.

    `period` is in seconds since 1970, its end excluded; `sites` None asks about all of them.
    """
    rows = base.query(
        "SELECT site, shared, k, floor FROM devices d WHERE EXISTS (SELECT 1 FROM windows w"
        " WHERE w.site = d.site AND w.device = d.device AND w.hour >= ? AND w.hour < ?)"
        " ORDER BY site",
        period,
    )
    with_noise = {
        str(row[0])
        for row in base.query(
            "SELECT DISTINCT d.site FROM devices d WHERE EXISTS (SELECT 1 FROM sums s"
            " WHERE s.site = d.site AND s.device = ? AND s.hour >= ? AND s.hour < ?)",
            (NOISED, *period),
        )
    }
    names: list[str] = []
    closed: list[str] = []
    noised: list[str] = []
    tables = k = floor = 0
    for site, found in groupby(rows, key=lambda row: str(row[0])):
        if sites is not None and site not in sites:
            continue
        members = list(found)
        if len(members) == 1 and not members[0][1]:
            closed.append(site)
            continue
        if site in with_noise:
            noised.append(site)
            continue
        names.append(site)
        tables += len(members)
        k = max(k, *(int(row[2]) for row in members))
        floor = max(floor, *(int(row[3]) for row in members))
    return OpenSites(tuple(names), tuple(closed), tables, k, floor, tuple(noised))
