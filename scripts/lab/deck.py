"""Deal cards evenly: over a run of seeds every cue comes at every strength and span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab.acts import ACTS, Card
from lab.spans import LASTING

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTRAITS_SHOW = (
    "raised_eyebrows", "soft_smile_tilt", "pressed_lips", "nose_wrinkle", "brief_frown",
    "one_sided_smile", "happiness", "surprise", "disgust", "anger", "fear", "sadness", "contempt",
    "nod", "shake", "lean_in", "lean_out",
)  # fmt: skip
"""What a moved portrait shows: neither eyes nor head turn far, and no crease deepens."""
STREAM = 4201
"""Keeps the order of the deck apart from other random numbers."""


def full_deck(
    *,
    names: Sequence[str] = (),
    strengths: Sequence[float] = (),
    spans: Sequence[str] = (),
) -> list[Card]:
    """List every name at every strength and span; empty choices leave all in.

    Raises ValueError where nothing is left, or for a name that no act has.
    """
    unknown = set(names) - ACTS.keys()
    if unknown:
        raise ValueError(f"names holds {sorted(unknown)}; some of {sorted(ACTS)} are wanted.")
    deck = [
        Card(name, strength, span)
        for name, act in ACTS.items()
        if not names or name in names
        for strength in act.strengths
        if not strengths or strength in strengths
        for span in (*act.spans, *((LASTING,) if act.held and spans else ()))
        if not spans or span in spans
    ]
    if not deck:
        raise ValueError(f"No event has names {names}, strengths {strengths} and spans {spans}.")
    return deck


def deal(deck: Sequence[Card], seed: int, count: int) -> list[Card]:
    """Give clip `seed` its `count` cards.

    One shuffled deck is dealt after another, and each clip takes the next `count` cards: clips
    with seeds that follow one another share the deck out evenly. The clip's own order is random.
    """
    places = range(seed * count, (seed + 1) * count)
    orders = {
        turn: np.random.default_rng((STREAM, turn)).permutation(len(deck))
        for turn in {place // len(deck) for place in places}
    }
    hand = [deck[orders[place // len(deck)][place % len(deck)]] for place in places]
    order = np.random.default_rng((STREAM, len(deck), seed)).permutation(count)
    return [hand[place] for place in order]
