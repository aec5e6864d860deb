"""Choose the portraits that the lab moves: sharp, frontal, neutral faces with a closed mouth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from channels import UNITS
from crop import MESH, moved, to_shard

from lab.person import TEST, TUNE

if TYPE_CHECKING:
    from pathlib import Path

    from crop import Floats, Grey
    from numpy.typing import NDArray

SOURCE = "portraits"
SKIN_POINTS = 468
IRISES = (468, 473)
"""The teacher's points before the irises."""
ORDER_STREAM = 4202
"""Keeps the order in which seeds take faces apart from other random numbers."""
CHUNK = 1000
"""Portraits a file of `raw/` (`label.CHUNK`, which needs the teacher to be imported)."""
MOST_HEAD = (9.0, 14.0, 6.0)
"""Yaw, pitch, roll in degrees, past which a portrait is not taken for frontal."""
MOST_GAZE = (12.0, 14.0)
MOST_UNITS = {
    "AU25": 0.2, "AU26": 0.12, "AU12L": 0.2, "AU12R": 0.2, "AU45L": 0.35, "AU45R": 0.35,
    "AU18": 0.4, "AU15": 0.6, "AU28": 0.5, "AU01": 0.5, "AU02L": 0.5,
}  # fmt: skip
"""What the teacher may see at most in a face that counts as neutral, with the mouth about shut."""
FACE = (slice(35, 130), slice(35, 125))
"""Where the face lies on a shard crop."""
SHARPNESS = (0.112, 0.21)
"""Edges (Laplacian after a blur of one pixel) over contrast: less is blurred, more is grain."""
LEAST_CONTRAST = 27.0
MOST_TUNE = 80
"""So many of the training faces that pass are looked at, evenly spaced."""
LEFT_OUT = {
    2186, 2213, 2865, 3240, 4220, 4393, 4440, 4460, 4545, 5754, 5800, 7932, 9045, 10280, 12193,
    12540, 12813, 13324,
}  # fmt: skip
"""Portraits that pass and show a hand, dark glasses, a deep shadow, or someone shown already."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """One portrait: its number in the source, crop (160,160) and mesh on the crop.

    `points` (478,2) are the teacher's in shard pixels, `way` (2,3) says how a centimetre along
    the head's own axes looks there.
    """

    number: int
    crop: Grey
    points: Floats
    way: Floats


@dataclass(frozen=True, slots=True)
class Faces:
    """The portraits of both splits, and how the rig's shapes `names` move their mesh.

    `rest` (478,3) is the rig's mesh in centimetres, `moves` (S,478,3) what each shape at 1 adds.
    """

    tune: tuple[Portrait, ...]
    test: tuple[Portrait, ...]
    names: tuple[str, ...]
    rest: Floats
    moves: Floats

    def of(self, split: str, seed: int) -> Portrait:
        """Give the face that a seed draws; seeds that follow one another take different ones."""
        faces = self.test if split == TEST else self.tune
        order = np.random.default_rng((ORDER_STREAM, len(faces))).permutation(len(faces))
        return faces[int(order[seed % len(faces)])]


def open_faces(cache: Path) -> Faces:
    """Choose the faces out of the recipe's cache (`teacher/`, `raw/`, `warps/`, the mesh's moves).

    Faces for tuning are such as the model trained on, those for testing were held out.
    """
    with np.load(cache / "mesh_moves.npz") as held:
        names = tuple(str(name) for name in held["names"])
        rest, moves = held["rest"], held["moves"]
    with np.load(cache / "teacher" / f"{SOURCE}.npz") as held:
        chosen = _neutral(held["units"], held["head"], held["gaze"]) & (held["present"] == 1)
        rows, crops = np.flatnonzero(chosen), held["crop"][chosen]
        numbers, split = held["index"][chosen], held["split"][chosen]
    with np.load(cache / "warps" / f"{SOURCE}.npz") as held:
        way = dict(zip(held["row"].tolist(), held["way"], strict=True))
    good = [place for place, row in enumerate(rows) if row in way and _clear(crops[place])]
    kinds: dict[str, tuple[Portrait, ...]] = {}
    template = np.load(cache / "template.npy")
    for name, value in ((TUNE, 0), (TEST, 1)):
        own = [place for place in good if split[place] == value]
        if len(own) > MOST_TUNE:
            own = [own[place] for place in np.linspace(0, len(own) - 1, MOST_TUNE).astype(int)]
        kinds[name] = tuple(
            Portrait(
                int(numbers[place]),
                crops[place],
                _points(cache, int(numbers[place]), template),
                way[int(rows[place])],
            )
            for place in own
            if int(numbers[place]) not in LEFT_OUT
        )
    return Faces(kinds[TUNE], kinds[TEST], names, rest, moves)


def _neutral(units: Floats, head: Floats, gaze: Floats) -> NDArray[np.bool_]:
    within: NDArray[np.bool_] = (np.abs(head) < MOST_HEAD).all(1)
    within &= (np.abs(gaze) < MOST_GAZE).all(1)
    for name, most in MOST_UNITS.items():
        within &= units[:, UNITS.index(name)] < most
    return within


def _clear(crop: Grey) -> bool:
    face = crop[FACE].astype(np.float32)
    contrast = float(face.std())
    if contrast < LEAST_CONTRAST:
        return False
    edges = cv2.Laplacian(cv2.GaussianBlur(face, (0, 0), 1.0), cv2.CV_32F)
    return SHARPNESS[0] <= float(edges.std()) / contrast <= SHARPNESS[1]


def _points(cache: Path, number: int, template: Floats) -> Floats:
    first = number - number % CHUNK
    with np.load(cache / "raw" / f"{SOURCE}-{first:06d}.npz") as held:
        points = held["points"][number - first][:, :2]
    return moved(points, to_shard(template, points[MESH]))
