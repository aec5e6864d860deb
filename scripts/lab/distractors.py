"""Draw one stretch of what must not fire: talk, papers, hands, light, comings and goings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.bustle import Bump, Hand, HeadTurns, Held, LightChange, Presence
from lab.curve import Curve
from lab.event import Stretch
from lab.spans import rounded
from lab.speech import Speech

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from lab.moment import Layer

Drawn = tuple[list["Layer"], Stretch]

ARRIVAL_SECONDS = 1.6
"""How long someone takes to come into the picture, or to leave it."""
ARRIVING_SMILE_SECONDS = 10.0
"""How long an arriving smile is kept once they sit there."""


def draw_distractor(name: str, start: float, out_cm: float, chance: np.random.Generator) -> Drawn:
    """Draw one distractor of `DISTRACTORS` that begins at `start` seconds.

    `out_cm` is how far aside a person is out of the picture.
    """
    return DISTRACTORS[name](round(start, 3), out_cm, chance)


def _speech(start: float, _: float, chance: np.random.Generator) -> Drawn:
    end = start + float(chance.uniform(5, 10))
    return [Speech(chance, start, end)], Stretch("speech", start, end)


def _talking_turns(start: float, _: float, chance: np.random.Generator) -> Drawn:
    """Talk with head turns and nods; the nods and shakes among them are real ones."""
    end = start + float(chance.uniform(6, 10))
    turns = HeadTurns(chance, start, end, yaw=18.0, pitch=5.0)
    return [Speech(chance, start, end), turns], Stretch(
        "talking_turns", start, end, ("nod", "shake")
    )


def _papers(start: float, _: float, chance: np.random.Generator) -> Drawn:
    end = start + float(chance.uniform(3.5, 7))
    bow = -float(chance.uniform(12, 22))
    turns = HeadTurns(chance, start, end, yaw=7.0, pitch=2.0, pitch_rest=bow, eyes=-12.0)
    return [turns], Stretch("papers", start, end)


def _light(start: float, _: float, chance: np.random.Generator) -> Drawn:
    end = start + float(chance.uniform(3, 6))
    factor = float(chance.uniform(1.3, 1.8)) ** (1, -1)[chance.integers(2)]
    return [LightChange(start, end, factor)], Stretch("light_change", start, end)


def _hand(start: float, _: float, chance: np.random.Generator) -> Drawn:
    end = start + float(chance.uniform(2.5, 5))
    return [Hand(Curve(start, start + 0.6, end - 0.6, end))], Stretch("hand_over_mouth", start, end)


def _bump(start: float, _: float, chance: np.random.Generator) -> Drawn:
    sign = (1, -1)[chance.integers(2)]
    right, down = sign * float(chance.uniform(2, 9)), float(chance.uniform(3, 14))
    bump = Bump(start, right, down, float(chance.normal(0, 0.8)))
    return [bump], Stretch("camera_bump", start, start + 0.8)


def _leave(start: float, out_cm: float, chance: np.random.Generator) -> Drawn:
    away = start + ARRIVAL_SECONDS + float(chance.uniform(1.5, 5))
    curve = rounded(start, start + ARRIVAL_SECONDS, away, away + ARRIVAL_SECONDS)
    side = (1, -1)[chance.integers(2)]
    return [Presence(curve, side, out_cm, away=True)], Stretch(
        "leaves_and_returns", start, curve.offset
    )


def _arrive(start: float, out_cm: float, chance: np.random.Generator) -> Drawn:
    """Come in smiling and keep the smile for ten seconds; a smile it is, but no change of mind."""
    there = start + ARRIVAL_SECONDS
    fades = there + ARRIVING_SMILE_SECONDS
    end = fades + float(chance.uniform(0.8, 1.6))
    size = float(chance.uniform(0.35, 0.8))
    moves = {"mouthSmile": size, "cheekSquint": 0.7 * size, "mouthUpperUp": 0.15 * size}
    sided = {f"{shape}_{side}": amount for shape, amount in moves.items() for side in "LR"}
    side = (1, -1)[chance.integers(2)]
    return [
        Presence(Curve(start, there, 1e6, 1e6 + 1), side, out_cm),
        Held(Curve(start - 2, start - 1, fades, end), sided),
    ], Stretch("arriving_smile", start, end, ("happiness", "eye_softening"))


DISTRACTORS: dict[str, Callable[[float, float, np.random.Generator], Drawn]] = {
    "speech": _speech,
    "talking_turns": _talking_turns,
    "papers": _papers,
    "light_change": _light,
    "hand_over_mouth": _hand,
    "camera_bump": _bump,
    "leaves_and_returns": _leave,
    "arriving_smile": _arrive,
}
"""Every distractor by name; blinks are in every clip."""
