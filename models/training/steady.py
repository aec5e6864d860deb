"""See a still face again, as tracking and a sensor would; say how much the model moves by that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from augment import Place, take
from channels import GAZE, HEAD, UNITS

if TYPE_CHECKING:
    from crop import Floats, Grey
    from quantised import Quantised
    from shards import Shard
    from torch import Tensor

BATCH = 128


@dataclass(frozen=True, slots=True)
class Unrest:
    """What the next frame of a still face differs by: deviations, from the recipe."""

    turn_degrees: float
    scale: float
    shift: float
    noise_greys: float

    @classmethod
    def read(cls, table: dict[str, Any]) -> Unrest:
        """Take it from the recipe's [report.still]."""
        return cls(**{name: float(table[name]) for name in cls.__slots__})

    def see(self, crops: Grey, dice: torch.Generator, flow: Tensor | None = None) -> Grey:
        """Give model crops (N,112,112) of shard crops (N,160,160), each with its own unrest.

        `flow` (N,2,40,40), shard pixels, moves what they show on the way.
        """
        count = len(crops)
        place = Place(
            torch.randn(count, generator=dice) * np.radians(self.turn_degrees),
            (torch.randn(count, generator=dice) * self.scale).exp(),
            torch.randn(count, 2, generator=dice) * self.shift,
            torch.zeros(count, dtype=torch.bool),
        )
        seen = take(torch.from_numpy(crops), place, flow)[:, 0] * 255
        seen += torch.randn(seen.shape, generator=dice) * self.noise_greys
        return np.asarray(seen.round().clamp(0, 255).byte().numpy())


def see_again(crops: Grey, times: int, unrest: Unrest, dice: torch.Generator) -> Grey:
    """See shard crops (N,160,160) several times each: (N x times,112,112), a crop's together."""
    parts = np.array_split(crops, max(len(crops) * times // BATCH, 1))
    return np.concatenate([unrest.see(np.repeat(part, times, 0), dice) for part in parts])


def steadiness(
    model: Quantised, shard: Shard, table: dict[str, Any], seed: int
) -> dict[str, float]:
    """Give each unit's standard deviation over what tracking and the sensor do to a still face.

    Each held-out picture is seen several times; root mean square over pictures. The same for gaze
    and head, in degrees.
    """
    good = np.flatnonzero(shard.fields["present"] == 1)[: table["pictures"]]
    times, dice = table["times"], torch.Generator().manual_seed(seed)
    said = model.many(see_again(shard.crop[good], times, Unrest.read(table), dice))

    def spread(values: Floats) -> Floats:
        sides = values.reshape(len(good), times, -1).std(1, ddof=1)
        return np.asarray(np.sqrt((sides**2).mean(0)))

    names = (*UNITS, *(f"head_{axis}" for axis in HEAD), *(f"gaze_{axis}" for axis in GAZE))
    values = np.concatenate([spread(said[part]) for part in (0, 2, 3)])
    return dict(zip(names, values.tolist(), strict=True))
