"""Fit the head of relative units: what tells best that one face has moved.

Between steps three and four of the recipe: `<run>.pt` -> `<run>-relative.npz` in the cache. Of what
the trunk sees of a face, the head of `units` says how far each unit is drawn, for everybody alike;
the many ways in which faces differ at rest cost it most of its keenness, and its sigmoid lies
flattest where a face is at rest. A visitor is compared with the same visitor's neutral: so this
head is linear, and least squares over pairs of one face (`pairs.py`) give it the weights by which a
difference is told from the tracker's and the sensor's unrest and from other movements. Pairs hold
single movements of known size; that it also follows faces as they are, talking and turning, comes
from the teacher's labels of single faces, at a smaller weight.
"""

from __future__ import annotations

import argparse
import tomllib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from augment import Place, Strength, carried, relit, take, worsened
from channels import EMOTIONS, UNITS
from convert import load_net
from fit import Supply, make_batch
from score import PLAIN_DEGREES, middle
from shards import open_shards
from tqdm import tqdm

if TYPE_CHECKING:
    from crop import Floats
    from net import ExpressionNet

HERE = Path(__file__).parent
MOVED = 0.01
"""A gain beyond this is a movement."""
REAL = ("ferplus", "portraits")
"""Sources whose pairs are warps of real faces: these set the scale where there are any."""
PROCESSES = 2
FACES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Differences:
    """What pairs of one face differ by.

    `seen` (P,K) what the trunk's features gained, `gain` (P,24) what the units should have, NaN
    where unknown; `kind` (P,) the row of the source, the last for faces that stayed as they are.
    """

    seen: Floats
    gain: Floats
    kind: Floats


def gather(cache: Path, recipe: dict[str, Any], run: str, part: int) -> Path:
    """Draw one process's share of the pairs and keep their differences; they are drawn once."""
    kept = cache / f"{run}-pairs-{part}.npz"
    if kept.exists():
        return kept
    torch.set_num_threads(1)
    table, train = recipe["relative"], recipe["train"]
    drawn = train | {
        "pairs": table["pairs"],
        "sizes": train["sizes"] | table["sizes"],
        "batch": 2 * sum(table["pairs"].values()) + 2,
    }
    supply, _ = Supply.open(cache, drawn)
    seed = table["seed"] + part
    dice: Any = SimpleNamespace(
        chance=np.random.default_rng(seed), dice=torch.Generator().manual_seed(seed)
    )
    net, strength = load_net(cache / f"{run}.pt"), Strength(**recipe["augment"])
    kind = np.repeat(np.arange(len(supply.pairs)), [count for count, _ in supply.pairs])
    rows: dict[str, list[Floats]] = {"seen": [], "gain": [], "kind": []}
    for _ in tqdm(range(table["batches"]), desc=f"pairs, part {part}", disable=None):
        batch = make_batch(supply, dice, strength, drawn)
        first, second = features(net, batch.seen[2:]).chunk(2)
        rows["seen"].append((second - first).half().numpy())
        rows["gain"].append(batch.gain.half().numpy())
        rows["kind"].append(kind)
    np.savez(kept, **{name: np.concatenate(each) for name, each in rows.items()})
    return kept


def gather_faces(cache: Path, recipe: dict[str, Any], run: str) -> Path:
    """Draw single faces as in training and keep what is seen of each and its units, as known."""
    kept = cache / f"{run}-faces.npz"
    if kept.exists():
        return kept
    torch.set_num_threads(1)
    table = recipe["relative"]
    supply, _ = Supply.open(cache, recipe["train"])
    seed = table["seed"] + 100
    chance, dice = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    net, strength = load_net(cache / f"{run}.pt"), Strength(**recipe["augment"])
    rows: dict[str, list[Floats]] = {"seen": [], "units": []}
    alike = torch.arange(FACES_AT_ONCE)
    for _ in tqdm(range(table["face_batches"]), desc="faces", disable=None):
        crops, known = supply.drawer.draw(FACES_AT_ONCE, chance)
        place = Place.draw(FACES_AT_ONCE, strength, dice)
        crops = relit(take(crops, place), strength, dice, alike)
        crops, _ = worsened(crops, strength, dice, alike)
        rows["seen"].append(features(net, crops).half().numpy())
        rows["units"].append(carried(known, place)["units"].half().numpy())
    np.savez(kept, **{name: np.concatenate(each) for name, each in rows.items()})
    return kept


def features(net: ExpressionNet, crops: torch.Tensor) -> torch.Tensor:
    """Give what the heads see (N,K) of crops (N,1,112,112), 0..1."""
    with torch.inference_mode():
        return net.features(crops.contiguous(memory_format=torch.channels_last))


def weights(pairs: Differences, faces: dict[str, Floats], table: dict[str, Any]) -> Floats:
    """Fit each unit's gain by least squares over what the features gained: (24,K).

    Pairs that move the unit count `moved_weight` times; single faces, by how they differ from the
    mean of all, together `faces_weight` times as much as all pairs (`faces_more`, by unit); the
    ridge is a share of the features' mean power.
    """
    whole = faces["seen"].astype(np.float32)
    whole -= whole.mean(0)
    found = np.empty((len(UNITS), pairs.seen.shape[1]), np.float32)
    for row in tqdm(range(len(UNITS)), desc="units", disable=None):
        known = np.isfinite(pairs.gain[:, row])
        seen, gain = pairs.seen[known].astype(np.float32), pairs.gain[known, row]
        counts = np.where(np.abs(gain) > MOVED, np.float32(table["moved_weight"]), np.float32(1))
        weighed = seen * counts[:, None]
        power, answer = weighed.T @ seen / len(seen), weighed.T @ gain / len(seen)
        ridge = table["ridge"] * np.trace(power) / len(power)
        labelled = np.isfinite(faces["units"][:, row])
        if labelled.any():
            weight = table["faces_more"].get(UNITS[row], table["faces_weight"])
            share = np.float32(weight / labelled.sum())
            units = faces["units"][labelled, row].astype(np.float32)
            power += share * whole[labelled].T @ whole[labelled]
            answer += share * whole[labelled].T @ (units - units.mean())
        power[np.diag_indices_from(power)] += ridge
        found[row] = np.linalg.solve(power, answer)
    return found


def noise(weight: Floats, pairs: Differences) -> Floats:
    """Give each unit's deviation (24,) on faces that stay as they are but for light and grain."""
    still = pairs.seen[pairs.kind == pairs.kind.max()].astype(np.float32)
    return np.asarray((still @ weight.T).std(0))


def scale(
    weight: Floats, pairs: Differences, sources: list[str], shown: dict[str, float]
) -> Floats:
    """Give what each unit's true gain is for one of its output (24,): the slope, inverted.

    A warp shows only a part of some movements; its pairs know of that part.
    """
    said = pairs.seen.astype(np.float32) @ weight.T
    real = np.isin(pairs.kind, [row for row, name in enumerate(sources) if name in REAL])
    found = np.ones(len(UNITS), np.float32)
    for row, unit in enumerate(UNITS):
        moved = np.abs(np.nan_to_num(pairs.gain[:, row])) > MOVED
        part = shown.get(unit, 1.0) if (moved & real).any() else 1.0
        moved = moved & real if (moved & real).any() else moved
        gain = pairs.gain[moved, row] / np.float32(part)
        found[row] = float((gain**2).sum() / (gain * said[moved, row]).sum())
    return found


def rest(net: ExpressionNet, weight: Floats, cache: Path, table: dict[str, Any]) -> Floats:
    """Give the median of each unit (24,) over training faces that people called neutral."""
    plain = []
    for shard in open_shards(cache):
        votes = shard.fields["emotions"][:, EMOTIONS.index("neutral")]
        turned = np.abs(shard.fields["head"][:, :2]).max(1)
        rows = np.flatnonzero((votes >= table["neutral_share"]) & (turned < PLAIN_DEGREES))
        plain.append(middle(shard)[rows[: table["neutral_faces"]]])
    crops = torch.from_numpy(np.concatenate(plain))[:, None].float() / 255
    seen = torch.cat([features(net, some) for some in torch.split(crops, 256)]).numpy()
    return np.asarray(np.median(seen @ weight.T, 0))


def main() -> None:
    """Gather, fit, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of shards and checkpoints"
    )
    parser.add_argument("--run", default="fourth", help="whose trunk the head is fitted to")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text())
    table = recipe["relative"]
    with ProcessPoolExecutor(PROCESSES) as pool:
        jobs = [
            pool.submit(gather, given.cache, recipe, given.run, part) for part in range(PROCESSES)
        ]
        faces = dict(np.load(pool.submit(gather_faces, given.cache, recipe, given.run).result()))
        parts = [np.load(job.result()) for job in jobs]
    pairs = Differences(
        *(np.concatenate([part[name] for part in parts]) for name in ("seen", "gain", "kind"))
    )
    weight = weights(pairs, faces, table)
    # Every unit in its own noise: all share the output's one quantisation step.
    weight /= noise(weight, pairs)[:, None]
    net = load_net(given.cache / f"{given.run}.pt")
    kept = given.cache / f"{given.run}-relative.npz"
    sizes = scale(weight, pairs, list(table["pairs"]), recipe["train"]["sizes"]["shown"])
    bias = -rest(net, weight, given.cache, table)
    np.savez(kept, weight=weight, bias=bias, scale=sizes)
    print(f"{kept}: {len(pairs.seen)} pairs")
    print("noise, as a share of full movements:")
    print(" ".join(f"{unit} {size:.2f}" for unit, size in zip(UNITS, sizes, strict=True)))


if __name__ == "__main__":
    main()
