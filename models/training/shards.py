"""Hold training shards in memory and draw rows from them.

A shard (`*.npz`) has: crop uint8 (N,160,160); units (N,24) 0..1; emotions (N,8) shares of votes;
head (N,3) and gaze (N,2) degrees; landmarks (N,32,2) in shard pixels; present and clear (N,);
split uint8 0 train or 1 valid; source. NaN stands for unknown everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

if TYPE_CHECKING:
    from pathlib import Path

Floats: TypeAlias = npt.NDArray[np.float32]
Rows: TypeAlias = npt.NDArray[np.int64]

FIELDS = ("units", "emotions", "head", "gaze", "landmarks", "present", "clear")


EXTRAS = ("group", "majority", "plurality", "index")
"""What only some shards have: strips their groups, FER+ its labels."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One file's rows of one split: crops (N,160,160) and the fields by name, float32.

    `extras` has what there is of `EXTRAS`, and `row`, each row's number in the file.
    """

    name: str
    crop: npt.NDArray[np.uint8]
    fields: dict[str, Floats]
    extras: dict[str, Rows]

    def __len__(self) -> int:
        return len(self.crop)

    def batch(self, rows: Rows) -> tuple[Tensor, dict[str, Tensor]]:
        """Give crops (B,160,160) uint8 and the fields of `rows` as tensors."""
        fields = {name: torch.from_numpy(value[rows]) for name, value in self.fields.items()}
        return torch.from_numpy(self.crop[rows]), fields


def open_shard(path: Path, *, valid: bool = False) -> Shard:
    """Read one split of a shard file into memory."""
    with np.load(path) as held:
        rows = np.flatnonzero(held["split"] == int(valid))
        crop = held["crop"][rows]
        fields = {name: held[name][rows].astype(np.float32) for name in FIELDS}
        extras = {name: held[name][rows].astype(np.int64) for name in EXTRAS if name in held}
    return Shard(path.stem, crop, fields, extras | {"row": rows})


def open_shards(cache: Path, *, valid: bool = False) -> list[Shard]:
    """Read all there is: each file of `teacher/` by itself, `rig/` and `strips/` as one each."""
    shards = [open_shard(path, valid=valid) for path in _finished(cache / "teacher")]
    for name in ("rig", "strips"):
        parts = [open_shard(path, valid=valid) for path in _finished(cache / name)]
        if parts:
            shards.append(_joined(name, parts))
    return [shard for shard in shards if len(shard)]


def choosing(shards: list[Shard]) -> list[Shard]:
    """Keep of FER+'s held-out faces those of even index: the odd ones are for the report alone."""
    return [_half(shard) if "majority" in shard.extras else shard for shard in shards]


def _half(shard: Shard) -> Shard:
    rows = np.flatnonzero(shard.extras["index"] % 2 == 0)
    return Shard(
        shard.name,
        shard.crop[rows],
        {name: value[rows] for name, value in shard.fields.items()},
        {name: value[rows] for name, value in shard.extras.items()},
    )


def _joined(name: str, parts: list[Shard]) -> Shard:
    crop = np.concatenate([part.crop for part in parts])
    fields = {each: np.concatenate([part.fields[each] for part in parts]) for each in FIELDS}
    extras = {}
    if "group" in parts[0].extras:
        # Groups are numbered in each file from 0 on.
        span = 1 + max(int(part.extras["group"].max(initial=0)) for part in parts)
        groups = [part.extras["group"] + number * span for number, part in enumerate(parts)]
        extras["group"] = np.concatenate(groups)
    return Shard(name, crop, fields, extras)


def _finished(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.npz") if not path.name.endswith(".part.npz"))


class Drawer:
    """Draw rows of several shards, each shard by its share and each row by its weight."""

    def __init__(self, shards: list[Shard], shares: list[float], weights: list[Floats]) -> None:
        self._shards = shards
        self._shares = [share / sum(shares) for share in shares]
        self._sums = [np.cumsum(weight / weight.sum()) for weight in weights]

    def draw(self, count: int, chance: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Draw a batch of `count` rows, in random order."""
        counts = chance.multinomial(count, self._shares)
        crops, fields = [], []
        for shard, sums, part in zip(self._shards, self._sums, counts, strict=True):
            rows = np.searchsorted(sums, chance.random(part)).clip(0, len(shard) - 1)
            crop, field = shard.batch(rows)
            crops.append(crop)
            fields.append(field)
        order = torch.from_numpy(chance.permutation(count))
        merged = {name: torch.cat([field[name] for field in fields])[order] for name in FIELDS}
        return torch.cat(crops)[order], merged


def row_weights(shard: Shard, emphasis: dict[str, float], names: tuple[str, ...]) -> Floats:
    """Weigh each row by its votes: sum over expressions of share x emphasis; 1 where unknown."""
    factors = np.array([emphasis.get(name, 1.0) for name in names], np.float32)
    weight = shard.fields["emotions"] @ factors
    return np.where(np.isfinite(weight), weight, 1.0).astype(np.float32)
