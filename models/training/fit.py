"""Train the expression net on shards, with a checkpoint after every epoch to go on from.

Third step of the recipe: `teacher/*.npz` and, where there, `rig/*.npz` -> `<run>.pt` in the cache.
Stopped and started again with the same words, it goes on where it was.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import signal
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from augment import (
    Place,
    Strength,
    carried,
    mirrored,
    relit,
    take,
    turned_over,
    worsened,
)
from channels import EMOTIONS, UNITS
from course import Training
from losses import Scales, change_loss, losses, turn_loss
from net import ExpressionNet, take_over
from pairs import Pairs, Sizes, StillPairs, StripPairs, WarpedPairs, joined
from shards import Drawer, Floats, Shard, choosing, open_shards, row_weights
from torch import Tensor, distributed
from tqdm import tqdm
from validate import validate
from warp import open_warps

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Supply:
    """Where batches come from: single faces, and pairs by kind, with how many of each to draw."""

    drawer: Drawer
    pairs: list[tuple[int, Any]]

    @classmethod
    def open(cls, cache: Path, table: dict[str, Any]) -> tuple[Supply, Scales]:
        """Open all training shards there are; give the supply and what makes losses comparable."""
        shards = open_shards(cache)
        shares = [float(table["shares"][shard.name]) for shard in shards]
        weights = [row_weights(shard, table["emphasis"], EMOTIONS) for shard in shards]
        print("shards:", {shard.name: len(shard) for shard in shards}, file=sys.stderr)
        counts, sizes = table["pairs"], Sizes(**table["sizes"])
        pairs: list[tuple[int, Any]] = []
        for shard, weight in zip(shards, weights, strict=True):
            if (cache / "warps" / f"{shard.name}.npz").exists():
                warps = open_warps(cache, shard.name, shard.extras["row"])
                pairs.append((counts[shard.name], WarpedPairs(shard, warps, weight, sizes)))
            if "group" in shard.extras:
                pairs.append((counts[shard.name], StripPairs(shard, shard.extras["group"])))
        pairs.append((counts["still"], StillPairs(shards)))
        return cls(Drawer(shards, shares, weights), pairs), _scales(shards, weights, shares)

    def draw_pairs(self, chance: np.random.Generator) -> Pairs:
        """Draw a batch's pairs of all kinds."""
        return joined([kind.draw(count, chance) for count, kind in self.pairs if count])


def _scales(shards: list[Shard], weights: list[Floats], shares: list[float]) -> Scales:
    units = np.concatenate([shard.fields["units"] for shard in shards])
    votes = np.concatenate([shard.fields["emotions"] for shard in shards])
    pairs = zip(weights, shares, strict=True)
    weight = np.concatenate([some / some.sum() * share for some, share in pairs])
    known = np.isfinite(votes[:, 0])
    share = (votes[known] * weight[known, None]).sum(0)
    spread = np.ones(len(UNITS), np.float32)
    for row in range(len(UNITS)):
        seen = units[np.isfinite(units[:, row]), row]
        if len(seen):
            # The floor keeps a nearly dead channel's noise from weighing as much as a live one.
            spread[row] = max(float(seen.std()), 0.06)
    prior = np.log(share / (share.sum() or 1) + 1e-4).astype(np.float32)
    return Scales(torch.from_numpy(spread), torch.from_numpy(prior))


@dataclass(frozen=True, slots=True)
class Batch:
    """Crops (B,1,112,112) and targets; the last 2P rows are P faces and then their seconds."""

    seen: Tensor
    target: dict[str, Tensor]
    gain: Tensor
    turn: Tensor


def make_batch(supply: Supply, work: Training, strength: Strength, table: dict[str, Any]) -> Batch:
    """Draw and vary a batch: single faces, then the pairs' firsts, then their seconds."""
    pairs = supply.draw_pairs(work.chance)
    count = len(pairs)
    firsts = table["batch"] - count
    singles, known = supply.drawer.draw(firsts - count, work.chance)
    crops = torch.cat((singles, pairs.first[0], pairs.second[0]))
    fields = {
        name: torch.cat((value, pairs.first[1][name], pairs.second[1][name]))
        for name, value in known.items()
    }
    place = Place.draw(firsts, strength, work.dice)
    place = place.then(place.last(count).nudged(work.dice))
    # The seconds come in the light of their firsts; of the still ones, half in another.
    like = torch.arange(table["batch"])
    same = ~pairs.still | (torch.rand(count, generator=work.dice) < 0.5)
    like[firsts:] = torch.where(same, like[firsts - count : firsts], like[firsts:])
    seen = relit(take(crops, place, pairs.flow), strength, work.dice, like)
    seen, clear = worsened(seen, strength, work.dice, like)
    target = carried(fields, place)
    target["clear"] = target["clear"] * clear
    mirror = place.mirror[firsts:]
    return Batch(seen, target, mirrored(pairs.gain, mirror), turned_over(pairs.turn, mirror))


def rate_at(done: float, warm: float) -> float:
    """Give the share of the full learning rate: a rise until `warm`, then half a cosine to 0.01."""
    if done < warm:
        return max(done / warm, 0.01)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min((done - warm) / (1 - warm), 1.0)))


def train_epoch(
    work: Training, supply: Supply, scales: Scales, recipe: dict[str, Any], run: dict[str, Any]
) -> dict[str, float]:
    """Take `epoch_steps` steps; give the mean of each loss."""
    table, strength = recipe["train"], Strength(**recipe["augment"])
    total: dict[str, float] = {}
    work.net.train()
    count = min(table["epoch_steps"], run["steps"] - work.step)
    for _ in tqdm(range(count), unit="batch", leave=False, disable=None):
        share = rate_at(work.step / run["steps"], table["warmup_steps"] / run["steps"])
        for group in work.optimiser.param_groups:
            group["lr"] = run["rate"] * share
        batch = make_batch(supply, work, strength, table)
        seen = batch.seen.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=table["bfloat16"]):
            raw = work.net(seen)
        parts = losses(raw, batch.target, scales)
        both = slice(-2 * len(batch.gain), None)
        parts["change"] = change_loss(raw[0][both].float(), batch.gain)
        parts["turn"] = turn_loss(raw[3][both].float(), batch.turn)
        loss = torch.stack([table["loss"][name] * part for name, part in parts.items()]).sum()
        work.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        work.share(distributed.get_world_size())
        torch.nn.utils.clip_grad_norm_(work.net.parameters(), 5.0)
        work.optimiser.step()
        work.step += 1
        work.follow(table["ema"])
        for name, part in parts.items():
            total[name] = total.get(name, 0.0) + float(part.detach()) / count
    return total


def start(given: argparse.Namespace, recipe: dict[str, Any], run: dict[str, Any]) -> Training:
    """Give the run's state: from its own checkpoint, another run's weights, or nothing."""
    torch.manual_seed(recipe["seed"])
    template = torch.from_numpy(np.load(given.cache / "template.npy"))
    net = ExpressionNet(template)
    for weight in net.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=torch.channels_last)
    if given.start:
        take_over(net, torch.load(given.start, weights_only=False)["slow"])
    work = Training(net, run["rate"], recipe["train"])
    kept = given.cache / f"{given.run}.pt"
    if kept.exists():
        work.load(kept)
    return work


def train(rank: int, given: argparse.Namespace, recipe: dict[str, Any]) -> None:
    """Train as one of several processes, each with its own part of every batch.

    Processes of one thread each, rather than threads in one: threads wait for each other in every
    layer, which costs most of the time as soon as something else runs on the machine.
    """
    table = dict(recipe["train"])
    peers = table["processes"]
    table["batch"] //= peers
    table["pairs"] = {name: count // peers for name, count in table["pairs"].items()}
    run = dict(recipe["runs"][given.run])
    run["steps"] = given.steps or run["steps"]
    torch.set_num_threads(1)
    meeting = f"file://{given.cache.resolve()}/meeting-{given.meeting}"
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=peers)
    work = start(given, recipe, run)
    supply, scales = Supply.open(given.cache, table)
    held_out = choosing(open_shards(given.cache, valid=True)) if rank == 0 else []
    started, before = time.monotonic(), work.step
    while work.step < run["steps"]:
        began, first = time.monotonic(), work.step
        work.shake(recipe["seed"], rank)
        said: dict[str, Any] = train_epoch(work, supply, scales, {**recipe, "train": table}, run)
        took = time.monotonic() - began
        said["images_per_second"] = (work.step - first) * table["batch"] * peers / took
        if given.minutes:
            run["steps"] = _steps_left(started, work.step - before, given.minutes) + work.step
        if rank == 0:
            work.save(given.cache / f"{given.run}.pt", said)
            for shard in held_out if work.step % table["validate_steps"] == 0 else ():
                said[shard.name] = validate(work.slow, shard)
            print(work.step, time.strftime("%H:%M:%S"), _brief(said), flush=True)
    distributed.destroy_process_group()


def _steps_left(started: float, taken: int, minutes: float) -> int:
    """Say how many more steps fit, at the pace so far; all processes take the first one's word."""
    spent = time.monotonic() - started
    left = torch.tensor(max(int((minutes * 60 - spent) * taken / spent), 0))
    distributed.broadcast(left, 0)
    return int(left)


def main() -> None:
    """Train one run of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of shards and checkpoints"
    )
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--run", default="first", help="which of the recipe's runs")
    parser.add_argument("--start", type=Path, help="a checkpoint whose weights to start from")
    parser.add_argument("--steps", type=int, help="instead of the recipe's number of steps")
    parser.add_argument("--minutes", type=float, help="stretch or cut the steps to end in so long")
    given = parser.parse_args()
    given.meeting = os.getpid()
    recipe = tomllib.loads(given.recipe.read_text())
    context = multiprocessing.get_context("spawn")
    peers = [
        context.Process(target=train, args=(rank, given, recipe), daemon=True)
        for rank in range(recipe["train"]["processes"])
    ]
    # Stopped from outside, take the peers along: they would go on and write over a later start.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for peer in peers:
        peer.start()
    for peer in peers:
        peer.join()
    sys.exit(int(any(peer.exitcode for peer in peers)))


def _brief(said: dict[str, Any]) -> str:
    parts = []
    for name, value in said.items():
        parts.append(
            f"{name} [{_brief(value)}]" if isinstance(value, dict) else f"{name} {value:.3g}"
        )
    return "  ".join(parts)


if __name__ == "__main__":
    main()
