"""Account for the privacy budget on disk: what was spent is never given back."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.settings import PrivacySettings

_log = logging.getLogger(__name__)

SPENDING: Final = "epsilon.json"
"""Its name in the store folder."""

BUDGET_DAYS: Final = 28
"""The budget is for so many days; lengths between releases divide it evenly."""


MILLION: Final = 1_000_000
"""Accounts are kept in whole millionths of an epsilon, so that sums are exact."""

_KEPT: Final = 1000
"""Releases on record, the latest ones: years of them, since a clock put forward and back again must
not make old ones forgotten."""

_DAY_SECONDS: Final = 86400


@dataclass(frozen=True, slots=True)
class NoiseRule:
    """What settings say of noise.

    `total` (millionths of an epsilon) is for 28 days, and spent in equal parts at the end of every
    `days` days; `cells` is the most cells that one visit adds to.
    """

    total: int
    days: int
    cells: int

    @property
    def cost(self) -> int:
        """What one release costs, in millionths of an epsilon."""
        return self.total // (BUDGET_DAYS // self.days)

    @property
    def sensitivity(self) -> int:
        """How much all numbers of a release together change by one visit, there or not.

        One for `visits`, one for `visits_with_price`, and one for each cell that it adds to.
        """
        return self.cells + 2

    def period(self, moment: datetime) -> int:
        """Give the first day (since 1970, UTC) of the period that a moment lies in.

        The calendar alone decides, so that when something is released tells nothing.
        """
        day = int(moment.astimezone(UTC).timestamp() // _DAY_SECONDS)
        return day // self.days * self.days


def noise_rule(privacy: PrivacySettings) -> NoiseRule | None:
    """Say how noise is to be spent; None where settings want none."""
    if not privacy.epsilon:
        return None
    total = int(privacy.epsilon * MILLION)
    return NoiseRule(total, privacy.noise_days, privacy.noise_cells)


@dataclass(frozen=True, slots=True)
class Spent:
    """One release, charged to the period that began on `day`."""

    day: int
    cost: int


def spent_by(entries: list[Spent], day: int) -> int:
    """Sum what counts on `day`: all of the last 28 days, and whatever is dated later.

    The latter come of a clock that was set back; they must not be forgotten either.
    """
    return sum(entry.cost for entry in entries if entry.day > day - BUDGET_DAYS)


def may_spend(entries: list[Spent], *, day: int, cost: int, total: int) -> bool:
    """Say whether a release may be charged: once a period, and within the budget."""
    once = all(entry.day != day for entry in entries)
    return once and cost > 0 and spent_by(entries, day) + cost <= total


class SpendingFile:
    """What was spent, in one small file that is replaced as a whole.

    `charge` is on the disk before noise is drawn: a crash after it loses a release, never the
    charge. A file that cannot be read, or is gone though noise was used before (`was_used`), counts
    as all spent on that day. Belongs to one thread.
    """

    def __init__(self, path: Path, *, rule: NoiseRule, today: datetime, was_used: bool) -> None:
        self._path = path
        self._rule = rule
        self._entries = self._load(rule.period(today), was_used=was_used)

    def charge(self, day: int) -> bool:
        """Charge the period that began on `day`; False where it may not be. Raises OSError."""
        rule = self._rule
        if not may_spend(self._entries, day=day, cost=rule.cost, total=rule.total):
            return False
        entries = [*self._entries[1 - _KEPT :], Spent(day, rule.cost)]
        self._write(entries)
        self._entries = entries
        return True

    def spent(self, moment: datetime) -> float:
        """Give the epsilon spent in the 28 days up to a moment, by whole periods."""
        return spent_by(self._entries, self._rule.period(moment)) / MILLION

    def _load(self, today: int, *, was_used: bool) -> list[Spent]:
        try:
            return read_spending(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            entries = [Spent(today, self._rule.total)] if was_used else []
            if was_used:
                _log.error("%s is gone: the privacy budget counts as spent", self._path)
        except (OSError, ValueError) as error:
            _log.error("%s (%s): the privacy budget counts as spent", self._path, error)
            entries = [Spent(today, self._rule.total)]
        self._write(entries)
        return entries

    def _write(self, entries: list[Spent]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self._path.with_suffix(".new")
        fresh.touch(mode=0o600)
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"spent": [[entry.day, entry.cost] for entry in entries]}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_spending(text: str) -> list[Spent]:
    """Read what the file holds. Raises ValueError for anything else."""
    try:
        match json.loads(text):
            case {"spent": list(pairs), **more} if not more:
                return [_entry(pair) for pair in pairs]
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    raise ValueError("no list of what was spent")


def _entry(pair: object) -> Spent:
    match pair:
        case [int(day), int(cost)] if cost >= 0 and not isinstance(cost, bool):
            return Spent(int(day), cost)
        case _:
            raise ValueError(f"{str(pair)[:40]} is no day and cost")
