"""Name the movements of a face, the rig's shapes for each, and the units that they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from channels import UNITS

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

LABELS: dict[str, tuple[str, ...]] = {
    "AU01": ("browInnerUp_L", "browInnerUp_R"),
    "AU02L": ("browOuterUp_L",), "AU02R": ("browOuterUp_R",),
    "AU04L": ("browDown_L",), "AU04R": ("browDown_R",),
    "AU05": ("eyeWide_L", "eyeWide_R"),
    "AU07": ("eyeSquint_L", "eyeSquint_R"),
    "AU09": ("noseSneer_L", "noseSneer_R"),
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
"""Each unit is the mean of these strengths; AU06, AU10 and AU25 are worked out in `label_units`."""

LIP_OF_SNEER = 0.85
"""How much of mouthUpperUp's lip raise the rig's noseSneer brings along (measured on the mesh)."""


REACH = {
    "browDown": 1.7, "eyeWide": 1.4, "eyeSquint": 1.3, "mouthDimple": 1.5, "mouthFrown": 1.4,
    "mouthStretch": 1.4, "mouthPress": 1.5,
}  # fmt: skip
"""How far past the rig's own 1 a movement of full strength goes.

At the rig's 1 the teacher reads these as hardly there (0.05 to 0.4 on its own scale, where it reads
smile, jaw, pucker and lip roll near 1), so full strength is put further out.
"""


def reached(moves: dict[str, float]) -> dict[str, float]:
    """Give the rig coefficients that movements of these strengths, 0 to 1, stand for."""
    return {name: value * REACH.get(name.split("_")[0], 1.0) for name, value in moves.items()}


def label_units(moves: dict[str, float], lips_part: float) -> Floats:
    """Give the units (24,), 0..1, of movements' strengths and a lip gap measured on the mesh."""
    found = np.zeros(len(UNITS), np.float32)
    for name, shapes in LABELS.items():
        found[UNITS.index(name)] = np.mean([moves.get(shape, 0.0) for shape in shapes])
    cheeks = [
        max(moves.get(f"cheekSquint_{side}", 0.0), moves.get(f"cheekRaiser_{side}", 0.0))
        for side in "LR"
    ]
    found[UNITS.index("AU06")] = np.mean(cheeks)
    lips = [
        moves.get(f"mouthUpperUp_{side}", 0.0) + LIP_OF_SNEER * moves.get(f"noseSneer_{side}", 0.0)
        for side in "LR"
    ]
    found[UNITS.index("AU10")] = np.mean(np.clip(lips, 0, 1))
    found[UNITS.index("AU25")] = lips_part
    return np.clip(found, 0, 1)
