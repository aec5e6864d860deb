"""Name the small movements that a warp can put on a real face, and what each changes."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from channels import UNITS
from rig_moves import LABELS, LIP_OF_SNEER, MOVES

Floats: TypeAlias = npt.NDArray[np.float32]
Moves: TypeAlias = dict[str, float]

WARPED = (
    "inner_up", "outer_up", "outer_up_l", "outer_up_r", "brows_up", "brows_down", "brow_down_l",
    "brow_down_r", "wide", "cheeks", "tight", "sneer", "sneer_held", "lip_up", "smile", "smile_l",
    "smile_r", "dimple", "dimple_l", "dimple_r", "frown", "chin_low", "stretch", "press", "roll",
    "blink",
)  # fmt: skip
"""Movements that a warp shows well enough; `sneer_held` takes back part of the lip raise."""
HELD = 0.5
UNSEEN = ("AU25", "AU26")
"""What a warp of the lips changes by an amount that nobody knows."""
LIPS = ("lip_up", "sneer", "sneer_held", "press", "roll", "chin_low", "smile", "stretch", "frown")


def moves_of(movement: str, size: float) -> Moves:
    """Give a movement's strengths by rig shape, 0..1."""
    if movement == "sneer_held":
        moves = dict.fromkeys(MOVES["sneer"], size)
        return moves | dict.fromkeys(MOVES["lip_up"], -HELD * size)
    return dict.fromkeys(MOVES[movement], size)


def gain_of(movement: str, size: float) -> Floats:
    """Give what each unit gains (24,), NaN where that is not known."""
    moves = moves_of(movement, size)
    gain = np.zeros(len(UNITS), np.float32)
    for name, shapes in LABELS.items():
        gain[UNITS.index(name)] = np.mean([moves.get(shape, 0.0) for shape in shapes])
    gain[UNITS.index("AU06")] = moves.get("cheekSquint_L", 0.0)
    lip = moves.get("mouthUpperUp_L", 0.0) + LIP_OF_SNEER * moves.get("noseSneer_L", 0.0)
    gain[UNITS.index("AU10")] = lip
    if movement.removesuffix("_l").removesuffix("_r") in LIPS:
        gain[[UNITS.index(name) for name in UNSEEN]] = np.nan
    return gain
