"""Keep the managers' history in PostgreSQL, through psycopg 3."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import psycopg

from cuelight.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cuelight.view.database import Row, Transaction

CONNECT_SECONDS: Final = 10

_MAKING_TABLES: Final = 6021023
"""Key of an advisory lock: two collectors that start at once must not both make the tables."""


class Postgres:
    """A PostgreSQL database: one connection writes, another reads; both come back by themselves.

    A password belongs into `~/.pgpass` or `PGPASSFILE`, not into the address. Raises StoreError.
    """

    def __init__(self, address: str, *, schema: str) -> None:
        self._address = address
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._writer: psycopg.Connection[Any] | None = None
        self._reader: psycopg.Connection[Any] | None = None
        with self.change() as change:
            change.execute("SELECT pg_advisory_xact_lock(?)", (_MAKING_TABLES,))
            for statement in schema.split(";"):
                if statement.strip():
                    change.execute(statement)

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Read what was committed last."""
        with self._reading:
            for attempt in (1, 2):  # an idle connection may have died: once more, with a new one
                try:
                    self._reader = self._alive(self._reader)
                    return self._reader.execute(_marks(sql), values).fetchall()
                except psycopg.OperationalError as error:
                    _close(self._reader)
                    if attempt == 2:
                        raise self._trouble(error) from error
                except psycopg.Error as error:
                    raise self._trouble(error) from error
        raise AssertionError("unreachable")

    @contextmanager
    def change(self) -> Iterator[Transaction]:
        """Write in one transaction; a lost connection is opened anew by the next one."""
        with self._writing:
            try:
                self._writer = self._alive(self._writer)
                with self._writer.transaction():
                    yield _PostgresTransaction(self._writer)
            except psycopg.OperationalError as error:
                _close(self._writer)
                raise self._trouble(error) from error
            except psycopg.Error as error:
                raise self._trouble(error) from error

    def close(self) -> None:
        """Leave the server."""
        with self._writing, self._reading:
            _close(self._writer)
            _close(self._reader)

    def _alive(self, connection: psycopg.Connection[Any] | None) -> psycopg.Connection[Any]:
        if connection is not None and not connection.closed:
            return connection
        return psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_SECONDS)

    def _trouble(self, error: Exception) -> StoreError:
        where = re.sub(r"//[^@/]*@", "//", self._address)
        text = " ".join(str(error).split())
        return StoreError(f"history in {where} cannot be used: {text}. Does the server run?")


class _PostgresTransaction:
    lock = " FOR UPDATE"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        found = self._connection.execute(_marks(sql), values)
        return found.fetchall() if found.description else []

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(_marks(sql), rows)


def _marks(sql: str) -> bytes:
    """Write a statement with psycopg's marks for values; ours hold no other `?` or `%`."""
    return sql.replace("?", "%s").encode()


def _close(connection: psycopg.Connection[Any] | None) -> None:
    if connection is not None:
        connection.close()
