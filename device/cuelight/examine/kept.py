"""Prove from the files themselves that the store holds sums, and nothing of a single visit."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import InputError
from cuelight.examine.finding import Finding
from cuelight.pause import held_over, read_pause
from cuelight.read.budget import AlertBudget
from cuelight.read.judged import read_taps
from cuelight.seat_sums import read_seats
from cuelight.seats import LEARNT
from cuelight.statement_log import STATEMENTS, StatementLog
from cuelight.tell.noised import BATCH, NOISED
from cuelight.tell.pauses import PAUSED, PAUSES, read_pauses
from cuelight.tell.release import DISK_VISITS
from cuelight.tell.remote_pause import ORDERED
from cuelight.tell.spending import SPENDING, read_spending
from cuelight.tell.spool import OPEN_SUMS
from cuelight.tell.teller import SEATS
from cuelight.tell.window import from_json
from cuelight.tell.zone_flag import ZONE_CONFIRMED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPOOL: Final = "windows.sqlite"

FILES: Final = frozenset(
    {
        *(SPOOL + end for end in ("", "-wal", "-shm", "-journal")),
        *("alerts.json", "alerts.new", "last-good.toml", "last-good.new", "running.lock"),
        *(STATEMENTS, "privacy.new", SPENDING, "epsilon.new", ZONE_CONFIRMED),
    }
)
"""Every file that a box keeps."""

TABLES: Final = {
    "windows": ("seq", "id", "ended", "body", "acked", "sent"),
    "meta": ("key", "value"),
    "sqlite_sequence": ("name", "seq"),
}
"""Every table of its database, with every column."""

KEYS: Final = frozenset({OPEN_SUMS, ORDERED, PAUSED, PAUSES, SEATS, "tries"})

_BROKEN: Final = "windows.broken"
_WRONG: Final = "Keep a copy for whoever answers for privacy here, then report it."


def examine_store(folder: Path) -> Finding:
    """Hold every file in the store, and every value in its database, against what may be there."""
    try:
        names = {path.name for path in folder.iterdir()}
        wrong = [f"{name} is no file of ours" for name in sorted(names - FILES - {_BROKEN})]
        counted = _windows(folder / SPOOL, wrong) if SPOOL in names else 0
        if "alerts.json" in names:
            wrong += _alerts(folder / "alerts.json")
        if SPENDING in names:
            wrong += _spending(folder / SPENDING)
        if breaks := StatementLog(folder / STATEMENTS).breaks():
            wrong.append(f"{STATEMENTS} was changed in {breaks} places")
    except FileNotFoundError:
        return Finding("store", "note", f"nothing is kept yet in {folder}")
    except (OSError, sqlite3.Error) as error:
        fix = "Run this as root, or as the service's user."
        return Finding("store", "failed", f"{folder} cannot be read: {error}", fix)
    figures = {"windows": counted, "files": len(names)}
    if wrong:
        return Finding("store", "failed", "; ".join(wrong), _WRONG, figures)
    text = f"{len(names)} files, all known; {counted} released windows and the open sums keep k"
    if _BROKEN in names:
        fix = f"Delete {folder / _BROKEN}."
        return Finding("store", "warning", f"{text}; {_BROKEN} cannot be read", fix, figures)
    return Finding("store", "good", text, figures=figures)


def is_paused(folder: Path) -> bool:
    """Say whether button or broker keep the box paused. Raises OSError or sqlite3.Error."""
    if not (folder / SPOOL).exists():
        return False
    with closing(_open(folder / SPOOL)) as base:
        row = base.execute("SELECT value FROM meta WHERE key = ?", (PAUSED,)).fetchone()
    return any(held_over(read_pause(json.loads(row[0]) if row else None)).values())


def pauses_by_hour(folder: Path) -> tuple[str, list[int]]:
    """Read since when pauses are counted, and the sums. Raises OSError or sqlite3.Error."""
    if not (folder / SPOOL).exists():
        return read_pauses(None)
    with closing(_open(folder / SPOOL)) as base:
        row = base.execute("SELECT value FROM meta WHERE key = ?", (PAUSES,)).fetchone()
    try:
        return read_pauses(json.loads(row[0]) if row else None)
    except ValueError:
        return read_pauses(None)


def judged_hints(folder: Path) -> tuple[int, int]:
    """Read how many hints were called useful and not useful on this box. Raises OSError."""
    try:
        kept = json.loads((folder / "alerts.json").read_text(encoding="utf-8"))
        useful, not_useful, _ = read_taps(kept["kept"].get("taps"))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return 0, 0
    return useful, not_useful


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)


def _windows(path: Path, wrong: list[str]) -> int:
    with closing(_open(path)) as base:
        tables = base.execute("SELECT name FROM sqlite_master WHERE type != 'index'").fetchall()
        for (name,) in tables:
            columns = [
                row[1] for row in base.execute("SELECT * FROM pragma_table_info(?)", (name,))
            ]
            if set(columns) - set(TABLES.get(name, ())):
                wrong.append(f"table {name} has columns {', '.join(columns)}")
        bodies = base.execute("SELECT seq, body FROM windows").fetchall()
        for seq, body in bodies:
            wrong += _window(seq, body)
        for key, value in base.execute("SELECT key, value FROM meta"):
            wrong += _value(key, value)
    return len(bodies)


def _window(seq: int, body: str) -> Iterator[str]:
    try:
        window = from_json(body)
    except InputError as error:
        yield f"window {seq} is none: {error}"
        return
    for name, cell in window.cells.items():
        few = min(cell.n, cell.visits - cell.n)
        if cell.visits < window.k or few < window.floor:
            yield f"window {seq} gives {cell.n} of {cell.visits} visits for {name}"
    for name, count in (("visits", window.visits), ("with price", window.visits_with_price)):
        if count is not None and count < window.k:
            yield f"window {seq} gives {count} visits ({name})"


def _value(key: str, value: str) -> Iterator[str]:
    if key not in KEYS:
        yield f"a value is kept as {key[:40]!r}"
        return
    try:
        yield from _known(key, json.loads(value))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        yield f"{key} holds {value[:40]}"


def _known(key: str, kept: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON was found
    match key:
        case "open_sums" if set(kept) == {NOISED}:
            yield from _noised(kept[NOISED])
        case "open_sums":
            for name, one in kept.items():
                if set(one) - {"n", "visits", "looked", "from"} or one["visits"] < DISK_VISITS:
                    yield f"the open sum of {name} holds {one}"
        case "pauses":
            if read_pauses(kept)[0] == "" or set(kept) != {"since", "by_hour"}:
                yield "the pauses are no sums by hour"
        case "seats":
            yield from _seats(kept)
        case "paused" | "order":
            yield from _pause(key, kept)
        case _:
            if not isinstance(kept, int):
                raise TypeError(key)


def _seats(kept: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON was found
    if set(kept) != {"zone", "moved", "parties", "places"} or read_seats(kept) is None:
        yield "where faces sit is no coarse sums"
    elif kept["parties"] > LEARNT or 0 < sum(kept["places"].values()) < DISK_VISITS:
        yield f"where faces sit are sums of {sum(kept['places'].values())}"


def _pause(key: str, kept: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON was found
    if key == "order":
        datetime.fromisoformat(kept)
    elif not isinstance(kept, bool) and kept != held_over(read_pause(kept)):
        yield f"{key} holds {kept}"  # version 0.1 kept true or false


def _noised(kept: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON was found
    if set(kept) != {"period", "from", "cells_max", "visits", "priced", "n"}:
        yield f"the open sums hold {', '.join(sorted(kept))}"
    elif kept["visits"] % BATCH or kept["priced"] % BATCH or kept["priced"] > kept["visits"]:
        yield f"the open sums hold {kept['visits']} visits, {kept['priced']} with a price"
    elif sum(kept["n"].values()) > kept["cells_max"] * kept["visits"]:
        yield "the open sums hold more than visits may add to"


def _spending(path: Path) -> Iterator[str]:
    try:
        days = [entry.day for entry in read_spending(path.read_text(encoding="utf-8"))]
    except ValueError as error:
        yield f"{path.name} is no account of the privacy budget: {error}"
    else:
        if len(days) != len(set(days)):
            yield f"{path.name} names a release twice"


def _alerts(path: Path) -> Iterator[str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        AlertBudget().restore(kept["kept"], same_clock=True)
        budget = set(kept["kept"]) - {"taps"}
        if set(kept) != {"boot", "kept"} or budget != {"now", "given", "visit"}:
            yield f"{path.name} holds more than the alert budget"
        read_taps(kept["kept"].get("taps"))
    except (ValueError, KeyError, TypeError) as error:
        yield f"{path.name} is no alert budget: {error}"
