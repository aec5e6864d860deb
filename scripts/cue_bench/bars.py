"""Hold what was measured against what the product asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING

from cue_bench.group import OURS
from cue_bench.plan import load_plan
from cuelight.read.cue import MACRO, MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cue_bench.group import Group
    from cue_bench.summary import CueSummary, Summary
    from cue_bench.visits import VisitsSummary


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar: what it asks, of whom, and what was measured; nan where nothing could be."""

    bar: str
    of: str
    wanted: float
    measured: float
    at_least: bool

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached; None where nothing could be measured."""
        if isnan(self.measured):
            return None
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    def row(self) -> tuple[str, ...]:
        """Write it as a row for people."""
        sign = ">=" if self.at_least else "<="
        answer = {True: "yes", False: "**no**", None: "not measured"}[self.reached]
        return (self.bar, self.of, f"{sign} {self.wanted:g}", f"{self.measured:.3f}", answer)


def verdicts_of(groups: Mapping[Group, Summary]) -> Iterator[Verdict]:
    """Hold our own synthetic test clips against the bars: values, not their intervals."""
    bars = load_plan().bars
    for group, summary in groups.items():
        if group.system != OURS or group.split != "test" or group.source == "film":
            continue
        where = f"{group.source}, {group.fps:g} fps"
        for name, cue in summary.cues.items():
            yield from _cue(f"{name}: {where}", cue, group.fps)
        sides = summary.sides_confused.value
        yield Verdict("sides confused", where, bars["sides_confused"], sides, at_least=False)
        signals, most = summary.false_signals.value, bars["false_signals_per_hour"]
        yield Verdict("false signals an hour", where, most, signals, at_least=False)
        if summary.visits is not None:
            yield from _visits(where, summary.visits)


def _visits(where: str, visits: VisitsSummary) -> Iterator[Verdict]:
    bars, visit = load_plan().bars, load_plan().visit
    wanted, of = bars["right_signals"], f"visits: {where}"
    yield Verdict("right signals in time", of, wanted, visits.right.value, at_least=True)
    for name, reading in visits.readings.items():
        if reading.visits:
            value = reading.right.value
            yield Verdict("right signals in time", f"{name}, {of}", wanted, value, at_least=True)
    most = bars["false_signals_per_hour"]
    signals = visits.false_signals.value
    yield Verdict("false signals an hour", of, most, signals, at_least=False)
    cells = [(share.value, name) for name, share in visits.counted.items() if share.cases]
    value, name = max(cells, default=(nan, "none"))
    share = visit["counted_share"]
    yield Verdict(f"visits counted, at most ({name})", of, share, value, at_least=False)


def _cue(of: str, cue: CueSummary, fps: float) -> Iterator[Verdict]:
    bars, visit = load_plan().bars, load_plan().visit
    micro = bars["micro_f1_60" if fps > 45.0 else "micro_f1"]
    for span, wanted in ((MACRO, bars["macro_f1"]), (MICRO, micro)):
        if (span, "half") in cue.f1:
            value = cue.f1[span, "half"].value
            yield Verdict(f"F1 {span}, half strength", of, wanted, value, at_least=True)
    if cue.after_end.cases:
        wanted = bars["delay_seconds"] + 1.0 / fps
        yield Verdict(
            "delay after the end (median, s)", of, wanted, cue.after_end.median, at_least=False
        )
    if cue.visits.cases:
        share = visit["counted_share"]
        yield Verdict("visits counted", of, share, cue.visits.value, at_least=False)
