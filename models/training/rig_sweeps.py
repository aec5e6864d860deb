"""Render sweeps: held-out persons who make each movement alone at known strengths.

A step of the recipe: rig -> `<out>/sweep-0000.npz` and on, one for each person and look, and all of
them together as `<out>/sweeps.npz`, in the format of `rig_shards` plus, by row, `move` (empty for
neutral), `strength`, `face` (which person and look), `glasses` (0 or 1) and the strips' `tone`,
`key_side` and `pitch`. Nothing else moves, and only pixel noise is drawn afresh for each picture.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import numpy as np
from rig_faces import Face
from rig_looks import albedo, draw_look, side_light
from rig_moves import MOVES
from rig_render import Pose
from rig_shards import draw_identity
from rig_studio import Studio, empty_rows, render_missing, shard_options, write_shard
from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rig import Floats

STREAM = 2
"""Keeps the random numbers of sweeps apart from those of other steps with the same seed."""
STILL = Face({}, (0.0, 0.0), None, "sweep")


def draw_place(chance: np.random.Generator, table: Mapping[str, Any]) -> Pose:
    """Draw where the head is: nearly frontal, as a device on a table sees it."""
    yaw, roll = table["yaw_degrees"], table["roll_degrees"]
    return Pose(
        float(chance.uniform(-yaw, yaw)),
        float(chance.uniform(*table["pitch_degrees"])),
        float(chance.uniform(-roll, roll)),
        float(chance.uniform(*table["distance_cm"])),
    )


def plan_sweep(table: Mapping[str, Any]) -> list[tuple[str, float]]:
    """List the movements and strengths of one sweep, neutral first."""
    return [("", 0.0)] * table["neutrals"] + [
        (move, strength) for move in table["moves"] for strength in table["strengths"]
    ]


def _find_seed(
    studio: Studio, own: Floats, pose: Pose, seed: tuple[int, ...], *, glasses: bool
) -> tuple[int, ...]:
    """Find the first seed of look and camera that shows the neutral face well enough."""
    table = studio.recipe["sweeps"]
    low, high = table["greys"]
    tried, attempt = empty_rows(2, 0), 0
    while True:
        attempt += 1
        found = (*seed, attempt)
        look = draw_look({}, np.random.default_rng(found))
        if bool(look.extras.get("glasses")) != glasses:
            continue
        for row in range(2):
            camera, grain = np.random.default_rng((*found, 1)), np.random.default_rng((*found, row))
            studio.shoot(tried, row, own, STILL, pose=pose, look=look, chance=camera, grain=grain)
        first, second = (crop[50:135, 40:120].astype(np.float32) for crop in tried["crop"])
        if (
            float(tried["clear"][0]) >= table["clear"]
            and low < first.mean() < high
            and first.std() > table["contrast"]
            and (first - second).std() < table["noise_greys"] * np.sqrt(2)
        ):
            return found


def render_sweep(studio: Studio, number: int) -> dict[str, Any]:
    """Render every movement of one held-out person in one look."""
    table = studio.recipe["sweeps"]
    seed = (studio.recipe["seed"], STREAM)
    identity, which = divmod(number, table["looks"])
    chance = np.random.default_rng((*seed, 0, identity))
    own = draw_identity(studio.rig, valid=True, chance=chance)
    pose = draw_place(np.random.default_rng((*seed, 1, number)), table)
    glasses = which == table["looks"] - 1
    found = _find_seed(studio, own, pose, (*seed, 2, number), glasses=glasses)
    grain = np.random.default_rng((*seed, 3, number))
    plan = plan_sweep(table)
    out = empty_rows(len(plan), number * len(plan))
    out["split"][:] = 1
    out["move"] = np.array([move for move, _ in plan], "U12")
    out["strength"] = np.array([strength for _, strength in plan], np.float32)
    out["face"] = np.full(len(plan), number, np.int32)
    for row, (move, strength) in enumerate(tqdm(plan, desc=f"sweep {number}", disable=None)):
        moves = dict.fromkeys(MOVES[move], strength) if move else {}
        look = draw_look(moves, np.random.default_rng(found))
        face = Face(moves, (0.0, 0.0), None, "sweep")
        camera = np.random.default_rng((*found, 1))
        studio.shoot(out, row, own, face, pose=pose, look=look, chance=camera, grain=grain)
    look = draw_look({}, np.random.default_rng(found))
    of_all = {"tone": albedo(look), "key_side": side_light(look), "pitch": pose.pitch}
    of_all["glasses"] = float(glasses)
    return out | {name: np.full(len(plan), value, np.float32) for name, value in of_all.items()}


def join(paths: list[Path]) -> dict[str, Any]:
    """Put the rows of several shards one after the other."""
    shards = [np.load(path) for path in paths]
    return {
        name: np.concatenate([shard[name] for shard in shards]) if shards[0][name].ndim else value
        for name, value in shards[0].items()
    }


def main() -> None:
    """Render what is not rendered yet, and join what there is."""
    given = shard_options(__doc__, shards=0).parse_args()
    table = tomllib.loads(given.recipe.read_text())["sweeps"]
    given.shards = given.shards or table["identities"] * table["looks"] - given.first
    render_missing(given, "sweep", render_sweep)
    write_shard(given.out / "sweeps.npz", join(sorted(given.out.glob("sweep-*.npz"))))


if __name__ == "__main__":
    main()
