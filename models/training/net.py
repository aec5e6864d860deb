"""Map a grey face crop to action units, emotions, head, gaze, landmarks and quality.

A linear-bottleneck ReLU6 network after MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), which
quantises well. Two strides at once at the start keep it cheap; a branch out of the 14x14 stage
carries the eyes' detail past the pooling.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from channels import WIDTHS
from torch import Tensor, nn

SIDE = 112
SEEN = 160 + 128 + 160
"""How many features the heads read: what is pooled, where things are, and the whole."""


def _step(came: int, went: int, *, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(came, went, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(went, momentum=0.1),
        nn.ReLU6(inplace=True),
    )


class Bottleneck(nn.Module):
    """Widen, look around, narrow without a bend; add what came in where shapes allow."""

    def __init__(self, came: int, went: int, *, stride: int, widen: int) -> None:
        super().__init__()
        inside = came * widen
        layers: list[nn.Module] = [] if widen == 1 else [_step(came, inside, kernel=1)]
        layers += [
            _step(inside, inside, kernel=3, stride=stride, groups=inside),
            nn.Conv2d(inside, went, 1, bias=False),
            nn.BatchNorm2d(went, momentum=0.1),
        ]
        self.body = nn.Sequential(*layers)
        self.adds = stride == 1 and came == went

    def forward(self, x: Tensor) -> Tensor:
        """Map (N,came,H,W) to (N,went,H/stride,W/stride)."""
        out: Tensor = self.body(x)
        return x + out if self.adds else out


class ExpressionNet(nn.Module):
    """Grey crops (N,1,112,112), 0..1, to six outputs; emotions come as logits while training."""

    def __init__(self, template: Tensor | None = None) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _step(1, 16, kernel=3, stride=2),
            Bottleneck(16, 24, stride=2, widen=1),
            Bottleneck(24, 24, stride=1, widen=2),
        )
        self.middle = nn.Sequential(
            Bottleneck(24, 40, stride=2, widen=2),
            Bottleneck(40, 40, stride=1, widen=3),
            Bottleneck(40, 40, stride=1, widen=3),
        )
        self.top = nn.Sequential(
            Bottleneck(40, 72, stride=2, widen=3),
            Bottleneck(72, 72, stride=1, widen=3),
            Bottleneck(72, 72, stride=1, widen=3),
        )
        self.pooled = _step(72, 160, kernel=1)
        self.fine = _step(40, 8, kernel=1)
        self.coarse = _step(72, 20, kernel=1)
        self.where = nn.Sequential(
            nn.Linear(14 * 14 * 8 + 7 * 7 * 20, 128, bias=False),
            nn.BatchNorm1d(128),
            nn.ReLU6(inplace=True),
        )
        # The face as a whole, at 4x4: many weights for few operations.
        self.whole = nn.Sequential(
            Bottleneck(72, 112, stride=2, widen=2),
            Bottleneck(112, 112, stride=1, widen=2),
            _step(112, 160, kernel=1),
        )
        units, emotions, head, gaze, landmarks, quality = WIDTHS
        self.heads = nn.ModuleDict(
            OrderedDict(
                units=nn.Linear(SEEN, units),
                emotions=nn.Linear(SEEN, emotions),
                head=nn.Linear(SEEN, head),
                gaze=nn.Linear(SEEN, gaze),
                landmarks=nn.Linear(SEEN, landmarks),
                quality=nn.Linear(SEEN, quality),
            )
        )
        self.drop = nn.Dropout(0.1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        with torch.no_grad():
            for name, size in (("units", 0.3), ("gaze", 0.3), ("head", 0.3), ("landmarks", 0.1)):
                self.head(name).weight.mul_(size)
            self.head("units").bias.fill_(-2.0)
            if template is not None:
                self.head("landmarks").bias.copy_(template.flatten())

    def head(self, name: str) -> nn.Linear:
        """Give one output's last layer."""
        layer = self.heads[name]
        assert isinstance(layer, nn.Linear)
        return layer

    def features(self, x: Tensor) -> Tensor:
        """Give what all heads see of grey crops: (N,448)."""
        middle = self.middle(self.stem(x))
        top = self.top(middle)
        pooled = self.pooled(top).mean((2, 3))
        # Channels last before flattening, as the converted graph keeps them: no transpose there.
        fine = self.fine(middle).permute(0, 2, 3, 1).flatten(1)
        coarse = self.coarse(top).permute(0, 2, 3, 1).flatten(1)
        where = self.where(torch.cat((fine, coarse), 1))
        whole = self.whole(top).mean((2, 3))
        return torch.cat((pooled, where, whole), 1)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Give units and quality as logits, emotions as logits, head and gaze / 30, landmarks."""
        features = self.drop(self.features(x))
        return tuple(head(features) for head in self.heads.values())


def take_over(net: ExpressionNet, state: dict[str, Tensor]) -> None:
    """Start from a smaller net's weights; what it lacks is new and at first unseen by the heads."""
    own = net.state_dict()
    for name, value in state.items():
        if own[name].shape == value.shape:
            own[name].copy_(value)
        else:
            own[name].zero_()
            own[name][:, : value.shape[1]] = value


DEGREES = 30.0
"""The head and gaze outputs learn in this many degrees, so that all losses are of one size."""


def finish(raw: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Turn raw outputs into what the card promises: 0..1, probabilities, degrees, crop units."""
    units, emotions, head, gaze, landmarks, quality = raw
    return (
        torch.sigmoid(units),
        torch.softmax(emotions, 1),
        head * DEGREES,
        gaze * DEGREES,
        landmarks,
        torch.sigmoid(quality),
    )


class Deployed(nn.Module):
    """The whole graph as the device runs it: (1,112,112,1), 0..1, to the seven finished outputs.

    `relative` is the head of `relative.py`.
    """

    def __init__(
        self, net: ExpressionNet, relative: nn.Linear, emotion_shift: Tensor | None = None
    ) -> None:
        super().__init__()
        self.net, self.relative = net.eval(), relative
        shift = torch.zeros(WIDTHS[1]) if emotion_shift is None else emotion_shift
        # Folded into weights and biases, so that neither costs an operation on the device.
        with torch.no_grad():
            net.head("emotions").bias.add_(shift)
            for name in ("head", "gaze"):
                net.head(name).weight.mul_(DEGREES)
                net.head(name).bias.mul_(DEGREES)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map one crop to units, emotions, head, gaze, landmarks, quality and relative units."""
        features = self.net.features(x.permute(0, 3, 1, 2))
        raw = (head(features) for head in self.net.heads.values())
        units, emotions, head, gaze, landmarks, quality = raw
        return (
            torch.sigmoid(units),
            torch.softmax(emotions, 1),
            head,
            gaze,
            landmarks,
            torch.sigmoid(quality),
            self.relative(features),
        )
