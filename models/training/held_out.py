"""Pick the held-out faces that the report uses: real ones by which no checkpoint was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from shards import Shard
from warp import Warps, open_warps

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from crop import Floats, Grey
    from movements import Moves
    from shards import Rows
    from steady import Unrest

BATCH = 64


def part(shard: Shard, rows: Rows) -> Shard:
    """Give some rows of a shard."""
    return Shard(
        shard.name,
        shard.crop[rows],
        {name: value[rows] for name, value in shard.fields.items()},
        {name: value[rows] for name, value in shard.extras.items()},
    )


def voted(shard: Shard) -> bool:
    """Say whether people voted on a shard's faces."""
    return "majority" in shard.extras and bool((shard.extras["majority"] >= 0).any())


def reported(shards: list[Shard]) -> list[Shard]:
    """Keep of FER+'s held-out faces those of odd index; the even ones were watched in training."""
    return [
        part(shard, np.flatnonzero(shard.extras["index"] % 2 == 1)) if voted(shard) else shard
        for shard in shards
    ]


@dataclass(frozen=True, slots=True)
class Movable:
    """Real held-out faces that a warp can move: shard crops, the teacher's units, and the warps."""

    crop: Grey
    units: Floats
    warps: Warps

    def __len__(self) -> int:
        return len(self.crop)

    def see(self, which: Rows, moves: list[Moves], unrest: Unrest, dice: torch.Generator) -> Grey:
        """Give model crops (B,112,112) of faces `which`, each moved by its own `moves`."""
        seen = []
        for first in range(0, len(which), BATCH):
            some = which[first : first + BATCH]
            flow, _ = self.warps.flow(some, moves[first : first + BATCH])
            seen.append(unrest.see(self.crop[some], dice, flow))
        return np.concatenate(seen)


def open_movable(cache: Path, shards: list[Shard], table: dict[str, Any], seed: int) -> Movable:
    """Draw up to `pool` held-out faces turned less than `turned_degrees`, in random order.

    As many of each source as there are or as make up an equal part.
    """
    chance = np.random.default_rng(seed)
    sources = [shard for shard in shards if (cache / "warps" / f"{shard.name}.npz").exists()]
    crops, units, near, share, way = [], [], [], [], []
    for shard in sources:
        warps = open_warps(cache, shard.name, shard.extras["row"])
        turned = np.abs(shard.fields["head"][warps.row, :2]).max(1)
        kept = np.flatnonzero(turned < table["turned_degrees"])
        most = min(len(kept), table["pool"] // len(sources))
        kept = chance.choice(kept, most, replace=False)
        crops.append(shard.crop[warps.row[kept]])
        units.append(shard.fields["units"][warps.row[kept]])
        near.append(warps.near[kept])
        share.append(warps.share[kept])
        way.append(warps.way[kept])
    order = chance.permutation(sum(len(each) for each in crops))
    held = Warps(
        np.arange(len(order)),
        np.concatenate(near)[order],
        np.concatenate(share)[order],
        np.concatenate(way)[order],
        shapes=warps.shapes,
        reach=warps.reach,
        rest=warps.rest,
    )
    return Movable(np.concatenate(crops)[order], np.concatenate(units)[order], held)
