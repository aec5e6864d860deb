"""Darken the gap between a portrait's lips, which no picture of a closed mouth has inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from channels import POINTS

from lab.surroundings import FINER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crop import Floats

    from lab.layout import Layout

UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""The teacher's points along the inner borders of the lips, from the right corner to the left."""
DARK = 0.3
"""The grey of a mouth's inside, as a share of the skin's."""
LEAST_CM, WHOLE_CM = 0.06, 0.3
"""A gap this much wider than at rest begins to be dark, and is wholly so from there on."""
SUBPIXEL = 4
CHEEKS = ("cheek_r", "cheek_l", "mouth_r", "mouth_l")


class Mouth:
    """One portrait's mouth: how far apart its lips are at rest, and how bright its skin is."""

    def __init__(self, layout: Layout, portrait: Floats) -> None:
        self._scale = layout.pixels_a_cm
        rest = layout.points
        self._rest = rest[list(LOWER), 1] - rest[list(UPPER), 1]
        nose, *cheeks = (rest[POINTS[name]] for name in ("nose_tip", *CHEEKS))
        places = [np.rint(FINER * (0.6 * cheek + 0.4 * nose)).astype(int) for cheek in cheeks]
        self.skin = float(np.median([portrait[y, x] for x, y in places]))

    def paint(self, picture: Floats, moved: Callable[[Sequence[int]], Floats]) -> None:
        """Darken the gap in a picture (height,width); `moved` says where points are in it."""
        lips = moved(UPPER + LOWER[-2:0:-1])
        upper = lips[: len(UPPER)]
        lower = np.concatenate((upper[:1], lips[: len(UPPER) - 1 : -1], upper[-1:]))
        wider = np.maximum(lower[:, 1] - upper[:, 1] - np.maximum(self._rest, 0), 0)
        depth = (float(wider.max()) / self._scale - LEAST_CM) / (WHOLE_CM - LEAST_CM)
        if depth <= 0:
            return
        # Inside the lips, not upon them: as wide as the gap has become.
        middle = (upper[:, 1] + lower[:, 1]) / 2
        over = np.column_stack((upper[:, 0], middle - wider / 2))
        under = np.column_stack((lower[:, 0], middle + wider / 2))
        outline = np.concatenate((over, under[-2:0:-1]))
        left, top = np.maximum(np.floor(outline.min(0)).astype(int) - 3, 0)
        right, bottom = np.ceil(outline.max(0)).astype(int) + 4
        area = picture[top:bottom, left:right]
        if not area.size:
            return
        mask = np.zeros(area.shape, np.uint8)
        fixed = np.rint((outline - (left, top)) * 2**SUBPIXEL).astype(np.int32)
        cv2.fillPoly(mask, [fixed], (255,), cv2.LINE_AA, SUBPIXEL)
        share = cv2.GaussianBlur(mask, (0, 0), 0.7).astype(np.float32) / np.float32(255)
        share *= np.float32(min(depth, 1.0))
        area += share * (np.minimum(area, np.float32(DARK * self.skin)) - area)
