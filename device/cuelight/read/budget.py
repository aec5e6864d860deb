"""The alert budget: how seldom the lamp may light, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from cuelight.records import Reading, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNAL_OF: Final = {
    "interest": "go",
    "hesitation": "ease",
    "discomfort": "ease",
    "scepticism": "reassure",
    "price_concern": "reassure",
}
"""Which rhythm tells which reading (DESIGN section 3)."""

PRIORITY: Final = ("price_concern", "scepticism", "hesitation", "discomfort", "interest")
"""Which reading goes first when several are due in the same frame."""

_PRICE: Final = "price_concern"
_HOUR_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """How often the lamp may light (DESIGN section 3); the defaults are the product's promise.

    `gap_seconds` lies between any signal and the next; a price concern waits `price_gap_seconds`
    only. `an_hour` bounds every 3600 s; of them `for_price` are kept for price concerns.
    `first_seconds` of a visit, counted from when it qualified as one (the later of the two origins
    one might take), stay dark. The same reading is told once in `same_seconds` of a visit.
    """

    gap_seconds: float = 90.0
    price_gap_seconds: float = 15.0
    a_visit: int = 3
    an_hour: int = 8
    for_price: int = 1
    first_seconds: float = 45.0
    same_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class _Told:
    """A signal that counts for a visit; `over` is when its visit ended or broke off, if it has."""

    timestamp: float
    name: str
    over: float | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reading that the budget did not let through, and why, in plain words."""

    reading: Reading
    reason: str


class AlertBudget:
    """Decides which readings become signals; a guarantee under any input and across restarts.

    `visit_began`, `visit_over` and `zone_empty` tell it about visits. The count of a visit starts
    again once the zone has been seen empty. Where it was not, since a pause or a restart broke the
    visit off, the same party may still be there: what it was told keeps counting until an hour
    after that break, and only then is forgotten.
    """

    def __init__(self, limits: BudgetLimits | None = None) -> None:
        self._limits = limits or BudgetLimits()
        self._given: list[tuple[float, str]] = []
        self._visit: list[_Told] = []
        self._began: float | None = None
        self._now: float | None = None
        self._restored = self._rebase = False

    def visit_began(self, timestamp: float) -> None:
        """Note that a party has qualified as a visit."""
        if self._tick(timestamp):
            self._began = timestamp

    def visit_over(self, timestamp: float) -> None:
        """Note that a visit ended or broke off, last seen at `timestamp`.

        What it used stays used until the zone has been seen empty, or for an hour from then.
        """
        now = timestamp
        if self._now is not None and not self._restored:
            now = max(now, self._now)
        if self._tick(now):
            self._break_off(now)

    def zone_empty(self) -> None:
        """Nobody has been in the zone for as long as ends a visit: the next party starts anew."""
        self._began = None
        self._visit.clear()

    def ask(self, reading: Reading) -> Signal | Refusal:
        """Give the signal for a reading, and count it; or refuse it with the reason."""
        if reading.name not in SIGNAL_OF:
            return Refusal(reading, f"no signal belongs to {reading.name}")
        if not self._tick(reading.timestamp):
            return Refusal(reading, "its time lies before one already seen")
        reason = self._refuse(reading.name, reading.timestamp)
        if reason:
            return Refusal(reading, reason)
        self._given.append((reading.timestamp, reading.name))
        self._visit.append(_Told(reading.timestamp, reading.name))
        return Signal(SIGNAL_OF[reading.name], reading.name, reading.timestamp)

    def snapshot(self) -> dict[str, Any]:
        """Give what must survive a restart, as JSON-able data; keep it before the lamp is lit.

        Nothing is in it that no longer counts at the last time that was told.
        """
        return {
            # times of an earlier boot, until there is one of this
            "now": None if self._restored and self._rebase else self._now,
            "given": [[t, name] for t, name in self._given],
            "visit": [[told.timestamp, told.name, told.over] for told in self._visit],
        }

    def restore(self, kept: Mapping[str, Any], *, same_clock: bool) -> None:
        """Take up what an earlier process kept; `same_clock` if its timestamps are still ours.

        With another clock nobody knows how long ago the remembered signals were, so they count as
        given at the first time that is seen; so they do if that lies before the kept time, as after
        an edit. A visit that was under way counts as broken off at the kept time. Raises ValueError
        if `kept` is no snapshot; nothing has changed then.
        """
        try:
            given = [_event(row) for row in kept["given"]]
            visit = [_told(row) for row in kept["visit"]]
            now = None if kept["now"] is None else _time(kept["now"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is no snapshot of an alert budget: {error}") from error
        self._given, self._visit = given, visit
        self._began = None
        self._restored, self._rebase = True, not same_clock or now is None
        # A snapshot may be edited or older than its signals: never let one lie in the future.
        seen = [t for t, _ in given]
        seen += [t for told in visit for t in (told.timestamp, told.over) if t is not None]
        self._now = max(seen if now is None else [now, *seen], default=None)
        if self._now is not None:
            self._break_off(self._now)

    def reset(self) -> None:
        """Break off the visit under way, but forget no signal: the promise outlives a reset."""
        if self._now is not None:
            self._break_off(self._now)

    def _break_off(self, now: float) -> None:
        self._began = None
        self._visit = [
            replace(told, over=now) if told.over is None else told for told in self._visit
        ]

    def _tick(self, timestamp: float) -> bool:
        if not isfinite(timestamp):
            return False
        early = self._now is not None and timestamp < self._now
        if self._restored and (early or self._rebase):
            self._given = [(timestamp, name) for _, name in self._given]
            self._visit = [_Told(timestamp, told.name, timestamp) for told in self._visit]
        elif early:
            return False
        self._now, self._restored = timestamp, False
        self._given = [row for row in self._given if timestamp - row[0] < _HOUR_SECONDS]
        self._visit = [
            told
            for told in self._visit
            if told.over is None or timestamp - told.over < _HOUR_SECONDS
        ]
        return True

    def _refuse(self, name: str, now: float) -> str:
        limits, price = self._limits, name == _PRICE
        if self._began is None:
            return "no visit has begun"
        if now - self._began < limits.first_seconds:
            return f"the visit's first {limits.first_seconds:g} s are kept dark"
        if len(self._visit) >= limits.a_visit:
            return f"this visit has had its {limits.a_visit} signals"
        wait = limits.price_gap_seconds if price else limits.gap_seconds
        given = [t for t, _ in self._given]
        last = max([*given, *(told.timestamp for told in self._visit)], default=None)
        if last is not None and now - last < wait:
            return f"the last signal was {now - last:.0f} s ago, {wait:g} s must lie between"
        same = [told.timestamp for told in self._visit if told.name == name]
        if any(now - t < limits.same_seconds for t in same):
            return f"{name} was told in this visit less than {limits.same_seconds:g} s ago"
        return self._refuse_hour(price=price)

    def _refuse_hour(self, *, price: bool) -> str:
        limits = self._limits
        if len(self._given) >= limits.an_hour:
            return f"the hour has had its {limits.an_hour} signals"
        others = sum(told != _PRICE for _, told in self._given)
        if not price and others >= limits.an_hour - limits.for_price:
            return f"the hour's last {limits.for_price} is kept for a price concern"
        return ""


def _event(row: Any) -> tuple[float, str]:  # noqa: ANN401 - JSON of unknown shape
    when, name = row
    if name not in SIGNAL_OF:
        raise ValueError(f"{name!r} is no reading")
    return _time(when), name


def _told(row: Any) -> _Told:  # noqa: ANN401 - JSON of unknown shape
    when, name, over = row
    timestamp, reading = _event((when, name))
    return _Told(timestamp, reading, None if over is None else max(timestamp, _time(over)))


def _time(value: Any) -> float:  # noqa: ANN401 - JSON of unknown shape
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{value!r} is no time")
    return float(value)
