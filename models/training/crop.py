"""Cut the levelled square that the model sees, by a similarity fitted to the stable points."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from channels import POINTS, STABLE, swapped

Floats: TypeAlias = npt.NDArray[np.float32]
Grey: TypeAlias = npt.NDArray[np.uint8]

CROP = 112
"""The model's input, pixels a side."""
SHARD = 160
"""The crop as it is stored for training: the same centre and turn, wider by 160/112."""
MARGIN = (SHARD - CROP) // 2
EYE_DISTANCE = 0.35
EYE_LINE = 0.33

NAMES = tuple(POINTS)
MESH = [POINTS[name] for name in NAMES]
STABLE_ROWS = [NAMES.index(name) for name in STABLE]
_RIGHT_EYE = [NAMES.index("eye_r_outer"), NAMES.index("eye_r_inner")]
_LEFT_EYE = [NAMES.index("eye_l_outer"), NAMES.index("eye_l_inner")]


def fit_similarity(came: Floats, went: Floats) -> Floats:
    """Fit turn, one scale and shift from (K,2) to (K,2) by least squares; give it as (2,3).

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    PAMI 1991, in the plane and without reflection, where it has this closed form.
    """
    middle_came, middle_went = came.mean(0), went.mean(0)
    a, b = came - middle_came, went - middle_went
    size = float((a * a).sum())
    along = float((a * b).sum()) / size
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]], np.float32)
    shift = middle_went - turn @ middle_came
    return np.column_stack((turn, shift)).astype(np.float32)


def moved(points: Floats, by: Floats) -> Floats:
    """Carry points (...,2) along by a (2,3) transform."""
    return (points @ by[:, :2].T + by[:, 2]).astype(np.float32)


def make_template(points: Floats) -> Floats:
    """Average near-frontal faces' points (N,32,2), pixels, into the template, crop units."""
    total = np.zeros((len(NAMES), 2), np.float64)
    for face in points:
        right, left = face[_RIGHT_EYE].mean(0), face[_LEFT_EYE].mean(0)
        goal = np.array(
            [[0.5 - EYE_DISTANCE / 2, EYE_LINE], [0.5 + EYE_DISTANCE / 2, EYE_LINE]], np.float32
        )
        total += moved(face, fit_similarity(np.stack((right, left)), goal))
    mean = total / len(points)
    # Made symmetric: a camera or a teacher that favours one side must not turn every crop.
    mirrored = mean[swapped(NAMES)] * (-1, 1) + (1, 0)
    return ((mean + mirrored) / 2).astype(np.float32)


def to_shard(template: Floats, points: Floats) -> Floats:
    """Fit the transform (2,3) from picture pixels to shard pixels, from 32 points (32,2)."""
    goal = template[STABLE_ROWS] * CROP + MARGIN
    return fit_similarity(points[STABLE_ROWS], goal)


def cut(picture: Grey, by: Floats, side: int = SHARD) -> Grey:
    """Cut a (side,side) crop; what lies outside the picture repeats its border."""
    shrink = float(np.hypot(by[0, 0], by[1, 0]))
    way = cv2.INTER_AREA if shrink < 1 else cv2.INTER_LINEAR
    if shrink < 0.5:
        # warpAffine does not average over pixels, so a large picture is halved first.
        halves = int(np.floor(-np.log2(shrink)))
        for _ in range(halves):
            picture = np.asarray(
                cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
            )
        by = by.copy()
        by[:, :2] *= 2**halves
        way = cv2.INTER_LINEAR
    crop = cv2.warpAffine(picture, by, (side, side), flags=way, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def turn_degrees(by: Floats) -> float:
    """Give how far a transform turns the picture, degrees, positive clockwise as seen."""
    return float(np.degrees(np.arctan2(by[1, 0], by[0, 0])))
