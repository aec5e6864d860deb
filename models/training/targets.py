"""Turn what the teacher saw into action units, head angles and gaze, by the recipe's tables."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from channels import UNITS

Floats: TypeAlias = npt.NDArray[np.float32]
Table: TypeAlias = dict[str, Any]

SHAPE_NAMES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft",
    "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft",
    "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen",
    "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""The teacher's blendshapes in the order it gives them (checked against its answer)."""

_RIGHT_EYE, _LEFT_EYE = (33, 133), (362, 263)
_RIGHT_IRIS, _LEFT_IRIS = 468, 473
_INNER_LIPS = (13, 14)


def head_degrees(pose: Floats) -> Floats:
    """Give yaw, pitch, roll (N,3) of rotations (N,3,3) from the head's axes to the camera's.

    The camera's axes are MediaPipe's: x to the image's right, y up, z to the viewer. Yaw is
    positive when the nose points to the image's right (the person's left), pitch when it points
    up, roll when the top of the head leans to the image's right.
    """
    forward, up = pose[:, :, 2], pose[:, :, 1]
    size = np.linalg.norm(forward, axis=1)
    yaw = np.arctan2(forward[:, 0], forward[:, 2])
    pitch = np.arcsin(np.clip(forward[:, 1] / size, -1, 1))
    roll = np.arctan2(up[:, 0], up[:, 1])
    angles = np.degrees(np.stack((yaw, pitch, roll), 1))
    return np.asarray(angles, np.float32)


def levelled(points: Floats, pose: Floats) -> Floats:
    """Turn mesh points (N,478,3) in pixels into the head's own axes: x right, y up, z outwards."""
    axes = pose / np.linalg.norm(pose, axis=1, keepdims=True)
    upright = points * np.array([1, -1, -1], np.float32)
    return np.asarray(np.einsum("nji,npj->npi", axes, upright), np.float32)


def gaze_degrees(points: Floats, shapes: Floats, pose: Floats, table: Table) -> Floats:
    """Give gaze yaw and pitch (N,2) relative to the head; yaw positive to the person's left."""
    own = levelled(points, pose)
    offset = np.zeros((len(points), 2), np.float32)
    for iris, (outer, inner) in ((_RIGHT_IRIS, _RIGHT_EYE), (_LEFT_IRIS, _LEFT_EYE)):
        middle = (own[:, outer] + own[:, inner]) / 2
        width = np.linalg.norm(own[:, outer] - own[:, inner], axis=1)
        offset += (own[:, iris] - middle)[:, :2] / width[:, None] / 2

    def look(way: str, side: str) -> Floats:
        column: Floats = shapes[:, SHAPE_NAMES.index(f"eyeLook{way}{side}")]
        return column

    aside = look("Out", "Left") - look("In", "Left") + look("In", "Right") - look("Out", "Right")
    up = look("Up", "Left") - look("Down", "Left") + look("Up", "Right") - look("Down", "Right")
    by_iris = (
        (offset[:, 0] - table["iris_rest_yaw"]) * table["iris_yaw_degrees"],
        (offset[:, 1] - table["iris_rest_pitch"]) * table["iris_pitch_degrees"],
    )
    by_shape = (
        (aside / 2 - table["shape_rest_yaw"]) * table["shape_yaw_degrees"],
        (up / 2 - table["shape_rest_pitch"]) * table["shape_pitch_degrees"],
    )
    both = [(iris + shape) / 2 for iris, shape in zip(by_iris, by_shape, strict=True)]
    return np.stack(both, 1).astype(np.float32)


def units(
    points: Floats, shapes: Floats, pose: Floats, targets: Table, *, plain: bool = False
) -> Floats:
    """Give action units (N,24), 0..1, NaN for those that the teacher does not see.

    `plain` leaves out gain and bend: the teacher's own scale, for comparing with it.
    """
    found = np.full((len(shapes), len(UNITS)), np.nan, np.float32)
    for name, rule in targets["units"].items():
        rows = [SHAPE_NAMES.index(shape) for shape in rule["shapes"]]
        said = shapes[:, rows].mean(1)
        known = said if plain else rule["gain"] * np.clip(said, 0, 1) ** rule.get("bend", 1.0)
        found[:, UNITS.index(name)] = known
    own = levelled(points, pose)
    upper, lower = _INNER_LIPS
    gap = np.linalg.norm(own[:, upper] - own[:, lower], axis=1)
    right = own[:, _RIGHT_EYE].mean(1)
    left = own[:, _LEFT_EYE].mean(1)
    share = gap / np.linalg.norm(left - right, axis=1)
    lips = targets["lips_part"]
    found[:, UNITS.index("AU25")] = (share - lips["closed"]) / (lips["open"] - lips["closed"])
    return np.clip(found, 0, 1)
