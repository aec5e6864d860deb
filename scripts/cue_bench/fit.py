"""Fit what each cue looks like: logistic, by Newton's method, judged on other people."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.likeness import FARTHEST, FEATURES, Looks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cue_bench.likenesses import Candidate, Sample

    Floats = NDArray[np.float64]

RIDGE: Final = 8.0
"""Weight of the squared weights of standardised features; raising it trusts the clips less."""

BENT: Final = {
    **dict.fromkeys(("anger", "contempt", "disgust", "happiness", "nose_wrinkle"), 0.5),
    **dict.fromkeys(("one_sided_smile", "pressed_lips", "raised_eyebrows", "sadness"), 0.5),
}
"""The cues that are told better when what is far from usual either way counts too, and what the
squared standardised features are multiplied by; raising it lets them count for more. Others are
told no better by it, and would trust the clips more for nothing."""

FOLDS: Final = 8
ALARM_WEIGHT: Final = 0.07
"""How much F1 one false alarm an hour is worth when the least probability is chosen."""

SLACK: Final = 0.01
"""How much less a least probability may be worth than the best and be taken all the same; raising
it finds fewer cues, true and false ones."""

BOUNDS: Final = {"happiness": (0.0, 0.5), "nose_wrinkle": (0.5, 1.0)}
"""Bounds of a least probability from four real clips for trying out: real smiles move more of a
face at once than the lab's do. Happiness gets 0.79 and more there, but the faces are few."""

SMILES: Final = frozenset({"happiness", "one_sided_smile", "contempt"})
"""The only cues for which it counts how lopsided a smile is: to the others it is chance."""

_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Fitted:
    """One cue's weights, and how well they did on people that they were not fitted to."""

    looks: Looks
    f1: dict[str, float]
    alarms: float
    true: int
    false: int


def fit(name: str, sample: Sample) -> Fitted:
    """Fit one cue's weights to all candidates, its least probability to those left out by turns."""
    chosen = [one for one in sample.candidates if one.name == name]
    known = np.array([one.features for one in chosen])
    if name not in SMILES:
        known[:, FEATURES.index("lopsided smile")] = 0.0
    true = np.array([one.event is not None for one in chosen], float)
    people = _people(sample)
    fold = np.array([people[one.clip] % FOLDS for one in chosen])
    held = np.zeros(len(chosen))
    for part in range(FOLDS):
        out = fold == part
        if out.any():
            looks = _solve(known[~out], true[~out], bend=BENT.get(name, 0.0))
            held[out] = [looks.probability(one) for one in known[out]]
    least, f1, alarms = _choose(name, sample, chosen, held)
    looks = replace(_solve(known, true, bend=BENT.get(name, 0.0)), least=least)
    return Fitted(looks, f1, alarms, int(true.sum()), int((1 - true).sum()))


def _people(sample: Sample) -> list[int]:
    """Give each clip the number of its face, since nobody is judged by weights fitted to them."""
    names = [
        json.loads((clip.folder / "truth.json").read_text(encoding="utf-8"))["identity"]
        for clip in sample.clips
    ]
    order = sorted({json.dumps(name, sort_keys=True) for name in names})
    return [order.index(json.dumps(name, sort_keys=True)) for name in names]


def _solve(known: Floats, true: Floats, *, bend: float) -> Looks:
    """Fit weights, above a `bend` of 0 those of the features' squares too."""
    means, spreads = known.mean(axis=0), np.maximum(known.std(axis=0), 1e-3)
    near = np.clip((known - means) / spreads, -FARTHEST, FARTHEST)
    squares = bend * near**2
    x = np.column_stack([near, squares, np.ones(len(known))])
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 1e-6
    w = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = _logistic(x @ w)
        slope = x.T @ (true - p) - ridge * w
        curve = (x * np.maximum(p * (1 - p), 1e-6)[:, np.newaxis]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        w += step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-9))
        if np.abs(step).max() < 1e-8:
            break
    weights, bends = w[:-1].reshape(2, -1)
    return Looks(1.0, float(w[-1]), means, spreads, weights / spreads, bend * bends / spreads**2)


def _logistic(score: Floats) -> Floats:
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(score, -50.0, 50.0)))
    return result


def _choose(
    name: str, sample: Sample, chosen: list[Candidate], held: Floats
) -> tuple[float, dict[str, float], float]:
    """Find the least probability that gives the best F1 at half strength, alarms counted.

    Of those that are as good but for `SLACK` it is the highest: what was fitted is surer of itself
    on the lab's clips than on anybody's face.
    """
    tally = _Tally(name, sample)
    tried: list[tuple[float, float, dict[str, float], float]] = [(-np.inf, 1.0, {}, 0.0)]
    for index in np.argsort(-held):
        tally.take(chosen[index])
        f1, rate = tally.f1(), tally.alarms / max(tally.hours, 1e-9)
        worth = float(np.mean(list(f1.values()))) - ALARM_WEIGHT * rate if f1 else -np.inf
        tried.append((worth, float(held[index]), f1, rate))
    enough = max(worth for worth, *_ in tried) - SLACK
    _, least, f1, rate = next(one for one in tried if one[0] >= enough)
    low, high = BOUNDS.get(name, (0.0, 1.0))
    return min(max(least, low), high), f1, rate


class _Tally:
    """Counts one cue's hits, false cues and false alarms while ever less likely ones are taken."""

    def __init__(self, name: str, sample: Sample) -> None:
        self._sample = sample
        self._owed: Counter[str] = Counter()
        self._hits: dict[str, set[tuple[int, float]]] = defaultdict(set)
        self._false: Counter[str] = Counter()
        self._taken: dict[int, list[Candidate]] = defaultdict(list)
        self.alarms, self.hours = 0, 0.0
        for clip in sample.clips:
            truth = clip.truth
            if name not in truth.judged:
                continue
            if truth.kind != "cues":
                self.hours += truth.face_seconds / 3600.0
            else:
                mine = [e for e in truth.events if e.name == name and e.strength == "half"]
                self._owed.update(event.span for event in mine)

    def take(self, one: Candidate) -> None:
        """Take a candidate for a cue; what overlaps a false one is no further false one."""
        cues = self._sample.clips[one.clip].truth.kind == "cues"
        if one.event is not None:
            if cues and one.event.strength == "half":
                self._hits[one.event.span].add((one.clip, one.event.onset))
            return
        taken = self._taken[one.clip]
        if any(a.onset < one.offset and one.onset < a.offset for a in taken):
            return
        taken.append(one)
        if cues:
            self._false[one.span] += 1
        else:
            self.alarms += 1

    def f1(self) -> dict[str, float]:
        """Give F1 by span."""
        return {
            span: 2 * len(self._hits[span]) / (owed + len(self._hits[span]) + self._false[span])
            for span, owed in self._owed.items()
        }
