"""Count what devices have gathered and not released, as sums over the tables of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuelight.view.schema import AFTER_PRICE, EXPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cuelight.view.database import Database


def is_latest(base: Database, end: int, sites: Sequence[str]) -> bool:
    """Say whether none of the sites' windows came from `end` (seconds since 1970) or later."""
    marks = ", ".join("?" * len(sites))
    return not base.query(
        "SELECT 1 FROM devices d WHERE EXISTS (SELECT 1 FROM windows w WHERE w.site = d.site"  # noqa: S608 - marks only
        f" AND w.device = d.device AND w.hour >= ?) AND d.site IN ({marks}) LIMIT 1",
        (end, *sites),
    )


def gathers_now(
    base: Database, sites: Sequence[str], names: Iterable[str]
) -> list[tuple[str, int, int]]:
    """Give cell, open gathers and visits in them; a device that never released one has one."""
    marks = ", ".join("?" * len(sites))
    ((devices, visits, priced),) = base.query(
        "SELECT count(*), sum(visits_so_far), sum(priced_so_far) FROM devices"  # noqa: S608 - marks only
        f" WHERE seq_top > 0 AND site IN ({marks})",
        sites,
    )
    rows = base.query(
        "SELECT g.cell, count(*), sum(d.visits_so_far), sum(d.priced_so_far), sum(visits_then)"  # noqa: S608 - marks only
        " FROM gathers g JOIN devices d ON d.site = g.site AND d.device = g.device"
        f" WHERE g.site IN ({marks}) GROUP BY g.cell",
        sites,
    )
    known = {row[0]: row for row in rows}
    found = []
    for name in names:
        _, have, seen, seen_priced, then = known.get(name, (name, 0, 0, 0, 0))
        whole, part = (priced, seen_priced) if name.startswith(AFTER_PRICE) else (visits, seen)
        if name.removeprefix(AFTER_PRICE) in EXPRESSIONS:  # many devices count none at all
            found.append((name, int(have), int(part) - int(then)))
        else:
            found.append((name, int(devices), int(whole) - int(then)))
    return found
