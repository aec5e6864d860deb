"""Write what devices say into the history: each window once, whatever comes twice or late."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cuelight.view.news import Availability, Health, Statement
from cuelight.view.open_gathers import OpenGathers
from cuelight.view.schema import (
    NOISED,
    PROMPT,
    SLOW,
    VISITS,
    VISITS_WITH_PRICE,
    WHOLE_SITE,
    WITHHELD,
)
from cuelight.view.sequence import Sequence
from cuelight.view.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cuelight.view.database import Database, Transaction
    from cuelight.view.news import News

Table = tuple[str, str]
"""A site and a device."""

SumKey = tuple[str, str, int, str, int]
"""Site, device or WHOLE_SITE, hour, cell and kind: the key of `sums`."""

_HOUR: Final = 3600
_DAY: Final = 86400

_ADD_SUM: Final = """
INSERT INTO sums (site, device, hour, cell, kind, n, visits, releases, since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, device, hour, cell, kind) DO UPDATE SET
    n = sums.n + excluded.n,
    visits = sums.visits + excluded.visits,
    releases = sums.releases + excluded.releases,
    since = CASE WHEN excluded.since < sums.since THEN excluded.since ELSE sums.since END
"""


@dataclass(slots=True)
class Taken:
    """What became of a batch: windows counted, ids that were known, and sites that changed.

    `repeated` are the windows that were known already, by table and sequence number.
    """

    counted: int = 0
    repeated: list[tuple[Table, int]] = field(default_factory=list)
    sites: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Row:
    """One device's row, while its table is locked."""

    availability: str | None
    availability_at: int | None
    health: str | None
    health_at: int | None
    statement: str | None
    shared: bool
    k: int
    floor: int
    visits_so_far: int
    priced_so_far: int
    life: int
    seq_next: int
    seq_top: int


_COLUMNS: Final = tuple(_Row.__slots__)


class Intake:
    """The write side of the history; one for each process that collects.

    Two collectors may write to one PostgreSQL at once: each batch first locks the devices that it
    is about, in one order for all. Raises StoreError; then nothing of the batch was taken.
    """

    def __init__(self, database: Database) -> None:
        self._base = database
        self._names: set[str] = set()

    def take(self, batch: Iterable[News], *, now: int) -> Taken:
        """Take a batch in one transaction: all of it is on the disk afterwards, or none."""
        news = list(batch)
        taken = Taken()
        if not news:
            return taken
        with self._base.change() as change:
            rows = _lock(change, {(one.site, one.device) for one in news})
            windows = _new_windows(change, news, taken)
            for one in news:
                row = rows[one.site, one.device]
                if not isinstance(one, Window) and _hear(row, one, now):
                    taken.sites.add(one.site)
            self._count(change, windows, rows, taken)
            _forget_unshared(change, news)
            change.execute_many(
                f"UPDATE devices SET {', '.join(f'{name} = ?' for name in _COLUMNS)}"  # noqa: S608 - our own names
                " WHERE site = ? AND device = ?",
                [
                    (*(int(v) if isinstance(v, bool) else v for v in _values(row)), *table)
                    for table, row in sorted(rows.items())
                ],
            )
        self._names |= {name for window in windows for name in window.cells}
        return taken

    def prune(self, *, now: int, keep_days: float) -> None:
        """Forget windows and sums older than `keep_days`."""
        before = int(now - keep_days * _DAY)
        with self._base.change() as change:
            change.execute("DELETE FROM windows WHERE hour < ?", (before,))
            change.execute("DELETE FROM sums WHERE hour < ?", (before,))

    def say_collector(
        self, name: str, *, connected: bool, now: int, heard_at: int | None, batches: int
    ) -> None:
        """Keep how the collector itself is doing, for those who look at its history."""
        with self._base.change() as change:
            change.execute(
                "INSERT INTO collectors (name, connected, changed_at, heard_at, batches)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                " changed_at = CASE WHEN collectors.connected = excluded.connected"
                " THEN collectors.changed_at ELSE excluded.changed_at END,"
                " connected = excluded.connected, heard_at = excluded.heard_at,"
                " batches = excluded.batches",
                (name, int(connected), now, heard_at, batches),
            )

    def _count(
        self, change: Transaction, windows: list[Window], rows: dict[Table, _Row], taken: Taken
    ) -> None:
        if not windows:
            return
        by_table: dict[Table, list[Window]] = defaultdict(list)
        for window in windows:
            by_table[window.site, window.device].append(window)
        inserted: list[Window] = []
        for table, members in sorted(by_table.items()):
            row = rows[table]
            sequence = Sequence(change, table, row.life, row.seq_next, row.seq_top)
            inserted += sequence.put(members)
            row.life, row.seq_next, row.seq_top = sequence.life, sequence.next, sequence.top
        gathers = OpenGathers(change, by_table)
        sums: dict[SumKey, list[int]] = {}
        for window in sorted(inserted, key=lambda one: one.end):
            row = rows[window.site, window.device]
            row.k, row.floor = window.k, window.floor
            _add(sums, window, shared=row.shared)
            if window.is_noised:  # what is open cannot be told from noised numbers
                continue
            row.visits_so_far += window.visits or 0
            row.priced_so_far += window.visits_with_price or 0
            for key, values in gathers.update(window, row.visits_so_far, row.priced_so_far):
                _put(sums, key, values)
        gathers.save()
        change.execute_many(_ADD_SUM, [(*key, *values) for key, values in sorted(sums.items())])
        self._name_cells(change, inserted)
        taken.counted = len(inserted)
        taken.sites |= {window.site for window in inserted}

    def _name_cells(self, change: Transaction, windows: list[Window]) -> None:
        names = {name for window in windows for name in window.cells} - self._names
        change.execute_many(
            "INSERT INTO cell_names (cell) VALUES (?) ON CONFLICT DO NOTHING",
            [(name,) for name in sorted(names)],
        )


def _lock(change: Transaction, tables: set[Table]) -> dict[Table, _Row]:
    names = sorted(tables)
    change.execute_many(
        "INSERT INTO devices (site, device) VALUES (?, ?) ON CONFLICT DO NOTHING", names
    )
    found = {}
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        marks = ", ".join(["(?, ?)"] * len(part))
        for site, device, *values in change.execute(
            f"SELECT site, device, {', '.join(_COLUMNS)} FROM devices"  # noqa: S608 - our own names
            f" WHERE (site, device) IN (VALUES {marks}) ORDER BY site, device{change.lock}",
            [name for table in part for name in table],
        ):
            found[site, device] = _Row(*values)
    return found


def _new_windows(change: Transaction, news: list[News], taken: Taken) -> list[Window]:
    """Give the windows whose id is not known, each once."""
    windows = {}
    for one in news:
        if isinstance(one, Window):
            if one.id in windows:
                taken.repeated.append(((one.site, one.device), one.seq))
            windows[one.id] = one
    ids = sorted(windows)
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ", ".join("?" * len(part))
        for (known,) in change.execute(f"SELECT id FROM windows WHERE id IN ({marks})", part):  # noqa: S608 - marks only
            window = windows.pop(known)
            taken.repeated.append(((window.site, window.device), window.seq))
    return list(windows.values())


def _hear(row: _Row, one: Availability | Health | Statement, now: int) -> bool:
    """Take what a device says of itself; returns whether it changed anything that is summed up."""
    match one:
        case Availability():
            state = "retired" if one.state is None else one.state
            if state == row.availability:
                return False
            row.availability, row.availability_at = state, now
        case Health():
            if not one.retained:
                row.health_at = now
            elif one.text != row.health:
                row.health_at = None  # the broker kept it, nobody knows for how long
            row.health = one.text
            return False
        case Statement():
            row.statement, row.shared = one.text, one.shared
    return True


def _forget_unshared(change: Transaction, news: list[News]) -> None:
    """Drop a table's own sums once its statement no longer declares it shared."""
    change.execute_many(
        "DELETE FROM sums WHERE site = ? AND device = ?",
        [(s.site, s.device) for s in news if isinstance(s, Statement) and not s.shared],
    )


def _add(sums: dict[SumKey, list[int]], window: Window, *, shared: bool) -> None:
    hour = window.hour
    for device in _places(window, shared=shared):
        for name, cell in window.cells.items():
            kind = PROMPT if window.start <= cell.start and _is_short(window) else SLOW
            key = (window.site, device, hour, name, kind)
            _put(sums, key, (cell.n, cell.visits, 1, cell.start))
        for name, total in (
            (VISITS, window.visits),
            (VISITS_WITH_PRICE, window.visits_with_price),
            (WITHHELD, window.withheld or None),
        ):
            if total is not None:
                _put(sums, (window.site, device, hour, name, SLOW), (total, total, 1, window.start))


def _places(window: Window, *, shared: bool) -> tuple[str, ...]:
    """Say under which names a window's numbers are summed up."""
    if window.is_noised:
        return (NOISED,)
    return (WHOLE_SITE, window.device) if shared else (WHOLE_SITE,)


def _is_short(window: Window) -> bool:
    return window.end - window.start <= 1.5 * _HOUR


def _put(sums: dict[SumKey, list[int]], key: SumKey, values: tuple[int, int, int, int]) -> None:
    n, visits, releases, since = values
    total = sums.setdefault(key, [0, 0, 0, since])
    total[0] += n
    total[1] += visits
    total[2] += releases
    total[3] = min(total[3], since)


def _values(row: _Row) -> list[object]:
    return [getattr(row, name) for name in _COLUMNS]
