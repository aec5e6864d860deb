"""Look into the spool of released windows without changing it, also while the service runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many windows the broker has not acknowledged.

    `oldest` is when the first of them ended (UTC); `last_acked` the body of the newest window that
    the broker has.
    """

    count: int
    oldest: datetime | None
    last_acked: str | None


def look_at_spool(path: Path) -> Waiting | None:
    """Read the spool at `path`; None when there is none yet.

    Raises OSError or sqlite3.Error when it cannot be read: another user's file, a damaged one.
    """
    if not path.exists():
        return None
    with path.open("rb"):  # SQLite's own complaint does not say why it cannot open a file
        pass
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as base:
        base.text_factory = lambda raw: raw.decode(errors="replace")
        count, ended = base.execute(
            "SELECT count(*), min(ended) FROM windows WHERE acked = 0"
        ).fetchone()
        row = base.execute(
            "SELECT body FROM windows WHERE acked = 1 ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    oldest = None if ended is None else datetime.fromtimestamp(float(ended), UTC)
    return Waiting(int(count), oldest, row[0] if row else None)
