"""Notice windows that exist and have not come, and say whom to ask for them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cuelight.view.database import Database

_log = logging.getLogger(__name__)

Table = tuple[str, str]

ASKS_MAX: Final = 8
"""After so many questions in vain what is missing is given up; a late window still counts."""

PAUSE_MAX_SECONDS: Final = 3600


@dataclass(slots=True)
class _Gap:
    """What one device owes: windows from `next` on, of which `top` is known to exist."""

    next: int
    top: int
    since: float
    asks: int = 0
    again_at: float = 0.0


class Gaps:
    """Decides when a device is asked to send again, and when to stop asking.

    A gap must last `grace_seconds`, since another collector may just be storing what seems to be
    missing. A device that was asked answers with all it still has, in order: once a window from the
    top of the gap comes again, what is missing then is gone for good (devices keep windows 90
    days). Where collectors `share` the load, none of them sees a whole answer, and only the number
    of questions ends it. Devices of which nothing is known at all are asked for everything, once.
    """

    def __init__(
        self,
        database: Database,
        *,
        grace_seconds: float = 5.0,
        pause_seconds: float = 60.0,
        share: bool = False,
    ) -> None:
        self._base = database
        self._grace = grace_seconds
        self._pause = pause_seconds
        self._share = share
        self._gaps: dict[Table, _Gap] = {}

    def due(self, now: float, *, utc: float) -> list[tuple[Table, int]]:
        """Return the devices to ask now, each with the sequence number to ask from.

        `now` is a steady clock, `utc` the wall clock that collectors on one database have in
        common, both in seconds: of several only one is told to ask. Raises StoreError.
        """
        owing = {
            (site, device): (int(next_), int(top))
            for site, device, next_, top in self._base.query(
                "SELECT site, device, seq_next, seq_top FROM devices"
                " WHERE (seq_next <= seq_top OR seq_top = 0)"
                " AND coalesce(availability, '') NOT IN ('offline', 'stopped', 'retired')"
            )
        }
        for table in self._gaps.keys() - owing.keys():
            del self._gaps[table]
        asked = []
        for table, (next_, top) in sorted(owing.items()):
            gap = self._gaps.get(table)
            if gap is None or next_ < gap.next:
                gap = self._gaps[table] = _Gap(next_, top, since=now)
            if next_ > gap.next:  # it came nearer: go on asking at the pace of a new one
                gap.next, gap.asks = next_, 0
            if self._is_due(gap, now) and self._claim(table, gap, utc):
                gap.top = top
                gap.asks += 1
                gap.again_at = now + min(self._pause * 2 ** (gap.asks - 1), PAUSE_MAX_SECONDS)
                asked.append((table, gap.next))
        return asked

    def heard_again(self, repeated: Iterable[tuple[Table, int]]) -> None:
        """Take note of windows that came a second time, as answers do."""
        if self._share:
            return
        for table, seq in repeated:
            gap = self._gaps.get(table)
            if gap is not None and gap.asks and 0 < gap.top <= seq:
                self._give_up(table, gap)

    def _is_due(self, gap: _Gap, now: float) -> bool:
        if now < gap.since + self._grace or now < gap.again_at:
            return False
        # where nothing is known there may be nothing: one question is enough
        return gap.asks < (1 if gap.top == 0 else ASKS_MAX)

    def _claim(self, table: Table, gap: _Gap, utc: float) -> bool:
        if gap.top and gap.asks == ASKS_MAX - 1:
            self._give_up(table, gap)
            return False
        with self._base.change() as change:
            rows = change.execute(
                "UPDATE devices SET asked_at = ? WHERE site = ? AND device = ?"
                " AND (asked_at <= ? OR asked_at > ?) RETURNING seq_next",  # or by a wrong clock
                (int(utc), *table, int(utc - self._pause), int(utc + self._pause)),
            )
        return bool(rows)

    def _give_up(self, table: Table, gap: _Gap) -> None:
        """Stop waiting for what is missing up to the gap's top, and count it as lost."""
        with self._base.change() as change:
            ((life, next_),) = change.execute(
                f"SELECT life, seq_next FROM devices WHERE site = ? AND device = ?{change.lock}",  # noqa: S608
                table,
            )
            ((have,),) = change.execute(
                "SELECT coalesce(sum(seq - first + 1), 0) FROM windows WHERE site = ?"
                " AND device = ? AND life = ? AND seq >= ? AND seq <= ?",
                (*table, life, next_, gap.top),
            )
            lost = gap.top + 1 - int(next_) - int(have)
            if lost <= 0:
                return
            change.execute(
                "UPDATE devices SET lost = lost + ?, seq_next = ? WHERE site = ? AND device = ?",
                (lost, gap.top + 1, *table),
            )
        del self._gaps[table]
        _log.warning("%s/%s: %d windows before %d are gone", *table, lost, gap.top + 1)
