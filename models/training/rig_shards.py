"""Render the 3-D face rig into labelled training shards.

A step of the recipe: rig -> `<out>/rig-0000.npz` and on, in the format of the teacher's shards.
Each shard depends on the seed and its number alone: a stopped run goes on where it was.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from rig_faces import draw_face
from rig_looks import draw_look
from rig_render import Pose
from rig_studio import Studio, empty_rows, render_missing, shard_options
from tqdm import tqdm

if TYPE_CHECKING:
    from rig import Floats, Rig

TRAIN_SHARE = 0.8
"""The first four fifths of the identities are for training, the rest for validation."""
VALID_SHARE = 0.15
"""How many of the faces are of validation identities."""


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


def render_shard(studio: Studio, number: int, *, count: int) -> dict[str, Any]:
    """Render shard `number` with `count` faces."""
    chance = np.random.default_rng((studio.recipe["seed"], number))
    out = empty_rows(count, number * count)
    out["split"] = (chance.random(count) < VALID_SHARE).astype(np.uint8)
    for row in tqdm(range(count), desc=f"shard {number}", unit="face", disable=None, leave=False):
        own = draw_identity(studio.rig, valid=bool(out["split"][row]), chance=chance)
        face = draw_face(chance)
        pose, look = draw_pose(chance), draw_look(face.moves, chance)
        studio.shoot(out, row, own, face, pose=pose, look=look, chance=chance)
    return out


def main() -> None:
    """Render what is not rendered yet."""
    parser = shard_options(__doc__, shards=24)
    parser.add_argument("--count", type=int, default=500, help="faces a shard")
    given = parser.parse_args()
    render_missing(given, "rig", partial(render_shard, count=given.count))


if __name__ == "__main__":
    main()
