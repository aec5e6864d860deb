"""Draw a handful of crops and keep what the int8 file says of them: `goldens.npz`.

Last step of the recipe. The crops are drawn here, shapes and shades only, from nobody's picture, so
that tests of either runtime can carry them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from channels import OUTPUTS
from crop import CROP, Grey
from quantised import Quantised

HERE = Path(__file__).parent


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
    given = parser.parse_args()
    crops = golden_crops()
    said = Quantised(given.model).many(crops)
    held: dict[str, Any] = {"crops": crops, **dict(zip(OUTPUTS, said, strict=True))}
    np.savez_compressed(given.model.with_name("goldens.npz"), **held)


if __name__ == "__main__":
    main()
