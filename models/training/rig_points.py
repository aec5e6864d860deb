"""Where the model's landmarks lie on the rig's mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from channels import POINTS

if TYPE_CHECKING:
    from rig import Floats, Shape

VERTICES = {
    "eye_r_outer": 1507,
    "eye_r_inner": 892,
    "lid_r_upper": 1962,
    "lid_r_lower": 1515,
    "eye_l_inner": 3133,
    "eye_l_outer": 3721,
    "lid_l_upper": 4162,
    "lid_l_lower": 3729,
    "brow_r_outer": 386,
    "brow_r_mid": 482,
    "brow_r_inner": 2026,
    "brow_l_inner": 4223,
    "brow_l_mid": 2723,
    "brow_l_outer": 2627,
    "nose_bridge": 978,
    "nose_tip": 4553,
    "nose_base": 5,
    "nostril_r": 1267,
    "nostril_l": 3485,
    "mouth_r": 5651,
    "mouth_l": 6156,
    "lip_upper_outer": 5525,
    "lip_lower_outer": 5518,
    "lip_upper_inner": 5526,
    "lip_lower_inner": 5517,
    "chin": 965,
    "jaw_r": 757,
    "jaw_l": 2998,
    "cheek_r": 1888,
    "cheek_l": 4088,
}
"""The rig's vertex for each landmark but the irises.

Found as the vertices nearest, over 64 near-frontal renders with moving lids, brows and mouth, to
where MediaPipe's mesh saw the same points (within 1.4 shard pixels in the mean), made symmetric.
The brows' are lower than that, where brows are painted (`rig_paint`), as over the template's faces.
"""


def find_points(shape: Shape, *, brow_drop: float = 0.0) -> Floats:
    """Give the 32 landmarks (32,3) of a posed rig in cm, its brows painted `brow_drop` cm lower."""
    points = np.zeros((len(POINTS), 3), np.float32)
    for row, name in enumerate(POINTS):
        if name.startswith("iris"):
            side = 0 if name == "iris_l" else 1
            points[row] = shape.centres[side] + 1.66 * shape.axes[side]
        else:
            points[row] = shape.points[VERTICES[name]]
            if name.startswith("brow"):
                points[row, 1] -= brow_drop
    return points


def lip_share(shape: Shape) -> float:
    """Give the gap between the inner lips over the distance of the eyes' centres."""
    upper, lower = (shape.points[VERTICES[f"lip_{lip}_inner"]] for lip in ("upper", "lower"))
    eyes = [
        (shape.points[VERTICES[f"eye_{side}_outer"]] + shape.points[VERTICES[f"eye_{side}_inner"]])
        / 2
        for side in "rl"
    ]
    return float(np.linalg.norm(upper - lower) / np.linalg.norm(eyes[0] - eyes[1]))
