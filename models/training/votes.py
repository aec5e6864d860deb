"""Turn people's votes on a face into shares to learn from and labels to be measured by.

Votes are counts over the eight expressions, then `unknown` and `not a face`, as in FER+ (Barsoum et
al. 2016, "Training deep networks for facial expression recognition with crowd-sourced label
distribution", arXiv:1608.01041).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from channels import EMOTIONS

Floats: TypeAlias = npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int8]

VOTES = len(EMOTIONS) + 2
LEAST_VOTES = 5
CALM = 0.85
NONE = -1
"""The label of a face on which people do not agree."""


def vote_shares(votes: npt.NDArray[np.floating]) -> Floats:
    """Give the eight expressions' shares (N,8) of votes (N,10), NaN where too few voted.

    A lone vote counts nothing, as in FER+'s own training.
    """
    kept = np.where(votes > 1, votes, 0)[:, : len(EMOTIONS)]
    total = kept.sum(1, keepdims=True)
    return np.where(total >= LEAST_VOTES, kept / np.maximum(total, 1), np.nan).astype(np.float32)


def still_noses(shares: Floats) -> npt.NDArray[np.bool_]:
    """Say on which faces (N,) nobody saw what would wrinkle a nose.

    Nearly all votes for neutral, happiness or surprise: the many open smiles and raised lips that
    must not read as nose wrinkle.
    """
    calm = shares[:, [EMOTIONS.index(name) for name in ("neutral", "happiness", "surprise")]]
    return np.asarray(np.nan_to_num(calm).sum(1) >= CALM, bool)


def majority(votes: npt.NDArray[np.floating]) -> Labels:
    """Give the expression (N,) that more than half of all votes name, `NONE` where there is none.

    The rule by which FER+'s authors measured: lone votes dropped first, `unknown` and `not a face`
    counted among the votes, faces that these win left out.
    """
    kept = np.where(votes > 1, votes, 0)
    won = kept.argmax(1)
    clear = (kept.max(1) > kept.sum(1) / 2) & (won < len(EMOTIONS))
    return np.where(clear, won, NONE).astype(np.int8)


def plurality(votes: npt.NDArray[np.floating]) -> Labels:
    """Give the expression (N,) with most of five raw votes or more, `NONE` where two draw level."""
    known = votes[:, : len(EMOTIONS)]
    order = np.sort(known, 1)
    clear = (order[:, -1] > order[:, -2]) & (known.sum(1) >= LEAST_VOTES)
    return np.where(clear, known.argmax(1), NONE).astype(np.int8)
