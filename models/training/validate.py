"""Say how well a net does on a shard's held-out rows, unvaried crops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from channels import EMOTIONS, UNITS
from crop import CROP, MARGIN
from net import ExpressionNet, finish

if TYPE_CHECKING:
    from shards import Floats, Rows, Shard


def predict(net: ExpressionNet, crops: torch.Tensor) -> list[Floats]:
    """Give the six finished outputs for shard crops (N,160,160) uint8."""
    inside = crops[:, None, MARGIN : MARGIN + CROP, MARGIN : MARGIN + CROP]
    net.eval()
    with torch.inference_mode():
        parts = [finish(net(some.float() / 255)) for some in torch.split(inside, 256)]
    return [np.concatenate([p[i].numpy() for p in parts]) for i in range(len(parts[0]))]


def correlation(said: Floats, known: Floats) -> float:
    """Give Pearson's correlation where known, NaN where that is nowhere or never changes."""
    both = np.isfinite(known)
    if both.sum() < 8 or known[both].std() < 1e-4 or said[both].std() < 1e-6:
        return float("nan")
    return float(np.corrcoef(said[both], known[both])[0, 1])


def emotion_scores(said: Floats, truth: Rows) -> tuple[float, float, dict[str, float]]:
    """Give accuracy, mean recall and recall by name; `truth` (N,) is -1 where nothing is known."""
    known = truth >= 0
    right, guess = truth[known], said[known].argmax(1)
    recall = {
        name: float((guess[right == row] == row).mean())
        for row, name in enumerate(EMOTIONS)
        if (right == row).any()
    }
    return float((right == guess).mean()), float(np.mean(list(recall.values()))), recall


def validate(net: ExpressionNet, shard: Shard) -> dict[str, object]:
    """Score one shard: correlation by unit, errors in degrees and crop units, emotions."""
    units, emotions, head, gaze, landmarks, quality = predict(net, torch.from_numpy(shard.crop))
    known = shard.fields
    scores: dict[str, object] = {}
    if "majority" in shard.extras and (shard.extras["majority"] >= 0).any():
        accuracy, recall, each = emotion_scores(emotions, shard.extras["majority"])
        scores["accuracy"], scores["recall"], scores["each"] = accuracy, recall, each
    scores["r"] = {
        name: correlation(units[:, row], known["units"][:, row]) for row, name in enumerate(UNITS)
    }
    for name, said in (("head", head), ("gaze", gaze)):
        scores[name] = {
            str(axis): correlation(said[:, axis], known[name][:, axis])
            for axis in range(said.shape[1])
        }
        scores[name + "_off"] = float(np.nanmean(np.abs(said - known[name])))
    where = (known["landmarks"] - MARGIN) / CROP
    off = np.linalg.norm(landmarks.reshape(where.shape) - where, axis=2)
    scores["landmarks_off"] = float(np.nanmean(off))
    present = known["present"]
    scores["present"] = float(
        ((quality[:, 0] > 0.5) == (present > 0.5))[np.isfinite(present)].mean()
    )
    return scores
