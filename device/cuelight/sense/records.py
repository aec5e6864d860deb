"""The types that sensing passes on: Frame, Face, Expression. Types only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Floats = NDArray[np.float32]

UNITS: Final = (
    *("AU01", "AU02L", "AU02R", "AU04L", "AU04R", "AU05", "AU06", "AU07", "AU09", "AU10"),
    *("AU12L", "AU12R", "AU14L", "AU14R", "AU15", "AU17", "AU18", "AU20", "AU24", "AU28"),
    *("AU25", "AU26", "AU45L", "AU45R"),
)
"""FACS action units in the order of `Expression.action_units`; L and R are the person's own sides.

AU24 stands for lip press (AU23 and AU24 together), AU28 for lip roll, AU45 for lid closure.
"""

EMOTIONS: Final = (
    *("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
)
"""The expressions in the order of `Expression.emotions`."""

LANDMARKS: Final = (
    *("eye_r_outer", "eye_r_inner", "lid_r_upper", "lid_r_lower"),
    *("eye_l_inner", "eye_l_outer", "lid_l_upper", "lid_l_lower", "iris_r", "iris_l"),
    *("brow_r_outer", "brow_r_mid", "brow_r_inner", "brow_l_inner", "brow_l_mid", "brow_l_outer"),
    *("nose_bridge", "nose_tip", "nose_base", "nostril_r", "nostril_l"),
    *("mouth_r", "mouth_l", "lip_upper_outer", "lip_lower_outer", "lip_upper_inner"),
    *("lip_lower_inner", "chin", "jaw_r", "jaw_l", "cheek_r", "cheek_l"),
)
"""The points in the order of `landmarks`; _r and _l are the person's right and left."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: `image` uint8 (height, width) luma; `timestamp` in seconds, sensor clock."""

    image: Luma
    timestamp: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels of the frame."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Face:
    """A followed face: `landmarks` float32 (32, 2) in frame pixels, `crop` uint8 (112, 112).

    `crop` is a view of a buffer that the next frame overwrites; nobody keeps it. `to_frame` is the
    2x3 similarity from crop units (0 to 1) to frame pixels, `roll_degrees` the turn it removed.
    """

    track: int
    box: Box
    landmarks: Floats
    crop: Luma
    to_frame: Floats
    roll_degrees: float


@dataclass(frozen=True, slots=True)
class Head:
    """Head pose in degrees; `scale` is the face's size as a part of the frame's height.

    `yaw` > 0: turned to the person's left; `pitch` > 0: up; `roll` > 0: tilted to their left.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where the eyes turn relative to the head, in degrees; signs as in `Head`."""

    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Expression:
    """What the model sees in one face in one frame.

    `action_units` float32 (24,) intensities 0 to 1 in the order of `UNITS`; `relative_units` the
    same of one face against itself: 1 is a full movement, and only differences mean anything;
    `emotions` float32 (8,) probabilities in the order of `EMOTIONS`; `landmarks` float32 (32, 2) in
    frame pixels; `quality` 0 to 1, how far the picture can be trusted.
    """

    track: int
    timestamp: float
    action_units: Floats
    relative_units: Floats
    emotions: Floats
    head: Head
    gaze: Gaze
    landmarks: Floats
    box: Box
    quality: float
