"""Draw the few single movements that people make without meaning anything by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.acts import ACTS, draw_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from lab.acts import Card
    from lab.event import Event
    from lab.pattern import Pattern

SUPPORTS: Mapping[str, tuple[str, ...]] = {
    "raised_eyebrows": ("interest", "hesitation"),
    "soft_smile_tilt": ("interest",),
    "happiness": ("interest",),
    "eye_softening": ("interest",),
    "lean_in": ("interest",),
    "pressed_lips": ("hesitation", "price_concern"),
    "nose_wrinkle": ("discomfort", "price_concern"),
    "disgust": ("discomfort",),
    "brief_frown": ("discomfort", "scepticism", "price_concern", "hesitation"),
    "one_sided_smile": ("scepticism", "price_concern"),
    "contempt": ("scepticism",),
    "lean_out": ("discomfort", "scepticism", "price_concern"),
}
"""Which readings each single movement speaks for, however little."""

STRAYS = (
    "raised_eyebrows", "soft_smile_tilt", "happiness", "lean_in", "pressed_lips", "nose_wrinkle",
    "brief_frown", "one_sided_smile", "lean_out",
)  # fmt: skip
STRENGTH = 0.5
SECONDS_A_STRAY = (70.0, 130.0)
"""How seldom strays come."""
SAME_SECONDS, AGREEING_SECONDS = 120.0, 60.0
"""How far two of a name, and two that speak for one reading, lie apart at least."""
PATTERN_SECONDS = 60.0
"""How far they keep from a pattern."""


def draw_strays(
    seconds: float,
    deck: Sequence[Card],
    patterns: Sequence[Pattern],
    chance: np.random.Generator,
    *,
    reached: bool = False,
) -> list[Event]:
    """Draw a visit's strays, in order of time; none two of which could be a pattern."""
    cards = [card for card in deck if card.name in STRAYS and card.strength == STRENGTH]
    events: list[Event] = []
    now = float(chance.uniform(12.0, SECONDS_A_STRAY[1]))
    while cards and now < seconds - 12.0:
        card = cards[chance.integers(len(cards))]
        event = draw_event(card, round(now, 3), chance, reached=reached)
        alone = all(_apart(event, other) for other in events)
        if alone and not any(_near(event, pattern) for pattern in patterns):
            events.append(event)
            now += float(chance.uniform(*SECONDS_A_STRAY))
        now += float(chance.uniform(5.0, 20.0))
    return events


def readings_of(name: str) -> set[str]:
    """Name the readings that a movement speaks for, by itself or by what it shows besides."""
    return {reading for each in (name, *ACTS[name].also) for reading in SUPPORTS[each]}


def _apart(one: Event, other: Event) -> bool:
    between = max(one.curve.onset - other.curve.offset, other.curve.onset - one.curve.offset)
    if one.name == other.name and between < SAME_SECONDS:
        return False
    return not readings_of(one.name) & readings_of(other.name) or between >= AGREEING_SECONDS


def _near(event: Event, pattern: Pattern) -> bool:
    start, end = pattern.start - PATTERN_SECONDS, pattern.end + PATTERN_SECONDS
    return event.curve.offset > start and event.curve.onset < end
