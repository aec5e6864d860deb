"""Read a table: expressions in; cues, readings, signals and visit tallies out."""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING

from cuelight.read.book import CueBook, CueEntry, ReadingEntry
from cuelight.read.budget import PRIORITY, AlertBudget, BudgetLimits, Refusal
from cuelight.read.channel import EXPRESSIVE, ChannelBank
from cuelight.read.cue import CUES, RULES
from cuelight.read.decision import Decision, Explain
from cuelight.read.party import Party, PartyLimits
from cuelight.read.pattern import Pattern
from cuelight.read.price import PriceMarks, PriceTimes
from cuelight.read.rate import FrameRate
from cuelight.read.sitter import ReadLimits, Sitter
from cuelight.read.thresholds import UnitThresholds
from cuelight.read.visit import VisitEvent, VisitTimes, VisitWatch
from cuelight.records import Cue, Reading, Signal, VisitTally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cuelight.sense.records import Expression

__all__ = ["CueBook", "Decision", "Event", "Explain", "Reader", "UnitThresholds"]

Event = Cue | Reading | Signal | VisitTally


class Reader:
    """Reads everybody at one table, from expressions to signals.

    `units` gives each unit's thresholds by its name (`AU12L`; the seven expressions may be given by
    theirs); units that are missing or not live are ignored. `budget` may be one that was restored;
    it belongs to this reader from then on. `explain` is told every decision. Raises ValueError for
    a unit, cue or reading that does not exist, and for a cue that the book leaves out.
    """

    def __init__(
        self,
        units: Mapping[str, UnitThresholds],
        cues: CueBook,
        *,
        budget: AlertBudget | None = None,
        budget_limits: BudgetLimits | None = None,
        visit_times: VisitTimes | None = None,
        price_times: PriceTimes | None = None,
        limits: ReadLimits | None = None,
        party_limits: PartyLimits | None = None,
        explain: Explain | None = None,
    ) -> None:
        _check(units, cues)
        if budget is not None and budget_limits is not None:
            raise ValueError("give a budget or the limits of a new one, not both")
        self.budget = budget or AlertBudget(budget_limits)
        self._book, self._explain = cues, explain
        read_limits = limits or ReadLimits()
        self._price_times = price_times or PriceTimes()
        self._prices = PriceMarks(self._price_times)
        self._visit = VisitWatch(visit_times or VisitTimes())
        self._rate = FrameRate(read_limits.movement)
        followed = [(name, rule) for rule in RULES for name in rule.channels + rule.weighed]
        factors = {
            name: min(cues.cues[rule.name].enter for each, rule in followed if each == name)
            for name, _ in followed
        }
        returning = frozenset(name for name, rule in followed if rule.returns)
        bank = ChannelBank({**_SILENT, **units}, factors, returning)
        self._party = Party(
            lambda: Sitter(
                bank=bank,
                units=units,
                book=cues,
                prices=self._prices,
                rate=self._rate,
                limits=read_limits,
                explain=explain,
            ),
            party_limits or PartyLimits(),
        )
        self._patterns: dict[Sitter, Pattern] = {}
        self._marks: list[float] = []
        self._counts: Counter[str] = Counter()
        self._price_seen = False
        self._before: float | None = None

    @property
    def visiting(self) -> bool:
        """Whether a visit is under way."""
        return self._visit.visiting

    @property
    def countable(self) -> frozenset[str]:
        """Names of all cells that a visit's tally can hold."""
        names = {*self._book.cues, *self._book.readings}
        return frozenset(names | {f"after_price.{name}" for name in names})

    def update(
        self,
        timestamp: float,
        expressions: Sequence[Expression],
        *,
        occupied: bool,
    ) -> list[Event]:
        """Take one frame: its time, the expressions read in it, and whether anybody is in the zone.

        Gives what became known with it, in order: a tally of a visit that is over, then cues, then
        readings, then at most one signal. A frame that is not later than the last is ignored.
        """
        if not isfinite(timestamp) or (self._before is not None and timestamp <= self._before):
            self._tell(timestamp, "frame", "frame", "it is not later than the one before")
            return []
        self._rate.update(timestamp)
        self._prices.prune(timestamp)
        events = self._follow_visit(timestamp, self._visit.update(timestamp, occupied=occupied))
        self._before = timestamp
        current = [e for e in expressions if e.timestamp == timestamp] if expressions else []
        if len(current) < len(expressions):
            self._tell(timestamp, "frame", "expression", "its time is not the frame's")
        found = self._party.update(timestamp, current)
        return events + self._weigh(timestamp, found)

    def mark_price(self, timestamp: float, *, on_box: bool = False) -> None:
        """Note that a price was mentioned; `on_box`: by a tap on the box, which shakes it."""
        if on_box:
            self.tap(timestamp)
        if self._prices.mark(timestamp):
            self._marks.append(timestamp)
            self._price_seen = self._price_seen or self._visit.here
        else:
            self._tell(timestamp, "visit", "price mark", "it repeats one less than 10 s away")

    def tap(self, timestamp: float) -> None:
        """Note a tap on the box, which shakes it."""
        self._party.tap(timestamp)

    def flush(self, timestamp: float) -> list[Event]:
        """End what is under way at a clip's end: movements first, then the visit.

        It never gives a signal: there is no more to see, so a hint would come too late. A service
        that stops does not call it, because a visit cut short would be counted again afterwards.
        """
        if self._before is not None and timestamp < self._before:
            timestamp = self._before
        found = self._weigh(timestamp, self._party.close(), may_signal=False)
        return found + self._follow_visit(timestamp, self._visit.finish())

    def reset(self) -> None:
        """Forget faces, marks and the visit under way without a tally; the alert budget stays."""
        self._party.reset()
        self._patterns.clear()
        self._prices.reset()
        self._visit.reset()
        self._marks.clear()
        self._counts.clear()
        self._price_seen = False
        self._before = None
        self._rate.reset()
        self.budget.reset()

    def _weigh(
        self, timestamp: float, found: list[tuple[Sitter, Cue]], *, may_signal: bool = True
    ) -> list[Event]:
        """From cues to readings and, unless the end has come, a signal."""
        marks, self._marks = self._marks, []
        faint = self._party.faint()
        if not found and not faint and not marks:
            return []
        by_sitter: dict[Sitter, tuple[list[Cue], list[Cue]]] = {}
        for sitter, cue in found:
            by_sitter.setdefault(sitter, ([], []))[0].append(cue)
            self._count(cue.name, price=self._prices.after(cue.apex))
        for sitter, cue in faint:
            by_sitter.setdefault(sitter, ([], []))[1].append(cue)
        readings: list[Reading] = []
        for sitter in [*self._patterns] if marks else []:
            for mark in marks:
                readings += self._patterns[sitter].mark_price(
                    mark, self._price_times.before_seconds
                )
        for sitter, (cues, fainter) in by_sitter.items():
            pattern = self._patterns.get(sitter)
            if pattern is None:
                pattern = self._patterns[sitter] = Pattern(self._book, self._explain)
            readings += pattern.update(timestamp, cues, fainter)
        readings.sort(key=lambda reading: (PRIORITY.index(reading.name), -reading.confidence))
        for reading in readings:
            self._count(reading.name, price=self._prices.after(reading.timestamp))
        signals = self._signal(readings) if may_signal else []
        return [*(cue for _, cue in found), *readings, *signals]

    def _signal(self, readings: list[Reading]) -> list[Event]:
        for reading in readings:
            answer = self.budget.ask(reading)
            if isinstance(answer, Refusal):
                self._tell(reading.timestamp, "signal", reading.name, answer.reason)
                continue
            if self._explain is not None:
                text = f"{answer.name} is told for it"
                self._explain(Decision(reading.timestamp, "signal", reading.name, "accepted", text))
            return [answer]
        return []

    def _count(self, name: str, *, price: bool) -> None:
        self._counts[name] += 1
        if price:
            self._counts[f"after_price.{name}"] += 1

    def _follow_visit(self, timestamp: float, happened: list[VisitEvent]) -> list[Event]:
        events: list[Event] = []
        for event in happened:
            if self._explain is not None:
                outcome = "refused" if event is VisitEvent.DISCARDED else "accepted"
                self._explain(Decision(timestamp, "visit", "visit", outcome, event.value))
            if event is VisitEvent.BEGAN:
                self.budget.visit_began(timestamp)
            elif event is VisitEvent.EMPTY:
                self.budget.zone_empty()
            elif event in (VisitEvent.ENDED, VisitEvent.DISCARDED):
                if event is VisitEvent.ENDED:
                    events.append(VisitTally(self._cells(), self._price_seen))
                    # the last frame before: after a pause nobody knows when they left
                    self.budget.visit_over(timestamp if self._before is None else self._before)
                self._party.reset()
                self._patterns.clear()
                self._counts.clear()
                self._price_seen = False
        return events

    def _cells(self) -> frozenset[str]:
        """Name what this visit showed often enough to be counted."""
        cells = set[str]()
        entries: list[tuple[str, CueEntry | ReadingEntry]] = [
            *self._book.cues.items(),
            *self._book.readings.items(),
        ]
        for name, entry in entries:
            if self._counts[name] >= entry.visit_threshold:
                cells.add(name)
            if self._counts[f"after_price.{name}"] >= entry.after_price_threshold:
                cells.add(f"after_price.{name}")
        return frozenset(cells)

    def _tell(self, timestamp: float, stage: str, candidate: str, reason: str) -> None:
        if self._explain is not None:
            self._explain(Decision(timestamp, stage, candidate, "refused", reason))


_SILENT = {name: UnitThresholds(live=False) for name in EXPRESSIVE if name.startswith("AU")}


def _check(units: Mapping[str, UnitThresholds], book: CueBook) -> None:
    for what, given, known in (
        ("unit", set(units), set(EXPRESSIVE)),
        ("cue", set(book.cues), set(CUES)),
        ("reading", set(book.readings), set(PRIORITY)),
    ):
        if given - known:
            raise ValueError(f"there is no {what} {min(given - known)!r}; wanted {sorted(known)}")
    if CUES - set(book.cues):
        raise ValueError(f"the cue book lacks {sorted(CUES - set(book.cues))}")
