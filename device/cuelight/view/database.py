"""Where the managers' history is kept: SQLite in a file, or PostgreSQL by its address."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from cuelight.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BUSY_SECONDS: Final = 10.0
"""How long a statement waits for another program that writes to the same SQLite file."""

Row = tuple[Any, ...]


class Transaction(Protocol):
    """One change, on the disk when its block ends, or not at all.

    `lock` ends a SELECT whose rows are to be changed: nobody else may meanwhile.
    """

    lock: str

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run one statement, `?` for each value; returns its rows (RETURNING), if any."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for every row of values."""


class Database(Protocol):
    """What the history needs of a database; the SQL is the same for both kinds.

    Safe for threads. Raises StoreError for whatever goes wrong, its message fit for a log.
    """

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Read, `?` for each value."""

    def change(self) -> AbstractContextManager[Transaction]:
        """Open a transaction, as a context manager."""

    def close(self) -> None:
        """Let go of the file or the server."""


def open_database(store: str, *, schema: str) -> Database:
    """Open `store`, a file's path or `postgresql://user@host/name`, and make its tables.

    Raises StoreError when it cannot be opened, InputError when it is neither.
    """
    if store.startswith(("postgresql://", "postgres://")):
        try:
            from cuelight.view.postgres import Postgres  # noqa: PLC0415 - an extra of its own
        except ImportError as error:
            raise InputError(
                f"{error}. For PostgreSQL: pip install 'cuelight[postgres]'"
            ) from error
        return Postgres(store, schema=schema)
    if "://" in store:
        raise InputError(
            f"--store is {store!r}; a file's path or postgresql://USER@HOST/DATABASE is wanted."
        )
    return SqliteFile(Path(store).expanduser(), schema=schema)


class SqliteFile:
    """An SQLite file with a write-ahead log: readers never wait for the writer.

    One connection writes and another reads, so that a page's long query holds up no message.
    Every transaction is synced to the disk before its block ends (synchronous=FULL): only then may
    a message be acknowledged.
    """

    def __init__(self, path: Path, *, schema: str) -> None:
        self._path = path
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            self._writer = self._connect()
            try:
                self._writer.execute("PRAGMA journal_mode = WAL")
                self._writer.execute("PRAGMA synchronous = FULL")
                self._writer.executescript(schema.replace("/* WITHOUT ROWID */", "WITHOUT ROWID"))
                self._reader = self._connect()
                self._reader.execute("PRAGMA query_only = ON")
            except BaseException:
                self._writer.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise self._trouble(error) from error

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Read what was committed last."""
        with self._reading:
            try:
                return self._reader.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._trouble(error) from error

    @contextmanager
    def change(self) -> Iterator[Transaction]:
        """Write in one transaction."""
        with self._writing:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield _SqliteTransaction(self._writer)
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._trouble(error) from error

    def close(self) -> None:
        """Close the file; the next run finds everything in it."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )

    def _trouble(self, error: Exception) -> StoreError:
        return StoreError(
            f"history in {self._path} cannot be used: {error}. Check the folder's rights and space;"
            " a broken file may be moved away, the devices then send again what they still have."
        )


class _SqliteTransaction:
    lock = ""  # BEGIN IMMEDIATE has locked the whole file

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(sql, values).fetchall()

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(sql, rows)
