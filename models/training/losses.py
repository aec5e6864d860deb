"""Say how far the net's outputs are from what is known of a batch; NaN counts nothing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from channels import POINTS
from net import DEGREES
from torch import Tensor
from torch.nn import functional

_EYES = torch.tensor(
    [2.0 if name.startswith(("eye", "lid", "iris", "mouth", "lip")) else 1.0 for name in POINTS]
)


@dataclass(frozen=True, slots=True)
class Scales:
    """What makes errors comparable: units' spread (24,) and the log share of each emotion (8,)."""

    unit_spread: Tensor
    log_prior: Tensor


def _known(error: Tensor, target: Tensor) -> Tensor:
    """Average `error` where `target` is known."""
    known = torch.isfinite(target)
    return torch.where(known, error, 0.0).sum() / known.sum().clamp(min=1)


def unit_loss(logits: Tensor, target: Tensor, spread: Tensor) -> Tensor:
    """Mix cross-entropy, squared and absolute error, each unit in its own spread.

    Absolute error alone learns the median, which for a rare movement is nothing at all; and through
    a sigmoid that says "nothing" neither it nor the square has a slope left to learn from.
    Cross-entropy against the intensity has: its slope is the error itself. Dividing by the spread
    lets rare units weigh as much as common ones.
    """
    wanted = torch.nan_to_num(target)
    off = torch.sigmoid(logits) - wanted
    surprise = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    # Less the target's own entropy, which no prediction can remove.
    surprise = surprise + torch.special.xlogy(wanted, wanted)
    surprise = surprise + torch.special.xlogy(1 - wanted, 1 - wanted)
    square = (off / spread).square().clamp(max=25)
    return _known(0.5 * surprise / spread + 0.25 * square + 0.25 * off.abs() / spread, target)


def emotion_loss(logits: Tensor, target: Tensor, log_prior: Tensor) -> Tensor:
    """Cross-entropy against shares of votes, the logits adjusted by the classes' log shares.

    Menon et al. 2021, "Long-tail learning via logit adjustment" (arXiv:2007.07314), equation 10.
    """
    wanted = torch.nan_to_num(target)
    error = -(wanted * functional.log_softmax(logits + log_prior, 1)).sum(1)
    return _known(error, target[:, 0])


def losses(raw: tuple[Tensor, ...], target: dict[str, Tensor], scales: Scales) -> dict[str, Tensor]:
    """Give the loss of each output by name, each about 1 at the start."""
    units, emotions, head, gaze, landmarks, quality = (part.float() for part in raw)
    points = landmarks.view(-1, len(POINTS), 2)
    where = torch.nan_to_num(target["landmarks"])
    far = functional.smooth_l1_loss(points / 0.02, where / 0.02, reduction="none", beta=0.5)
    aside = torch.nan_to_num(target["gaze"]) / DEGREES
    turned = torch.nan_to_num(target["head"]) / DEGREES
    seen = torch.stack((target["present"], target["clear"]), 1)
    said = functional.binary_cross_entropy_with_logits(
        quality, torch.nan_to_num(seen), reduction="none"
    )
    return {
        "units": unit_loss(units, target["units"], scales.unit_spread),
        "emotions": emotion_loss(emotions, target["emotions"], scales.log_prior),
        "head": 4 * _known((head - turned).abs(), target["head"]),
        "gaze": 4 * _known((gaze - aside).abs() + 2 * (gaze - aside).square(), target["gaze"]),
        "landmarks": 0.5 * _known(far * _EYES[:, None], target["landmarks"]),
        "quality": _known(said, seen),
    }


def unsteadiness(raw: tuple[Tensor, ...], pairs: int, spread: Tensor) -> Tensor:
    """Say how much units and gaze differ between the first rows and the last, nudged copies."""
    units, gaze = torch.sigmoid(raw[0].float()), raw[3].float()
    apart = (units[:pairs] - units[-pairs:]) / spread
    aside = (gaze[:pairs] - gaze[-pairs:]) * 4
    return apart.abs().mean() + aside.abs().mean()
