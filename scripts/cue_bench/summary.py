"""Sum the scores of many clips up, cue by cue, with intervals over clips."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from cue_bench.chance import Figure, Floats, Resampling, Spread, f1, part, rate, share_of, spread
from cue_bench.plan import load_plan
from cue_bench.score import BLINK, NOTHING, exposure_seconds
from cue_bench.truth import SPANS, UNKNOWN
from cue_bench.visits import VisitsSummary, is_long, quiet_seconds, shows, summarise_visits
from cuelight.read.cue import CUES, MACRO, MICRO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cue_bench.score import ClipScore, CueScore, FalseCue, Hit


@dataclass(frozen=True, slots=True)
class Above:
    """How well a cue does if only finds from one confidence on are taken."""

    confidence: float
    hits: int
    precision: Figure
    alarms: Figure


@dataclass(frozen=True, slots=True)
class CueSummary:
    """How well one cue is found.

    `f1`, `recall` by (span, strength), each "all" too; `precision` where the cue is shown;
    `alarms` an hour on distractors, neutral clips, visits, `alarms_amid` by distractor. Delays in
    seconds: `after_met` since the definition was met, `after_end` since the interval was over;
    `to_reading` and `to_signal` the same as `after_met` where one rested on the cue.
    `sure` holds the confidence of each hit, `alarms_sure` of each false alarm; `above`: what is
    true of finds from each of the plan's confidences on. `visits`: the share of ten-minute visits
    that do not show it in which it was counted.
    """

    events: int
    hits: int
    false: int
    excused: int
    f1: Mapping[tuple[str, str], Figure]
    precision: Figure
    recall: Mapping[tuple[str, str], Figure]
    alarms: Figure
    hours: float
    alarms_amid: Mapping[str, Figure]
    sure: tuple[float, ...]
    alarms_sure: tuple[float, ...]
    above: tuple[Above, ...]
    onset_error: Spread
    after_met: Spread
    after_end: Spread
    to_reading: Spread
    to_signal: Spread
    visits: Figure


@dataclass(frozen=True, slots=True)
class Summary:
    """All cues of a group of clips; false readings and signals an hour outside of patterns.

    Those are of distractor and neutral clips and visits; `visits` is what came of visits alone.
    """

    clips: int
    hours: float
    cues: Mapping[str, CueSummary]
    sides_confused: Figure
    false_readings: Figure
    false_signals: Figure
    visits: VisitsSummary | None = None


def summarise(scores: Sequence[ClipScore]) -> Summary:
    """Sum up clips of one source and frame rate."""
    quiet = [score for score in scores if score.clip.truth.kind != "cues"]
    hours = sum(quiet_seconds(score.clip.truth) for score in quiet) / 3600.0
    smiles, confused = (sum(score.sides[i] for score in scores) for i in range(2))
    return Summary(
        clips=len(scores),
        hours=sum(score.clip.truth.face_seconds for score in scores) / 3600.0,
        cues={name: _cue(name, scores, quiet) for name in sorted(CUES)},
        sides_confused=share_of(confused, smiles),
        false_readings=rate(sum(score.false_readings for score in quiet), hours),
        false_signals=rate(sum(len(score.false_signals) for score in quiet), hours),
        visits=summarise_visits(scores),
    )


def _cue(name: str, scores: Sequence[ClipScore], quiet: Sequence[ClipScore]) -> CueSummary:
    showing = [score.cues[name] for score in scores if score.clip.truth.kind == "cues"]
    every = [score.cues[name] for score in scores]
    hits = [hit for score in every for hit in score.hits]
    prompt = [hit for hit in hits if not hit.told.last]
    draw = _resampling(len(showing))
    alarms = [false for score in quiet for false in score.cues[name].false]
    hours = sum(exposure_seconds(score.clip, name) for score in quiet) / 3600.0
    visits = [s for s in quiet if is_long(s.clip.truth) and not shows(s.clip.truth, name)]
    strengths = ("all", *load_plan().strengths, UNKNOWN)

    def above(least: float) -> Above:
        counts = np.array([[_from(least, s.hits), _from(least, s.false)] for s in showing], float)
        some = counts.reshape(-1, 2)
        precision = draw.figure(some, lambda s: part(s[:, 0], s[:, 1]), int(some.sum()))
        return Above(least, _from(least, hits), precision, rate(_from(least, alarms), hours))

    cells = [(span, strength) for span in ("all", *SPANS) for strength in strengths]
    known = {cell: _counts(showing, *cell) for cell in cells}
    cases = {cell: int(counts[:, [0, 2]].sum()) for cell, counts in known.items()}
    shown = [cell for cell in cells if cases[cell]]
    return CueSummary(
        events=sum(len(score.hits) + len(score.missed) for score in every),
        hits=len(hits),
        false=sum(len(score.false) for score in showing),
        excused=sum(score.excused for score in every),
        f1={
            cell: draw.figure(known[cell], _f1_prorated, cases[cell])
            for cell in shown
            if cell[0] in ("all", MICRO, MACRO)
        },
        precision=above(0.0).precision,
        recall={
            cell: draw.figure(known[cell], lambda s: part(s[:, 0], s[:, 2]), cases[cell])
            for cell in shown
        },
        alarms=rate(len(alarms), hours),
        hours=hours,
        alarms_amid=_amid(quiet, Counter(false.amid for false in alarms)),
        sure=tuple(hit.told.cue.confidence for hit in hits),
        alarms_sure=tuple(false.told.cue.confidence for false in alarms),
        above=tuple(map(above, load_plan().good["confidences"])),
        onset_error=spread([hit.onset_error for hit in hits]),
        after_met=spread([hit.told.at - hit.due.met for hit in prompt]),
        after_end=spread([hit.told.at - hit.due.ended for hit in prompt]),
        to_reading=spread(_since_met(prompt, [hit.reading for hit in prompt])),
        to_signal=spread(_since_met(prompt, [hit.signal for hit in prompt])),
        visits=share_of(sum(name in score.counted for score in visits), len(visits)),
    )


def _from(least: float, finds: Iterable[Hit | FalseCue]) -> int:
    return sum(find.told.cue.confidence >= least for find in finds)


def _since_met(hits: Sequence[Hit], times: Sequence[float | None]) -> list[float]:
    pairs = zip(hits, times, strict=True)
    return [time - hit.due.met for hit, time in pairs if time is not None]


def _counts(scores: Sequence[CueScore], span: str, strength: str) -> Floats:
    """Count by clip (clips, 4): hits, false and missed cues, and all events of the span.

    A false cue has a duration but no strength: `_f1_prorated` charges each strength its share.
    """
    rows = []
    for score in scores:
        events = [hit.event for hit in score.hits], score.missed
        of_span = [[e for e in some if span in ("all", e.span)] for some in events]
        right = [sum(strength in ("all", e.strength) for e in some) for some in of_span]
        false = sum(span in ("all", one.span) for one in score.false)
        rows.append([right[0], false, right[1], sum(map(len, of_span))])
    return np.array(rows, float).reshape(-1, 4)


def _f1_prorated(sums: Floats) -> Floats:
    hits, false, missed, events = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        charged = np.where(events > 0.0, (hits + missed) / events, nan)
    return f1(hits, false * charged, missed)


def _amid(quiet: Sequence[ClipScore], counts: Mapping[str, int]) -> dict[str, Figure]:
    """Give false alarms an hour of each distractor, and of the time without any.

    Blinks are everywhere: theirs are counted per hour with a face.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    for score in quiet:
        truth = score.clip.truth
        for stretch in truth.distractors:
            seconds[stretch.name] += stretch.seconds
        spent = sum(stretch.seconds for stretch in truth.distractors)
        seconds[BLINK] += truth.face_seconds
        seconds[NOTHING] += max(truth.face_seconds - spent, 0.0)
    return {name: rate(counts.get(name, 0), spent / 3600.0) for name, spent in seconds.items()}


def _resampling(clips: int) -> Resampling:
    plan = load_plan().bootstrap
    return Resampling(
        clips, resamples=int(plan["resamples"]), seed=int(plan["seed"]), share=plan["share"]
    )
