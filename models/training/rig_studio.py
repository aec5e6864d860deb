"""Take pictures of the face rig and keep them as the rows of shards, shard by shard.

A shard that is on disk is not rendered again, so that a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from channels import EMOTIONS, POINTS, UNITS
from crop import SHARD, Floats
from rig import Rig, Shape
from rig_camera import photograph
from rig_moves import label_units, reached
from rig_points import lip_share
from rig_render import Look, Pose, Renderer, see
from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig_faces import Face

HERE = Path(__file__).parent


def empty_rows(count: int, first: int) -> dict[str, Any]:
    """Give the fields of a shard of `count` rows, numbered from `first`, still to be filled."""
    return {
        "crop": np.empty((count, SHARD, SHARD), np.uint8),
        "units": np.empty((count, len(UNITS)), np.float16),
        "emotions": np.full((count, len(EMOTIONS)), np.nan, np.float16),
        "head": np.empty((count, 3), np.float32),
        "gaze": np.empty((count, 2), np.float32),
        "landmarks": np.empty((count, len(POINTS), 2), np.float16),
        "present": np.ones(count, np.float16),
        "clear": np.empty(count, np.float16),
        "split": np.zeros(count, np.uint8),
        "source": np.array("rig"),
        "index": first + np.arange(count),
        "mode": np.empty(count, "U9"),
    }


def lips_part(shape: Shape, rest: Shape, scale: dict[str, float]) -> float:
    """Give AU25 by geometry as the teacher's is, with the resting face's own gap taken off."""
    share = lip_share(shape) - lip_share(rest) + scale["closed"]
    return (share - scale["closed"]) / (scale["open"] - scale["closed"])


class Studio:
    """A rig before a camera; owns the renderer, which is opened with `with`."""

    def __init__(self, rig: Rig, template: Floats, recipe: dict[str, Any]) -> None:
        self.rig = rig
        self.recipe = recipe
        self._template = template
        self._renderer = Renderer(rig)

    def shoot(
        self,
        rows: dict[str, Any],
        row: int,
        own: Floats,
        face: Face,
        *,
        pose: Pose,
        look: Look,
        chance: np.random.Generator,
        grain: np.random.Generator | None = None,
    ) -> None:
        """Fill a row with a picture of the resting face `own` (V,3) that makes the face `face`.

        `chance` draws background and degradation, and the pixel noise too without `grain`.
        """
        shape = self.rig.shape(own, reached(face.moves), face.gaze)
        view = see(shape, pose, self._template, brow_drop=look.brow_drop)
        clean, cover = self._renderer.draw(shape, view, look)
        rows["crop"][row], rows["clear"][row] = photograph(clean, cover, chance, grain)
        scale = self.recipe["targets"]["lips_part"]
        part = lips_part(shape, self.rig.shape(own, {}), scale)
        rows["units"][row] = label_units(face.moves, part)
        if face.emotions is not None:
            rows["emotions"][row] = face.emotions
        rows["head"][row], rows["gaze"][row] = view.head, face.gaze
        rows["landmarks"][row], rows["mode"][row] = view.landmarks, face.mode

    def close(self) -> None:
        """Give the renderer back."""
        self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def shard_options(about: str | None, *, shards: int) -> argparse.ArgumentParser:
    """Give the options that every step with the rig has."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rig", type=Path, required=True, help="face_rig.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--template", type=Path, required=True, help="template.npy (32,2)")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--shards", type=int, default=shards)
    return parser


def write_shard(path: Path, shard: dict[str, Any]) -> None:
    """Write a shard under another name first: a stop in mid-write leaves no half shard behind."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **shard)
    part.rename(path)


def render_missing(
    given: argparse.Namespace, name: str, render: Callable[[Studio, int], dict[str, Any]]
) -> list[Path]:
    """Render the shards `<out>/<name>-0000.npz` and on that are missing; give the paths of all."""
    recipe = tomllib.loads(given.recipe.read_text())
    template = np.load(given.template)
    given.out.mkdir(parents=True, exist_ok=True)
    paths = {
        number: given.out / f"{name}-{number:04d}.npz"
        for number in range(given.first, given.first + given.shards)
    }
    waiting = [number for number, path in paths.items() if not path.exists()]
    if waiting:
        with Studio(Rig(given.rig), template, recipe) as studio:
            for number in tqdm(waiting, unit="shard", disable=None):
                write_shard(paths[number], render(studio, number))
    return list(paths.values())
