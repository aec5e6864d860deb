"""Render the 3-D face rig into labelled training shards.

A step of the recipe: rig -> `<out>/rig-0000.npz` and on, in the format of the teacher's shards.
Each shard depends on the seed and its number alone: a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from channels import EMOTIONS, POINTS, UNITS
from crop import SHARD, Floats
from rig import Rig, Shape
from rig_camera import photograph
from rig_faces import Face, draw_face
from rig_looks import draw_look
from rig_moves import label_units, reached
from rig_points import lip_share
from rig_render import Pose, Renderer, see
from tqdm import tqdm

HERE = Path(__file__).parent
TRAIN_SHARE = 0.8
"""The first four fifths of the identities are for training, the rest for validation."""


def draw_pose(chance: np.random.Generator) -> Pose:
    """Draw where the head is; the camera mostly looks up at it, as from a tabletop."""
    kind = chance.choice(3, p=(0.5, 0.35, 0.15))
    pitch = (chance.uniform(0, 35), chance.normal(0, 8), chance.uniform(-22, 0))[kind]
    yaw = chance.normal(0, 8) if chance.random() < 0.45 else chance.uniform(-35, 35)
    distance = chance.uniform(40, 120)
    return Pose(
        float(yaw),
        float(np.clip(pitch, -25, 38)),
        float(np.clip(chance.normal(0, 6), -15, 15)),
        float(distance),
        (float(chance.normal(0, 0.04) * distance), float(chance.normal(0, 0.04) * distance)),
    )


def draw_identity(rig: Rig, *, valid: bool, chance: np.random.Generator) -> Floats:
    """Mix one to three identities of one split, about as far from the mean as each is."""
    border = round(rig.identities * TRAIN_SHARE)
    low, high = (border, rig.identities) if valid else (0, border)
    count = int(chance.choice(3, p=(0.3, 0.4, 0.3))) + 1
    picked = low + chance.choice(high - low, count, replace=False)
    weights = chance.dirichlet(np.full(count, 2.0))
    weights *= chance.uniform(0.7, 1.15) / np.linalg.norm(weights)
    return rig.identity({int(i): float(w) for i, w in zip(picked, weights, strict=True)})


def lips_part(shape: Shape, rest: Shape, scale: dict[str, float]) -> float:
    """Give AU25 by geometry as the teacher's is, with the resting face's own gap taken off."""
    share = lip_share(shape) - lip_share(rest) + scale["closed"]
    return (share - scale["closed"]) / (scale["open"] - scale["closed"])


def render_shard(
    rig: Rig,
    renderer: Renderer,
    template: Floats,
    *,
    recipe: dict[str, Any],
    number: int,
    count: int,
) -> dict[str, Any]:
    """Render shard `number` with `count` faces."""
    chance = np.random.default_rng((recipe["seed"], number))
    out: dict[str, Any] = {
        "crop": np.empty((count, SHARD, SHARD), np.uint8),
        "units": np.empty((count, len(UNITS)), np.float16),
        "emotions": np.full((count, len(EMOTIONS)), np.nan, np.float16),
        "head": np.empty((count, 3), np.float32),
        "gaze": np.empty((count, 2), np.float32),
        "landmarks": np.empty((count, len(POINTS), 2), np.float16),
        "present": np.ones(count, np.float16),
        "clear": np.empty(count, np.float16),
        "split": (chance.random(count) < 0.15).astype(np.uint8),
        "source": np.array("rig"),
        "index": number * count + np.arange(count),
        "mode": np.empty(count, "U9"),
    }
    for row in tqdm(range(count), desc=f"shard {number}", unit="face", disable=None, leave=False):
        own = draw_identity(rig, valid=bool(out["split"][row]), chance=chance)
        face: Face = draw_face(chance)
        shape = rig.shape(own, reached(face.moves), face.gaze)
        pose, look = draw_pose(chance), draw_look(face.moves, chance)
        view = see(shape, pose, template, brow_drop=look.brow_drop)
        clean, cover = renderer.draw(shape, view, look)
        out["crop"][row], out["clear"][row] = photograph(clean, cover, chance)
        part = lips_part(shape, rig.shape(own, {}), recipe["targets"]["lips_part"])
        out["units"][row] = label_units(face.moves, part)
        if face.emotions is not None:
            out["emotions"][row] = face.emotions
        out["head"][row], out["gaze"][row] = view.head, face.gaze
        out["landmarks"][row], out["mode"][row] = view.landmarks, face.mode
    return out


def main() -> None:
    """Render what is not rendered yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", type=Path, required=True, help="face_rig.npz")
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--template", type=Path, required=True, help="template.npy (32,2)")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--count", type=int, default=500, help="faces a shard")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text())
    template = np.load(given.template)
    given.out.mkdir(parents=True, exist_ok=True)
    names = {
        number: given.out / f"rig-{number:04d}.npz"
        for number in range(given.first, given.first + given.shards)
    }
    waiting = [number for number, kept in names.items() if not kept.exists()]
    if not waiting:
        return
    rig = Rig(given.rig)
    with Renderer(rig) as renderer:
        for number in tqdm(waiting, unit="shard", disable=None):
            shard = render_shard(
                rig, renderer, template, recipe=recipe, number=number, count=given.count
            )
            # Written under another name first: a stop in mid-write leaves no half shard behind.
            part = names[number].with_suffix(".part")
            with part.open("wb") as file:
                np.savez(file, **shard)
            part.rename(names[number])


if __name__ == "__main__":
    main()
