"""Prepare real faces for being moved: how each labelled face's mesh lies on its crop.

A step of the recipe: `raw/*.npz`, `teacher/*.npz`, `mesh_moves.npz` -> `warps/<source>.npz`. For
each node of a coarse grid over the crop it keeps the nearest mesh points and their shares, and how
a centimetre in the head's own axes looks on the crop.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from crop import MESH, SHARD, Floats, moved, to_shard
from label import SOURCES
from scipy.spatial import cKDTree
from tqdm import tqdm

NODES = 40
"""Nodes of the grid a side."""
NEAREST = 4
SPREAD = 2.5
"""Shard pixels over which a mesh point's pull falls off."""
REACH = 5.0
"""Past so many shard pixels from the mesh, the picture is left more and more as it is."""
UPRIGHT = np.array([1, -1, -1], np.float32)
"""From the picture's axes (y down) to the head's (y up, z out of the face)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Where a face's mesh holds its crop: `near` (1600,4) points, `share`, `way` (2,3) px/cm."""

    near: np.ndarray[Any, np.dtype[np.uint16]]
    share: Floats
    way: Floats


def hold(points: Floats, pose: Floats, template: Floats, rest: Floats) -> Hold:
    """Lay the grid on one face: `points` (478,3) pixels, `pose` (3,3), `rest` (478,3) cm."""
    by = to_shard(template, points[MESH, :2])
    axes = pose / np.linalg.norm(pose, axis=0, keepdims=True)
    own = (points * UPRIGHT) @ axes
    # One scale for the face: pixels a centimetre, of the parts that movement leaves in place.
    ours, rigs = own[MESH] - own[MESH].mean(0), rest[MESH] - rest[MESH].mean(0)
    scale = np.linalg.norm(ours[:, :2]) / np.linalg.norm(rigs[:, :2])
    way = by[:, :2] @ (axes * UPRIGHT[:, None] * scale)[:2]
    flat = moved(points[:, :2], by)
    line = np.linspace(0, SHARD - 1, NODES)
    x, y = np.meshgrid(line, line)
    off, near = cKDTree(flat).query(np.column_stack((x.ravel(), y.ravel())), NEAREST)
    share = np.exp(-(np.square(off) - np.square(off[:, :1])) / (2 * SPREAD**2))
    share /= share.sum(1, keepdims=True)
    share *= np.exp(-np.square(np.clip(off[:, :1] - REACH, 0, None)) / (2 * REACH**2))
    return Hold(near.astype(np.uint16), share.astype(np.float32), way.astype(np.float32))


def _hold_all(chunk: Path, rows: list[int], template: Floats, rest: Floats) -> list[Hold]:
    with np.load(chunk) as held:
        points, pose = held["points"], held["pose"]
    return [hold(points[row], pose[row].astype(np.float32), template, rest) for row in rows]


def prepare(cache: Path, source: str, most: int, seed: int) -> dict[str, Any]:
    """Lay the grid on up to `most` training faces of a source, and on all that are held out."""
    with np.load(cache / "teacher" / f"{source}.npz") as held:
        index, split = held["index"], held["split"]
        known = np.flatnonzero(np.isfinite(held["units"][:, 0]))
    chance = np.random.default_rng(seed)
    train = known[split[known] == 0]
    train = chance.choice(train, min(most, len(train)), replace=False)
    rows = np.sort(np.concatenate((train, known[split[known] == 1])))
    chunks = sorted((cache / "raw").glob(f"{source}-??????.npz"))
    starts = np.array([int(chunk.stem[-6:]) for chunk in chunks])
    which = np.searchsorted(starts, index[rows], side="right") - 1
    parts = [(index[rows][which == n] - starts[n]).tolist() for n in range(len(chunks))]
    with np.load(cache / "mesh_moves.npz") as held:
        rest = held["rest"]
    template = np.load(cache / "template.npy")
    with ProcessPoolExecutor(2) as pool:
        jobs = pool.map(_hold_all, chunks, parts, repeat(template), repeat(rest))
        found = [each for part in tqdm(jobs, total=len(chunks), desc=source) for each in part]
    return {
        "row": rows[np.argsort(which, kind="stable")].astype(np.int32),
        "near": np.stack([each.near for each in found]),
        "share": np.stack([each.share for each in found]).astype(np.float16),
        "way": np.stack([each.way for each in found]),
    }


def main() -> None:
    """Write one file for each source of stills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder of raw/ and teacher/")
    parser.add_argument("--most", type=int, default=13000, help="training faces a source")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    (given.cache / "warps").mkdir(exist_ok=True)
    for source in SOURCES:
        kept = given.cache / "warps" / f"{source}.npz"
        if not kept.exists():
            part = kept.with_suffix(".part.npz")
            np.savez(part, **prepare(given.cache, source, given.most, given.seed))
            part.rename(kept)


if __name__ == "__main__":
    main()
