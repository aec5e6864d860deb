"""Move a real face by a known small amount: its crop, its landmarks, and what its units gain.

The 3-D rig says how far a movement carries each point of the mesh that the teacher laid on the face
(`rig_mesh.py`); the picture is warped along. Only shapes move: no crease deepens, no teeth show, so
movements that open the mouth are left to the rig's renders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from crop import MESH, SHARD, STABLE_ROWS
from make_warps import NODES
from rig import turned
from rig_moves import reached
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from crop import Floats
    from movements import Moves

STABLE = [MESH[row] for row in STABLE_ROWS]


@dataclass(frozen=True, slots=True)
class Warps:
    """The faces of one source that can be moved: shard rows, and how the grid holds each."""

    row: npt.NDArray[np.int64]
    near: npt.NDArray[np.uint16]
    share: npt.NDArray[np.float16]
    way: Floats
    shapes: list[str]
    reach: Tensor
    rest: Floats

    def flow(
        self, which: npt.NDArray[np.int64], moves: list[Moves], turns: Floats | None = None
    ) -> tuple[Tensor, Tensor]:
        """Give how far faces `which` move, shard pixels: grids (B,2,40,40), landmarks (B,32,2).

        `turns` (B,2) turns the heads besides, by degrees of yaw and pitch; the crop, which follows
        the stable points, goes along with their mean.
        """
        weights = torch.zeros(len(which), len(self.shapes))
        for face, each in enumerate(moves):
            for name, size in reached(each).items():
                weights[face, self.shapes.index(name)] = size
        solid = (weights @ self.reach.flatten(1)).view(len(which), -1, 3)
        if turns is not None:
            spin = np.stack(
                [turned(yaw, pitch) - np.eye(3, dtype=np.float32) for yaw, pitch in turns]
            )
            whole = torch.from_numpy(self.rest @ spin.transpose(0, 2, 1))
            solid = solid + whole - whole[:, STABLE].mean(1, keepdim=True)
        flat = solid @ torch.from_numpy(self.way[which]).transpose(1, 2)
        near = torch.from_numpy(self.near[which].astype(np.int64))
        share = torch.from_numpy(self.share[which].astype(np.float32))
        picked = torch.gather(flat, 1, near.flatten(1)[..., None].expand(-1, -1, 2))
        grid = (picked.view(*near.shape, 2) * share[..., None]).sum(2)
        return grid.view(-1, NODES, NODES, 2).permute(0, 3, 1, 2).contiguous(), flat[:, MESH]


def open_warps(cache: Path, source: str, rows: npt.NDArray[np.int64]) -> Warps:
    """Read what `make_warps.py` kept of a source, for those shard rows that `rows` lists.

    `rows` are the row numbers in the shard file, in the order in which the caller holds them; the
    result's `row` counts in that order.
    """
    with np.load(cache / "mesh_moves.npz") as held:
        shapes, reach = [str(name) for name in held["names"]], torch.from_numpy(held["moves"])
        rest = held["rest"]
    with np.load(cache / "warps" / f"{source}.npz") as held:
        place = np.full(int(max(held["row"].max(), rows.max())) + 1, -1)
        place[rows] = np.arange(len(rows))
        kept = np.flatnonzero(place[held["row"]] >= 0)
        parts: dict[str, Any] = {name: held[name][kept] for name in ("near", "share", "way")}
        return Warps(place[held["row"][kept]], **parts, shapes=shapes, reach=reach, rest=rest)


def bent(look: Tensor, flow: Tensor) -> Tensor:
    """Bend sampling grids (B,H,W,2), -1..1 over the shard crop, so that content moves by `flow`.

    What moved to a place came from that place less the flow at where it came from: found by taking
    the flow there, then once more at the place so found.
    """
    scaled = flow * (2 / (SHARD - 1))

    def at(place: Tensor) -> Tensor:
        found = functional.grid_sample(scaled, place, padding_mode="border", align_corners=True)
        return found.permute(0, 2, 3, 1)

    return look - at(look - at(look))


def still_grid(count: int) -> Tensor:
    """Give the sampling grid (B,160,160,2) that leaves a shard crop as it is."""
    line = torch.linspace(-1, 1, SHARD)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack((x, y), 2).expand(count, -1, -1, -1)


def warped(crops: Tensor, flow: Tensor) -> Tensor:
    """Warp shard crops (B,160,160) uint8 by flows (B,2,40,40); the same shape and type."""
    pixels = crops[:, None].float()
    seen = functional.grid_sample(
        pixels, bent(still_grid(len(crops)), flow), padding_mode="border", align_corners=True
    )
    return seen[:, 0].round().clamp(0, 255).byte()
