"""Make the scenes that every contender is shown: the sample clips, and what is cut from one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from cuelight.places import sample_clip

if TYPE_CHECKING:
    from pathlib import Path

Pictures = np.ndarray[Any, Any]

FACE_FROM, FACE_TO = 200, 272
"""Pictures of the actress clip in which one face is in full view, three seconds of them."""

FACE_LEFT, FACE_RIGHT = 300, 540
"""Columns of that clip (640 wide) that hold her head; three of them make three faces."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Pictures on disk, grey and in colour (RGB), and how they are to be played."""

    name: str
    grey: Path
    colour: Path
    picture_fps: float
    rate: float
    width: int
    height: int
    faces: int

    @property
    def message(self) -> dict[str, Any]:
        """What a contender is told."""
        return {
            "do": "open",
            "grey": str(self.grey),
            "colour": str(self.colour),
            "picture_fps": self.picture_fps,
            "rate": self.rate,
            "faces": max(1, self.faces),
        }


@lru_cache(maxsize=1)
def decoded(name: str) -> tuple[Pictures, float]:
    """Give a sample clip's pictures (n, height, width, 3) in OpenCV's BGR, and its frame rate."""
    capture = cv2.VideoCapture(str(sample_clip(name).resolve()))
    found = []
    while (read := capture.read())[0]:
        found.append(read[1])
    return np.stack(found), float(capture.get(cv2.CAP_PROP_FPS))


def clip_scene(
    name: str, folder: Path, *, faces: int, width: int = 640, height: int = 360
) -> Scene:
    """Take a sample clip as it is, at its own rate, made `width` x `height` where it is not."""
    pictures, fps = decoded(name)
    if pictures.shape[1:3] != (height, width):
        pictures = _resized(pictures, width, height)
    return _kept(name.partition(".")[0], pictures, folder, fps=fps, rate=fps, faces=faces)


def made_scene(folder: Path, *, width: int, height: int, faces: int, rate: float) -> Scene:
    """Fill a picture of this size with the actress: once, or three times at different moments."""
    pictures, fps = decoded("actress.mp4")
    pictures = pictures[FACE_FROM:FACE_TO]
    made = (
        _one_face(pictures, width, height) if faces == 1 else _row(pictures, width, height, faces)
    )
    name = f"{width}x{height}-{faces}-{rate:g}"
    return _kept(name, made, folder, fps=fps, rate=rate, faces=faces)


def _one_face(pictures: Pictures, width: int, height: int) -> Pictures:
    high, wide = pictures.shape[1:3]
    kept = min(wide, round(high * width / height))
    return _resized(pictures[:, :, wide - kept :], width, height)


def _row(pictures: Pictures, width: int, height: int, faces: int) -> Pictures:
    made = np.empty((len(pictures), height, width, 3), np.uint8)
    made[:] = pictures[0, :40, :40].mean(axis=(0, 1)).astype(np.uint8)
    heads = pictures[:, :, FACE_LEFT:FACE_RIGHT]
    wide = width // faces
    high = min(height, round(wide * heads.shape[1] / heads.shape[2]))
    heads = _resized(heads, wide, high)
    for place in range(faces):
        shift = place * len(heads) // faces
        made[:, height - high :, place * wide : (place + 1) * wide] = np.roll(heads, shift, axis=0)
    return made


def _resized(pictures: Pictures, width: int, height: int) -> Pictures:
    way = cv2.INTER_AREA if width < pictures.shape[2] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(one, (width, height), interpolation=way) for one in pictures])


def _kept(
    name: str, pictures: Pictures, folder: Path, *, fps: float, rate: float, faces: int
) -> Scene:
    grey, colour = folder / f"{name}-grey.npy", folder / f"{name}-colour.npy"
    np.save(grey, np.stack([cv2.cvtColor(one, cv2.COLOR_BGR2GRAY) for one in pictures]))
    np.save(colour, np.ascontiguousarray(pictures[..., ::-1]))
    height, width = pictures.shape[1:3]
    return Scene(name, grey, colour, fps, rate, width, height, faces)
