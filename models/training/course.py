"""Keep a training run's state: what it learns, how far it is, and how processes learn together."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import distributed

if TYPE_CHECKING:
    from pathlib import Path

    from net import ExpressionNet


class Training:
    """The net, its slow average, the optimiser and the dice of one of `peers` processes."""

    def __init__(self, net: ExpressionNet, rate: float, table: dict[str, Any]) -> None:
        self.net = net
        self.slow = copy.deepcopy(net).eval()
        plain = [p for p in net.parameters() if p.ndim == 1]
        heavy = [p for p in net.parameters() if p.ndim > 1]
        groups: list[dict[str, Any]] = [{"params": heavy}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, rate, weight_decay=table["weight_decay"])
        self.dice = torch.Generator()
        self.chance = np.random.default_rng(0)
        self.step = 0

    def shake(self, seed: int, rank: int) -> None:
        """Seed the dice by step and process, so that stopping changes nothing."""
        self.dice.manual_seed(seed + 1_000_003 * rank + self.step)
        self.chance = np.random.default_rng((seed, rank, self.step))

    def share(self, peers: int) -> None:
        """Average the gradients over all processes."""
        grads = [part.grad for part in self.net.parameters() if part.grad is not None]
        flat = torch.cat([grad.flatten() for grad in grads])
        distributed.all_reduce(flat)
        flat /= peers
        first = 0
        for grad in grads:
            grad.copy_(flat[first : first + grad.numel()].view(grad.shape))
            first += grad.numel()

    def follow(self, ema: float) -> None:
        """Let the slow average follow the net, running statistics included."""
        # A fresh average must not remember the random start: the first steps count more.
        keep = min(ema, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for slow, fast in zip(
                self.slow.state_dict().values(), self.net.state_dict().values(), strict=True
            ):
                if slow.is_floating_point():
                    slow.lerp_(fast, 1 - keep)
                else:
                    slow.copy_(fast)

    def save(self, path: Path, said: dict[str, Any]) -> None:
        """Write everything needed to go on, in one piece or not at all."""
        held = {
            "net": self.net.state_dict(),
            "slow": self.slow.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "said": said,
        }
        part = path.with_suffix(".part")
        torch.save(held, part)
        part.rename(path)

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote."""
        held = torch.load(path, weights_only=False)
        self.net.load_state_dict(held["net"])
        self.slow.load_state_dict(held["slow"])
        self.optimiser.load_state_dict(held["optimiser"])
        self.step = held["step"]
