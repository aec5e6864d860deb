"""Count the pauses by hour of the day, for this box's own statement and nobody else."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from cuelight.tell.spool import Spool

PAUSED: Final = "paused"
"""Key under which the spool keeps who has paused the box: its button, the broker."""

PAUSES: Final = "pauses"
"""Key under which the spool keeps them: since which day, and 24 sums by hour of the day in UTC."""

HOURS: Final = 24


def count_pause(spool: Spool, now: datetime) -> None:
    """Add one pause to its hour of the day. Raises OSError or sqlite3.Error.

    Sums only: on which day a pause was, and so whose shift it was in, is nowhere. Never published.
    """
    since, sums = read_pauses(spool.load(PAUSES))
    moment = now.astimezone(UTC)
    sums[moment.hour] += 1
    since = since or moment.date().isoformat()
    spool.save(PAUSES, {"since": since, "by_hour": sums})


def read_pauses(kept: object) -> tuple[str, list[int]]:
    """Read what was kept: the day since when it is counted ("" for none), and the 24 sums."""
    match kept:
        case {"since": str(since), "by_hour": list(sums)} if len(sums) == HOURS and all(
            type(one) is int and one >= 0 for one in sums
        ):
            return since, list(sums)
        case _:
            return "", [0] * HOURS
