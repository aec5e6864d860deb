"""Write a visit: talk, papers, listening, price marks, strays, and perhaps a true pattern."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.bustle import Dip, HeadTurns
from lab.distractors import draw_distractor
from lab.event import Stretch
from lab.pattern import SIGNAL_OF, draw_pattern, hands_of
from lab.spans import rounded
from lab.speech import Speech
from lab.stray import draw_strays

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from lab.acts import Card
    from lab.event import Event
    from lab.moment import Layer
    from lab.pattern import Pattern

EARLIEST_SECONDS = 92.0
"""No pattern begins earlier: the lamp stays dark in a visit's first 45 s, and that is no visit
before 30 s are over."""
LATEST_SECONDS = 45.0
"""Before the end, so that the signal is seen."""
TALK_SHARE = 0.4
"""How much of the time the customer talks."""
TURN_SECONDS = (3.0, 12.0)
QUIET_SECONDS = (1.5, 5.0)
PAUSE_SECONDS = (0.4, 1.5)
DISTURBING = ("light_change", "hand_over_mouth", "camera_bump")
LISTENING = (("papers", 0.2), ("listening_nod", 0.55), ("disturbed", 0.63))
"""What someone does who listens, each up to its share of the chance; else nothing."""
MARKS_APART_SECONDS, MARK_CLEAR_SECONDS = 60.0, 40.0
"""Between marks, and between a mark and a pattern that does not answer it."""
BEFORE_SECONDS, AFTER_SECONDS = 1.5, 2.5
"""Round a movement or pattern nothing else goes on."""


@dataclass(slots=True)
class Visit:
    """What happens in a visit, times in seconds; `stretches` in order of time."""

    layers: list[Layer] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    patterns: list[Pattern] = field(default_factory=list)


def reading_of(seed: int, deck: Sequence[Card]) -> str | None:
    """Say which pattern a seed's visit holds: every second one none, the others each in turn.

    A reading that the deck cannot show gives its turn to the next.
    """
    shown = [reading for reading in SIGNAL_OF if hands_of(reading, deck)]
    return None if seed % 2 or not shown else shown[seed // 2 % len(shown)]


def draw_visit(
    seed: int,
    seconds: float,
    deck: Sequence[Card],
    chance: np.random.Generator,
    *,
    reached: bool = False,
) -> Visit:
    """Draw a visit of `seconds` with the deck's movements; a short one has no pattern."""
    visit = Visit()
    reading, latest = reading_of(seed, deck), seconds - LATEST_SECONDS
    if reading is not None and latest > EARLIEST_SECONDS:
        start = round(float(chance.uniform(EARLIEST_SECONDS, latest)), 3)
        pattern, events, marks = draw_pattern(reading, start, deck, chance, reached=reached)
        visit.patterns.append(pattern)
        visit.events += events
        visit.marks += marks
    _draw_marks(visit, seconds, chance)
    visit.events += draw_strays(seconds, deck, visit.patterns, chance, reached=reached)
    visit.events.sort(key=lambda event: event.curve.onset)
    _draw_life(visit, seconds, chance)
    return visit


def _draw_marks(visit: Visit, seconds: float, chance: np.random.Generator) -> None:
    """Add price marks that nobody answers: one or two in all."""
    wanted = int(chance.integers(1, 3))
    for _ in range(50):
        if len(visit.marks) >= wanted or seconds < 2 * MARKS_APART_SECONDS:
            break
        mark = round(float(chance.uniform(MARKS_APART_SECONDS, seconds - 20.0)), 3)
        if all(abs(mark - other) >= MARKS_APART_SECONDS for other in visit.marks) and not any(
            pattern.start - MARK_CLEAR_SECONDS < mark < pattern.end + MARK_CLEAR_SECONDS
            for pattern in visit.patterns
        ):
            visit.marks.append(mark)
    visit.marks.sort()


def _draw_life(visit: Visit, seconds: float, chance: np.random.Generator) -> None:
    """Fill the time between the movements: talk for two fifths of it, and listen."""
    spans = [(event.curve.onset, event.curve.offset) for event in visit.events]
    spans += [(pattern.start, pattern.end) for pattern in visit.patterns]
    calm = sorted((start - BEFORE_SECONDS, end + AFTER_SECONDS) for start, end in spans)
    now, talked = 1.0, 0.0
    while now < seconds - TURN_SECONDS[0] - 1.0:
        room = min((start for start, end in calm if end > now), default=seconds - 1.0) - now
        if room <= PAUSE_SECONDS[0]:
            now = max(end for start, end in calm if start <= now + PAUSE_SECONDS[0])
            continue
        talks = talked < TALK_SHARE * now and room >= TURN_SECONDS[0]
        layers, stretch = _talk(now, room, chance) if talks else _listen(now, chance)
        if stretch.end - now > room:
            now += min(room, float(chance.uniform(*QUIET_SECONDS)))
            continue
        if layers:
            visit.layers += layers
            visit.stretches.append(stretch)
        talked += stretch.end - stretch.start if talks else 0.0
        now = stretch.end + float(chance.uniform(*PAUSE_SECONDS))


def _talk(start: float, room: float, chance: np.random.Generator) -> tuple[list[Layer], Stretch]:
    end = start + min(float(chance.uniform(*TURN_SECONDS)), room)
    layers: list[Layer] = [Speech(chance, start, end)]
    if chance.random() < 0.5:
        layers.append(HeadTurns(chance, start, end, yaw=8.0, pitch=1.5))
    return layers, Stretch("speech", start, end)


def _listen(start: float, chance: np.random.Generator) -> tuple[list[Layer], Stretch]:
    drawn = chance.random()
    name = next((name for name, share in LISTENING if drawn < share), "")
    if name == "listening_nod":
        lasts, degrees = float(chance.uniform(0.5, 0.8)), float(chance.uniform(3.0, 8.0))
        curve = rounded(start, start + 0.45 * lasts, start + 0.45 * lasts, start + lasts)
        return [Dip(curve, degrees)], Stretch(name, curve.onset, curve.offset)
    if name:
        which = DISTURBING[chance.integers(len(DISTURBING))] if name == "disturbed" else name
        return draw_distractor(which, start, 0.0, chance)
    return [], Stretch("quiet", start, start + float(chance.uniform(*QUIET_SECONDS)))
