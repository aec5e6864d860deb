"""Render strips: four pictures of one person that differ by small known movements.

A step of the recipe: rig -> `<out>/strips-0000.npz` and on, in the format of `rig_shards` plus, by
row, `group`, `tone` (the skin's albedo), `key_side` (how far the light comes from one side, 0..1)
and `pitch` (degrees). A strip's rows follow one another and share identity, look, place, background
and degradation; its first face is the base. Only pixel noise is drawn afresh for each.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from rig_changes import CHANGES, draw_strip
from rig_looks import albedo, draw_look, side_light
from rig_shards import VALID_SHARE, draw_identity, draw_pose
from rig_studio import Studio, empty_rows, render_missing, shard_options
from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig_faces import Face
    from rig_render import Pose

FACES = CHANGES + 1
STREAM = 1
"""Keeps the random numbers of strips apart from those of other steps with the same seed."""


def draw_place(chance: np.random.Generator, table: Mapping[str, Any]) -> Pose:
    """Draw where the head is, half the time as a device on a showroom's table sees it."""
    pose = draw_pose(chance)
    if chance.random() >= table["showroom_share"]:
        return pose
    yaw = chance.uniform(-table["showroom_yaw"], table["showroom_yaw"])
    return replace(pose, yaw=float(yaw), pitch=float(chance.uniform(*table["showroom_pitch"])))


def nudged(pose: Pose, chance: np.random.Generator, table: Mapping[str, Any]) -> Pose:
    """Move a head as little as one does that keeps still."""
    most = table["nudge_most"]
    turns = np.clip(chance.normal(0, table["nudge_degrees"], 3), -most, most)
    yaw, pitch, roll = (float(turn) for turn in turns)
    aside = chance.normal(0, table["nudge_cm"], 2)
    return replace(
        pose,
        yaw=pose.yaw + yaw,
        pitch=pose.pitch + pitch,
        roll=pose.roll + roll,
        aside=(pose.aside[0] + float(aside[0]), pose.aside[1] + float(aside[1])),
    )


def shoot_strip(
    studio: Studio,
    rows: dict[str, Any],
    first: int,
    faces: list[Face],
    seed: tuple[int, ...],
    *,
    valid: bool,
) -> None:
    """Fill the rows from `first` on with one person who makes these faces one after the other."""
    table = studio.recipe["strips"]

    def stream(number: int) -> np.random.Generator:
        return np.random.default_rng((*seed, number))

    own = draw_identity(studio.rig, valid=valid, chance=stream(1))
    place, steady = draw_place(stream(2), table), stream(3).random() < table["steady_share"]
    nudges, grain = stream(4), stream(5)
    for row, face in enumerate(faces, first):
        pose = place if steady else nudged(place, nudges, table)
        # The same numbers for each face: one look that follows the movement, one degradation.
        look = draw_look(face.moves, stream(6))
        studio.shoot(rows, row, own, face, pose=pose, look=look, chance=stream(7), grain=grain)
        rows["tone"][row], rows["key_side"][row] = albedo(look), side_light(look)
        rows["pitch"][row] = pose.pitch


def render_strips(studio: Studio, number: int, *, groups: int) -> dict[str, Any]:
    """Render shard `number` with `groups` strips."""
    count = groups * FACES
    out = empty_rows(count, number * count)
    out["group"] = np.repeat(number * groups + np.arange(groups, dtype=np.int32), FACES)
    out |= {name: np.empty(count, np.float32) for name in ("tone", "key_side", "pitch")}
    for group in tqdm(range(groups), desc=f"shard {number}", unit="strip", disable=None):
        seed = (studio.recipe["seed"], STREAM, number, group)
        chance = np.random.default_rng((*seed, 0))
        valid = bool(chance.random() < VALID_SHARE)
        first = group * FACES
        out["split"][first : first + FACES] = valid
        faces = draw_strip(chance, studio.recipe["strips"])
        shoot_strip(studio, out, first, faces, seed, valid=valid)
    return out


def main() -> None:
    """Render what is not rendered yet."""
    parser = shard_options(__doc__, shards=32)
    parser.add_argument("--groups", type=int, default=125, help="strips a shard, of four faces")
    given = parser.parse_args()
    render_missing(given, "strips", partial(render_strips, groups=given.groups))


if __name__ == "__main__":
    main()
