"""Say how much a movement looks like the cue that it may be, by measured weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, pi
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.channel import EXPRESSIVE
from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from cuelight.read.channel import Floats
    from cuelight.read.gate import Gates
    from cuelight.read.movement import Movement

_GATES: Final = ("blink", "speech", "turned", "bent", "aside")
_POSE: Final = ("yaw", "pitch", "roll", "scale", "gaze yaw", "gaze pitch")

_MOUTH: Final = ("AU10", "AU15", "AU17", "AU18", "AU20", "AU24", "AU28", "AU25", "AU26")
"""What speech moves, before a cue and during it. How much brows and cheeks range besides is left
out: real faces move them more than the lab's do."""

FEATURES: Final = (
    *("salience", "length", "quality", "provisional", "returned", "rest of the face"),
    *(f"{gate} share" for gate in _GATES),
    *("blink at apex", "speech near", "swing", "lopsided smile"),
    *("other side", "own side in the end"),
    *(f"{name} range" for name in _POSE),
    *(f"{unit} rise" for unit in UNITS),
    *(f"{unit} range" for unit in _MOUTH),
    *(f"{unit} before" for unit in _MOUTH),
    *(f"{unit} unevenness" for unit in UNITS),
    *(f"{unit} shown" for unit in UNITS),
)
"""What is known of a movement, in the order of its features; see `features`."""

FARTHEST: Final = 4.0
"""How many spreads a feature may lie from its mean to count any more for it."""

_BEFORE_SECONDS: Final = 0.6
_FOOT_SECONDS: Final = 0.25
_EDGE_SECONDS: Final = 0.02
_CORE: Final = 0.3
_LONGEST_SECONDS: Final = 3.0
_MIRROR: Final = np.array(
    [UNITS.index(name[:-1] + {"L": "R", "R": "L"}.get(name[-1], name[-1])) for name in UNITS]
)
"""Where the other side's unit stands, so that one set of weights serves both sides."""

_REST: Final = FEATURES.index("rest of the face")
_CORNERS: Final = np.array([FEATURES.index(f"{unit} rise") for unit in ("AU12L", "AU12R")])
_SMILES: Final = np.array([UNITS.index(name) for name in ("AU12L", "AU14L")])
_LIPS: Final = np.array([UNITS.index(name) for name in _MOUTH])
_POSE_FLOORS: Final = np.array([0.5, 0.5, 0.5, 0.003, 0.5, 0.5])

_PHASES: Final = np.linspace(0.0, 1.0, 9)
_STEPS_BEFORE: Final = np.array([-0.8, -0.5, -0.25])
_HALF_STEP_SECONDS: Final = 0.1
_STROKE: Final = np.concatenate([np.zeros(3), (1.0 - np.cos(2.0 * pi * _PHASES)) / 2.0])
"""One smooth rise and fall, at rest before it: raised cosines, as the flanks of movements are."""

_SHAPE: Final = _STROKE - _STROKE.mean()
_SLOPE: Final = _SHAPE / float(_SHAPE @ _SHAPE)


@dataclass(frozen=True, slots=True)
class Looks:
    """What a cue looks like: weights (F,) of its features, of which `means` (F,) are usual.

    The probability is logistic in the bias, the weighted differences from the means, and their
    squares weighted by `bends` (F,): below 0, being far from usual either way speaks against the
    cue. Each difference counts `FARTHEST` times its usual one, `spreads` (F,), at most: weights say
    nothing of what they never met. A movement is the cue from the probability `least` on: raising
    it finds fewer cues, true and false ones.
    """

    least: float
    bias: float
    means: Floats
    spreads: Floats
    weights: Floats
    bends: Floats

    def probability(self, features: Floats) -> float:
        """Say how likely a movement is the cue, where it is as common as in the lab's clips."""
        score = self.bias + float(self._parts(features).sum())
        return 1.0 / (1.0 + exp(-min(max(score, -50.0), 50.0)))

    def doubts(self, features: Floats) -> str:
        """Name the two features that speak most against the cue."""
        return ", ".join(FEATURES[index] for index in np.argsort(self._parts(features))[:2])

    def _parts(self, features: Floats) -> Floats:
        """Give what each feature speaks for the cue, or below 0 against it."""
        most = FARTHEST * self.spreads
        apart = np.minimum(np.maximum(features - self.means, -most), most)
        parts: Floats = (self.weights + self.bends * apart) * apart
        return parts


def features(
    movement: Movement,
    past: tuple[Floats, Floats, Floats],
    *,
    gates: Gates,
    sides: tuple[float, float],
    provisional: bool,
    enter: Floats,
    delay: float,
) -> Floats:
    """Measure a movement and its surroundings, float64 (F,) in the order of `FEATURES`.

    `past` is what was seen of the face: times (N,), smoothed observations (N, 37) and intensities
    (N, 24); `sides` what `Sides.shares` says of the movement, `enter` the units' enter thresholds
    (24,), `delay` the seconds by which smoothing puts observations off. How far the rest of the
    face moved is not filled in yet, since each cue leaves out its own units (see `beside`).
    Lengths are logarithms, of seconds; degrees too; units are in parts of the movement itself: by
    how much each stood higher at the movement's height than at its feet, and for those of the mouth
    how far it ranged meanwhile and in the 0.6 s before. Unevenness is how far a unit kept, on
    average, from one smooth rise and fall of the movement's length after 0.8 s of rest: words rise
    more than once. What is shown is by how much such a stroke lifts a unit's intensity.
    Left and right change places for a movement on the right.
    """
    onset, apex, offset = movement.onset, movement.apex, movement.offset
    times, seen, shown = past
    units = seen[:, : len(UNITS)] / enter
    if movement.side == "right":
        units, shown = units[:, _MIRROR], shown[:, _MIRROR]
    own = max(movement.salience, 0.5)
    pose = seen[:, len(EXPRESSIVE) :].copy()
    pose[:, 3] /= max(abs(float(pose[0, 3])), 1e-3)
    turns = _range(times, pose, onset - 0.2, offset + 0.1)
    covered = [gates[name].share(onset, offset) for name in _GATES]
    rise = np.clip(_rise(times, units, onset, apex, offset) / own, -3.0, 3.0)
    lopsided = np.abs(rise - rise[_MIRROR])[_SMILES].max()
    known = [
        log(max(movement.salience, 1e-3)),
        log(max(offset - onset, 1e-3)),
        gates.quality_at(apex),
        float(provisional),
        float(movement.returned),
        0.0,
        *covered,
        float(gates["blink"].covers(apex)),
        float(gates["speech"].touches(onset, offset)),
        min(gates.swing(onset, apex), 20.0) / 5.0,
        float(lopsided),
        *sides,
    ]
    lips = units[:, _LIPS]
    during = _range(times, lips, onset, min(offset, onset + _LONGEST_SECONDS))
    before = _range(times, lips, onset - _BEFORE_SECONDS, onset)
    moved = np.log(0.1 + np.concatenate([during, before]) / own)
    _, apart = _stroke(times - delay, units, onset, offset)
    lifts, _ = _stroke(times, shown, onset, offset)
    uneven = np.log(0.1 + apart / own)
    result: Floats = np.concatenate(
        [known, np.log(_POSE_FLOORS + turns), rise, moved, uneven, lifts]
    )
    return result


def beside(known: Floats, share: float) -> Floats:
    """Fill in how far the rest of the face moved, as `Commotion.share` says of one cue."""
    whole: Floats = known.copy()
    whole[_REST] = log(0.02 + share)
    return whole


def smiled(known: Floats) -> float:
    """Say how far both corners of the mouth rose, as a part of the movement's own rise."""
    return float(known[_CORNERS].min())


def _stroke(times: Floats, values: Floats, onset: float, offset: float) -> tuple[Floats, Floats]:
    """Fit one smooth rise and fall, after rest, to each value (N, V).

    Gives by how much it lifts each (V,), and how far each keeps from it, as a root of mean squares.
    """
    half = max((offset - onset) / (2.0 * (len(_PHASES) - 1)), _EDGE_SECONDS)
    middles = np.concatenate([onset + _STEPS_BEFORE, onset + _PHASES * (offset - onset)])
    halves = np.where(middles < onset, _HALF_STEP_SECONDS, half)
    first = np.searchsorted(times, middles - halves)
    last = np.searchsorted(times, middles + halves)
    # Where no frame fell between, the next one.
    first = np.minimum(first, len(times) - 1)
    last = np.maximum(last, first + 1)
    sums = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=sums[1:])
    means = (sums[last] - sums[first]) / (last - first)[:, np.newaxis]
    means -= means.mean(axis=0)
    lifts: Floats = _SLOPE @ means
    apart: Floats = np.sqrt(np.square(means - _SHAPE[:, np.newaxis] * lifts).mean(axis=0))
    return lifts, apart


def _rise(times: Floats, units: Floats, onset: float, apex: float, offset: float) -> Floats:
    """Give by how much each unit (24,) stood higher at the movement's height than at its feet."""
    first = units[(times >= onset - _FOOT_SECONDS) & (times <= onset + _EDGE_SECONDS)]
    last = units[(times >= offset - _EDGE_SECONDS) & (times <= offset + _FOOT_SECONDS)]
    edge = _CORE * (offset - onset)
    core = units[(times >= onset + edge) & (times <= offset - edge)]
    if not len(core):
        core = units[np.abs(times - apex).argmin()][np.newaxis]
    feet = [
        (part if len(part) else fallback).mean(axis=0)
        for part, fallback in (
            (first, units[:1]),
            (last, units[-1:]),
        )
    ]
    result: Floats = core.mean(axis=0) - (feet[0] + feet[1]) / 2.0
    return result


def _range(times: Floats, values: Floats, start: float, end: float) -> Floats:
    """Give how far each value ranged between two times; 0 where nothing was seen."""
    rows = values[(times >= start) & (times <= end)]
    result: Floats = np.ptp(rows, axis=0) if len(rows) else np.zeros(values.shape[1])
    return result
