"""Say how far the net's outputs are from what is known of a batch; NaN counts nothing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from channels import POINTS, UNITS, swapped
from net import DEGREES
from torch import Tensor
from torch.nn import functional

_EYES = torch.tensor(
    [2.0 if name.startswith(("eye", "lid", "iris", "mouth", "lip")) else 1.0 for name in POINTS]
)
_SWAP = torch.tensor(swapped(UNITS))
NOSE, LIP = UNITS.index("AU09"), UNITS.index("AU10")
RAISED = 0.2
"""From this AU10 on a lip is raised."""
RIVALS = 6.0
"""How much more the nose weighs where it or the lip is raised, to tell the two apart."""
SPILL = 3
"""So many of a pair's units that should have stayed are held to it: those that moved most."""
SPILL_SHARE = 0.7
"""What that weighs beside the units that moved; raising it finds fewer and purer movements."""
MOVED = 0.01
"""A gain beyond this is a movement."""


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
    surprise = _excess(logits, wanted)
    square = (off / spread).square().clamp(max=25)
    error = 0.5 * surprise / spread + 0.25 * square + 0.25 * off.abs() / spread
    rivals = (wanted[:, NOSE] > MOVED) | (wanted[:, LIP] > RAISED)
    return _known(error * _nose_weight(rivals, target), target)


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


def change_loss(logits: Tensor, gain: Tensor) -> Tensor:
    """Say how far the second half's units lie from the first half's plus what each gained.

    `logits` (2P,24), the first faces before their seconds; `gain` (P,24), NaN where unknown. Each
    side in turn is the target of the other, in cross-entropy: its slope is the error of the
    difference itself, also where the sigmoid lies flat. The other side of a unit that moved counts
    as much as the unit: stills hardly ever tell the two apart.
    """
    first, second = logits.chunk(2)
    wanted = torch.nan_to_num(gain)
    onward = (torch.sigmoid(first.detach()) + wanted).clamp(0.002, 0.998)
    back = (torch.sigmoid(second.detach()) - wanted).clamp(0.002, 0.998)
    error = _excess(second, onward) + _excess(first, back)
    error = error + (torch.sigmoid(second) - torch.sigmoid(first) - wanted).abs()
    known = torch.isfinite(gain)
    moved = wanted.abs() > MOVED
    moved = (moved | moved[:, _SWAP]) & known
    # A lip raised without the nose counts for the nose as well.
    moved[:, NOSE] |= moved[:, LIP] & known[:, NOSE]
    error = error * _nose_weight(moved[:, NOSE], error)
    # Of those that should have stayed, the few that went along most: their mean over all would
    # drown that a lip raise is taken for a nose wrinkle.
    spill = (error * (known & ~moved)).topk(SPILL, 1).values.mean()
    return _mean(error, moved) + SPILL_SHARE * spill


def _nose_weight(rivals: Tensor, like: Tensor) -> Tensor:
    """Weigh the nose's column by `RIVALS` in rows (B,) where nose or lip is raised, all else by 1.

    The rig's nose wrinkle always brings the lip along, and a lip is far easier to see: unless the
    two are told apart at some cost, a lip half says "nose".
    """
    weight = torch.ones_like(like)
    weight[:, NOSE] += (RIVALS - 1) * rivals.float()
    return weight


def _mean(error: Tensor, where: Tensor) -> Tensor:
    return (error * where).sum() / where.sum().clamp(min=1)


def _excess(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy less the target's own, which no prediction can remove."""
    surprise = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    own = torch.special.xlogy(wanted, wanted) + torch.special.xlogy(1 - wanted, 1 - wanted)
    return surprise + own


def turn_loss(gaze: Tensor, turn: Tensor) -> Tensor:
    """Say how far gaze (2P,2), in `net.DEGREES`, changed otherwise than by `turn` (P,2) degrees."""
    first, second = gaze.chunk(2)
    return 4 * _known((second - first - torch.nan_to_num(turn) / DEGREES).abs(), turn)
