"""Run both models with one runtime in a process of its own, and print what comes out as JSON.

Two runtimes in one process clash, so the golden tests start this file once for each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from cuelight.sense.card import OUTPUTS
from cuelight.sense.detect import Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.records import Face, Frame

ROOT = Path(__file__).resolve().parents[1]


def main(runtime: str, picture: str) -> None:
    models = ROOT / "models"
    image = np.load(picture)
    detector = Detector(models, runtime=runtime)
    found = detector.detect(image, (0, 0, image.shape[1], image.shape[0]))
    model = ExpressionModel(models, runtime=runtime)
    with np.load(models / "goldens.npz") as goldens:
        crops = goldens["crops"]
    outputs: dict[str, list[list[float]]] = {name: [] for name in OUTPUTS}
    frame = Frame(np.zeros((112, 112), np.uint8), 0.0)
    unit = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    for crop in crops:
        face = Face(1, None, None, crop, unit, 0.0)  # type: ignore[arg-type] # the model only sees the crop
        seen = model.read(face, frame)
        outputs["units"].append(seen.action_units.tolist())
        outputs["emotions"].append(seen.emotions.tolist())
        outputs["head"].append([seen.head.yaw, seen.head.pitch, seen.head.roll])
        outputs["gaze"].append([seen.gaze.yaw, seen.gaze.pitch])
        outputs["landmarks"].append(seen.landmarks.ravel().tolist())
        outputs["quality"].append([seen.quality])
    boxes = [
        [each.box.left, each.box.top, each.box.right, each.box.bottom, each.score] for each in found
    ]
    points = [each.points.tolist() for each in found]
    sys.stdout.write(
        json.dumps(
            {
                "runtime": [detector.runtime_name, model.runtime_name],
                "boxes": boxes,
                "points": points,
                "outputs": outputs,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
