"""Compare what the reader said of one clip with what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cue_bench.definition import Due, also_true, due
from cue_bench.match import match, overlap
from cue_bench.plan import load_plan
from cue_bench.truth import span_of
from cue_bench.visits import outside, score_patterns
from cuelight.read.cue import CUES, PRICE_GAZE
from cuelight.read.price import PriceTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cue_bench.clips import BenchClip
    from cue_bench.match import Interval
    from cue_bench.play import Play, Told
    from cue_bench.truth import Event, Truth
    from cue_bench.visits import PatternScore
    from cuelight.read.book import CueBook
    from cuelight.records import Signal

NOTHING: Final = "nothing"
"""What a false cue is put down to where no distractor was under way."""

BLINK: Final = "blink"
"""What it is put down to where nothing but a blink was."""

ONE_SIDED: Final = frozenset({"one_sided_smile", "contempt"})
BOTH_SIDED: Final = frozenset({"soft_smile_tilt", "happiness"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A true event that was found, what was owed for it, and the cue that found it.

    `reading` and `signal` are when a reading and a signal rested on this cue as it was told.
    """

    event: Event
    due: Due
    told: Told
    reading: float | None = None
    signal: float | None = None

    @property
    def onset_error(self) -> float:
        """Seconds by which the cue's onset lies after the true one; negative: before."""
        return self.told.cue.onset - self.event.onset


@dataclass(frozen=True, slots=True)
class FalseCue:
    """A cue that nothing true explains, how long it was, and what went on meanwhile."""

    told: Told
    span: str
    amid: str


@dataclass(slots=True)
class CueScore:
    """One cue in one clip; `excused` cues were true of an event of another name."""

    hits: list[Hit] = field(default_factory=list)
    missed: list[Event] = field(default_factory=list)
    false: list[FalseCue] = field(default_factory=list)
    excused: int = 0


@dataclass(frozen=True, slots=True)
class ClipScore:
    """All cues of one clip. `sides`: smiles of either kind, and those taken for the other.

    False readings and signals are those that belong to no true pattern of `patterns`.
    """

    clip: BenchClip
    cues: dict[str, CueScore]
    sides: tuple[int, int]
    patterns: tuple[PatternScore, ...]
    false_readings: int
    false_signals: tuple[Signal, ...]
    counted: frozenset[str]


def score_clip(clip: BenchClip, play: Play, book: CueBook | None = None) -> ClipScore:
    """Match every cue's found intervals to its true ones; explain or count the rest.

    With the cue book a missed pattern is told from one that the book cannot tell.
    """
    return ClipScore(
        clip=clip,
        cues={name: _score_cue(name, clip, play) for name in sorted(CUES)},
        sides=_sides(clip.truth, play),
        patterns=score_patterns(clip, play, book),
        false_readings=len(outside(clip.truth, play.readings)),
        false_signals=tuple(outside(clip.truth, play.signals)),
        counted=play.counted,
    )


def exposure_seconds(clip: BenchClip, cue: str) -> float:
    """Give how long the cue could have been found: a face was there, a price mark where needed."""
    if cue not in clip.truth.judged:
        return 0.0
    faces = [(face.start, face.end) for face in clip.truth.faces]
    if cue != PRICE_GAZE:
        return sum(end - start for start, end in faces)
    times = PriceTimes()
    total, covered = 0.0, 0.0
    for mark in sorted(clip.marks):
        start = max(mark - times.before_seconds, covered)
        covered = max(mark + times.after_seconds, covered)
        total += sum(max(min(covered, b) - max(start, a), 0.0) for a, b in faces)
    return total


def _score_cue(name: str, clip: BenchClip, play: Play) -> CueScore:
    truth, score = clip.truth, CueScore()
    if name not in truth.judged:
        return score
    owed: list[tuple[Event, Due]] = []
    for event in truth.events:
        if event.name == name:
            duty = due(event, fps=truth.fps, marks=clip.marks)
            if duty is not None:
                owed.append((event, duty))
    told = [one for one in play.cues if one.cue.name == name]
    pairs = match(
        [duty.interval for _, duty in owed],
        [_interval(one) for one in told],
        least=load_plan().match["iou"],
    )
    for number, place in pairs:
        event, duty = owed[number]
        score.hits.append(_hit(event, duty, told[place], play))
    taken = {number for number, _ in pairs}
    score.missed += [event for number, (event, _) in enumerate(owed) if number not in taken]
    used = {place for _, place in pairs}
    for place, one in enumerate(told):
        if place in used:
            continue
        if _explained(truth, one):
            score.excused += 1
        else:
            span = span_of(one.cue.offset - one.cue.onset)
            score.false.append(FalseCue(one, span, _amid(truth, one)))
    return score


def _interval(told: Told) -> Interval:
    return (told.cue.onset, told.cue.offset)


def _hit(event: Event, duty: Due, told: Told, play: Play) -> Hit:
    readings = [r for r in play.readings if r.timestamp == told.at and told.cue in r.evidence]
    names = {reading.name for reading in readings}
    signals = [s for s in play.signals if s.timestamp == told.at and s.reading in names]
    return Hit(
        event,
        duty,
        told,
        reading=told.at if readings else None,
        signal=told.at if signals else None,
    )


def _explained(truth: Truth, told: Told) -> bool:
    """Say whether a cue is true of an event of another name, or of what a stretch shows."""
    name, apex = told.cue.name, told.cue.apex
    after = load_plan().match["afterglow_seconds"]
    return any(
        also_true(name, event) and event.onset <= apex <= event.offset for event in truth.events
    ) or any(name in d.shows and d.start <= apex <= d.end + after for d in truth.distractors)


def _amid(truth: Truth, told: Told) -> str:
    """Name the distractor that a cue overlaps most, else a blink, counting a moment after."""
    after = load_plan().match["afterglow_seconds"]
    onset, offset = _interval(told)
    shares = [(min(d.end + after, offset) - max(d.start, onset), d.name) for d in truth.distractors]
    longest, name = max(shares, default=(-1.0, NOTHING))
    if longest >= 0.0:
        return name
    blinks = ((blink.start, blink.end + after) for blink in truth.blinks)
    return BLINK if any(start <= offset and onset <= end for start, end in blinks) else NOTHING


def _sides(truth: Truth, play: Play) -> tuple[int, int]:
    """Count brief smiles on one or both sides, and those that were taken for the other kind."""
    smiles = confused = 0
    least = load_plan().match["iou"]
    for event in truth.events:
        other = BOTH_SIDED if event.name in ONE_SIDED else ONE_SIDED
        if event.name not in ONE_SIDED | BOTH_SIDED:
            continue
        smiles += 1
        confused += _shown(event, other, play.cues, least)
    return smiles, confused


def _shown(event: Event, names: frozenset[str], cues: Sequence[Told], least: float) -> bool:
    duty = due(event, fps=1.0)
    interval = duty.interval if duty is not None else (event.onset, event.offset)
    return any(t.cue.name in names and overlap(interval, _interval(t)) >= least for t in cues)
