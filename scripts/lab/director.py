"""Write a clip's script from its seed: what happens, when, and to whom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lab.acts import draw_event
from lab.body import Blinks, Fixations, Rest, Sway
from lab.company import draw_company
from lab.deck import deal, full_deck
from lab.distractors import ARRIVAL_SECONDS, DISTRACTORS, draw_distractor
from lab.event import Stretch
from lab.person import draw_person, split_of
from lab.script import Script
from lab.visit import draw_visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lab.acts import Card
    from lab.event import Event
    from lab.moment import Layer
    from lab.pattern import Pattern

ROOT = 42
"""Begins every seed sequence of the lab."""
CUES, DISTRACTING, NEUTRAL, VISITS = "cues", "distractors", "neutral", "visits"
KINDS = (CUES, DISTRACTING, NEUTRAL, VISITS)
LEAD_SECONDS, TAIL_SECONDS = 6.0, 1.5
"""Neutral time before the first event, to settle in, and after the last."""
GAP_SECONDS = (1.4, 3.0)
"""Neutral time between events."""
SECONDS_A_CARD = 4.0
"""About what an event and its gap take; a last one that does not fit is left out."""
MARK_SECONDS = (-1.5, 3.0)
"""How long before the onset of an aversion the price is marked; below 0, the rep taps late."""
MARKS_APART_SECONDS = 14.0
"""Marks within 10 s would be one, and the second aversion might lie outside of it."""


def write_script(
    seed: int,
    kind: str,
    seconds: float,
    *,
    deck: Sequence[Card] = (),
    still: bool = False,
    reached: bool = False,
    lifelike: bool = False,
) -> Script:
    """Write the script of a clip; equal arguments give equal scripts.

    A clip of cues and a visit take their events from `deck` (by default every cue and expression):
    what it does not name is not shown. Visits with even seeds hold a pattern. `still` makes someone
    who hardly moves, `reached` is that of `draw_event`. `lifelike` has each event kept company (see
    `draw_company`). Raises ValueError for an unknown kind or too short a clip.
    """
    if kind not in KINDS:
        raise ValueError(f"The kind is {kind!r}; one of {', '.join(KINDS)} is wanted.")
    if seconds < LEAD_SECONDS + 8:
        raise ValueError(f"A clip of {seconds:g} s is too short; {LEAD_SECONDS + 8:g} is least.")

    def stream(number: int) -> np.random.Generator:
        return np.random.default_rng((ROOT, seed, number))

    split = split_of(seed)
    person = draw_person(split, stream(0))
    layers: list[Layer] = [
        Rest(stream(1)),
        Sway(stream(2), amount=0.3 if still else 1.0),
        Fixations(stream(3), seconds, degrees=1.0 if still else 2.2),
    ]
    blinks = Blinks(stream(4), seconds)
    events: tuple[Event, ...] = ()
    marks: tuple[float, ...] = ()
    distractors: list[Stretch] = []
    patterns: tuple[Pattern, ...] | None = None
    face: tuple[Stretch, ...] = (Stretch("face", 0.0, seconds),)
    if kind == CUES:
        show = partial(draw_event, chance=stream(5), reached=reached)
        events, marks = _draw_events(seed, seconds, deck or full_deck(), stream(8), show)
        beside = stream(10)
        layers += [each for one in events if lifelike for each in draw_company(one, beside)]
    elif kind == DISTRACTING:
        added, distractors, marks = _draw_distractors(seed, seconds, person.out_cm, stream(6))
        layers += added
        face = _present(distractors, seconds)
    elif kind == VISITS:
        visit = draw_visit(seed, seconds, deck or full_deck(), stream(9), reached=reached)
        layers += visit.layers
        events, marks, patterns = tuple(visit.events), tuple(visit.marks), tuple(visit.patterns)
        distractors = visit.stretches
    return Script(
        seed, split, kind, seconds, person, tuple(layers), blinks, events, marks,
        tuple(distractors), face, patterns,
    )  # fmt: skip


def _draw_events(
    seed: int,
    seconds: float,
    deck: Sequence[Card],
    chance: np.random.Generator,
    show: Callable[[Card, float], Event],
) -> tuple[tuple[Event, ...], tuple[float, ...]]:
    room = seconds - LEAD_SECONDS - TAIL_SECONDS
    events: list[Event] = []
    marks: list[float] = []
    now = LEAD_SECONDS + float(chance.uniform(0, 1))
    for card in deal(deck, seed, max(int(room / SECONDS_A_CARD), 1)):
        if card.name == "price_gaze_aversion" and marks:
            now = max(now, marks[-1] + MARKS_APART_SECONDS)
        event = show(card, now)
        if event.curve.offset > seconds - TAIL_SECONDS:
            break
        events.append(event)
        if card.name == "price_gaze_aversion":
            marks.append(round(now - float(chance.uniform(*MARK_SECONDS)), 3))
        now = event.curve.offset + float(chance.uniform(*GAP_SECONDS))
    return tuple(events), tuple(marks)


def _draw_distractors(
    seed: int, seconds: float, out_cm: float, chance: np.random.Generator
) -> tuple[list[Layer], list[Stretch], tuple[float, ...]]:
    """Deal out the distractors in turn; each price mark falls on someone who looks at papers."""
    layers: list[Layer] = []
    stretches: list[Stretch] = []
    marks: list[float] = []
    number, now = 0, 1.0
    names = _order(seed, int(seconds / 4) + 1)
    if names[0] == "arriving_smile":
        now = 0.0
    while number < len(names):
        name = names[number]
        added, stretch = draw_distractor(name, now, out_cm, chance)
        if stretch.end > seconds - TAIL_SECONDS:
            break
        layers += added
        stretches.append(stretch)
        if name == "papers":
            marks.append(round(stretch.start + float(chance.uniform(0.2, 1.5)), 3))
        number, now = number + 1, stretch.end + float(chance.uniform(*GAP_SECONDS))
    return layers, stretches, tuple(marks)


def _order(seed: int, count: int) -> list[str]:
    """Take the distractors in a random order, again and again; arrivals only come first."""
    chance = np.random.default_rng((ROOT, seed, 7))
    others = [name for name in DISTRACTORS if name != "arriving_smile"]
    names = [str(name) for _ in range(count) for name in chance.permutation(others)][:count]
    return ["arriving_smile", *names] if chance.random() < 0.5 else names


def _present(distractors: Sequence[Stretch], seconds: float) -> tuple[Stretch, ...]:
    """Give when the face is wholly there, in rest: not while it comes, goes or is away."""
    stretches, start = [], 0.0
    for stretch in distractors:
        if stretch.name == "leaves_and_returns":
            stretches.append(Stretch("face", start, stretch.start))
            start = stretch.end
        elif stretch.name == "arriving_smile":
            start = stretch.start + ARRIVAL_SECONDS
    return (*stretches, Stretch("face", start, seconds))
