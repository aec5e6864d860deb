"""Vary a batch of shard crops as a showroom would: place, turn, light, blur, noise, cover.

All on tensors, one `grid_sample` a batch. Geometry moves the landmarks, roll and sides along;
what makes a crop hard to read lowers its `clear` target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from channels import POINTS, UNITS, swapped
from crop import CROP, MARGIN, SHARD
from torch import Tensor
from torch.nn import functional
from warp import bent

_SWAP_UNITS = torch.tensor(swapped(UNITS))
_SWAP_POINTS = torch.tensor(swapped(tuple(POINTS)))


@dataclass(frozen=True, slots=True)
class Strength:
    """How far to go; all read from the recipe's table `augment`."""

    turn_degrees: float
    scale: float
    shift: float
    blurred: float
    covered: float
    noise: float
    light: float


@dataclass(slots=True)
class Place:
    """Where crops are taken: turn (radians), scale, mirror (B,), shift (B,2) in crop sides."""

    turn: Tensor
    scale: Tensor
    shift: Tensor
    mirror: Tensor

    @classmethod
    def draw(cls, count: int, strength: Strength, dice: torch.Generator) -> Place:
        """Draw places; half of them close to the true one, as tracking gives most of the time."""
        size = torch.where(torch.rand(count, generator=dice) < 0.5, 0.35, 1.0)
        turn = torch.empty(count).uniform_(-1, 1, generator=dice) * size
        scale = torch.empty(count).uniform_(-1, 1, generator=dice) * size
        shift = torch.empty(count, 2).uniform_(-1, 1, generator=dice) * size[:, None]
        return cls(
            turn * math.radians(strength.turn_degrees),
            (scale * strength.scale).exp(),
            shift * strength.shift,
            torch.rand(count, generator=dice) < 0.5,
        )

    def last(self, count: int) -> Place:
        """Give the last `count` places."""
        first = len(self.turn) - count
        return Place(self.turn[first:], self.scale[first:], self.shift[first:], self.mirror[first:])

    def nudged(self, dice: torch.Generator) -> Place:
        """Give nearly the same places, as the next frame of a video would."""
        count = len(self.turn)
        return Place(
            self.turn + torch.randn(count, generator=dice) * math.radians(1.0),
            self.scale * (torch.randn(count, generator=dice) * 0.012).exp(),
            self.shift + torch.randn(count, 2, generator=dice) * 0.01,
            self.mirror,
        )

    def then(self, other: Place) -> Place:
        """Join two batches of places."""
        return Place(
            torch.cat((self.turn, other.turn)),
            torch.cat((self.scale, other.scale)),
            torch.cat((self.shift, other.shift)),
            torch.cat((self.mirror, other.mirror)),
        )


def take(crops: Tensor, place: Place, flow: Tensor | None = None) -> Tensor:
    """Cut (B,160,160) uint8 into (B,1,112,112) float 0..1 at the given places.

    `flow` (P,2,40,40), shard pixels, moves the content of the last P crops on the way.
    """
    # Content is turned clockwise by `turn`, enlarged by `scale` and moved by `shift`: so each
    # model pixel looks back through the inverse.
    cos, sin = place.turn.cos() / place.scale, place.turn.sin() / place.scale
    flip = torch.where(place.mirror, -1.0, 1.0)
    ratio = (CROP - 1) / (SHARD - 1)
    # grid_sample's -1..1 spans the outer pixels' centres; crop units have their middle at pixel 56.
    off = (MARGIN + CROP / 2 - (SHARD - 1) / 2) / ((SHARD - 1) / 2)
    own = (CROP / 2 - (CROP - 1) / 2) / ((SHARD - 1) / 2)
    shift = place.shift * CROP / ((SHARD - 1) / 2)
    start_x, start_y = -shift[:, 0] - own, -shift[:, 1] - own
    theta = torch.stack(
        (
            torch.stack((flip * cos * ratio, flip * sin * ratio), 1),
            torch.stack((-sin * ratio, cos * ratio), 1),
        ),
        1,
    )
    middle = torch.stack(
        (flip * (cos * start_x + sin * start_y) + off, -sin * start_x + cos * start_y + off), 1
    )
    grid = functional.affine_grid(
        torch.cat((theta, middle[:, :, None]), 2), [len(crops), 1, CROP, CROP], align_corners=True
    )
    if flow is not None and len(flow):
        grid = torch.cat((grid[: -len(flow)], bent(grid[-len(flow) :], flow)))
    pixels = crops[:, None].float().div_(255)
    return functional.grid_sample(pixels, grid, padding_mode="border", align_corners=True)


def carried(fields: dict[str, Tensor], place: Place) -> dict[str, Tensor]:
    """Move targets along with their crops; landmarks go from shard pixels to crop units."""
    points = (fields["landmarks"] - MARGIN) / CROP - 0.5
    mirror = place.mirror
    sides = torch.tensor([-1.0, 1.0])
    points = torch.where(mirror[:, None, None], points[:, _SWAP_POINTS] * sides, points)
    cos, sin = place.turn.cos() * place.scale, place.turn.sin() * place.scale
    x = points[..., 0] * cos[:, None] - points[..., 1] * sin[:, None]
    y = points[..., 0] * sin[:, None] + points[..., 1] * cos[:, None]
    points = torch.stack((x, y), 2) + place.shift[:, None] + 0.5
    sign = torch.where(mirror, -1.0, 1.0)[:, None]
    head = fields["head"] * torch.cat((sign, torch.ones_like(sign), sign), 1)
    head[:, 2] += place.turn * (180 / math.pi)
    return {
        **fields,
        "units": mirrored(fields["units"], mirror),
        "landmarks": points,
        "head": head,
        "gaze": turned_over(fields["gaze"], mirror),
    }


def mirrored(units: Tensor, mirror: Tensor) -> Tensor:
    """Swap left and right of units (B,24) where `mirror` (B,) says so."""
    return torch.where(mirror[:, None], units[:, _SWAP_UNITS], units)


def turned_over(gaze: Tensor, mirror: Tensor) -> Tensor:
    """Turn yaw (B,2: yaw, pitch) to the other side where `mirror` (B,) says so."""
    return gaze * torch.where(mirror[:, None], torch.tensor([-1.0, 1.0]), torch.tensor([1.0, 1.0]))


def relit(x: Tensor, strength: Strength, dice: torch.Generator, like: Tensor) -> Tensor:
    """Change gamma, contrast, gain and light each crop from one side; x (B,1,112,112), 0..1.

    Row i is lit as row `like[i]` is.
    """
    count = len(x)

    def some(low: float, high: float) -> Tensor:
        return torch.empty(count, 1, 1, 1).uniform_(low, high, generator=dice)[like]

    angle, span = some(0, 2 * math.pi), torch.linspace(-1, 1, CROP)
    ramp = angle.cos() * span.view(1, 1, 1, -1) + angle.sin() * span.view(1, 1, -1, 1)
    side = (ramp * some(0, 1).square() * strength.light).exp()
    gamma = (some(-1, 1) * 0.5).exp()
    contrast, gain = (some(-1, 0.6) * 0.6).exp(), (some(-1, 0.7) * 0.6).exp()
    x = x.clamp(0.004, 1).pow(gamma) * side
    mean = x.mean((1, 2, 3), keepdim=True)
    return ((x - mean) * contrast + mean) * gain


def worsened(
    x: Tensor, strength: Strength, dice: torch.Generator, like: Tensor
) -> tuple[Tensor, Tensor]:
    """Blur, cover and add noise; give the crops and how readable each stayed (B,), 1 or 0.

    Row i is blurred and covered as row `like[i]` is; noise is each row's own.
    """
    count = len(x)
    clear = torch.ones(count)
    lot = torch.rand(count, generator=dice)[like]
    for part in range(4):
        rows = (lot >= strength.blurred * part / 4) & (lot < strength.blurred * (part + 1) / 4)
        side = int(torch.randint(18, 76, (1,), generator=dice))
        if rows.any():
            small = functional.interpolate(x[rows], size=(side, side), mode="area")
            x[rows] = functional.interpolate(small, size=(CROP, CROP), mode="bilinear")
            clear[rows] = float(side >= 30)
    smeared = lot > 0.9
    length = int(torch.randint(2, 5, (1,), generator=dice)) * 2 + 1
    kernel = torch.full((1, 1, 1, length), 1 / length)
    if torch.rand(1, generator=dice) < 0.5:
        kernel = kernel.transpose(2, 3)
    if smeared.any():
        x[smeared] = functional.conv2d(x[smeared], kernel, padding="same")
    covered = (torch.rand(count, generator=dice) < strength.covered)[like]
    sides = torch.randint(14, 60, (count, 2), generator=dice)[like].tolist()
    starts = torch.randint(-10, CROP, (count, 2), generator=dice)[like].tolist()
    greys = torch.rand(count, generator=dice)[like].tolist()
    for row in covered.nonzero().flatten().tolist():
        (high, wide), (top, left) = sides[row], starts[row]
        x[row, 0, max(top, 0) : top + high, max(left, 0) : left + wide] = greys[row]
        if high * wide > 0.16 * CROP * CROP:
            clear[row] = 0.0
    spread = torch.rand(count, 1, 1, 1, generator=dice)[like].square() * strength.noise
    x = x + torch.randn(x.shape, generator=dice) * spread
    # Hardly any light, or hardly any contrast left, is not clear either.
    inside = x[:, 0, 20:100, 20:92].flatten(1)
    dim = (inside.mean(1) < 0.04) | (inside.std(1) < 0.025) | (inside.mean(1) > 0.97)
    return x.clamp(0, 1), clear * (~dim).float()
