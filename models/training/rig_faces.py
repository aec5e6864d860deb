"""Draw expressions at random so that no unit gives another away.

Every movement is drawn by itself, in twos to fives, and in the mixes that are easily confused:
lip and cheek raise with and without nose wrinkle, one-sided against two-sided smiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from channels import EMOTIONS
from rig_moves import LABELS, LIP_OF_SNEER, MOVES

if TYPE_CHECKING:
    from rig import Floats

Plan: TypeAlias = dict[str, float]

EMPHASIS = {
    "funnel": 0.4, "aside_l": 0.3, "aside_r": 0.3, "puff": 0.4, "cheeks_up": 0.6, "sneer": 1.6,
    "press": 1.5, "roll": 1.3, "dimple": 1.3, "stretch": 1.3, "pucker": 1.3, "wide": 1.3,
}  # fmt: skip
"""How much oftener or rarer than the others a movement is drawn."""
CLASHES = (
    (
        {"pucker", "funnel"},
        {"smile", "smile_l", "smile_r", "dimple", "stretch", "dimple_l", "dimple_r"},
    ),
    ({"press", "roll", "roll_low", "chin"}, {"jaw", "lip_down", "funnel"}),
    ({"wide"}, {"blink"}),
    ({"roll"}, {"lip_up", "chin"}),
)  # fmt: skip
"""Movements that no face makes at once: the second set gives way."""

PROTOTYPES: dict[str, tuple[tuple[str, float], ...]] = {
    "happiness": (("smile", 0.9), ("cheeks", 0.8), ("tight", 0.3), ("lip_up", 0.25)),
    "surprise": (("brows_up", 0.9), ("wide", 0.8), ("jaw", 0.5)),
    "disgust": (("sneer", 0.9), ("lip_up", 0.6), ("brows_down", 0.35), ("tight", 0.3)),
    "anger": (("brows_down", 0.95), ("tight", 0.7), ("press", 0.8), ("roll", 0.2)),
    "fear": (
        ("inner_up", 0.9), ("outer_up", 0.4), ("brows_down", 0.4), ("wide", 0.8), ("stretch", 0.8),
        ("jaw", 0.2),
    ),
    "sadness": (("inner_up", 0.8), ("brows_down", 0.3), ("frown", 0.9), ("chin_low", 0.3)),
}  # fmt: skip
"""After the FACS prototypes that the design lists; contempt is drawn as a one-sided movement."""

MODES = {
    "neutral": 0.05, "single": 0.21, "pair": 0.13, "several": 0.19, "prototype": 0.11,
    "one_sided": 0.09, "sneer": 0.08, "confound": 0.06, "lips": 0.04, "talk": 0.04,
}  # fmt: skip
"""Ways of drawing an expression, and their shares."""

MOST_HELD = 0.6
"""Past this much held lip (in mouthUpperUp for each noseSneer) hardly a wrinkle is left to see."""

COMPANY = {
    "sneer": (("lip_up", 0.5), ("cheeks", 0.4), ("brows_down", 0.4), ("smile", 0.15)),
    # What looks like nose wrinkle but is not.
    "confound": (
        ("lip_up", 0.6), ("cheeks", 0.5), ("brows_down", 0.4), ("smile", 0.4), ("lip_down", 0.2),
        ("jaw", 0.2), ("tight", 0.3),
    ),
    "talk": (
        ("pucker", 0.3), ("funnel", 0.35), ("lip_down", 0.4), ("lip_up", 0.25), ("stretch", 0.25),
    ),
}  # fmt: skip
"""What joins in, and how often, in the modes that are mixes."""


@dataclass(frozen=True, slots=True)
class Face:
    """One drawn expression and how it came about.

    `moves` are strengths 0..1 by rig shape (mouthUpperUp goes below 0 against noseSneer), `gaze`
    is yaw and pitch in degrees, `emotions` shares (8,) or None, `mode` one of `MODES`.
    """

    moves: dict[str, float]
    gaze: tuple[float, float]
    emotions: Floats | None
    mode: str


def _size(chance: np.random.Generator) -> float:
    """Draw a strength: small movements are the ones that matter, so two in five are small."""
    low, high = ((0.05, 0.4), (0.4, 1.0), (0.05, 1.0))[chance.choice(3, p=(0.4, 0.45, 0.15))]
    return float(chance.uniform(low, high))


def _drop_clashes(plan: Plan) -> Plan:
    gone: set[str] = set()
    for first, second in CLASHES:
        if first & (plan.keys() - gone):
            gone |= second
    return {name: size for name, size in plan.items() if name not in gone}


def _plan(mode: str, chance: np.random.Generator) -> Plan:
    counts = {"single": 1, "pair": 2, "several": int(chance.integers(3, 6))}
    if mode in counts:
        weight = np.array([EMPHASIS.get(name, 1.0) for name in MOVES])
        names = chance.choice(list(MOVES), counts[mode], replace=False, p=weight / weight.sum())
        return {str(name): _size(chance) for name in names}
    if mode == "one_sided":
        return _one_sided(chance)
    if mode == "lips":
        names = chance.choice(("press", "roll", "roll_low", "chin", "frown"), 2, replace=False)
        return {str(name): _size(chance) for name in names[: chance.integers(1, 3)]}
    return _mix(mode, chance) if mode in COMPANY else {}


def _one_sided(chance: np.random.Generator) -> Plan:
    side = chance.choice(("_l", "_r"))
    parts = (("smile",), ("dimple",), ("smile", "dimple"))[chance.integers(3)]
    plan = {part + str(side): float(chance.uniform(0.06, 1.0)) for part in parts}
    if chance.random() < 0.4:
        plan[f"{parts[0]}{'_r' if side == '_l' else '_l'}"] = float(chance.uniform(0, 0.25))
    return plan


def _mix(mode: str, chance: np.random.Generator) -> Plan:
    plan: Plan = {}
    if mode == "sneer":
        plan["sneer"] = _size(chance)
    if mode == "talk":
        plan["jaw"] = float(chance.beta(1.5, 2.5))
    while True:
        for other, odds in COMPANY[mode]:
            if chance.random() < odds:
                plan[other] = float(chance.uniform(0.05, 0.6)) if mode == "talk" else _size(chance)
        if plan:
            return plan


def _prototype(name: str, strength: float, chance: np.random.Generator) -> Plan:
    return {
        move: float(np.clip(size * strength * chance.uniform(0.7, 1.2), 0, 1))
        for move, size in PROTOTYPES[name]
        if chance.random() < 0.9
    }


def _emotions(name: str, strength: float) -> Floats:
    """Give soft shares: at most 0.75 for the expression, the rest neutral and a little of all."""
    shares = np.full(len(EMOTIONS), 0.02, np.float32)
    shares[EMOTIONS.index("neutral")] += 0.3 * (1 - strength) + 0.05
    shares[EMOTIONS.index(name)] += 0.25 + 0.5 * strength
    return np.asarray(shares / shares.sum(), np.float32)


def draw_face(chance: np.random.Generator, mode: str | None = None) -> Face:
    """Draw one expression with its gaze, lids and, for clean prototypes, emotion shares.

    A `mode` of `MODES` is drawn too unless it is given.
    """
    if mode is None:
        shares = np.array(list(MODES.values()))
        mode = str(chance.choice(list(MODES), p=shares / shares.sum()))
    emotions: Floats | None = None
    if mode == "prototype":
        name = str(chance.choice(list(PROTOTYPES)))
        strength = float(chance.uniform(0.15, 1.0))
        plan = _drop_clashes(_prototype(name, strength, chance))
        if strength > 0.45:
            emotions = _emotions(name, strength)
    else:
        plan = _drop_clashes(_plan(mode, chance))
    strongest = max(plan.values(), default=0.0)
    if mode == "one_sided" and strongest > 0.3:
        emotions = _emotions("contempt", 0.6 * strongest)
    if mode == "neutral":
        emotions = _emotions("neutral", 1.0)
    moves = moved(plan, chance)
    if "sneer" in plan:
        _hold_lip(moves, chance)
    if mode == "talk" and chance.random() < 0.25:
        moves["mouthClose"] = moves.get("jawOpen", 0.0) * float(chance.uniform(0.4, 1.0))
    # A resting face is never quite at rest.
    for name in chance.choice([n for n in LABELS if n not in {"AU26", "AU45L", "AU45R"}], 4):
        for shape in LABELS[str(name)]:
            moves[shape] = min(moves.get(shape, 0.0) + abs(float(chance.normal(0, 0.02))), 1.0)
    add_lids(moves, chance)
    return Face(moves, draw_gaze(chance), emotions, mode)


def moved(plan: Plan, chance: np.random.Generator) -> dict[str, float]:
    """Turn a plan into strengths by rig shape; two sides are never quite even."""
    moves: dict[str, float] = {}
    for move, size in plan.items():
        uneven = chance.normal(0, 0.08, 2) if len(MOVES[move]) > 1 else np.zeros(2)
        for shape in MOVES[move]:
            share = 1 + float(uneven[0 if shape.endswith("_L") else 1])
            moves[shape] = float(np.clip(max(moves.get(shape, 0.0), size * share), 0, 1))
    if "mouthShrugUpper" in moves:
        moves["mouthShrugUpper"] *= float(chance.uniform(0, 1))
    return moves


def _hold_lip(moves: dict[str, float], chance: np.random.Generator) -> None:
    """Take back some or most of the lip raise that the rig's nose wrinkle brings along.

    Real noses wrinkle with and without the lip; unless both occur, one unit gives the other away.
    """
    held = 0.0 if chance.random() < 0.25 else float(chance.uniform(0.2, MOST_HELD))
    for side in "LR":
        sneer, name = moves.get(f"noseSneer_{side}", 0.0), f"mouthUpperUp_{side}"
        raised = min(moves.get(name, 0.0), 1.1 - (LIP_OF_SNEER - held) * sneer)
        moves[name] = raised - held * sneer


def add_lids(moves: dict[str, float], chance: np.random.Generator) -> None:
    """Add lids that are open, half shut, shut, or shut on one side."""
    kind = chance.choice(5, p=(0.74, 0.1, 0.08, 0.04, 0.04))
    shut = (abs(chance.normal(0, 0.03)), chance.uniform(0, 1), chance.uniform(0.85, 1))
    for side in "LR":
        if kind == 3 + "LR".index(side):
            size = float(chance.uniform(0.2, 1.0))
        else:
            size = float(shut[min(int(kind), 2) if kind < 3 else 0] * chance.uniform(0.95, 1.0))
        name = f"eyeBlink_{side}"
        moves[name] = max(moves.get(name, 0.0), size)
        # A closed lid neither widens nor needs the squint's share.
        for other in ("eyeWide", "eyeSquint"):
            if f"{other}_{side}" in moves:
                moves[f"{other}_{side}"] *= 1 - moves[name]


def draw_gaze(chance: np.random.Generator) -> tuple[float, float]:
    """Draw the gaze's yaw and pitch in degrees, often near the head's own way."""
    if chance.random() < 0.35:
        return float(chance.normal(0, 3)), float(chance.normal(0, 3))
    return float(chance.uniform(-30, 30)), float(chance.uniform(-20, 20))
