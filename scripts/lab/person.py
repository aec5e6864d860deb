"""Draw who sits there and how the camera sees them: identity, place, pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TUNE, TEST = "tune", "test"
SPLITS = (TUNE, TEST)

IDENTITIES = 100
"""How many identities the rig has."""
TRAIN_SHARE = 0.8
"""Those before this share are the model's training identities and are for tuning; the rest, which
no training has seen, are for testing (`rig_shards.TRAIN_SHARE`, compared when a clip is made)."""
FIRST_TEST_SEED = 1_000_000
"""Seeds below are for tuning, from here on for testing."""

FACE_CM = 14.55
"""The rig's breadth over the cheeks."""
FOCAL_WIDTHS = 0.77
"""The focal length in picture widths: Camera Module 3, 66 degrees across."""
FACE_PX = (110.0, 170.0)
"""How wide faces are in a picture 640 wide."""
BELOW_DEGREES = (15.0, 35.0)
"""How far the camera sits below the eyes (DESIGN section 8)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who sits there: a weighted mix of identities, as (number, weight), and the camera's view.

    `look_seed` draws skin, hair, light and glasses. Angles in degrees, `centre` in shares of the
    picture, `face_px` at a width of 640.
    """

    identity: tuple[tuple[int, float], ...]
    look_seed: int
    below_degrees: float
    face_px: float
    centre: tuple[float, float]
    yaw: float
    pitch: float
    roll: float
    noise_greys: float
    blur_px: float

    @property
    def distance_cm(self) -> float:
        """How far the head is from the camera."""
        return FOCAL_WIDTHS * 640 * FACE_CM / self.face_px

    @property
    def out_cm(self) -> float:
        """How far aside the person is out of the picture wherever they sit."""
        return 1.05 * self.distance_cm + 22.0


def split_of(seed: int) -> str:
    """Tell which split a seed is for; raises ValueError below 0."""
    if seed < 0:
        raise ValueError(f"The seed is {seed}; 0 or more is wanted.")
    return TEST if seed >= FIRST_TEST_SEED else TUNE


def identities_of(split: str) -> range:
    """Give the identities of a split; no identity is in both."""
    border = round(IDENTITIES * TRAIN_SHARE)
    return range(border, IDENTITIES) if split == TEST else range(border)


def draw_person(split: str, chance: np.random.Generator) -> Person:
    """Draw one person of a split, mixed as `rig_shards.draw_identity` mixes."""
    own = identities_of(split)
    count = int(chance.choice(3, p=(0.3, 0.4, 0.3))) + 1
    picked = chance.choice(own, count, replace=False)
    weights = chance.dirichlet(np.full(count, 2.0))
    weights *= chance.uniform(0.7, 1.15) / np.linalg.norm(weights)
    return Person(
        tuple((int(i), round(float(w), 5)) for i, w in zip(picked, weights, strict=True)),
        int(chance.integers(2**31)),
        float(chance.uniform(*BELOW_DEGREES)),
        float(chance.uniform(*FACE_PX)),
        (float(chance.uniform(0.42, 0.58)), float(chance.uniform(0.42, 0.5))),
        float(np.clip(chance.normal(0, 8), -16, 16)),
        float(np.clip(chance.normal(0, 3), -6, 6)),
        float(np.clip(chance.normal(0, 2), -5, 5)),
        float(chance.uniform(0.7, 1.8)),
        float(chance.uniform(0.4, 0.8)),
    )
