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


@dataclass(frozen=True, slots=True)
class Shard:
    """One file's rows of one split: crops (N,160,160) and the fields by name, float32."""

    name: str
    crop: npt.NDArray[np.uint8]
    fields: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.crop)

    def batch(self, rows: Rows) -> tuple[Tensor, dict[str, Tensor]]:
        """Give crops (B,160,160) uint8 and the fields of `rows` as tensors."""
        fields = {name: torch.from_numpy(value[rows]) for name, value in self.fields.items()}
        return torch.from_numpy(self.crop[rows]), fields


def open_shard(path: Path, *, valid: bool = False) -> Shard:
    """Read one split of a shard file into memory."""
    with np.load(path) as held:
        rows = held["split"] == int(valid)
        crop = held["crop"][rows]
        fields = {name: held[name][rows].astype(np.float32) for name in FIELDS}
    return Shard(path.stem, crop, fields)


def open_shards(cache: Path, *, valid: bool = False) -> list[Shard]:
    """Read all there is: each file of `teacher/` by itself, those of `rig/`, if any, as one."""
    shards = [open_shard(path, valid=valid) for path in _finished(cache / "teacher")]
    rig = [open_shard(path, valid=valid) for path in _finished(cache / "rig")]
    if rig:
        crop = np.concatenate([shard.crop for shard in rig])
        fields = {name: np.concatenate([s.fields[name] for s in rig]) for name in FIELDS}
        shards.append(Shard("rig", crop, fields))
    return [shard for shard in shards if len(shard)]


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
