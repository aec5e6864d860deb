"""Gather visits into cells and let a cell go only when no visit can be told from it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cuelight.records import Cell, CountWindow
from cuelight.tell.window import utc_text, utc_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cuelight.records import VisitTally
    from cuelight.settings import ReleaseSettings

EXPRESSIONS: Final = frozenset(
    ("happiness", "surprise", "disgust", "anger", "fear", "sadness", "contempt")
)
"""Counted only where settings say `publish_expressions`."""

AFTER_PRICE: Final = "after_price."
"""Names of cells that ask what a visit showed within 30 s after a price mark begin so."""

DISK_VISITS: Final = 3
"""Sums over fewer visits than this are never written to disk (DESIGN section 5)."""

VISITS: Final = "visits"
VISITS_WITH_PRICE: Final = "visits_with_price"


@dataclass(slots=True)
class _Sum:
    """An open cell: `n` of `visits` visits since `start`."""

    start: datetime
    n: int = 0
    visits: int = 0
    looked: int = 0  # how many of `visits` had come when the rule was last asked
    restored: bool = False  # `start` was measured by an earlier run's clock


class Gatherer:
    """Adds up visits and releases cells at a window's end, by DESIGN section 5's gathering rule.

    **The rule.** A cell is released once it holds at least `k` visits, `n >= floor` and
    `visits - n >= floor`; it then starts again from nothing, so no visit is in two releases of it.
    It is asked only once `k` more visits have come than when it was asked last: else a release
    with `n == floor` an hour after none would say what the one visit of that hour showed
    (`scripts/attack-release` counts how many visits that gave away).
    A cell unreleased for `drop_days` is dropped and counted as withheld, whatever it held: the
    count depends on time alone and tells nothing about the visits.

    **Which visits a cell counts as its own.** Those that could have shown it: for `after_price.x`
    the visits with a price mark, for every other cell all visits.

    **`visits`** has no "did not", so of the rule only `k` applies. **`visits_with_price`** is a
    cell of its own over all visits: published only when at least `k` visits had a price mark, at
    least `floor` had one and at least `floor` had none (where every visit has one, the cells'
    `visits` still say how many those were).

    `names` are the cells that gather from the start. A name that is not among them starts with the
    first visit that shows it, which makes its first rate too high: name them all. Pure: `now` is
    always an argument, `new_id` makes a window's UUID. Times must carry a zone; they are kept in
    whole seconds of UTC. Not safe for threads: the loop owns it.
    """

    def __init__(
        self,
        settings: ReleaseSettings,
        *,
        site: str,
        device: str,
        start: datetime,
        names: Iterable[str] = (),
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._settings = settings
        self._site = site
        self._device = device
        self._new_id = new_id
        self._window_start = _seconds(start)
        self._sums = {
            name: _Sum(self._window_start)
            for name in (VISITS, VISITS_WITH_PRICE, *sorted(set(names)))
            if self._is_counted(name)
        }

    def add(self, tally: VisitTally) -> None:
        """Count one finished visit; it adds at most one to every cell."""
        shown = {name for name in tally.cells if self._is_counted(name)} - {
            VISITS,
            VISITS_WITH_PRICE,
        }
        shown |= {VISITS, VISITS_WITH_PRICE} if tally.price else {VISITS}
        for name in sorted(shown - self._sums.keys()):
            self._sums[name] = _Sum(self._window_start)
        for name, gathered in self._sums.items():
            if tally.price or not name.startswith(AFTER_PRICE):
                gathered.visits += 1
                gathered.n += name in shown

    def close_window(self, now: datetime) -> CountWindow | None:
        """End the window: release what is safe, drop what is too old.

        Returns None when nothing was released or dropped. The window's `seq` is 0 until the spool
        gives it one. Put the window and the next `snapshot()` on disk together (`Spool.put`).
        """
        now = _seconds(now)
        start = min(self._window_start, now)  # the clock may have been set back
        self._window_start = now
        released: dict[str, Cell] = {}
        withheld = 0
        for name, gathered in list(self._sums.items()):
            due = gathered.visits - gathered.looked >= self._settings.k
            if due and self._is_safe(name, gathered):
                released[name] = Cell(gathered.n, gathered.visits, gathered.start)
            elif now - gathered.start >= timedelta(days=self._settings.drop_days):
                withheld += 1
            else:
                gathered.start = min(gathered.start, now)
                gathered.looked = gathered.visits if due else gathered.looked
                continue
            self._sums[name] = _Sum(now)
        if not released and not withheld:
            return None
        visits = released.pop(VISITS, None)
        with_price = released.pop(VISITS_WITH_PRICE, None)
        return CountWindow(
            id=self._new_id(),
            site=self._site,
            device=self._device,
            seq=0,
            start=start,
            end=now,
            visits=visits.n if visits else None,
            visits_with_price=with_price.n if with_price else None,
            cells=released,
            withheld=withheld,
            k=self._settings.k,
            floor=self._settings.floor,
        )

    def shift(self, jump: timedelta) -> None:
        """Follow the wall clock, which was put forward by `jump` (back if negative).

        What began by the old clock moves along. Sums of an earlier run stay: they began by that
        run's clock, which was right, while a Pi's clock is wrong for the first minutes of a run.
        """
        self._window_start = _seconds(self._window_start + jump)
        for gathered in self._sums.values():
            if not gathered.restored:
                gathered.start = _seconds(gathered.start + jump)

    def snapshot(self) -> dict[str, object]:
        """Return the open sums for disk, as plain JSON.

        A cell with fewer than three visits is left out, so a power cut (or a switch at the wall)
        loses at most two visits a cell, never a released one.
        """
        return {
            name: {
                "n": gathered.n,
                "visits": gathered.visits,
                "looked": gathered.looked,
                "from": utc_text(gathered.start),
            }
            for name, gathered in self._sums.items()
            if gathered.visits >= DISK_VISITS
        }

    def restore(self, snapshot: object) -> list[str]:
        """Go on from a snapshot; a cell that it leaves out begins anew with this gatherer.

        Returns the names that were not taken over: sums that make no sense, and cells that settings
        no longer count. Never raises for what was on disk.
        """
        if not isinstance(snapshot, dict):
            return [f"all of them (a {type(snapshot).__name__})"]
        refused = []
        for name, entry in snapshot.items():
            gathered = _read_sum(entry) if self._is_counted(name) else None
            if gathered is None:
                refused.append(name)
            else:
                self._sums[name] = gathered
        return refused

    def _is_counted(self, name: str) -> bool:
        return is_counted(name, self._settings)

    def _is_safe(self, name: str, gathered: _Sum) -> bool:
        k, floor = self._settings.k, self._settings.floor
        if gathered.visits < k:
            return False
        if name == VISITS:
            return True
        if name == VISITS_WITH_PRICE and gathered.n < k:
            return False
        return gathered.n >= floor and gathered.visits - gathered.n >= floor


def is_counted(name: str, settings: ReleaseSettings) -> bool:
    """Say whether settings let a cell be counted at all."""
    return settings.publish_expressions or name.removeprefix(AFTER_PRICE) not in EXPRESSIONS


def _seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; count windows are in UTC")
    return moment.astimezone(UTC).replace(microsecond=0)


def _read_sum(entry: object) -> _Sum | None:
    match entry:
        case {"n": int(n), "visits": int(visits), "from": str(start), **more} if 0 <= n <= visits:
            looked = more.get("looked", visits)  # not kept by earlier versions: as if just now
            if not isinstance(looked, int) or not 0 <= looked <= visits:
                return None
            try:
                return _Sum(_seconds(utc_time(start)), n, visits, looked, restored=True)
            except (ValueError, OverflowError):
                return None
        case _:
            return None
