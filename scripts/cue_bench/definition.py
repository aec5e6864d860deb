"""Say when a true event is a cue by its rule, and which others are true along with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cue_bench.truth import LASTING
from cuelight.read.cue import GESTURES, MICRO, PRICE_GAZE, RULES, SUSTAINED, UNITS_OF
from cuelight.read.gaze import GazeLimits
from cuelight.read.movement import MovementTimes
from cuelight.read.price import PriceTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cue_bench.match import Interval
    from cue_bench.truth import Event

NOD: Final = "nod"
_RULES: Final = {rule.name: rule for rule in RULES}

# A wrinkled nose is what disgust shows (DESIGN section 3).
_ALSO: Final = {"nose_wrinkle": frozenset({"disgust"})}


@dataclass(frozen=True, slots=True)
class Due:
    """What the reader owes for an event.

    `interval` is what it should report. `met` is when the definition is met: at the event's end
    where the rule asks for the return to neutral, else at the shortest duration that it allows
    (looking away from a price: 1.2 s held and a mark there; a nod or shake: three strokes).
    `ended` is when the interval is over, the first moment at which it could be reported whole.
    """

    interval: Interval
    met: float
    ended: float


def due(event: Event, *, fps: float, marks: Sequence[float] = ()) -> Due | None:
    """Say what the reader owes for an event, or None where its rule does not mean this one.

    A movement that lasts is reported once it is sustained (4 s), looking away once it is held, a
    nod or shake after three strokes: of such an event the part until then is owed (of a gesture its
    first two cycles, as those that go on may be reported longer or not).
    """
    if event.name == PRICE_GAZE:
        return _due_glance(event, marks)
    if event.name in GESTURES:
        return _due_gesture(event)
    rule, times = _RULES[event.name], MovementTimes()
    if (SUSTAINED if event.span == LASTING else event.span) not in rule.kinds:
        return None
    ended = event.offset
    if SUSTAINED in rule.kinds:
        ended = min(ended, event.onset + times.sustained_seconds)
    shortest = times.micro_max_seconds
    if MICRO in rule.kinds:
        shortest = max(times.micro_min_seconds, times.micro_min_frames / fps)
    met = ended if rule.returns else min(event.onset + shortest, ended)
    return Due((event.onset, ended), met, ended)


def _due_gesture(event: Event) -> Due:
    """Count strokes by the way to the first turning point, the apex.

    That is one stroke of a nod, down from rest, and half a stroke of a shake, from side to side.
    """
    first = event.apex - event.onset
    cycles, strokes = (4.0, 3.0) if event.name == NOD else (8.0, 7.0)
    end = min(event.onset + cycles * first, event.offset)
    met = min(event.onset + strokes * first, end)
    return Due((event.onset, end), met, met)


def _due_glance(event: Event, marks: Sequence[float]) -> Due | None:
    times, hold = PriceTimes(), GazeLimits().hold_seconds
    near = [
        mark
        for mark in marks
        if mark - times.before_seconds <= event.onset <= mark + times.after_seconds
    ]
    if not near or event.offset - event.onset < hold:
        return None
    met = max(event.onset + hold, min(near))
    ended = min(event.offset, met)
    return Due((event.onset, ended), met, max(ended, met))


def also_true(cue: str, event: Event) -> bool:
    """Say whether an event shows another cue as well: all that the other is made of is in it.

    So surprise raises the eyebrows and happiness softens the eyes; a smile on both sides is never
    one-sided (that one needs AU14 too), and a cue is not excused by an event of its own name.
    A brief event of a cue that has to last excuses it: 0.49 s and 0.51 s are no different thing.
    """
    if cue == event.name:
        rule = _RULES.get(cue)
        return rule is not None and event.span == MICRO and MICRO not in rule.kinds
    known = event.also | _ALSO.get(event.name, frozenset())
    return cue in known or UNITS_OF[cue] <= UNITS_OF[event.name]
