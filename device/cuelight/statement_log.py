"""Keep what the privacy statement said, from when on, for six months."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)

STATEMENTS: Final = "privacy.jsonl"
"""Its name in the store folder."""

KEEP_DAYS: Final = 183

_LINE_BYTES: Final = 16384


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement and when it came into force; `before` is the SHA-256 of the line before it."""

    start: datetime
    statement: Mapping[str, Any]
    before: str


class StatementLog:
    """A file to which a line is added whenever the statement changes, and no other time.

    A line names the hash of the one before, so one that was changed or taken out is noticed. Only
    what went out of force more than six months ago is ever removed. Nothing in it depends on who
    was at the table.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, statement: Mapping[str, Any], *, now: datetime) -> bool:
        """Add the statement unless it is the last one; True where it was. Raises OSError."""
        lines = self._lines()
        known = list(_read(lines))
        fresh = json.loads(json.dumps(statement))
        if known and known[-1].statement == fresh:
            return False
        # a Pi that does not know the time yet must not seem to have changed its past
        moment = max(now.astimezone(UTC), known[-1].start) if known else now.astimezone(UTC)
        line = json.dumps(
            {
                "from": moment.isoformat(timespec="seconds"),
                "before": _hash(lines[-1]) if lines else "",
                "statement": fresh,
            }
        )
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = _pruned(lines, now=moment)
        if len(kept) < len(lines):
            self._replace([*kept, line])
        else:
            self._append(line)
        return True

    def stated(self) -> list[Stated]:
        """Give everything that is kept, oldest first; unreadable lines are left out."""
        return list(_read(self._lines()))

    def in_force(self, start: datetime, end: datetime) -> list[Stated]:
        """Give what was in force at any time in [start, end); empty where nothing is known."""
        known = self.stated()
        ends = [*(one.start for one in known[1:]), None]
        return [
            one
            for one, until in zip(known, ends, strict=True)
            if one.start < end and (until is None or until > start)
        ]

    def breaks(self) -> int:
        """Count the lines that do not go on from the line before: something was changed there."""
        lines = self._lines()
        count = len(lines) - len(list(_read(lines)))
        for before, line in pairwise(lines):
            count += any(one.before != _hash(before) for one in _read([line]))
        return count

    def _lines(self) -> list[str]:
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines() if line.strip()]

    def _append(self, line: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        with os.fdopen(os.open(self._path, flags, 0o600), "a", encoding="utf-8") as file:
            torn = file.tell() and not self._path.read_bytes().endswith(b"\n")
            file.write(f"\n{line}\n" if torn else f"{line}\n")
            file.flush()
            os.fsync(file.fileno())

    def _replace(self, lines: Sequence[str]) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        with fresh.open("w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _pruned(lines: Sequence[str], *, now: datetime) -> list[str]:
    """Leave out the lines whose statement went out of force more than six months ago."""
    oldest = now - timedelta(days=KEEP_DAYS)
    for place, line in enumerate(lines[1:]):
        if any(one.start >= oldest for one in _read([line])):
            return list(lines[place:])
    return list(lines[-1:])


def _read(lines: Sequence[str]) -> Iterator[Stated]:
    for line in lines:
        try:
            found = json.loads(line) if len(line) <= _LINE_BYTES else None
            match found:
                case {"from": str(start), "before": str(before), "statement": dict(said)}:
                    moment = datetime.fromisoformat(start)
                    if moment.tzinfo is not None:
                        yield Stated(moment.astimezone(UTC), said, before)
                        continue
        except (ValueError, RecursionError, OverflowError):
            pass
        _log.debug("a line of the privacy statements cannot be read")


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
