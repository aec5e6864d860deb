"""What goes along with a movement in life: a head that turns meanwhile, neighbours, talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lab.event import Event
from lab.spans import LASTING, rounded
from lab.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from lab.moment import Layer

NEIGHBOURS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "pressed_lips": (
        ("mouthDimple_L", "mouthDimple_R"),
        ("mouthFrown_L", "mouthFrown_R"),
        ("mouthShrugLower",),
    ),
    "brief_frown": (("eyeSquint_L", "eyeSquint_R"), ("browInnerUp_L", "browInnerUp_R")),
    "raised_eyebrows": (("eyeWide_L", "eyeWide_R"),),
    "happiness": (("mouthDimple_L", "mouthDimple_R"),),
}
"""Groups of shapes of which one pulls along with a cue: pressed lips' were seen on film, the others
are taken from what FACS says goes together."""

NEIGHBOUR_SHARE: Final = (0.2, 0.6)
"""How far a neighbour pulls, as a share of the cue's own strength."""

OFTEN: Final = 0.6
"""How often a neighbour pulls along, where there is any."""

TURN_DEGREES: Final = (2.5, 2.5, 2.0)
"""Standard deviations of yaw, pitch and roll by which the head turns meanwhile."""

BEGINS_SECONDS: Final = (-0.5, 0.3)
"""When the head begins to turn, counted from the cue's onset."""

LASTS: Final = (0.8, 2.0)
"""How long its turn takes, in lengths of the cue."""

LEAST_TURN_SECONDS: Final = 0.6
"""A head takes so long at least, however brief the cue."""


SWELLS: Final = (0.15, 0.4)
"""How much further what is held rises now and then, as a share of its strength."""

SWELL_SECONDS: Final = (0.7, 1.8)
A_SWELL_SECONDS: Final = 2.5
"""How long that takes, and how often it comes."""

TALKS: Final = 0.5
"""How often somebody talks in what is held, and on after it now and then."""

TALK_LEAST_SECONDS: Final = 0.6


def draw_company(event: Event, chance: np.random.Generator) -> list[Layer]:
    """Draw what goes along with an event; it is no event itself, and the truth does not name it."""
    curve = event.curve
    begins = max(curve.onset + float(chance.uniform(*BEGINS_SECONDS)), 0.0)
    lasts = (curve.offset - curve.onset) * float(chance.uniform(*LASTS))
    lasts = max(lasts, LEAST_TURN_SECONDS)
    height = begins + lasts * float(chance.uniform(0.4, 0.6))
    yaw, pitch, roll = (float(chance.normal(0.0, wide)) for wide in TURN_DEGREES)
    found: list[Layer] = [
        Event(
            "company",
            rounded(begins, height, height, begins + lasts),
            event.strength,
            event.span,
            turn=(yaw, pitch, roll),
        )
    ]
    groups = NEIGHBOURS.get(event.name, ())
    if groups and chance.random() < OFTEN:
        share = event.strength * float(chance.uniform(*NEIGHBOUR_SHARE))
        moves = dict.fromkeys(groups[int(chance.integers(len(groups)))], share)
        found.append(Event("company", curve, event.strength, event.span, moves))
    if event.span == LASTING:
        found += _amid(event, chance)
    return found


def _amid(event: Event, chance: np.random.Generator) -> list[Layer]:
    """Draw what comes amid what is held: it swells, the head turns again, the mouth talks."""
    curve = event.curve
    seconds = curve.offset - curve.onset
    found: list[Layer] = []
    for _ in range(int(chance.poisson(seconds / A_SWELL_SECONDS))):
        lasts = min(float(chance.uniform(*SWELL_SECONDS)), 0.8 * seconds)
        begins = curve.onset + float(chance.uniform(0.1, 0.9)) * (seconds - lasts)
        height = begins + lasts * float(chance.uniform(0.3, 0.6))
        share = float(chance.uniform(*SWELLS))
        yaw, pitch, roll = (float(chance.normal(0.0, wide)) for wide in TURN_DEGREES)
        found.append(
            Event(
                "company",
                rounded(begins, height, height, begins + lasts),
                event.strength,
                event.span,
                {shape: share * amount for shape, amount in event.moves.items()},
                (yaw, pitch, roll),
            )
        )
    if chance.random() < TALKS and seconds > 2 * TALK_LEAST_SECONDS:
        begins = curve.onset + float(chance.uniform(0.0, 0.6)) * seconds
        ends = begins + float(chance.uniform(TALK_LEAST_SECONDS, seconds))
        found.append(Speech(chance, begins, ends))
    return found
