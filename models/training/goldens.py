"""Draw a handful of crops and keep what the int8 file says of them: `goldens.npz`.

Last step of the recipe. The crops are nobody's picture, so that tests of either runtime can carry
them: cartoons drawn here, and renders of three of the rig's held-out persons, each at rest and with
one movement at a time.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from channels import OUTPUTS
from crop import CROP, MARGIN, Grey
from quantised import Quantised

HERE = Path(__file__).parent
SHOWN = {
    "": 0.0, "smile": 0.5, "smile_l": 0.5, "smile_r": 0.5, "sneer": 1.0, "lip_up": 1.0,
    "brows_down": 1.0, "brows_up": 1.0, "blink": 1.0,
}  # fmt: skip
"""Movements of the rendered crops, and how strong; the empty one is the face at rest."""
PERSONS = (0, 2, 4)
"""The first three held-out persons in their first look, without glasses: no choice by result."""


def rendered_crops(sweeps: Path) -> tuple[Grey, list[str]]:
    """Take renders (N,112,112) and the movement that each shows out of `rig_sweeps.py`'s file."""
    inner = slice(MARGIN, MARGIN + CROP)
    crops, shows = [], []
    with np.load(sweeps) as held:
        every = held["crop"][:, inner, inner]
        for person in PERSONS:
            for move, strength in SHOWN.items():
                fits = (held["face"] == person) & (held["move"] == move)
                crops.append(every[fits & (held["strength"] == strength)][0])
                shows.append(move)
    return np.stack(crops), shows


def draw_face(*, smile: float, lids: float, brows: float, look: float) -> Grey:
    """Draw a cartoon face (112,112): smile -1..1, lids 0..1 closed, brows -1..1, look -1..1."""
    large = np.full((448, 448), 90, np.uint8)
    cv2.ellipse(large, (224, 230), (165, 215), 0, 0, 360, 185, -1)
    for side in (-1, 1):
        x = 224 + side * 78
        cv2.ellipse(large, (x, 148), (34, max(int(16 * (1 - lids)), 2)), 0, 0, 360, 240, -1)
        cv2.circle(large, (x + int(14 * look), 148), int(13 * (1 - lids)) + 1, 40, -1)
        y = 100 - int(14 * brows)
        cv2.line(large, (x - 40, y + 4 * side), (x + 40, y - 4 * side), 60, 10)
    cv2.line(large, (224, 160), (214, 240), 150, 6)
    cv2.ellipse(large, (224, 250), (28, 12), 0, 0, 180, 130, 5)
    bend = int(34 * smile)
    mouth = np.array(
        [(156, 315 - bend), (190, 315), (224, 315 + bend // 2), (258, 315), (292, 315 - bend)]
    )
    cv2.polylines(large, [mouth], isClosed=False, color=80, thickness=9)
    soft = cv2.GaussianBlur(large, (0, 0), 3)
    return np.asarray(cv2.resize(soft, (CROP, CROP), interpolation=cv2.INTER_AREA), np.uint8)


def golden_crops() -> Grey:
    """Give the crops (N,112,112): four cartoon faces, a gradient, noise, black and white."""
    ramp = np.tile(np.linspace(0, 255, CROP), (CROP, 1)).astype(np.uint8)
    noise = np.random.default_rng(7).integers(0, 256, (CROP, CROP), dtype=np.uint8)
    return np.stack(
        (
            draw_face(smile=0, lids=0, brows=0, look=0),
            draw_face(smile=1, lids=0.2, brows=0, look=0),
            draw_face(smile=-1, lids=0, brows=-1, look=1),
            draw_face(smile=0, lids=1, brows=1, look=0),
            ramp,
            noise,
            np.zeros_like(ramp),
            np.full_like(ramp, 255),
        )
    )


def main() -> None:
    """Draw, run, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=HERE.parent / "expression.tflite")
    parser.add_argument(
        "--sweeps", type=Path, help="sweeps.npz to take renders from; else those kept are used"
    )
    given = parser.parse_args()
    kept = given.model.with_name("goldens.npz")
    drawn = golden_crops()
    if given.sweeps:
        renders, shows = rendered_crops(given.sweeps)
    else:
        with np.load(kept) as held:
            renders, shows = held["crops"][len(drawn) :], held["shows"][len(drawn) :].tolist()
    crops = np.concatenate((drawn, renders))
    said = Quantised(given.model).many(crops)
    held_out: dict[str, Any] = {
        "crops": crops,
        "shows": np.array(["cartoon"] * len(drawn) + shows),
        **dict(zip(OUTPUTS, said, strict=True)),
    }
    np.savez_compressed(kept, **held_out)


if __name__ == "__main__":
    main()
