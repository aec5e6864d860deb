"""Take clips with real faces apart: each frame's crop and what the teacher saw in it.

Clips are for measuring only, never for training. Their crops stay in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
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
    """A clip's frames with a face: crops (N,112,112), targets, and points (N,32,2) in pixels."""

    crop: Grey
    units: Floats
    head: Floats
    gaze: Floats
    landmarks: Floats
    points: Floats
    frame: Floats


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


def crop_by(template: Floats, points: Floats) -> Floats:
    """Give the transform (2,3) from picture pixels to model-crop pixels."""
    by = to_shard(template, points)
    by[:, 2] -= MARGIN
    return by


def open_clip(path: Path, cache: Path, template: Floats, recipe: dict[str, Any]) -> Clip:
    """Take a clip apart, or read what an earlier call kept."""
    kept = cache / "clips" / f"{path.stem}.npz"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        np.savez(kept, **_watch(path, template, recipe["targets"]))
    with np.load(kept) as held:
        return Clip(**{field.name: held[field.name] for field in fields(Clip)})


def _watch(path: Path, template: Floats, targets: dict[str, Any]) -> dict[str, Any]:
    rows = []
    with Teacher() as teacher:
        for number, picture in enumerate(tqdm(frames(path), desc=path.stem, disable=None)):
            seen = teacher.look(picture)
            if seen is not None:
                points = seen.points[MESH, :2]
                by = crop_by(template, points)
                rows.append((number, cut(picture, by, CROP), by, seen, points))
    pose = np.stack([row[3].pose for row in rows])
    mesh = np.stack([row[3].points for row in rows])
    shapes = np.stack([row[3].shapes for row in rows])
    head = head_degrees(pose)
    head[:, 2] += [turn_degrees(row[2]) for row in rows]
    return {
        "crop": np.stack([row[1] for row in rows]),
        "units": units(mesh, shapes, pose, targets),
        "head": head,
        "gaze": gaze_degrees(mesh, shapes, pose, targets["gaze"]),
        "landmarks": np.stack([moved(row[4], row[2]) / CROP for row in rows]),
        "points": np.stack([row[4] for row in rows]),
        "frame": np.array([row[0] for row in rows], np.float32),
    }
