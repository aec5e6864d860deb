"""Take clips with real faces apart: each frame's crop and what the teacher saw in it.

Clips are for measuring only, never for training. Their crops stay in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import islice
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from crop import CROP, MARGIN, MESH, Floats, Grey, cut, moved, to_shard, turn_degrees
from targets import gaze_degrees, head_degrees, units
from teacher import Teacher
from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip's frames with a face: crops (N,112,112), targets, and points (N,32,2) in pixels.

    `plain` are the units on the teacher's own scale, for comparing with it; `rate` is in frames a
    second.
    """

    crop: Grey
    units: Floats
    plain: Floats
    head: Floats
    gaze: Floats
    landmarks: Floats
    points: Floats
    frame: Floats
    rate: Floats

    @property
    def seconds(self) -> Floats:
        """When each frame was taken, seconds from the clip's start."""
        return np.asarray(self.frame / self.rate, np.float32)


def frames(path: Path) -> Iterator[Grey]:
    """Give a clip's frames as grey pictures."""
    film = cv2.VideoCapture(str(path))
    try:
        while True:
            there, picture = film.read()
            if not there:
                return
            yield np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    finally:
        film.release()


def frame_rate(path: Path) -> float:
    """Give a clip's frames a second."""
    film = cv2.VideoCapture(str(path))
    try:
        return float(film.get(cv2.CAP_PROP_FPS))
    finally:
        film.release()


def crop_by(template: Floats, points: Floats) -> Floats:
    """Give the transform (2,3) from picture pixels to model-crop pixels."""
    by = to_shard(template, points)
    by[:, 2] -= MARGIN
    return by


def find_clip(name: str, folders: list[Path]) -> Path | None:
    """Find a clip in the first folder that has it."""
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def open_clip(path: Path, cache: Path, template: Floats, recipe: dict[str, Any]) -> Clip:
    """Take a clip apart, or read what an earlier call kept."""
    most = recipe["report"]["clip_frames"]
    kept = cache / "clips" / f"plain-{most}-{path.stem}.npz"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        part = kept.with_suffix(".part.npz")
        np.savez(part, **_watch(path, template, recipe["targets"], most))
        part.rename(kept)
    with np.load(kept) as held:
        return Clip(**{field.name: held[field.name] for field in fields(Clip)})


def _watch(path: Path, template: Floats, targets: dict[str, Any], most: int) -> dict[str, Any]:
    rows = []
    with Teacher() as teacher:
        film = islice(frames(path), most)
        for number, picture in enumerate(tqdm(film, desc=path.stem, disable=None)):
            seen = teacher.look(picture)
            if seen is not None:
                points = seen.points[MESH, :2]
                by = crop_by(template, points)
                rows.append((number, cut(picture, by, CROP), by, seen, points))
    if not rows:
        message = f"{path}: no frame in which the teacher finds a face"
        raise ValueError(message)
    pose = np.stack([row[3].pose for row in rows])
    mesh = np.stack([row[3].points for row in rows])
    shapes = np.stack([row[3].shapes for row in rows])
    head = head_degrees(pose)
    head[:, 2] += [turn_degrees(row[2]) for row in rows]
    return {
        "crop": np.stack([row[1] for row in rows]),
        "units": units(mesh, shapes, pose, targets),
        "plain": units(mesh, shapes, pose, targets, plain=True),
        "head": head,
        "gaze": gaze_degrees(mesh, shapes, pose, targets["gaze"]),
        "landmarks": np.stack([moved(row[4], row[2]) / CROP for row in rows]),
        "points": np.stack([row[4] for row in rows]),
        "frame": np.array([row[0] for row in rows], np.float32),
        "rate": np.float32(frame_rate(path)),
    }
