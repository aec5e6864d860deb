"""What each cue and expression is, in rig coefficients and degrees at full strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rig_moves import REACH

from lab.event import Event
from lab.spans import LASTING, MACRO, MICRO, draw_curve, draw_held, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

Plan = dict[str, float]


def both(**shares: float) -> Plan:
    """Give both sides of each shape the same share."""
    return {f"{shape}_{side}": share for shape, share in shares.items() for side in "LR"}


@dataclass(frozen=True, slots=True)
class Act:
    """One cue or expression at full strength.

    One of `variants` is shown. `turn` is yaw, pitch, roll in degrees and is drawn 0.7 to 1.3 times
    as wide, whatever the strength, unless the act is of the head alone (no variants).
    `also` names the cues that the same movement rightly shows; `most_seconds` bounds it. What has
    `held`, the least and most seconds, lasts so long in sets that ask for lasting ones by `spans`.
    """

    variants: tuple[Plan, ...] = ()
    spans: tuple[str, ...] = (MICRO, MACRO)
    strengths: tuple[float, ...] = (0.25, 0.5, 1.0)
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lean: float = 0.0
    also: tuple[str, ...] = ()
    most_seconds: float | None = None
    held: tuple[float, float] | None = None


ACTS: Mapping[str, Act] = {
    "raised_eyebrows": Act((both(browInnerUp=1, browOuterUp=1),)),
    "pressed_lips": Act(
        (
            both(mouthPress=1),
            both(mouthPress=1) | {"mouthRollLower": 0.6, "mouthRollUpper": 0.6},
            {"mouthRollLower": 1, "mouthRollUpper": 1},
        )
    ),
    # A nose wrinkles with and without the lip: the second takes half of the rig's lip raise back.
    "nose_wrinkle": Act((both(noseSneer=1), both(noseSneer=1, mouthUpperUp=-0.45))),
    "brief_frown": Act((both(browDown=1),), most_seconds=1.0),
    "one_sided_smile": Act(
        ({"mouthSmile_L": 1}, {"mouthSmile_R": 1}, {"mouthDimple_L": 1}, {"mouthDimple_R": 1}),
        also=("contempt",),
    ),
    "happiness": Act(
        (both(mouthSmile=1, cheekSquint=0.8, eyeSquint=0.3, mouthUpperUp=0.2),),
        also=("eye_softening",),
        held=(1.5, 12.0),  # in talk
    ),
    "surprise": Act(
        (both(browInnerUp=1, browOuterUp=1, eyeWide=0.9) | {"jawOpen": 0.5},),
        also=("raised_eyebrows",),
    ),
    "disgust": Act(
        (both(noseSneer=1, mouthUpperUp=0.5, browDown=0.3, eyeSquint=0.3),), also=("nose_wrinkle",)
    ),
    "anger": Act(
        (both(browDown=1, eyeSquint=0.8, mouthPress=0.9),), also=("brief_frown", "pressed_lips")
    ),
    "fear": Act(
        (
            both(browInnerUp=1, browOuterUp=0.5, browDown=0.4, eyeWide=0.9, mouthStretch=0.9)
            | {"jawOpen": 0.15},
        ),
        also=("raised_eyebrows",),
    ),
    "sadness": Act((both(browInnerUp=0.9, browDown=0.3, mouthFrown=1, eyeBlink=0.15),)),
    "contempt": Act(
        (
            {"mouthSmile_L": 0.7, "mouthDimple_L": 0.8},
            {"mouthSmile_R": 0.7, "mouthDimple_R": 0.8},
        ),
        also=("one_sided_smile",),
    ),
    "soft_smile_tilt": Act(
        (both(mouthSmile=1, cheekSquint=0.3),),
        spans=(LASTING,),
        strengths=(0.25, 0.5),  # a full smile is no light one
        turn=(0.0, 0.0, 11.0),
        also=("happiness", "eye_softening"),
    ),
    "eye_softening": Act((both(cheekSquint=1, cheekRaiser=0.4),), spans=(LASTING,)),
    "confused_stillness": Act((both(browDown=1),), spans=(LASTING,), turn=(0.0, 0.0, 10.0)),
    "lean_in": Act(spans=(LASTING,), lean=0.44),
    "lean_out": Act(spans=(LASTING,), lean=-0.32),
    "nod": Act(spans=(MACRO,), turn=(0.0, -14.0, 0.0)),
    "shake": Act(spans=(MACRO,), turn=(24.0, 0.0, 0.0)),
    "price_gaze_aversion": Act(spans=(LASTING,)),
}
"""Every cue and expression of DESIGN section 3 that has an event here, by its name on the wire."""

AVERSION_DEGREES: Mapping[float, float] = {0.25: 20.0, 0.5: 30.0, 1.0: 45.0}
"""How far gaze and head together turn away at each strength; 14 degrees is the reader's least."""
MOST_GAZE_DEGREES = 26.0


@dataclass(frozen=True, slots=True)
class Card:
    """One event to be shown: its name, strength (share of the full rig coefficient) and span."""

    name: str
    strength: float
    span: str


def draw_event(
    card: Card, onset: float, chance: np.random.Generator, *, reached: bool = False
) -> Event:
    """Draw one showing of a card that begins at `onset` seconds.

    Strength is a share of the rig's own coefficient 1. With `reached` it is one of what training
    calls full strength, which lies up to 1.7 times further out (`rig_moves.REACH`).
    """
    act = ACTS[card.name]
    if card.name == "price_gaze_aversion":
        return _aversion(card, onset, chance)
    if card.name in {"nod", "shake"}:
        return _swing(card, act, onset, chance)
    if card.span == LASTING and act.held is not None:
        curve = draw_held(act.held, onset, chance)
    else:
        curve = draw_curve(card.span, onset, chance, most=act.most_seconds)
    plan = act.variants[chance.integers(len(act.variants))] if act.variants else {}
    sign, wide = (1, -1)[chance.integers(2)], float(chance.uniform(0.7, 1.3))
    yaw, pitch, roll = (sign * wide * each for each in act.turn)
    return Event(
        card.name,
        curve,
        card.strength,
        card.span,
        {
            shape: share * card.strength * _reach(shape, reached=reached)
            for shape, share in plan.items()
        },
        (yaw, pitch, roll),
        lean=act.lean * card.strength,
        also=act.also,
    )


def _reach(shape: str, *, reached: bool) -> float:
    return REACH.get(shape.split("_", maxsplit=1)[0], 1.0) if reached else 1.0


def _swing(card: Card, act: Act, onset: float, chance: np.random.Generator) -> Event:
    times = int(chance.integers(2, 4))
    one = float(chance.uniform(0.42, 0.6) if card.name == "nod" else chance.uniform(0.5, 0.7))
    # The first turning point: half way through a nod, a quarter of the way through a shake.
    first = onset + one * (0.5 if card.name == "nod" else 0.25)
    curve = rounded(onset, first, first, onset + times * one)
    yaw, pitch, roll = (card.strength * each for each in act.turn)
    return Event(card.name, curve, card.strength, card.span, turn=(yaw, pitch, roll), times=times)


def _aversion(card: Card, onset: float, chance: np.random.Generator) -> Event:
    """Turn gaze, head or both to one side; it is held longer than 1.2 s."""
    wide = AVERSION_DEGREES[card.strength]
    share = (0.0, 1.0, float(chance.uniform(0.35, 0.65)))[chance.integers(3)]
    gaze = min(wide * (1 - share), MOST_GAZE_DEGREES)
    sign = (1, -1)[chance.integers(2)]
    turned, up = sign * (wide - gaze), float(chance.uniform(-2, 6))
    # Eyes jump, heads take their time.
    rise = 0.12 if turned == 0 else float(chance.uniform(0.35, 0.6))
    held = float(chance.uniform(1.5, 3.0))
    curve = rounded(onset, onset + rise, onset + rise + held, onset + 2 * rise + held)
    return Event(
        card.name, curve, card.strength, card.span,
        turn=(turned, up * share, 0.0), gaze=(sign * gaze, up * (1 - share)),
    )  # fmt: skip
