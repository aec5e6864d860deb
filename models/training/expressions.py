"""Score the eight expressions against people's votes: accuracy, ranking, recall, confusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from channels import EMOTIONS
from intervals import aucs, figure, resamples

if TYPE_CHECKING:
    from crop import Floats
    from shards import Rows, Shard

RULES = ("majority", "plurality")
"""How votes become a label: see `votes.py`. The first is FER+'s own."""
FLOOR = 1 / 512
"""Half of the smallest step that the file's probabilities take: what 0 may stand for."""


def adjusted_back(said: Floats, recipe: dict[str, Any]) -> Floats:
    """Take out of probabilities (N,8) what is left in them of how common expressions are.

    The file's logits hold `prior_part` of each expression's log share (see `convert.py`); without
    it all eight count as equally common.
    """
    table = recipe["convert"]
    share = np.array([float(table["share"][name]) for name in EMOTIONS])
    logits = np.log(np.maximum(said, FLOOR)) - float(table["prior_part"]) * np.log(share)
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(odds / odds.sum(1, keepdims=True), np.float32)


def score(said: Floats, truth: Rows, times: int, seed: int) -> dict[str, Any]:
    """Score probabilities (N,8) by their largest; `truth` (N,) is -1 where nothing is known.

    Figures come with their 95 % interval over resampled faces.
    """
    known = truth >= 0
    said, truth = said[known], truth[known]
    guess, drawn = said.argmax(1), resamples(int(known.sum()), times, seed)
    recall, rank = np.full((2, len(EMOTIONS), len(drawn)), np.nan)
    for row in range(len(EMOTIONS)):
        shown = truth == row
        total = drawn[:, shown].sum(1)
        hits = drawn[:, shown & (guess == row)].sum(1)
        recall[row] = np.where(total > 0, hits / np.maximum(total, 1), np.nan)
        rank[row] = aucs(said[:, row], shown, drawn)
    table = np.zeros((len(EMOTIONS),) * 2, int)
    np.add.at(table, (truth, guess), 1)
    return {
        "faces": int(known.sum()),
        "accuracy": figure(drawn @ (guess == truth).astype(np.float32) / drawn.sum(1)),
        "auc": figure(np.nanmean(rank, 0)),
        "mean_recall": figure(np.nanmean(recall, 0)),
        "recall": {name: figure(recall[row]) for row, name in enumerate(EMOTIONS)},
        "auc_each": {name: float(rank[row, 0]) for row, name in enumerate(EMOTIONS)},
        "confusion": table.tolist(),
    }


def expressions(said: dict[str, Floats], shard: Shard, recipe: dict[str, Any]) -> dict[str, Any]:
    """Score each form's probabilities by both label rules, as they are and adjusted back."""
    times, seed = recipe["report"]["resamples"], recipe["seed"]
    found: dict[str, Any] = {}
    for rule in RULES:
        truth = shard.extras[rule]
        found[rule] = {}
        for form, values in said.items():
            found[rule][form] = score(values, truth, times, seed)
            back = adjusted_back(values, recipe)
            found[rule][f"{form}, adjusted back"] = score(back, truth, times, seed)
    return found
