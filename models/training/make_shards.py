"""Cut the labelled pictures into training shards: crops, units, emotions, head, gaze, landmarks.

Second step of the recipe: `raw/*.npz` -> `template.npy` and `teacher/<source>.npz` in the cache.
The shard format is that of `shards.py`; renders of the rig come in the same one.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from channels import EMOTIONS, UNITS
from crop import CROP, MESH, SHARD, Floats, Grey, cut, make_template, moved, to_shard, turn_degrees
from label import SOURCES
from pictures import Collection, open_collection
from targets import gaze_degrees, head_degrees, units
from tqdm import tqdm
from votes import VOTES, majority, plurality, still_noses, vote_shares

if TYPE_CHECKING:
    from votes import Labels

HERE = Path(__file__).parent


def _raw(cache: Path, source: str) -> dict[str, Floats]:
    chunks = [np.load(kept) for kept in sorted((cache / "raw").glob(f"{source}-??????.npz"))]
    return {
        name: np.concatenate([chunk[name] for chunk in chunks]).astype(np.float32)
        for name in ("points", "shapes", "pose")
    }


def template_of(raw: list[dict[str, Floats]], table: dict[str, float]) -> Floats:
    """Average the near-frontal faces of all sources into the template (32,2), crop units."""
    frontal = []
    for seen in raw:
        head = head_degrees(seen["pose"])
        near = (np.abs(head[:, 0]) < table["frontal_yaw_degrees"]) & (
            np.abs(head[:, 1]) < table["frontal_pitch_degrees"]
        )
        frontal.append(seen["points"][near][:, MESH, :2])
    return make_template(np.concatenate(frontal))


def negative(pictures: Collection, index: int, by: Floats, chance: np.random.Generator) -> Grey:
    """Cut a crop of picture `index` that shows no face, or one far too near, far or aside."""
    angle, way = chance.uniform(0, 2 * np.pi), chance.integers(3)
    wrong = by.copy()
    centre = np.full(2, SHARD / 2, np.float32)
    size = (1.0, float(chance.uniform(0.3, 0.5)), float(chance.uniform(2.2, 4.0)))[way]
    wrong[:, :2] *= size
    wrong[:, 2] = (by[:, 2] - centre) * size + centre
    reach = CROP * float(chance.uniform(0.55, 1.1)) * (1.0 if way == 0 else size * 0.3)
    wrong[:, 2] += reach * np.array([np.cos(angle), np.sin(angle)], np.float32)
    return cut(pictures.picture(index), wrong)


def build(
    pictures: Collection, seen: dict[str, Floats], template: Floats, recipe: dict[str, Any]
) -> dict[str, Any]:
    """Cut one source's crops and gather its targets, negatives last."""
    chance = np.random.default_rng(recipe["seed"])
    found = np.isfinite(seen["pose"][:, 0, 0])
    targets = recipe["targets"]
    flat = {name: np.nan_to_num(value) for name, value in seen.items()}
    flat["pose"][~found] = np.eye(3)
    unit = units(flat["points"], flat["shapes"], flat["pose"], targets)
    gaze = gaze_degrees(flat["points"], flat["shapes"], flat["pose"], targets["gaze"])
    head = head_degrees(flat["pose"])
    points = flat["points"][:, MESH, :2]
    ways = [to_shard(template, face) for face in points[found]]
    # Where the teacher saw no face, the votes still count: cut where a face usually is.
    usual = np.median(np.stack(ways), 0)
    votes = np.zeros((pictures.count, VOTES)) if pictures.votes is None else pictures.votes
    emotions = vote_shares(votes)
    unit[still_noses(emotions), UNITS.index("AU09")] = 0
    keep = np.flatnonzero(found | np.isfinite(emotions[:, 0]))
    wrong = keep[found[keep]][:: recipe["negatives"]["every"]]
    total = len(keep) + len(wrong)
    out: dict[str, Any] = {
        "crop": np.empty((total, SHARD, SHARD), np.uint8),
        "units": np.full((total, unit.shape[1]), np.nan, np.float16),
        "emotions": np.full((total, len(EMOTIONS)), np.nan, np.float16),
        "head": np.full((total, 3), np.nan, np.float32),
        "gaze": np.full((total, 2), np.nan, np.float32),
        "landmarks": np.full((total, len(MESH), 2), np.nan, np.float16),
        "present": np.full(total, np.nan, np.float16),
        "clear": np.full(total, np.nan, np.float16),
        "split": np.concatenate((pictures.split[keep], pictures.split[wrong])),
        "source": np.array(pictures.name),
        "index": np.concatenate((keep, wrong)),
        "majority": _padded(majority(votes)[keep], total),
        "plurality": _padded(plurality(votes)[keep], total),
    }
    for row, index in enumerate(tqdm(keep, desc=pictures.name, unit="crop", disable=None)):
        by = to_shard(template, points[index]) if found[index] else usual
        out["crop"][row] = cut(pictures.picture(index), by)
        out["emotions"][row] = emotions[index]
        if found[index]:
            out["units"][row], out["gaze"][row] = unit[index], gaze[index]
            # The crop is level already: what roll is left is the head's own.
            out["head"][row] = head[index] + (0, 0, turn_degrees(by))
            out["landmarks"][row] = moved(points[index], by)
            out["present"][row] = out["clear"][row] = 1
    for row, index in enumerate(wrong, len(keep)):
        by = to_shard(template, points[index])
        out["crop"][row] = negative(pictures, index, by, chance)
        out["present"][row] = out["clear"][row] = 0
    return out


def _padded(labels: Labels, total: int) -> Labels:
    return np.concatenate((labels, np.full(total - len(labels), -1, np.int8)))


def main() -> None:
    """Write the template and one shard for each source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds faces/")
    parser.add_argument("--cache", type=Path, required=True, help="folder that holds raw/")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text())
    raw = {source: _raw(given.cache, source) for source in SOURCES}
    template = template_of(list(raw.values()), recipe["template"])
    np.save(given.cache / "template.npy", template)
    (given.cache / "teacher").mkdir(exist_ok=True)
    for source in SOURCES:
        pictures = open_collection(given.data, source)
        shard = build(pictures, raw[source], template, recipe)
        part = given.cache / "teacher" / f"{source}.part.npz"
        np.savez(part, **shard)
        part.rename(given.cache / "teacher" / f"{source}.npz")


if __name__ == "__main__":
    main()
