"""What an observer of all that is published can work out about single visits.

The observer is given more than anybody has: when every visit began and ended (so who it was), which
ones had a price mark, the gate's rules and the true share of visits that show each cell. What is
left to learn is whether a visit showed it. Everything published is a function of the count windows
(the aggregate is their sums, retained copies and later resends repeat them), so the observer reads
those, as only the collector may, and computes each visit's probability exactly: over all ways in
which the visits could have gone, those that would have been released otherwise, or earlier, fall
away. Of a number with noise nothing falls away: each way is weighed by how likely the noise, whose
law is no secret, made that number of it. No observer with the same knowledge can guess better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gather:
    """One gathering of a cell as the observer knows it: how many visits ended in each window.

    `decided` says at the end of which windows the gate looked whether it may release; `n` is what
    was released at the end of the last one, None where nothing was. `weights` say, for noise, how
    likely each true count from 0 up made what was published at the end of the last one.
    """

    ended: Sequence[int]
    decided: Sequence[bool]
    n: int | None
    weights: Floats | None = None


def chances(
    gather: Gather, share: float | Sequence[float], *, safe: Callable[[int, int], bool]
) -> Floats:
    """Give each visit's probability of having shown the cell, in the order of their ends.

    `share` is how likely each visit was before anything was published (0 and 1: the observer knows,
    having been there); `safe(n, visits)` is the gate's rule. Raises ValueError where what was
    released cannot have been.
    """
    total = sum(gather.ended)
    before = np.broadcast_to(np.asarray(share, float), (total,))
    allowed = _allowed(gather, safe)
    forward = np.zeros((total + 1, total + 1))
    forward[0, 0] = 1.0
    for visit, p in enumerate(before):
        step = forward[visit] * (1.0 - p)
        step[1:] += forward[visit, :-1] * p
        forward[visit + 1] = _scaled(step * allowed.get(visit + 1, 1.0))
    backward = np.ones(total + 1) * allowed.get(total, 1.0)
    found = np.zeros(total)
    for visit in range(total - 1, -1, -1):
        p = before[visit]
        shown = np.append(backward[1:], 0.0) * p
        kept = backward * (1.0 - p)
        yes, no = forward[visit] @ shown, forward[visit] @ kept
        if yes + no <= 0.0:
            raise ValueError(f"{gather} cannot have happened under this gate")
        found[visit] = yes / (yes + no)
        backward = _scaled((shown + kept) * allowed.get(visit, 1.0))
    return found


def noise_weights(
    n: int | None, among: int | None, *, most: int, scale: float, floor: int
) -> Floats:
    """Say how likely each true count, 0 to `most`, makes a cell's noised `n` among noised `among`.

    The noise is the discrete Laplace of `scale`. For `n` None (null) it fell below `floor` or came
    above `among` - `floor`; with `among` None too nothing is learnt of it.
    """
    true = np.arange(most + 1)
    if among is None:
        return np.ones(most + 1)
    if n is not None:
        return np.exp(-np.abs(n - true) / scale)
    highest = max(among - floor, floor - 1)  # where nothing lies between, it is null for certain
    return _below(floor - 1 - true, scale) + 1.0 - _below(highest - true, scale)


def _below(bound: NDArray[np.int64], scale: float) -> Floats:
    """Give the probability that noise is at most each bound."""
    q = np.exp(-1.0 / scale)
    left = q ** np.maximum(-bound, 0) / (1.0 + q)
    right = 1.0 - q ** (np.maximum(bound, 0) + 1) / (1.0 + q)
    return np.where(bound < 0, left, right)


def _allowed(gather: Gather, safe: Callable[[int, int], bool]) -> dict[int, Floats]:
    """Say after how many visits which counts are still possible, given what was (not) released."""
    total = sum(gather.ended)
    allowed: dict[int, Floats] = {}
    visits = 0
    last = len(gather.ended) - 1
    for window, (ended, decided) in enumerate(zip(gather.ended, gather.decided, strict=True)):
        visits += ended
        if window == last and gather.weights is not None:
            mask = gather.weights
        elif window == last and gather.n is not None:
            mask = np.arange(total + 1) == gather.n
        elif decided:
            mask = np.array([not safe(n, visits) for n in range(total + 1)])
        else:
            continue
        allowed[visits] = allowed.get(visits, 1.0) * mask
    return allowed


def _scaled(chance: Floats) -> Floats:
    total = chance.sum()
    return chance / total if total > 0.0 else chance
