"""Draw a true pattern: separate movements that together mean one thing (DESIGN section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.acts import draw_event
from lab.spans import MICRO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from lab.acts import Card
    from lab.event import Event

SIGNAL_OF: Mapping[str, str] = {
    "price_concern": "reassure",
    "scepticism": "reassure",
    "hesitation": "ease",
    "discomfort": "ease",
    "interest": "go",
}
"""Every reading, and the signal that tells it."""

HANDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "price_concern": (
        ("price_gaze_aversion", "brief_frown"),
        ("price_gaze_aversion", "pressed_lips"),
        ("price_gaze_aversion", "lean_out"),
        ("pressed_lips", "price_gaze_aversion"),
        ("pressed_lips", "lean_out", "pressed_lips"),
        ("pressed_lips", "shake", "pressed_lips"),
        ("pressed_lips", "brief_frown", "pressed_lips"),
    ),
    "scepticism": (
        ("one_sided_smile", "one_sided_smile"),
        ("contempt", "one_sided_smile"),
        ("one_sided_smile", "brief_frown", "one_sided_smile"),
    ),
    "hesitation": (
        ("pressed_lips", "confused_stillness"),
        ("confused_stillness", "pressed_lips"),
        ("pressed_lips", "pressed_lips"),
        ("pressed_lips", "brief_frown", "pressed_lips"),
    ),
    "discomfort": (
        ("brief_frown", "shake"),
        ("shake", "brief_frown"),
        ("nose_wrinkle", "lean_out", "brief_frown"),
        ("nose_wrinkle", "shake", "lean_out"),
        ("brief_frown", "nose_wrinkle"),
    ),
    "interest": (
        ("raised_eyebrows", "nod"),
        ("nod", "raised_eyebrows"),
        ("lean_in", "raised_eyebrows"),
        ("raised_eyebrows", "soft_smile_tilt"),
        ("nod", "lean_in", "soft_smile_tilt"),
        ("raised_eyebrows", "raised_eyebrows"),
    ),
}
"""What is shown for each reading: two or three movements; as a rule the last completes it."""

APART_SECONDS = 2.1
"""Between two apexes: from 2 s on they are separate movements, whatever their units."""
GAP_SECONDS = (0.4, 1.2)
"""Neutral time between the movements of a pattern."""
LAST_SECONDS = 13.0
"""A pattern takes no longer."""
MARK_SECONDS = (0.3, 1.0)
"""How long before the first movement the price is marked."""
MARK_REACH_SECONDS = 7.7
"""How long after a mark an apex still belongs to it: a little less than the reader's 8 s."""
LEAST_STRENGTH = 0.5
HELD_SECONDS, LOOKED_SECONDS = 4.0, 1.2
"""From when on something held is due: a stance or an expression, and looking away."""
TRIES = 200


@dataclass(frozen=True, slots=True)
class Pattern:
    """One true pattern, times in seconds: its reading, and the signal that is due for it.

    It lasts from the first onset to the last offset; `met` is when its last movement is complete.
    """

    reading: str
    signal: str
    start: float
    met: float
    end: float

    def truth(self) -> dict[str, Any]:
        """Give what `truth.json` says of it."""
        times = {"from": self.start, "met": self.met, "to": self.end}
        said = {name: round(time, 3) for name, time in times.items()}
        return {"reading": self.reading, "signal": self.signal, **said}


Drawn = tuple[Pattern, tuple["Event", ...], tuple[float, ...]]
"""A pattern, its movements, and the price mark that it answers, if it does."""


def hands_of(reading: str, deck: Sequence[Card]) -> list[tuple[str, ...]]:
    """Give the ways to show a reading with the cards of a deck; half strength is least."""
    names = {card.name for card in deck if _clear(card)}
    return [hand for hand in HANDS[reading] if names.issuperset(hand)]


def draw_pattern(
    reading: str,
    start: float,
    deck: Sequence[Card],
    chance: np.random.Generator,
    *,
    reached: bool = False,
) -> Drawn:
    """Draw a pattern of the deck's cards that begins at `start` seconds.

    Raises ValueError where the deck has no hand for it.
    """
    hands = hands_of(reading, deck)
    if not hands:
        raise ValueError(f"These events cannot show {reading}; see HANDS in {__name__}.")
    hand = hands[chance.integers(len(hands))]
    for _ in range(TRIES):
        events: list[Event] = []
        for name in hand:
            cards = [card for card in deck if card.name == name and _clear(card)]
            onset = _next(events, chance) if events else start
            card = cards[chance.integers(len(cards))]
            events.append(draw_event(card, onset, chance, reached=reached))
        marks: tuple[float, ...] = ()
        if reading == "price_concern":
            marks = (round(start - float(chance.uniform(*MARK_SECONDS)), 3),)
        reach = marks[0] + MARK_REACH_SECONDS if marks else start + LAST_SECONDS
        end = events[-1].curve.offset
        if events[-1].curve.apex <= reach and end - start <= LAST_SECONDS:
            break
    else:
        raise ValueError(f"{hand} does not fit into {LAST_SECONDS:g} s, however it is drawn.")
    met = max(met_of(event) for event in events)
    return Pattern(reading, SIGNAL_OF[reading], start, met, end), tuple(events), marks


def met_of(event: Event) -> float:
    """Say when a movement is complete: after three strokes, held for long enough, or back."""
    curve = event.curve
    first = curve.apex - curve.onset
    if event.name == "price_gaze_aversion":
        return curve.onset + LOOKED_SECONDS
    if event.name == "nod":
        return min(curve.onset + 3 * first, curve.offset)
    if event.name == "shake":
        return min(curve.onset + 7 * first, curve.offset)
    return min(curve.offset, curve.onset + HELD_SECONDS)


def _clear(card: Card) -> bool:
    return card.strength >= LEAST_STRENGTH and card.span != MICRO


def _next(events: Sequence[Event], chance: np.random.Generator) -> float:
    last = events[-1].curve
    # A nod's or shake's own apex is its first turning point; as a cue its apex is the middle.
    apex = max(last.apex, (last.onset + last.offset) / 2)
    return round(max(last.offset + float(chance.uniform(*GAP_SECONDS)), apex + APART_SECONDS), 3)
