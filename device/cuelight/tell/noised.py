"""Gather visits for a fixed time and release every number with noise, or as null."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final

from cuelight.records import Cell, CountWindow
from cuelight.tell.release import AFTER_PRICE, VISITS, VISITS_WITH_PRICE, is_counted
from cuelight.tell.spending import MILLION
from cuelight.tell.window import utc_text, utc_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cuelight.records import VisitTally
    from cuelight.settings import ReleaseSettings
    from cuelight.tell.mechanism import Mechanism
    from cuelight.tell.spending import NoiseRule

NOISED: Final = "noised"
"""Key of these sums in a snapshot, which so is none of the gate's."""

BATCH: Final = 3
"""Visits go to disk in batches of so many (DESIGN section 5), priced and unpriced ones apart.

So one visit more or less changes what a restart keeps by at most one batch, however often it
restarts: a gather that a restart may have cut is taken to be so many times as sensitive."""


@dataclass(slots=True)
class _Batch:
    """Sums over some visits, none of them known by itself."""

    visits: int = 0
    priced: int = 0
    n: Counter[str] = field(default_factory=Counter)

    def take(self, other: _Batch) -> None:
        self.visits += other.visits
        self.priced += other.priced
        self.n.update(other.n)


class NoisedGatherer:
    """Adds up visits and releases every number with noise at fixed times.

    **When.** At the first window's end in each period of the calendar (`NoiseRule.period`),
    whatever was gathered, even nothing: neither when nor with which names something is released
    depends on visits.

    **How much.** One visit adds to at most `rule.cells` cells. Where it showed more, which ones
    count is drawn by lot among their names, so neither what came first nor how strong it was plays
    a part. `visits`, `visits_with_price` and every cell's `n` get noise by `mechanism` at what the
    release may cost; a cell's `visits` is the noised number over which it counts. Each visit is in
    one release only, so all releases together cost no more about it than that one.

    **What.** `k` and the floors are applied to noised numbers; what falls short is null and counted
    as withheld. Where `charge` refuses a period (budget spent, or charged before a crash) all
    numbers are null and the gather goes on.

    `names` are all cells; a visit's other names are not counted. Times are as `Gatherer`'s. Pure
    but for `mechanism`, `charge` and `choose`, which draws so many out of a list. The loop owns it.
    """

    def __init__(
        self,
        settings: ReleaseSettings,
        rule: NoiseRule,
        *,
        site: str,
        device: str,
        start: datetime,
        names: Iterable[str],
        mechanism: Mechanism,
        charge: Callable[[int], bool],
        choose: Callable[[Sequence[str], int], Sequence[str]] | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._settings = settings
        self._rule = rule
        self._site = site
        self._device = device
        self._mechanism = mechanism
        self._charge = charge
        self._choose = choose or SystemRandom().sample
        self._new_id = new_id
        self._names = [name for name in sorted(set(names)) if is_counted(name, settings)]
        self._start = self._window_start = _seconds(start)
        self._period = rule.period(start)
        self._whole = False  # visits before this start may be lost
        self._restored = False
        self._kept = _Batch()
        self._open = {True: _Batch(), False: _Batch()}

    def add(self, tally: VisitTally) -> None:
        """Count one finished visit, in at most `rule.cells` cells."""
        shown = sorted(tally.cells.intersection(self._names))
        if len(shown) > self._rule.cells:
            shown = list(self._choose(shown, self._rule.cells))
        batch = self._open[tally.price]
        batch.take(_Batch(1, int(tally.price), Counter(shown)))
        if batch.visits == BATCH:
            self._kept.take(batch)
            self._open[tally.price] = _Batch()

    def close_window(self, now: datetime) -> CountWindow | None:
        """Release every number if a new period has begun; None otherwise.

        Raises OSError where the budget's account cannot be written; nothing is released then.
        """
        now = _seconds(now)
        period = self._rule.period(now)
        start = min(self._window_start, now)  # the clock may have been set back
        if period <= self._period:
            return None
        is_charged = self._charge(period)
        self._period, self._window_start = period, now
        if not is_charged:
            nothing = {VISITS: None, VISITS_WITH_PRICE: None}
            return replace(self._window(start, now, nothing), withheld=0)
        numbers = self._noised()
        released = {name: self._checked(name, numbers) for name in numbers}
        window = self._window(start, now, released)
        self._start, self._whole, self._restored = now, True, False
        self._kept = _Batch()
        self._open = {True: _Batch(), False: _Batch()}
        return window

    def shift(self, jump: timedelta) -> None:
        """Follow the wall clock, which was put forward by `jump` (back if negative).

        What an earlier run began stays: it began by that run's clock, which was right.
        """
        self._window_start = _seconds(self._window_start + jump)
        if not self._restored:
            self._start = _seconds(self._start + jump)
            self._period = self._rule.period(self._start)

    def snapshot(self) -> dict[str, object]:
        """Return the open sums for disk, as plain JSON: whole batches of three visits only.

        A power cut loses at most two visits with a price mark and two without.
        """
        kept = {
            "period": self._period,
            "from": utc_text(self._start),
            "cells_max": self._rule.cells,
            "visits": self._kept.visits,
            "priced": self._kept.priced,
            "n": {name: n for name, n in sorted(self._kept.n.items()) if n},
        }
        return {NOISED: kept}

    def restore(self, snapshot: object) -> list[str]:
        """Go on from a snapshot; returns what was not taken over, and never raises.

        Sums that the gate gathered, or that were capped otherwise, are not taken over: one visit
        may be in them more often than the noise hides.
        """
        if not isinstance(snapshot, dict):
            return [f"all of them (a {type(snapshot).__name__})"]
        refused = [name for name in snapshot if name != NOISED]
        if NOISED in snapshot:
            try:
                self._take_over(snapshot[NOISED])
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
                refused.append(NOISED)
        return refused

    def _take_over(self, kept: Mapping[str, Any]) -> None:
        period, cells, visits, priced = (
            kept[name] for name in ("period", "cells_max", "visits", "priced")
        )
        n: dict[str, int] = {**kept["n"]}
        start = _seconds(utc_time(str(kept["from"])))
        if any(type(one) is not int for one in (period, cells, visits, priced, *n.values())):
            raise TypeError("no whole numbers")
        whole = visits % BATCH == priced % BATCH == 0 and 0 <= priced <= visits
        if (
            not whole
            or cells != self._rule.cells
            or not all(0 < one <= visits for one in n.values())
        ):
            raise ValueError("not what a snapshot holds")
        if sum(n.values()) > cells * visits:
            raise ValueError("more cells than visits may add to")
        counted = Counter({name: n[name] for name in n if name in self._names})
        self._kept = _Batch(visits, priced, counted)
        self._start, self._period, self._restored = start, period, True

    def _noised(self) -> dict[str, int]:
        total = _Batch()
        for batch in (self._kept, *self._open.values()):
            total.take(batch)
        counts = [total.visits, total.priced, *(total.n[name] for name in self._names)]
        noised = self._mechanism.noised(
            counts, sensitivity=self._sensitivity, epsilon=self._rule.cost / MILLION
        )
        return dict(zip((VISITS, VISITS_WITH_PRICE, *self._names), noised, strict=True))

    @property
    def _sensitivity(self) -> int:
        return self._rule.sensitivity * (1 if self._whole else BATCH)

    def _checked(self, name: str, numbers: dict[str, int]) -> int | None:
        """Give a noised number if the noised rule lets it go."""
        k, floor = self._settings.k, self._settings.floor
        among = numbers[VISITS_WITH_PRICE if name.startswith(AFTER_PRICE) else VISITS]
        n = numbers[name]
        if among < k or (name == VISITS_WITH_PRICE and n < k):
            return None
        return n if name == VISITS or floor <= n <= among - floor else None

    def _window(
        self, start: datetime, now: datetime, numbers: Mapping[str, int | None]
    ) -> CountWindow:
        totals = numbers[VISITS], numbers[VISITS_WITH_PRICE]
        cells = {}
        for name in self._names:
            n = numbers.get(name)
            among = numbers[VISITS_WITH_PRICE if name.startswith(AFTER_PRICE) else VISITS]
            if n is not None and among is not None:
                cells[name] = Cell(n, among, self._start)
        nulls = tuple(name for name in self._names if name not in cells)
        epsilon = self._rule.cost / MILLION
        return CountWindow(
            id=self._new_id(),
            site=self._site,
            device=self._device,
            seq=0,
            start=start,
            end=now,
            visits=totals[0],
            visits_with_price=totals[1],
            cells=cells,
            nulls=nulls,
            withheld=len(nulls) + totals.count(None),
            k=self._settings.k,
            floor=self._settings.floor,
            epsilon=epsilon,
            scale=self._mechanism.scale(sensitivity=self._sensitivity, epsilon=epsilon),
        )


def _seconds(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; count windows are in UTC")
    return moment.astimezone(UTC).replace(microsecond=0)
