"""Say how far a figure might be off by chance: resample the faces it was measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from crop import Floats

Weights: TypeAlias = npt.NDArray[np.float32]
Truth: TypeAlias = npt.NDArray[np.bool_]
Figure: TypeAlias = list[float]
"""A figure and the ends of its 95 % interval."""


def resamples(count: int, times: int, seed: int) -> Weights:
    """Give how often each of `count` faces is drawn in each resample; in row 0 each is, once."""
    dice = np.random.default_rng(seed)
    drawn = dice.multinomial(count, np.full(count, 1 / count), times).astype(np.float32)
    return np.concatenate((np.ones((1, count), np.float32), drawn))


def figure(values: Floats) -> Figure:
    """Give the first value with the 2.5th and 97.5th percentile of the rest."""
    return [float(values[0]), *np.nanpercentile(values[1:], (2.5, 97.5)).tolist()]


def aucs(scores: Floats, truth: Truth, weights: Weights) -> Floats:
    """Give the area under the receiver's curve (T,) for faces weighed by rows of (T,N).

    Equal scores count half, so that an output in few steps is not flattered.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=np.nan) != 0)
    weighed = weights[:, order]
    shown = np.add.reduceat(weighed * truth[order], starts, axis=1)
    absent = np.add.reduceat(weighed * ~truth[order], starts, axis=1)
    below = np.cumsum(absent, 1) - absent / 2
    total = shown.sum(1) * absent.sum(1)
    with np.errstate(invalid="ignore"):
        return np.asarray((shown * below).sum(1) / np.where(total > 0, total, np.nan))


def auc(scores: Floats, truth: Truth) -> float:
    """Give the area under the receiver's curve."""
    return float(aucs(scores, truth, np.ones((1, len(scores)), np.float32))[0])


def by_face(
    faces: npt.NDArray[np.int64], work: Callable[[Weights], float], times: int, seed: int
) -> Figure:
    """Give a figure of rows that belong to `faces` (R,), resampled by face and not by row.

    `work` gets each row's weight.
    """
    names, place = np.unique(faces, return_inverse=True)
    drawn = resamples(len(names), times, seed)
    return figure(np.array([work(each[place]) for each in drawn]))
