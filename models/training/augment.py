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


def take(crops: Tensor, place: Place) -> Tensor:
    """Cut (B,160,160) uint8 into (B,1,112,112) float 0..1 at the given places."""
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
        "units": torch.where(mirror[:, None], fields["units"][:, _SWAP_UNITS], fields["units"]),
        "landmarks": points,
        "head": head,
        "gaze": fields["gaze"] * torch.cat((sign, torch.ones_like(sign)), 1),
    }


def relit(x: Tensor, strength: Strength, dice: torch.Generator) -> Tensor:
    """Change gamma, contrast, gain and light each crop from one side; x (B,1,112,112), 0..1."""
    count = len(x)

    def some(low: float, high: float) -> Tensor:
        return torch.empty(count, 1, 1, 1).uniform_(low, high, generator=dice)

    angle, span = some(0, 2 * math.pi), torch.linspace(-1, 1, CROP)
    ramp = angle.cos() * span.view(1, 1, 1, -1) + angle.sin() * span.view(1, 1, -1, 1)
    side = (ramp * some(0, 1).square() * strength.light).exp()
    gamma = (some(-1, 1) * 0.5).exp()
    x = x.clamp(0.004, 1).pow(gamma) * side
    mean = x.mean((1, 2, 3), keepdim=True)
    return ((x - mean) * (some(-1, 0.6) * 0.6).exp() + mean) * (some(-1, 0.7) * 0.6).exp()


def worsened(x: Tensor, strength: Strength, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """Blur, cover and add noise; give the crops and how readable each stayed (B,), 1 or 0."""
    count = len(x)
    clear = torch.ones(count)
    first = 0
    blurred = int(count * strength.blurred)
    # The batch is in random order, so that a run of rows is a random choice.
    for part in range(4):
        last = blurred * (part + 1) // 4
        side = int(torch.randint(18, 76, (1,), generator=dice))
        small = functional.interpolate(x[first:last], size=(side, side), mode="area")
        x[first:last] = functional.interpolate(small, size=(CROP, CROP), mode="bilinear")
        clear[first:last] = float(side >= 30)
        first = last
    smeared = slice(count - count // 10, count)
    length = int(torch.randint(2, 5, (1,), generator=dice)) * 2 + 1
    kernel = torch.full((1, 1, 1, length), 1 / length)
    if torch.rand(1, generator=dice) < 0.5:
        kernel = kernel.transpose(2, 3)
    x[smeared] = functional.conv2d(x[smeared], kernel, padding="same")
    covered = torch.randperm(count, generator=dice)[: int(count * strength.covered)].tolist()
    sides = torch.randint(14, 60, (len(covered), 2), generator=dice).tolist()
    starts = torch.randint(-10, CROP, (len(covered), 2), generator=dice).tolist()
    greys = torch.rand(len(covered), generator=dice).tolist()
    for row, (high, wide), (top, left), grey in zip(covered, sides, starts, greys, strict=True):
        x[row, 0, max(top, 0) : top + high, max(left, 0) : left + wide] = grey
        if high * wide > 0.16 * CROP * CROP:
            clear[row] = 0.0
    spread = torch.rand(count, 1, 1, 1, generator=dice).square() * strength.noise
    x = x + torch.randn(x.shape, generator=dice) * spread
    # Hardly any light, or hardly any contrast left, is not clear either.
    inside = x[:, 0, 20:100, 20:92].flatten(1)
    dim = (inside.mean(1) < 0.04) | (inside.std(1) < 0.025) | (inside.mean(1) > 0.97)
    return x.clamp(0, 1), clear * (~dim).float()
