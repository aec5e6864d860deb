"""Score scripted visits: whether the right signal comes for a pattern, and only that."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from cue_bench.chance import Figure, Spread, rate, share_of, spread
from cue_bench.definition import also_true
from cue_bench.ideal import ideal_readings
from cue_bench.plan import load_plan
from cue_bench.truth import VISITS
from cuelight.read.budget import PRIORITY, SIGNAL_OF
from cuelight.read.cue import CUES
from cuelight.records import Reading, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cue_bench.clips import BenchClip
    from cue_bench.play import Play
    from cue_bench.score import ClipScore
    from cue_bench.truth import Event, TruePattern, Truth
    from cuelight.read.book import CueBook

_Told = TypeVar("_Told", Reading, Signal)

RIGHT, LATE, WRONG, MISSED = "right", "late", "wrong", "missed"

REFUSED: Final = "refused by the budget"
BEYOND: Final = "beyond the cue book"
UNSEEN: Final = "cues not found"
WEAK: Final = "cues found, too weak"
"""Why the right signal did not come: the reading was told; even flawless cues would not make it;
a movement was not found as a cue; or all were, and did not suffice."""

VISIT_SHARE: Final = 0.9  # a clip that is nearly as long as a visit is one
_SLACK: Final = 0.3  # seconds by which a found apex may lie outside of the true movement


@dataclass(frozen=True, slots=True)
class PatternScore:
    """What came of one true pattern: the signal that answers for it, and if not right, why not.

    `missing` names its movements that were not found as the cue that they are.
    """

    pattern: TruePattern
    outcome: str
    signal: Signal | None = None
    cause: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """How the visits with one reading's pattern went; `delay` in seconds, from met to signal.

    It is negative where a signal came before the last movement was complete.
    """

    visits: int
    right: Figure
    late: int
    wrong: int
    missed: int
    delay: Spread
    causes: Mapping[str, int]
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class VisitsSummary:
    """All scripted visits of a group; `hours` and what is false lie outside of patterns.

    `within_book` leaves out patterns that the cue book cannot tell. `counted`: the share of visits
    without it that counted a cell of the visit's tally.
    """

    visits: int
    hours: float
    right: Figure
    within_book: Figure
    readings: Mapping[str, ReadingSummary]
    false_signals: Figure
    false_readings: Figure
    false_of: Mapping[str, int]
    counted: Mapping[str, Figure]


def score_patterns(
    clip: BenchClip, play: Play, book: CueBook | None = None
) -> tuple[PatternScore, ...]:
    """Say what came of each true pattern; with a book also whether it could have been told."""
    return tuple(_score(pattern, clip, play, book) for pattern in clip.truth.patterns)


def outside(truth: Truth, told: Iterable[_Told]) -> list[_Told]:
    """Give the signals or readings that belong to no true pattern."""
    windows = [_window(pattern) for pattern in truth.patterns]
    return [one for one in told if not any(start <= one.timestamp <= end for start, end in windows)]


def quiet_seconds(truth: Truth) -> float:
    """Give how long a face is there and no pattern is due."""
    return truth.face_seconds - sum(end - start for start, end in map(_window, truth.patterns))


def is_long(truth: Truth) -> bool:
    """Say whether a face is there for about as long as a visit takes."""
    return truth.face_seconds >= VISIT_SHARE * load_plan().visit["seconds"]


def shows(truth: Truth, name: str) -> bool:
    """Say whether a clip truly shows a cue or reading, in an event, a stretch or a pattern."""
    if name in SIGNAL_OF:
        return any(pattern.reading == name for pattern in truth.patterns)
    return any(event.name == name or also_true(name, event) for event in truth.events) or any(
        name in stretch.shows for stretch in truth.distractors
    )


def summarise_visits(scores: Sequence[ClipScore]) -> VisitsSummary | None:
    """Sum up the scripted visits among some clips; None where there is none."""
    visits = [score for score in scores if score.clip.truth.kind == VISITS]
    if not visits:
        return None
    found = [pattern for score in visits for pattern in score.patterns]
    right = sum(one.outcome == RIGHT for one in found)
    hours = sum(quiet_seconds(score.clip.truth) for score in visits) / 3600.0
    signals = [signal for score in visits for signal in score.false_signals]
    return VisitsSummary(
        visits=len(visits),
        hours=hours,
        right=share_of(right, len(found)),
        within_book=share_of(right, sum(one.cause != BEYOND for one in found)),
        readings={
            name: _reading([one for one in found if one.pattern.reading == name])
            for name in PRIORITY
        },
        false_signals=rate(len(signals), hours),
        false_readings=rate(sum(score.false_readings for score in visits), hours),
        false_of=Counter(signal.reading for signal in signals),
        counted=_counted([score for score in visits if is_long(score.clip.truth)]),
    )


def _score(pattern: TruePattern, clip: BenchClip, play: Play, book: CueBook | None) -> PatternScore:
    limits = load_plan().visits
    in_time = pattern.met + limits["right_seconds"]
    start, end = _window(pattern)
    near = [signal for signal in play.signals if start <= signal.timestamp <= end]
    right = [signal for signal in near if signal.name == pattern.signal]
    if right:
        outcome = RIGHT if right[0].timestamp <= in_time else LATE
        return PatternScore(pattern, outcome, right[0])
    events = [e for e in clip.truth.events if start <= e.onset and e.offset <= pattern.end + 0.01]
    missing = tuple(event.name for event in events if not _found(event, play))
    told = [r for r in play.readings if start <= r.timestamp <= end]
    cause = UNSEEN if missing else WEAK
    if any(SIGNAL_OF[reading.name] == pattern.signal for reading in told):
        cause = REFUSED
    elif book is not None:
        ideal = ideal_readings(events, clip.marks, book, fps=clip.truth.fps)
        if all(SIGNAL_OF[reading.name] != pattern.signal for reading in ideal):
            cause = BEYOND
    first = near[0] if near else None
    return PatternScore(pattern, WRONG if near else MISSED, first, cause, missing)


def _window(pattern: TruePattern) -> tuple[float, float]:
    return (pattern.start, pattern.met + load_plan().visits["late_seconds"])


def _found(event: Event, play: Play) -> bool:
    names = event.also | {event.name}
    return any(
        told.cue.name in names and event.onset - _SLACK <= told.cue.apex <= event.offset + _SLACK
        for told in play.cues
    )


def _reading(scores: Sequence[PatternScore]) -> ReadingSummary:
    outcomes = Counter(one.outcome for one in scores)
    lost = [one for one in scores if one.outcome in (WRONG, MISSED)]
    return ReadingSummary(
        visits=len(scores),
        right=share_of(outcomes[RIGHT], len(scores)),
        late=outcomes[LATE],
        wrong=outcomes[WRONG],
        missed=outcomes[MISSED],
        delay=spread(
            [
                one.signal.timestamp - one.pattern.met
                for one in scores
                if one.signal is not None and one.outcome in (RIGHT, LATE)
            ]
        ),
        causes=Counter(one.cause for one in lost),
        missing=Counter(name for one in lost for name in one.missing),
    )


def _counted(visits: Sequence[ClipScore]) -> dict[str, Figure]:
    shares = {}
    for name in (*sorted(CUES), *PRIORITY):
        without = [score for score in visits if not shows(score.clip.truth, name)]
        for cell in (name, f"after_price.{name}"):
            shares[cell] = share_of(sum(cell in score.counted for score in without), len(without))
    return shares
