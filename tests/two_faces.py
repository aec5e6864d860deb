"""Compose two-face scenes from clips of one face each: who sits where, how large, and when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cuelight.places import models_folder, selftest_folder
from cuelight.sense.card import load_card
from cuelight.sense.clip import open_clip
from cuelight.sense.crop import Cropper
from cuelight.sense.detect import Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.face import FaceFinder
from cuelight.sense.geometry import Similarity
from cuelight.sense.records import Frame
from cuelight.sense.shape import FaceShape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cuelight.sense.records import Box
    from cuelight.settings import ZoneSettings

SHAPE = (480, 640)
FPS = 25.0
MODELS = models_folder()
CLIPS = {
    "brows": selftest_folder() / "brows.mkv",
    "smiles": selftest_folder() / "smiles.mkv",
    "real": Path(__file__).parents[1] / "clips" / "smile.mp4",
}


@cache
def faces(name: str, count: int = 75) -> tuple[np.ndarray, tuple[float, float], float]:
    """The first pictures of a clip, cut to its face; where that is in them, and how high (pixels).

    Cut as upright rectangles a little wider than the face's box, so that two faces come close
    enough for their boxes to overlap.
    """
    detector, shape = Detector(MODELS), FaceShape(load_card(MODELS))
    pictures: list[np.ndarray] = []
    with open_clip(CLIPS[name]) as clip:
        for frame in clip:
            pictures.append(frame.image.copy())
            if len(pictures) == count:
                break
    high, wide = pictures[0].shape
    found = detector.detect(pictures[0], (0, 0, wide, high))[0]
    box = shape.box(shape.fit_detection(found.points))
    width, height = box.right - box.left, box.bottom - box.top
    left, right = int(max(0, box.left - 0.05 * width)), int(min(wide, box.right + 0.05 * width))
    top, bottom = int(max(0, box.top - 0.6 * height)), int(min(high, box.bottom + 0.3 * height))
    centre = ((box.left + box.right) / 2 - left, (box.top + box.bottom) / 2 - top)
    cut = np.stack([picture[top:bottom, left:right] for picture in pictures])
    return cut, centre, height


@dataclass(frozen=True)
class Person:
    """A clip's face whose box's centre is at `where(t)` (pixels), `height` pixels high."""

    clip: str
    where: Callable[[float], tuple[float, float]]
    height: float = 120.0
    count: int = 75

    def paint(self, image: np.ndarray, number: int) -> None:
        """Paste the person's picture at this frame's time."""
        pictures, centre, height = faces(self.clip, self.count)
        turn = number % (2 * len(pictures) - 2)  # there and back again, so that nothing jumps
        picture = pictures[min(turn, 2 * len(pictures) - 2 - turn)]
        scale = self.height / height
        high, wide = (round(side * scale) for side in picture.shape)
        side = max(high, wide)
        patch = np.empty((side, side), np.uint8)
        cropper = Cropper(side)
        whole = Similarity(side / scale, 0.0, 0.0, 0.0)
        cropper.cut(np.ascontiguousarray(picture), whole, shrink=cropper.shrink(whole), out=patch)
        x, y = self.where(number / FPS)
        left, top = round(x - centre[0] * scale), round(y - centre[1] * scale)
        rows = slice(max(0, top), min(image.shape[0], top + high))
        columns = slice(max(0, left), min(image.shape[1], left + wide))
        if rows.start < rows.stop and columns.start < columns.stop:
            image[rows, columns] = patch[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]


def at(x: float, y: float = 240.0) -> Callable[[float], tuple[float, float]]:
    """Sit still."""
    return lambda _t: (x, y)


def walk(start: float, end: float, *, seconds: float, y: float = 240.0):
    """Move evenly from one column to another, then stay."""
    return lambda t: (start + (end - start) * min(t / seconds, 1.0), y)


def scene(*people: Person, seconds: float) -> Iterator[Frame]:
    """Give the frames of a scene; who comes later is in front."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    wall = (100 + 20 * np.sin(columns / 40) + rows / 16).astype(np.uint8)
    for number in range(round(seconds * FPS)):
        image = wall.copy()
        for person in people:
            person.paint(image, number)
        yield Frame(image, number / FPS)


@dataclass(frozen=True)
class Read:
    """What reached the expression model in one frame: the face's number, box and crop."""

    timestamp: float
    track: int
    box: Box
    crop: bytes


class Watched:
    """The real finder and the real model, with a note of everything that reaches the model."""

    def __init__(self, zone: ZoneSettings) -> None:
        self.model = ExpressionModel(MODELS)
        self.finder = FaceFinder(Detector(MODELS), card=self.model.card, zone=zone)
        self.reads: list[Read] = []
        self.boxes: list[tuple[float, list[Box]]] = []
        self.occupied: list[bool] = []

    def play(self, frames: Iterator[Frame]) -> Watched:
        """Show it frames."""
        for frame in frames:
            faces_to_read = self.finder.update(frame)
            self.boxes.append((frame.timestamp, self.finder.boxes))
            for face in faces_to_read:
                note = Read(frame.timestamp, face.track, face.box, face.crop.tobytes())
                self.reads.append(note)
                self.finder.follow(face.track, self.model.read(face, frame))
            self.occupied.append(self.finder.occupied)
        return self
