"""Ask the managers' history: released cells summed over a site's tables, and the fleet's health.

No method gives figures of one device, except `table_totals` for a table whose own privacy statement
declares it shared between reps. A site's figures are given only while they are no single table's:
at least two of its tables sent windows in the period asked about, or all that did are shared.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, Self

from cuelight.errors import InputError
from cuelight.view.answers import CellSum, CollectorState, DaySum, HourSum, SiteTotals
from cuelight.view.database import open_database
from cuelight.view.fleet import COLUMNS, Device, device_of
from cuelight.view.open_sites import OpenSites, open_sites
from cuelight.view.schema import (
    DROPPED,
    NOISED,
    PROMPT,
    RESERVED,
    SLOW,
    TABLES,
    VISITS,
    VISITS_WITH_PRICE,
    WHOLE_SITE,
    WITHHELD,
)
from cuelight.view.unreleased import gathers_now, is_latest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cuelight.view.database import Database, Row

__all__ = ["CellSum", "CollectorState", "DaySum", "Device", "History", "HourSum", "SiteTotals"]

_HOUR: Final = 3600


class History:
    """The read side of the store; as many as you like, beside a collector that writes.

    Periods are half-open, `start` <= t < `end`, and count whole hours of UTC; both ends need a
    time zone. `sites` is a sequence of names, or None for all. Raises StoreError when the database
    cannot be used, InputError for a question that makes no sense. Safe for threads.
    """

    def __init__(self, database: Database) -> None:
        self._base = database

    @classmethod
    def open(cls, store: str) -> Self:
        """Open a file's path or `postgresql://...`; made when new."""
        return cls(open_database(store, schema=TABLES))

    def close(self) -> None:
        """Let go of the store."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sites(self) -> list[str]:
        """Name every site that was ever heard of."""
        return [row[0] for row in self._base.query("SELECT DISTINCT site FROM devices ORDER BY 1")]

    def cell_names(self) -> list[str]:
        """Name every cell that any site ever released."""
        return [row[0] for row in self._base.query("SELECT cell FROM cell_names ORDER BY 1")]

    def extent(self) -> tuple[datetime, datetime] | None:
        """From the first to the end of the last hour with anything released; None when empty."""
        # the windows of a site say so without a scan: each device's first and last by the index
        rows = self._base.query(
            "SELECT (SELECT min(hour) FROM windows w WHERE w.site = d.site AND w.device = d.device)"
            ", (SELECT max(hour) FROM windows w WHERE w.site = d.site AND w.device = d.device)"
            " FROM devices d"
        )
        known = [(low, high) for low, high in rows if low is not None]
        if not known:
            return None
        return _utc(min(low for low, _ in known)), _utc(max(high for _, high in known) + _HOUR)

    def fleet(self, sites: Sequence[str] | None = None) -> list[Device]:
        """List the devices that are not retired, by site and name."""
        rows = self._base.query(
            f"SELECT {COLUMNS} FROM devices"  # noqa: S608 - our own names
            " WHERE availability IS NULL OR availability <> 'retired' ORDER BY site, device"
        )
        wanted = None if sites is None else set(sites)
        return [device_of(row) for row in rows if wanted is None or row[0] in wanted]

    def collectors(self) -> list[CollectorState]:
        """List the collectors that ever wrote here."""
        rows = self._base.query(
            "SELECT name, connected, changed_at, heard_at FROM collectors ORDER BY name"
        )
        return [
            CollectorState(name, bool(up), _utc(since), None if heard is None else _utc(heard))
            for name, up, since, heard in rows
        ]

    def version(self) -> tuple[Row, ...]:
        """Give a cheap token that differs once anything was written (compare for equality)."""
        return tuple(self._base.query("SELECT name, connected, batches FROM collectors ORDER BY 1"))

    def totals(
        self,
        start: datetime,
        end: datetime,
        *,
        sites: Sequence[str] | None = None,
        cells: Iterable[str] | None = None,
    ) -> SiteTotals:
        """Sum every known cell over a period; cells without a release are there, withheld.

        Naming `cells` spares the time of the others, which are then missing; what windows count for
        themselves comes all the same.
        """
        period = _hours(start, end)
        opened = open_sites(self._base, period, sites)
        names = self.cell_names()
        wanted: list[str] = []
        if cells is not None:
            names = sorted({*cells} & {*names})
            wanted = [*names, *RESERVED]
        rows = self._sums(
            f"cell, sum(n), sum(visits), sum(releases), min(since), max(hour), kind = {DROPPED}",
            period,
            opened.names,
            rest=f"{_in_cells(wanted)} GROUP BY cell, kind = {DROPPED}",
            values=wanted,
        )
        dropped = {row[0]: (int(row[3]), int(row[2])) for row in rows if row[6]}
        gathers = self._open_gathers(period, opened, dropped)
        return self._totals([row[:6] for row in rows if not row[6]], gathers, opened, names)

    def noised_sums(
        self, start: datetime, end: datetime, *, sites: Sequence[str] | None = None
    ) -> dict[str, tuple[int, int]]:
        """Give `n` and `visits` by cell as sites published them with noise; no share follows.

        `visits` and `visits_with_price` are among them. Each number is off by the noise of all the
        releases in it; what was null is missing, so a small one is rather too large. Sites that may
        not be shown, as a single table's, are left out.
        """
        period = _hours(start, end)
        rows = self._sums(
            "cell, sum(n), sum(visits)",
            period,
            open_sites(self._base, period, sites).noised,
            rest="GROUP BY cell ORDER BY cell",
            device=NOISED,
        )
        return {str(cell): (int(n), int(visits)) for cell, n, visits in rows}

    def table_totals(self, site: str, device: str, start: datetime, end: datetime) -> SiteTotals:
        """Sum one table's cells. Raises InputError unless its statement declares it shared."""
        found = self._base.query(
            "SELECT shared, k, floor FROM devices WHERE site = ? AND device = ?", (site, device)
        )
        if not found or not found[0][0]:
            raise InputError(
                f"{site}/{device} is not declared shared, so it has no figures of its own. "
                "Ask for its site, or set privacy.shared_table on the device if reps do share it."
            )
        rows = self._base.query(
            "SELECT cell, sum(n), sum(visits), sum(releases), min(since), max(hour) FROM sums"
            " WHERE site = ? AND device = ? AND hour >= ? AND hour < ? GROUP BY cell",
            (site, device, *_hours(start, end)),
        )
        k, floor = map(int, found[0][1:])
        return self._totals(rows, {}, OpenSites((site,), (), 1, k, floor), self.cell_names())

    def by_day(
        self,
        start: datetime,
        end: datetime,
        *,
        zone: tzinfo = UTC,
        sites: Sequence[str] | None = None,
        cells: Iterable[str] | None = None,
    ) -> list[DaySum]:
        """Sum cells by day of `zone`, in which their releases were published.

        Asked for by name in `cells`, `visits` and `visits_with_price` come too (in `n`).
        """
        rows = self._by_hour_rows(_hours(start, end), sites, cells, kinds=(SLOW, PROMPT))
        found = [
            DaySum(day, cell, *sums)
            for (day, cell), sums in _regrouped(
                rows, lambda hour: _utc(hour).astimezone(zone).date()
            )
        ]
        return sorted(found, key=lambda one: (one.day, one.cell))

    def by_hour(
        self,
        start: datetime,
        end: datetime,
        *,
        zone: tzinfo = UTC,
        sites: Sequence[str] | None = None,
        cells: Iterable[str] | None = None,
        prompt_only: bool = True,
    ) -> list[HourSum]:
        """Sum by hour of the day of `zone`, for releases that gathered within one window only.

        What gathered for longer has no hour and is left out; `totals` against the sum of these says
        how much that is. Ask about four weeks or more. Without `prompt_only` all releases come, by
        the hour in which they were published; they gathered over the hours before it.
        """
        rows = self._by_hour_rows(
            _hours(start, end), sites, cells, kinds=(PROMPT,) if prompt_only else (PROMPT, SLOW)
        )
        found = [
            HourSum(hour, cell, *sums)
            for (hour, cell), sums in _regrouped(
                rows, lambda hour: _utc(hour).astimezone(zone).hour
            )
        ]
        return sorted(found, key=lambda one: (one.hour, one.cell))

    def _totals(
        self,
        rows: list[Row],
        gathers: dict[str, tuple[int, int]],
        opened: OpenSites,
        names: Iterable[str],
    ) -> SiteTotals:
        sums = {row[0]: row for row in rows}
        return SiteTotals(
            cells=tuple(
                _cell_sum(name, sums.get(name), *gathers.get(name, (0, 0))) for name in names
            ),
            visits=_n(sums.get(VISITS)),
            visits_with_price=_n(sums.get(VISITS_WITH_PRICE)),
            dropped=_n(sums.get(WITHHELD)) or 0,
            tables=opened.tables,
            k=opened.k,
            floor=opened.floor,
            closed=opened.closed,
            noised=opened.noised,
        )

    def _open_gathers(
        self, period: tuple[int, int], opened: OpenSites, dropped: dict[str, tuple[int, int]]
    ) -> dict[str, tuple[int, int]]:
        """Count gathers without a release, and the visits in them, by cell."""
        found = dict(dropped)
        if opened.names and is_latest(self._base, period[1], opened.names):
            for cell, gathers, visits in gathers_now(self._base, opened.names, self.cell_names()):
                before = found.get(cell, (0, 0))
                found[cell] = (before[0] + gathers, before[1] + max(0, visits))
        return found

    def _by_hour_rows(
        self,
        period: tuple[int, int],
        sites: Sequence[str] | None,
        cells: Iterable[str] | None,
        *,
        kinds: tuple[int, ...],
    ) -> list[Row]:
        wanted = None if cells is None else sorted(set(cells))
        if wanted == []:
            return []
        of_kind = f"AND kind IN ({', '.join(map(str, kinds))})"
        rows = self._sums(
            "hour, cell, sum(n), sum(visits), sum(releases)",
            period,
            open_sites(self._base, period, sites).names,
            rest=f"{of_kind}{_in_cells(wanted)} GROUP BY hour, cell",
            values=wanted or (),
        )
        return rows if wanted else [row for row in rows if row[1] not in RESERVED]

    def _sums(
        self,
        columns: str,
        period: tuple[int, int],
        sites: Sequence[str],
        *,
        rest: str,
        values: Sequence[object] = (),
        device: str = WHOLE_SITE,
    ) -> list[Row]:
        if not sites:
            return []
        marks = ", ".join("?" * len(sites))
        return self._base.query(
            f"SELECT {columns} FROM sums WHERE site IN ({marks}) AND device = ?"  # noqa: S608 - no input in it
            f" AND hour >= ? AND hour < ? {rest}",
            (*sites, device, *period, *values),
        )


def _in_cells(names: Sequence[str] | None) -> str:
    return f" AND cell IN ({', '.join('?' * len(names))})" if names else ""


def _regrouped(rows: Iterable[Row], key: Any) -> list[tuple[tuple[Any, str], list[int]]]:  # noqa: ANN401 - a day or an hour
    """Add up (hour, cell, sums...) rows by `key(hour)` and cell."""
    found: dict[tuple[Any, str], list[int]] = {}
    keys: dict[int, Any] = {}
    for hour, cell, *sums in rows:
        if hour not in keys:
            keys[hour] = key(hour)
        total = found.setdefault((keys[hour], cell), [0] * len(sums))
        for place, value in enumerate(sums):
            total[place] += int(value)
    return list(found.items())


def _cell_sum(name: str, row: Row | None, gathers: int, open_visits: int) -> CellSum:
    if row is None:
        return CellSum(name, None, None, 0, None, None, gathers, open_visits)
    _, n, visits, releases, since, hour = row
    start, end = _utc(since), _utc(hour + _HOUR)
    return CellSum(name, int(n), int(visits), int(releases), start, end, gathers, open_visits)


def _n(row: Row | None) -> int | None:
    return None if row is None else int(row[1])


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _hours(start: datetime, end: datetime) -> tuple[int, int]:
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise InputError(f"period {start} to {end}: a start before its end, both with a time zone.")
    return int(start.timestamp()) // _HOUR * _HOUR, -(-int(end.timestamp()) // _HOUR) * _HOUR
