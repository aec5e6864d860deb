"""Draw pairs of the same face before and after a small known change: what brief cues need.

Three kinds: a real face warped by a known movement; two renders of one strip of the rig; and a face
that does not move at all, seen twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from channels import UNITS
from make_warps import NODES
from movements import WARPED, Moves, gain_of, moves_of

if TYPE_CHECKING:
    from shards import Floats, Shard
    from torch import Tensor
    from warp import Warps

Rows: TypeAlias = npt.NDArray[np.int64]

TURN_SHOWN = 0.75
"""Of a head turned by a warp the teacher sees this part (8 portraits, 8 degrees each way)."""


@dataclass(slots=True)
class Pairs:
    """A batch of pairs: both crops and their fields, how the second is to be warped, the gain.

    `gain` (P,24) is what each unit gains from first to second, NaN where unknown; `turn` (P,2) the
    same for gaze, degrees; `flow` (P,2,40,40) shard pixels; `still` (P,) marks pairs that stay as
    they are.
    """

    first: tuple[Tensor, dict[str, Tensor]]
    second: tuple[Tensor, dict[str, Tensor]]
    flow: Tensor
    gain: Tensor
    turn: Tensor
    still: Tensor

    def __len__(self) -> int:
        return len(self.gain)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How movements are drawn, from the recipe: strengths (log-uniform), how often one goes back.

    `emphasis` is how much oftener than others a movement is drawn, `shown` what part of a unit's
    strength a warp shows; both 1 where they name none. A share `turned` of the heads turn besides.
    """

    least: float
    most: float
    back: float
    turned: float
    turn_degrees: float
    emphasis: dict[str, float]
    shown: dict[str, float]


def _blank(fields: dict[str, Tensor], names: tuple[str, ...]) -> dict[str, Tensor]:
    return {
        name: torch.full_like(value, float("nan")) if name in names else value
        for name, value in fields.items()
    }


class WarpedPairs:
    """Pairs of a real face and the same face moved by a warp."""

    def __init__(self, shard: Shard, warps: Warps, weights: Floats, sizes: Sizes) -> None:
        self._shard, self._warps, self._sizes = shard, warps, sizes
        often = np.array([sizes.emphasis.get(name, 1.0) for name in WARPED])
        self._often = often / often.sum()
        self._shown = np.array([sizes.shown.get(name, 1.0) for name in UNITS], np.float32)
        self._sums = np.cumsum(weights[warps.row] / weights[warps.row].sum())
        # A face turned far has its far side on the mesh's edge, where a warp tears.
        self._usable = np.abs(shard.fields["head"][warps.row, :2]).max(1) < 32

    def draw(self, count: int, chance: np.random.Generator) -> Pairs:
        """Draw `count` pairs."""
        which = np.searchsorted(self._sums, chance.random(count)).clip(0, len(self._sums) - 1)
        rows = self._warps.row[which]
        units = self._shard.fields["units"][rows]
        moves: list[Moves] = []
        gain = np.empty((count, len(UNITS)), np.float32)
        for face in range(count):
            each, gain[face] = self._movement(units[face], chance)
            moves.append(each if self._usable[which[face]] else {})
        gain[~self._usable[which]] = 0
        gain *= self._shown
        turns = chance.normal(0, self._sizes.turn_degrees, (count, 2)).astype(np.float32)
        turns[(chance.random(count) > self._sizes.turned) | ~self._usable[which]] = 0
        flow, shift = self._warps.flow(which, moves, turns)
        crop, fields = self._shard.batch(rows)
        # What the moved face shows in all is not known, only what it gains; nobody voted on it.
        moved = _blank(fields, ("units", "emotions"))
        moved["landmarks"] = fields["landmarks"] + shift
        moved["head"] = fields["head"].clone()
        moved["head"][:, :2] += TURN_SHOWN * torch.from_numpy(turns)
        known = torch.from_numpy(gain)
        still = ~torch.from_numpy(self._usable[which])
        return Pairs((crop, fields), (crop, moved), flow, known, torch.zeros(count, 2), still)

    def _movement(self, units: Floats, chance: np.random.Generator) -> tuple[Moves, Floats]:
        name = str(chance.choice(WARPED, p=self._often))
        low, high = np.log(self._sizes.least), np.log(self._sizes.most)
        size = float(np.exp(chance.uniform(low, high)))
        gain = gain_of(name, size)
        moving = np.nan_to_num(gain) > 0
        held = np.nan_to_num(units[moving])
        if chance.random() < self._sizes.back and len(held) and held.min() > 0.5 * size:
            return {shape: -part for shape, part in moves_of(name, size).items()}, -gain
        # A movement that is there already has only so far to go.
        room = float(np.clip(1 - held.max(initial=0.0), 0.1, 1))
        return moves_of(name, size * room), gain * np.float32(room)


class StripPairs:
    """Pairs of two renders out of one strip of the rig."""

    def __init__(self, shard: Shard, group: Rows) -> None:
        self._shard = shard
        order = np.argsort(group, kind="stable")
        starts = np.flatnonzero(np.diff(group[order], prepend=-1))
        self._members = [part for part in np.split(order, starts[1:]) if len(part) > 1]

    def draw(self, count: int, chance: np.random.Generator) -> Pairs:
        """Draw `count` pairs."""
        picked = chance.integers(len(self._members), size=count)
        rows = np.array([chance.choice(self._members[one], 2, replace=False) for one in picked])
        first, second = self._shard.batch(rows[:, 0]), self._shard.batch(rows[:, 1])
        gain = second[1]["units"] - first[1]["units"]
        turn = second[1]["gaze"] - first[1]["gaze"]
        still = torch.zeros(count, dtype=torch.bool)
        return Pairs(first, second, torch.zeros(count, 2, NODES, NODES), gain, turn, still)


class StillPairs:
    """Pairs of a face and itself: nothing gained, whatever light and sensor do meanwhile."""

    def __init__(self, shards: list[Shard]) -> None:
        self._shards = shards

    def draw(self, count: int, chance: np.random.Generator) -> Pairs:
        """Draw `count` pairs, all of one shard."""
        shard = self._shards[chance.integers(len(self._shards))]
        seen = shard.batch(chance.integers(len(shard), size=count))
        zero = torch.zeros(count, len(UNITS))
        still = torch.ones(count, dtype=torch.bool)
        flow = torch.zeros(count, 2, NODES, NODES)
        return Pairs(seen, seen, flow, zero, torch.zeros(count, 2), still)


def joined(parts: list[Pairs]) -> Pairs:
    """Join batches of pairs into one."""

    def fields(which: str) -> tuple[Tensor, dict[str, Tensor]]:
        sides = [getattr(part, which) for part in parts]
        names = sides[0][1]
        return (
            torch.cat([crop for crop, _ in sides]),
            {name: torch.cat([known[name] for _, known in sides]) for name in names},
        )

    return Pairs(
        fields("first"),
        fields("second"),
        *(
            torch.cat([getattr(part, name) for part in parts])
            for name in ("flow", "gain", "turn", "still")
        ),
    )
