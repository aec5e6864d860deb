"""Keep released windows on disk until the broker has them, and a little state between runs."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from cuelight.errors import InputError
from cuelight.tell.join import closest, covered, join
from cuelight.tell.window import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from cuelight.records import CountWindow

_log = logging.getLogger(__name__)

OPEN_SUMS: Final = "open_sums"
"""Key under which `put` keeps the gatherer's snapshot."""

WAITING_MAX: Final = 2000
"""Windows that wait and were never sent, before the closest two are joined: 83 days of hours."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS windows (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    ended REAL NOT NULL,
    body TEXT NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting ON windows (seq) WHERE acked = 0;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


_ADD_SENT: Final = "ALTER TABLE windows ADD COLUMN sent INTEGER NOT NULL DEFAULT 1"
"""For a file of version 0.1, which did not note it: then all may have been sent."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """One window as it goes out: `body` is its JSON."""

    seq: int
    id: str
    body: str


class Spool:
    """An SQLite outbox: a window is in it before it is sent, and marked on the broker's PUBACK.

    Every change is on the disk when the call returns (WAL with synchronous=FULL), or it did not
    happen; each writes and syncs, which can take tens of milliseconds on an SD card. Sequence
    numbers start at 1 and are never used twice. Old versions of the open sums would show single
    visits by subtraction, so freed space is overwritten and the write-ahead log emptied after every
    change. At most `waiting_max` windows that were never sent are kept: past that the two closest
    become one (`join`), and no count is lost. Safe for threads. Raises sqlite3.Error when the disk
    is full, read-only or broken; on opening, sqlite3.DatabaseError for a file that is no sound
    database.
    """

    def __init__(self, path: Path, *, waiting_max: int = WAITING_MAX) -> None:
        self._waiting_max = waiting_max
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # SQLite gives its other files the rights of this one
        self._lock = threading.RLock()
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            # what cannot be decoded is no JSON either, which `load` knows what to do with
            self._base.text_factory = lambda raw: raw.decode(errors="replace")
            self._check()
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.execute("PRAGMA secure_delete = ON")
            self._base.executescript(_SCHEMA)
            columns = self._base.execute("SELECT name FROM pragma_table_info('windows')")
            if ("sent",) not in columns.fetchall():
                self._base.execute(_ADD_SENT)
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except BaseException:
            self._base.close()
            raise

    def put(self, window: CountWindow, *, open_sums: Mapping[str, object]) -> CountWindow:
        """Take in a released window and the sums that stay open, both or neither.

        So a process killed at any point neither loses a visit nor counts it twice. Returns the
        window with its `seq`.
        """
        with self._change() as base:
            row = base.execute(
                "INSERT INTO windows (id, ended, body, sent) VALUES (?, ?, '', 0)",
                (window.id, window.end.timestamp()),
            )
            numbered = replace(window, seq=int(row.lastrowid or 0))
            base.execute(
                "UPDATE windows SET body = ? WHERE seq = ?", (to_json(numbered), numbered.seq)
            )
            _set(base, OPEN_SUMS, open_sums)
        self._join_two()
        return numbered

    def waiting(self, *, after: int = 0, limit: int = -1) -> list[Spooled]:
        """Return windows that the broker has not acknowledged, oldest first, with seq > `after`."""
        query = "SELECT seq, id, body FROM windows WHERE acked = 0 AND seq > ? ORDER BY seq LIMIT ?"
        with self._lock:
            return [Spooled(*row) for row in self._base.execute(query, (after, limit))]

    def take(self, *, after: int = 0, limit: int = -1) -> list[Spooled]:
        """Return waiting windows as `waiting` does, to send them: from now on none is joined.

        That is on the disk before this returns, since somebody may count a window whose
        acknowledgement is lost.
        """
        query = "SELECT count(*) FROM windows WHERE sent = 0 AND seq BETWEEN ? AND ?"
        with self._lock:
            windows = self.waiting(after=after, limit=limit)
            ends = (windows[0].seq, windows[-1].seq) if windows else (0, 0)
            if self._base.execute(query, ends).fetchone() != (0,):
                with self._change() as base:
                    base.execute("UPDATE windows SET sent = 1 WHERE seq BETWEEN ? AND ?", ends)
        return windows

    def last_acked(self) -> Spooled | None:
        """Return the newest window that the broker has, or None."""
        query = "SELECT seq, id, body FROM windows WHERE acked = 1 ORDER BY seq DESC LIMIT 1"
        with self._lock:
            row = self._base.execute(query).fetchone()
        return Spooled(*row) if row else None

    def waiting_count(self) -> int:
        """Return how many windows the broker has not acknowledged."""
        with self._lock:
            row = self._base.execute("SELECT count(*) FROM windows WHERE acked = 0").fetchone()
        return int(row[0])

    def acked(self, *seqs: int) -> None:
        """Mark windows as received; call it on the broker's PUBACK only."""
        with self._change() as base:
            base.executemany("UPDATE windows SET acked = 1 WHERE seq = ?", [(seq,) for seq in seqs])

    def wait_again(self, seq: int) -> int:
        """Mark all kept windows from `seq` on as waiting again; returns how many those are."""
        with self._change() as base:
            return base.execute("UPDATE windows SET acked = 0 WHERE seq >= ?", (seq,)).rowcount

    def prune(self, now: datetime, *, keep_days: float) -> int:
        """Delete received windows that ended over `keep_days` ago; returns how many.

        A window that still waits is kept however old it is: none may be lost to a long outage.
        """
        before = (now - timedelta(days=keep_days)).timestamp()
        with self._change() as base:
            return base.execute(
                "DELETE FROM windows WHERE acked = 1 AND ended < ?", (before,)
            ).rowcount

    def save(self, key: str, value: object) -> None:
        """Keep `value` (plain JSON) under `key`: open sums between windows, the alert budget."""
        with self._change() as base:
            _set(base, key, value)

    def try_write(self) -> None:
        """Write a few bytes, to see whether the disk takes them."""
        with self._change() as base:
            count = base.execute("SELECT value FROM meta WHERE key = 'tries'").fetchone()
            _set(base, "tries", int(count[0]) + 1 if count else 1)

    def load(self, key: str) -> Any:  # noqa: ANN401 - whatever JSON was saved
        """Return what was saved under `key`, or None."""
        with self._lock:
            row = self._base.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        try:
            return json.loads(row[0])
        except ValueError:
            _log.warning("what was kept on disk as %s cannot be read; starting without it", key)
            return None

    def close(self) -> None:
        """Close the file; the next run finds everything in it."""
        with self._lock:
            self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise
            try:
                self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:  # the change itself is on the disk, in the log
                _log.debug("the write-ahead log is emptied later: %s", error)

    def _join_two(self) -> None:
        try:
            self._join_closest()
        except sqlite3.Error as error:  # what was put is on the disk; the next put tries again
            _log.warning("windows that wait could not be joined: %s", error)

    def _join_closest(self) -> None:
        query = "SELECT body FROM windows WHERE acked = 0 AND sent = 0 ORDER BY seq"
        with self._lock:
            bodies = [row[0] for row in self._base.execute(query)]
            pair = None
            if len(bodies) > self._waiting_max:
                pair = closest(_readable(bodies))
            if pair is None:
                return
            one = join(*pair, new_id=str(uuid.uuid4()))
            with self._change() as base:
                base.execute("DELETE FROM windows WHERE seq = ?", (pair[0].seq,))
                base.execute(
                    "UPDATE windows SET id = ?, ended = ?, body = ? WHERE seq = ?",
                    (one.id, one.end.timestamp(), to_json(one), one.seq),
                )
        _log.info("windows %d to %d wait as one from now on", *covered(one))

    def _check(self) -> None:
        # An intact header says nothing about the pages behind it.
        (found,) = self._base.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)


def _readable(bodies: Iterable[str]) -> Iterator[CountWindow]:
    for body in bodies:
        with suppress(InputError):  # the disk's fault; it goes out as it is, for people to see
            yield from_json(body)


def _set(base: sqlite3.Connection, key: str, value: object) -> None:
    base.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) "
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, json.dumps(value)),
    )
