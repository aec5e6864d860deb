"""Draw expressions at random so that no unit gives another away, and label them.

Every movement is drawn by itself, in pairs and triples, and in the mixes that are easily confused:
lip and cheek raise with and without nose wrinkle, one-sided against two-sided smiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from channels import EMOTIONS, UNITS

if TYPE_CHECKING:
    from rig import Floats

MOVES: dict[str, tuple[str, ...]] = {
    "inner_up": ("browInnerUp_L", "browInnerUp_R"),
    "outer_up": ("browOuterUp_L", "browOuterUp_R"),
    "outer_up_l": ("browOuterUp_L",),
    "outer_up_r": ("browOuterUp_R",),
    "brows_up": ("browInnerUp_L", "browInnerUp_R", "browOuterUp_L", "browOuterUp_R"),
    "brows_down": ("browDown_L", "browDown_R"),
    "brow_down_l": ("browDown_L",),
    "brow_down_r": ("browDown_R",),
    "wide": ("eyeWide_L", "eyeWide_R"),
    "cheeks": ("cheekSquint_L", "cheekSquint_R"),
    "cheeks_up": ("cheekRaiser_L", "cheekRaiser_R"),
    "tight": ("eyeSquint_L", "eyeSquint_R"),
    "sneer": ("noseSneer_L", "noseSneer_R"),
    "lip_up": ("mouthUpperUp_L", "mouthUpperUp_R"),
    "smile": ("mouthSmile_L", "mouthSmile_R"),
    "smile_l": ("mouthSmile_L",),
    "smile_r": ("mouthSmile_R",),
    "dimple": ("mouthDimple_L", "mouthDimple_R"),
    "dimple_l": ("mouthDimple_L",),
    "dimple_r": ("mouthDimple_R",),
    "frown": ("mouthFrown_L", "mouthFrown_R"),
    "chin": ("mouthShrugLower", "mouthShrugUpper"),
    "chin_low": ("mouthShrugLower",),
    "pucker": ("mouthPucker",),
    "stretch": ("mouthStretch_L", "mouthStretch_R"),
    "press": ("mouthPress_L", "mouthPress_R"),
    "roll": ("mouthRollLower", "mouthRollUpper"),
    "roll_low": ("mouthRollLower",),
    "lip_down": ("mouthLowerDown_L", "mouthLowerDown_R"),
    "jaw": ("jawOpen",),
    "blink": ("eyeBlink_L", "eyeBlink_R"),
    "funnel": ("mouthFunnel",),
    "aside_l": ("mouthLeft",),
    "aside_r": ("mouthRight",),
    "puff": ("cheekPuff_L", "cheekPuff_R"),
}
"""What a face does as one movement, and the rig's shapes for it."""

RARE = {"funnel": 0.4, "aside_l": 0.3, "aside_r": 0.3, "puff": 0.4, "cheeks_up": 0.6, "sneer": 1.6,
        "press": 1.5, "roll": 1.3, "dimple": 1.3, "stretch": 1.3}  # fmt: skip
CLASHES = (
    ({"pucker", "funnel"}, {"smile", "smile_l", "smile_r", "dimple", "stretch", "dimple_l", "dimple_r"}),
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
    "fear": (("inner_up", 0.9), ("outer_up", 0.4), ("brows_down", 0.4), ("wide", 0.8), ("stretch", 0.8), ("jaw", 0.2)),
    "sadness": (("inner_up", 0.8), ("brows_down", 0.3), ("frown", 0.9), ("chin_low", 0.3)),
}  # fmt: skip
"""After the FACS prototypes that the design lists; contempt is drawn as a one-sided movement."""

LABELS: dict[str, tuple[str, ...]] = {
    "AU01": ("browInnerUp_L", "browInnerUp_R"),
    "AU02L": ("browOuterUp_L",), "AU02R": ("browOuterUp_R",),
    "AU04L": ("browDown_L",), "AU04R": ("browDown_R",),
    "AU05": ("eyeWide_L", "eyeWide_R"),
    "AU07": ("eyeSquint_L", "eyeSquint_R"),
    "AU09": ("noseSneer_L", "noseSneer_R"),
    "AU10": ("mouthUpperUp_L", "mouthUpperUp_R"),
    "AU12L": ("mouthSmile_L",), "AU12R": ("mouthSmile_R",),
    "AU14L": ("mouthDimple_L",), "AU14R": ("mouthDimple_R",),
    "AU15": ("mouthFrown_L", "mouthFrown_R"),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretch_L", "mouthStretch_R"),
    "AU24": ("mouthPress_L", "mouthPress_R"),
    "AU28": ("mouthRollLower", "mouthRollUpper"),
    "AU26": ("jawOpen",),
    "AU45L": ("eyeBlink_L",), "AU45R": ("eyeBlink_R",),
}  # fmt: skip
"""Each unit is the mean of these coefficients; AU06 and AU25 are worked out in `label_units`."""


@dataclass(frozen=True, slots=True)
class Face:
    """One drawn expression: rig coefficients, gaze degrees, emotion shares or None, and its mode."""

    moves: dict[str, float]
    gaze: tuple[float, float]
    emotions: Floats | None
    mode: str


def label_units(moves: dict[str, float], lips_part: float) -> Floats:
    """Give the units (24,), 0..1, of rig coefficients and a lip gap measured on the mesh."""
    found = np.zeros(len(UNITS), np.float32)
    for name, shapes in LABELS.items():
        found[UNITS.index(name)] = np.mean([moves.get(shape, 0.0) for shape in shapes])
    cheeks = [
        max(moves.get(f"cheekSquint_{side}", 0.0), moves.get(f"cheekRaiser_{side}", 0.0))
        for side in "LR"
    ]
    found[UNITS.index("AU06")] = np.mean(cheeks)
    found[UNITS.index("AU25")] = lips_part
    return np.clip(found, 0, 1)


def _size(chance: np.random.Generator) -> float:
    """Draw a strength: small movements are the ones that matter, so nearly half are small."""
    low, high = ((0.05, 0.4), (0.4, 1.0), (0.05, 1.0))[chance.choice(3, p=(0.45, 0.35, 0.2))]
    return float(chance.uniform(low, high))


def _drop_clashes(plan: dict[str, float]) -> dict[str, float]:
    gone: set[str] = set()
    for first, second in CLASHES:
        if first & (plan.keys() - gone):
            gone |= second
    return {name: size for name, size in plan.items() if name not in gone}


def _plan(mode: str, chance: np.random.Generator) -> dict[str, float]:
    if mode in {"single", "pair", "triple"}:
        count = {"single": 1, "pair": 2, "triple": 3}[mode]
        weight = np.array([RARE.get(name, 1.0) for name in MOVES])
        names = chance.choice(list(MOVES), count, replace=False, p=weight / weight.sum())
        return {str(name): _size(chance) for name in names}
    if mode == "one_sided":
        side = chance.choice(("_l", "_r"))
        parts = (("smile",), ("dimple",), ("smile", "dimple"))[chance.integers(3)]
        plan = {part + str(side): float(chance.uniform(0.06, 1.0)) for part in parts}
        if chance.random() < 0.4:
            plan[f"{parts[0]}{'_r' if side == '_l' else '_l'}"] = float(chance.uniform(0, 0.25))
        return plan
    if mode == "sneer":
        plan = {"sneer": _size(chance)}
        for other, odds in (("lip_up", 0.5), ("cheeks", 0.4), ("brows_down", 0.4), ("smile", 0.15)):
            if chance.random() < odds:
                plan[other] = _size(chance)
        return plan
    if mode == "confound":
        # What looks like nose wrinkle but is not.
        plan = {}
        while not plan:
            for other, odds in (
                ("lip_up", 0.6), ("cheeks", 0.5), ("brows_down", 0.4), ("smile", 0.4),
                ("lip_down", 0.2), ("jaw", 0.2), ("tight", 0.3),
            ):  # fmt: skip
                if chance.random() < odds:
                    plan[other] = _size(chance)
        return plan
    if mode == "lips":
        names = chance.choice(("press", "roll", "roll_low", "chin", "frown"), 2, replace=False)
        return {str(name): _size(chance) for name in names[: chance.integers(1, 3)]}
    if mode == "talk":
        plan = {"jaw": float(chance.beta(1.5, 2.5))}
        for other, odds in (
            ("pucker", 0.3), ("funnel", 0.35), ("lip_down", 0.4), ("lip_up", 0.25), ("stretch", 0.25),
        ):  # fmt: skip
            if chance.random() < odds:
                plan[other] = float(chance.uniform(0.05, 0.6))
        return plan
    return {}


def _emotions(name: str, strength: float) -> Floats:
    """Give soft shares: at most 0.75 for the expression, the rest neutral and a little of all."""
    shares = np.full(len(EMOTIONS), 0.02, np.float32)
    shares[EMOTIONS.index("neutral")] += 0.3 * (1 - strength) + 0.05
    shares[EMOTIONS.index(name)] += 0.25 + 0.5 * strength
    return np.asarray(shares / shares.sum(), np.float32)


MODES = {
    "neutral": 0.06, "single": 0.26, "pair": 0.14, "triple": 0.09, "prototype": 0.13,
    "one_sided": 0.09, "sneer": 0.08, "confound": 0.07, "lips": 0.04, "talk": 0.04,
}  # fmt: skip


def draw_face(chance: np.random.Generator) -> Face:
    """Draw one expression with its gaze, lids and, for clean prototypes, emotion shares."""
    mode = str(chance.choice(list(MODES), p=np.array(list(MODES.values())) / sum(MODES.values())))
    emotions: Floats | None = None
    if mode == "prototype":
        name = str(chance.choice(list(PROTOTYPES)))
        strength = float(chance.uniform(0.15, 1.0))
        plan = {
            move: float(np.clip(size * strength * chance.uniform(0.7, 1.2), 0, 1))
            for move, size in PROTOTYPES[name]
            if chance.random() < 0.9
        }
        if strength > 0.45:
            emotions = _emotions(name, strength)
    else:
        plan = _plan(mode, chance)
    plan = _drop_clashes(plan)
    strongest = max(plan.values(), default=0.0)
    if mode == "one_sided" and strongest > 0.3:
        emotions = _emotions("contempt", 0.6 * strongest)
    if mode == "neutral":
        emotions = _emotions("neutral", 1.0)
    moves: dict[str, float] = {}
    for move, size in plan.items():
        uneven = chance.normal(0, 0.08, 2) if len(MOVES[move]) > 1 else np.zeros(2)
        for shape in MOVES[move]:
            share = 1 + float(uneven[0 if shape.endswith("_L") else 1])
            moves[shape] = float(np.clip(max(moves.get(shape, 0.0), size * share), 0, 1))
    if "mouthShrugUpper" in moves:
        moves["mouthShrugUpper"] *= float(chance.uniform(0, 1))
    if mode == "talk" and chance.random() < 0.25:
        moves["mouthClose"] = moves.get("jawOpen", 0.0) * float(chance.uniform(0.4, 1.0))
    # A resting face is never quite at rest.
    for name in chance.choice([n for n in LABELS if n not in {"AU26", "AU45L", "AU45R"}], 4):
        for shape in LABELS[str(name)]:
            moves[shape] = min(moves.get(shape, 0.0) + abs(float(chance.normal(0, 0.02))), 1.0)
    _add_lids(moves, chance)
    return Face(moves, _gaze(chance), emotions, mode)


def _add_lids(moves: dict[str, float], chance: np.random.Generator) -> None:
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


def _gaze(chance: np.random.Generator) -> tuple[float, float]:
    if chance.random() < 0.35:
        return float(chance.normal(0, 3)), float(chance.normal(0, 3))
    return float(chance.uniform(-30, 30)), float(chance.uniform(-20, 20))
