"""Lay a portrait into a picture: where its mesh, its head and its shoulders are at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from channels import POINTS

from lab.faces import SKIN_POINTS

if TYPE_CHECKING:
    from crop import Floats

    from lab.faces import Portrait
    from lab.person import Person

STEP = 2
"""Pixels between the nodes on which movement is worked out: lids are some eight pixels apart."""
WIDTHS = (95.0, 125.0)
"""Face widths in pixels of a picture 320 wide; from wider ones a full lean leaves the picture."""
PERSON_WIDTHS = (110.0, 170.0)
"""The widths of `Person.face_px` that they stand for."""
TOP, CHIN = 10, POINTS["chin"]
CHEEKS = [POINTS["cheek_r"], POINTS["cheek_l"]]
SKULL = np.array((8.6, 12.0, 10.4), np.float32)
"""Half axes of the head about (0, 1, 0), rig centimetres: how deep hair and ears lie, roughly."""
HEAD, HEAD_MIDDLE = np.array((9.0, 11.0), np.float32), 2.0
"""The head from the front, hair included: half axes, and how high its middle is."""
ALONG, STAYS = 1.05, 1.7
"""To which multiple of the head places turn along with it, and from which they stay."""
NECK, NECK_ENDS = -8.2, -14.0
"""From here down, rig centimetres, the neck turns ever less, until it stays."""


def smooth(values: Floats) -> Floats:
    """Go from 0 to 1 as values do, flat at both ends and beyond."""
    share = np.clip(values, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


@dataclass(frozen=True, slots=True)
class Layout:
    """A portrait at rest in a picture of `size` (width, height).

    `scale` is pixels a shard pixel and `corner` (2,) where the shard's corner lies. `points`
    (478,2) is the mesh in pixels, `way` (2,3) pixels a centimetre along the head's axes from
    `origin` (2,). `middle` (2,) and `face_px` are the face's middle and width.
    """

    size: tuple[int, int]
    scale: float
    corner: Floats
    points: Floats
    way: Floats
    origin: Floats
    middle: Floats
    face_px: float

    @property
    def pixels_a_cm(self) -> float:
        """How large a centimetre of the face is."""
        return float(np.hypot(*self.way[:, 0]))

    def nodes(self) -> Floats:
        """Give where the nodes lie (rows,columns,2), pixels."""
        width, height = self.size
        y, x = np.mgrid[: height + STEP : STEP, : width + STEP : STEP].astype(np.float32)
        return np.stack((x, y), 2)

    def solid(self, places: Floats, depth: Floats, share: Floats) -> Floats:
        """Give the head's own places (...,3), cm, of places (...,2) in the picture.

        `depth` (...) is how far out the mesh is there, which counts by `share` (...) 0 to 1; for
        the rest the depth of a skull is taken.
        """
        back = np.linalg.inv(self.way[:, :2])
        z = share * depth + (1 - share) * 8
        for _ in range(3):
            across = (places - self.origin - z[..., None] * self.way[:, 2]) @ back.T
            off = (across - (0, 1)) / SKULL[:2]
            skull = SKULL[2] * np.sqrt(np.clip(1 - (off**2).sum(-1), 0, 1))
            z = share * depth + (1 - share) * skull
        return np.asarray(np.concatenate((across, z[..., None]), -1), np.float32)


def draw_layout(face: Portrait, rest: Floats, person: Person, size: tuple[int, int]) -> Layout:
    """Lay a portrait where the script's person sits, as large as they are; `rest` (478,3) cm."""
    narrow, wide = (each * size[0] / 320 for each in WIDTHS)
    face_px = float(np.interp(person.face_px, PERSON_WIDTHS, (narrow, wide)))
    scale = face_px / float(np.linalg.norm(np.subtract(*face.points[CHEEKS])))
    wanted = np.array(person.centre) * size
    own = (face.points[[TOP, CHIN]].mean(0) + face.points[CHEEKS].mean(0)) / 2
    corner = (wanted - scale * own).astype(np.float32)
    points = face.points * np.float32(scale) + corner
    way = face.way * np.float32(scale)
    origin = (points - rest @ way.T)[:SKIN_POINTS].mean(0)
    return Layout(size, scale, corner, points, way, origin, wanted.astype(np.float32), face_px)


def head_distance(solid: Floats) -> Floats:
    """Give how far off the head's middle places (...,3), cm, are; 1 is the head's outline."""
    off = (solid[..., :2] - (0, HEAD_MIDDLE)) / HEAD
    return np.asarray(np.sqrt((off**2).sum(-1)), np.float32)


def head_share(solid: Floats) -> Floats:
    """Give how far places (...,3), cm, turn along with the head, 0 to 1."""
    along = 1 - smooth((head_distance(solid) - ALONG) / (STAYS - ALONG))
    return along * (1 - smooth((NECK - solid[..., 1]) / (NECK - NECK_ENDS)))
