"""Train the expression net on shards, with a checkpoint after every epoch to go on from.

Third step of the recipe: `teacher/*.npz` and, where there, `rig/*.npz` -> `<run>.pt` in the cache.
Stopped and started again with the same words, it goes on where it was.
"""

from __future__ import annotations

import argparse
import copy
import math
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from augment import Place, Strength, carried, relit, take, worsened
from channels import EMOTIONS, UNITS
from losses import Scales, losses, unsteadiness
from net import ExpressionNet
from shards import Drawer, Floats, Shard, open_shards, row_weights
from torch import Tensor
from tqdm import tqdm
from validate import validate

HERE = Path(__file__).parent


def open_drawer(cache: Path, table: dict[str, Any]) -> tuple[Drawer, Scales]:
    """Open all training shards there are; give the drawer and what makes losses comparable."""
    teacher, rig = open_shards(cache / "teacher"), open_shards(cache / "rig")
    shares = [float(table["shares"][shard.name]) for shard in teacher]
    rows = sum(len(shard) for shard in rig)
    shares += [table["shares"]["rig"] * len(shard) / rows for shard in rig]
    shards = teacher + rig
    weights = [row_weights(shard, table["emphasis"], EMOTIONS) for shard in shards]
    print("shards:", {shard.name: len(shard) for shard in shards}, file=sys.stderr)
    return Drawer(shards, shares, weights), _scales(shards, weights)


def _scales(shards: list[Shard], weights: list[Floats]) -> Scales:
    units = np.concatenate([shard.fields["units"] for shard in shards])
    votes = np.concatenate([shard.fields["emotions"] for shard in shards])
    weight = np.concatenate(weights)
    known = np.isfinite(votes[:, 0])
    share = (votes[known] * weight[known, None]).sum(0)
    spread = np.ones(len(UNITS), np.float32)
    for row in range(len(UNITS)):
        seen = units[np.isfinite(units[:, row]), row]
        if len(seen):
            # The floor keeps a nearly dead channel's noise from weighing as much as a live one.
            spread[row] = max(float(seen.std()), 0.06)
    prior = np.log(share / share.sum()).astype(np.float32)
    return Scales(torch.from_numpy(spread), torch.from_numpy(prior))


class Training:
    """The net, its slow average, the optimiser and the dice, saved and loaded as one."""

    def __init__(self, net: ExpressionNet, rate: float, table: dict[str, Any], seed: int) -> None:
        self.net = net
        self.slow = copy.deepcopy(net).eval()
        plain = [p for p in net.parameters() if p.ndim == 1]
        heavy = [p for p in net.parameters() if p.ndim > 1]
        groups = [{"params": heavy}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, rate, weight_decay=table["weight_decay"])
        self.dice = torch.Generator().manual_seed(seed)
        self.chance = np.random.default_rng(seed)
        self.step = 0

    def follow(self, ema: float) -> None:
        """Let the slow average follow the net, running statistics included."""
        # A fresh average must not remember the random start: the first steps count more.
        keep = min(ema, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for slow, fast in zip(
                self.slow.state_dict().values(), self.net.state_dict().values(), strict=True
            ):
                if slow.is_floating_point():
                    slow.lerp_(fast, 1 - keep)
                else:
                    slow.copy_(fast)

    def save(self, path: Path, said: dict[str, Any]) -> None:
        """Write everything needed to go on, in one piece or not at all."""
        held = {
            "net": self.net.state_dict(),
            "slow": self.slow.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "dice": self.dice.get_state(),
            "chance": self.chance.bit_generator.state,
            "step": self.step,
            "said": said,
        }
        part = path.with_suffix(".part")
        torch.save(held, part)
        part.rename(path)

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote."""
        held = torch.load(path, weights_only=False)
        self.net.load_state_dict(held["net"])
        self.slow.load_state_dict(held["slow"])
        self.optimiser.load_state_dict(held["optimiser"])
        self.dice.set_state(held["dice"])
        self.chance.bit_generator.state = held["chance"]
        self.step = held["step"]


def make_batch(
    drawer: Drawer, work: Training, strength: Strength, table: dict[str, Any]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Draw and vary a batch; its last `steady_pairs` rows are its first ones, nudged."""
    pairs = table["steady_pairs"]
    crops, fields = drawer.draw(table["batch"] - pairs, work.chance)
    crops = torch.cat((crops, crops[:pairs]))
    fields = {name: torch.cat((value, value[:pairs])) for name, value in fields.items()}
    place = Place.draw(table["batch"] - pairs, strength, work.dice)
    head = Place(place.turn[:pairs], place.scale[:pairs], place.shift[:pairs], place.mirror[:pairs])
    place = place.then(head.nudged(work.dice))
    seen = relit(take(crops, place), strength, work.dice)
    seen, clear = worsened(seen, strength, work.dice)
    target = carried(fields, place)
    target["clear"] = target["clear"] * clear
    return seen, target


def rate_at(step: int, steps: int, warmup: int) -> float:
    """Give the share of the full learning rate: a short rise, then half a cosine to nearly 0."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def train_epoch(
    work: Training, drawer: Drawer, scales: Scales, recipe: dict[str, Any], run: dict[str, Any]
) -> dict[str, float]:
    """Take `epoch_steps` steps; give the mean of each loss."""
    table, strength = recipe["train"], Strength(**recipe["augment"])
    total: dict[str, float] = {}
    work.net.train()
    count = min(table["epoch_steps"], run["steps"] - work.step)
    for _ in tqdm(range(count), unit="batch", leave=False, disable=None):
        share = rate_at(work.step, run["steps"], table["warmup_steps"])
        for group in work.optimiser.param_groups:
            group["lr"] = run["rate"] * share
        seen, target = make_batch(drawer, work, strength, table)
        seen = seen.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=table["bfloat16"]):
            raw = work.net(seen)
        parts = losses(raw, target, scales)
        parts["steady"] = unsteadiness(raw, table["steady_pairs"], scales.unit_spread)
        loss = torch.stack([table["loss"][name] * part for name, part in parts.items()]).sum()
        work.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(work.net.parameters(), 5.0)
        work.optimiser.step()
        work.step += 1
        work.follow(table["ema"])
        for name, part in parts.items():
            total[name] = total.get(name, 0.0) + float(part.detach()) / count
    return total


def main() -> None:
    """Train one run of the recipe, from its checkpoint, another's weights, or nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder of shards and checkpoints"
    )
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--run", default="first", help="which of the recipe's runs")
    parser.add_argument("--start", type=Path, help="a checkpoint whose weights to start from")
    parser.add_argument("--steps", type=int, help="instead of the recipe's number of steps")
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text())
    run = dict(recipe["runs"][given.run])
    run["steps"] = given.steps or run["steps"]
    torch.manual_seed(recipe["seed"])
    torch.set_num_threads(recipe["train"]["threads"])
    template = torch.from_numpy(np.load(given.cache / "template.npy"))
    net = ExpressionNet(template).to(memory_format=torch.channels_last)
    if given.start:
        net.load_state_dict(torch.load(given.start, weights_only=False)["slow"])
    work = Training(net, run["rate"], recipe["train"], recipe["seed"])
    kept = given.cache / f"{given.run}.pt"
    if kept.exists():
        work.load(kept)
    drawer, scales = open_drawer(given.cache, recipe["train"])
    held_out = open_shards(given.cache / "teacher", valid=True)
    held_out += open_shards(given.cache / "rig", valid=True)
    while work.step < run["steps"]:
        began, first = time.monotonic(), work.step
        said: dict[str, Any] = train_epoch(work, drawer, scales, recipe, run)
        said["images_per_second"] = (
            (work.step - first) * recipe["train"]["batch"] / (time.monotonic() - began)
        )
        for shard in held_out:
            said[shard.name] = validate(work.slow, shard)
        work.save(kept, said)
        print(work.step, _brief(said), flush=True)


def _brief(said: dict[str, Any]) -> str:
    parts = []
    for name, value in said.items():
        parts.append(
            f"{name} [{_brief(value)}]" if isinstance(value, dict) else f"{name} {value:.3g}"
        )
    return "  ".join(parts)


if __name__ == "__main__":
    main()
