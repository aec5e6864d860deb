"""Paint a portrait at rest into a frame: itself, who belongs to it, and the room without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lab.faces import SKIN_POINTS
from lab.layout import head_distance, smooth

if TYPE_CHECKING:
    from crop import Floats, Grey

    from lab.layout import Layout

FINER = 2
"""Samples of the resting portrait a pixel of the frame: less, and movement would blur it."""
SOFT = 0.7
"""Blur of neck and shoulders, centimetres of the face."""
KEPT_CM, GONE_CM = 0.5, 1.8
"""Below the face the portrait is blurred from here on, wholly from there on."""
CUT = -8.5
"""Most portraits end below the chin: from here down, rig centimetres, the trunk is painted soft."""
CLOSE, APART = 1.0, 1.22
"""To which multiple of the head it hides the room, and from where it does not."""
COLUMN_CM = 10.0
"""Above the head most portraits repeat its own border: so far aside of the middle is no room."""
PERSON = np.array(
    [(-4.5, -7), (-6, -10), (-11, -13), (-15.5, -16), (-17, -24), (-18, -60), (18, -60), (17, -24),
     (15.5, -16), (11, -13), (6, -10), (4.5, -7)],
    np.float32,
)  # fmt: skip
"""Neck and shoulders as seen from the front, rig centimetres."""
EDGE_CM = 1.3
"""How soft the border between the person and the room is."""
SIDE = 0.05
"""A person ends this near to the frame's sides, in shares of its width."""
REACHES_CM = ((1.5, 1.0), (5.0, 0.05), (15.0, 0.005))
"""Blurs of the room and their weights: the wider ones fill in where nothing is known nearby."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Pictures (H,W) of a frame at rest, 0..255; `portrait` and `person` are `FINER` times as fine.

    `person` tells where the person is, 0 to 1; `room` is what stays when they go.
    """

    portrait: Floats
    person: Floats
    room: Floats


def paint_surroundings(crop: Grey, layout: Layout, *, blur_px: float) -> Surroundings:
    """Carry a portrait's surroundings on to the frame's borders, out of focus."""
    width, height = (side * FINER for side in layout.size)
    by = np.array(
        [[layout.scale, 0, layout.corner[0]], [0, layout.scale, layout.corner[1]]], np.float64
    )
    by *= FINER
    way, border = cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
    large = cv2.warpAffine(crop, by, (width, height), flags=way, borderMode=border)
    portrait = np.asarray(large, np.float32)
    fine = layout.pixels_a_cm * FINER
    y, x = np.mgrid[:height, :width].astype(np.float32) / FINER
    places = np.stack((x, y), 2)
    nothing = np.zeros(places.shape[:2], np.float32)
    solid = layout.solid(places, nothing, nothing)
    off = _off(layout, (width, height)) / fine
    head = 1 - smooth((head_distance(solid) - CLOSE) / (APART - CLOSE))
    kept = 1 - smooth((off - KEPT_CM) / (GONE_CM - KEPT_CM))
    kept = np.maximum(kept, smooth((solid[..., 1] - CUT) / 2))
    soft = cv2.GaussianBlur(portrait, (0, 0), SOFT * fine)
    portrait += (1 - kept) * (soft - portrait)
    if blur_px > 0:
        portrait = np.asarray(cv2.GaussianBlur(portrait, (0, 0), blur_px * FINER), np.float32)
    outline = layout.origin + PERSON @ layout.way[:, :2].T + 8 * layout.way[:, 2]
    trunk = np.zeros((height, width), np.uint8)
    cv2.fillPoly(trunk, [np.rint(outline * FINER).astype(np.int32)], (255,))
    person = cv2.GaussianBlur(trunk, (0, 0), EDGE_CM * fine).astype(np.float32) / 255
    # At the frame's sides the person ends, or they would never be gone.
    aside = np.minimum(x, layout.size[0] - 1 / FINER - x)
    person = np.maximum(person, head) * smooth(aside / (SIDE * layout.size[0]))
    wide = 1 - smooth((head_distance(solid) - APART) / 0.2)
    column = smooth((COLUMN_CM + 1 - np.abs(solid[..., 0])) / 2)
    mine = np.maximum.reduce((person, wide, column))
    small = cv2.resize(np.dstack((portrait, mine)), layout.size, interpolation=cv2.INTER_AREA)
    seen, taken = np.moveaxis(np.asarray(small, np.float32), -1, 0)
    return Surroundings(portrait, person, _room(seen, taken, fine / FINER))


def _off(layout: Layout, size: tuple[int, int]) -> Floats:
    """Give how far each place (H,W) is from the mesh, fine pixels."""
    hull = cv2.convexHull(np.rint(layout.points[:SKIN_POINTS] * FINER).astype(np.int32))
    outside = np.full(size[::-1], 255, np.uint8)
    cv2.fillConvexPoly(outside, hull, (0,))
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), np.float32)


def _room(portrait: Floats, mine: Floats, pixels_a_cm: float) -> Floats:
    """Fill in, where the person and what is round them are `mine`, from what is farther off."""
    there = np.clip(1 - mine, 0, 1)
    known = np.full_like(portrait, 1e-6)
    filled = known * np.float32(np.average(portrait, weights=there + 1e-6))
    for reach_cm, weight in REACHES_CM:
        spread = reach_cm * pixels_a_cm
        filled += np.float32(weight) * cv2.GaussianBlur(portrait * there, (0, 0), spread)
        known += np.float32(weight) * cv2.GaussianBlur(there, (0, 0), spread)
    return np.asarray(filled / known, np.float32)
