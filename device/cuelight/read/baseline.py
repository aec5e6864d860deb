"""Learn each face's own neutral, and how much it wavers at rest."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.channel import EXPRESSIVE, Floats
from cuelight.read.thresholds import EMOTION_THRESHOLDS, UnitThresholds
from cuelight.sense.records import EMOTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_UNSETTLING: Final = 6.0
"""How many times faster than time a level is unsettled by a unit that leaves it."""

_SETTLING_CALM: Final = 3.0
"""And how many times faster it is settled while the model calls the face as a whole neutral."""

_SMILES: Final = ("AU06", "AU12L", "AU12R", "AU14L", "AU14R", "happiness")

_MOUTH: Final = ("AU15", "AU17", "AU18", "AU24", "AU28")
"""What words let go of again and again: what these fall to meanwhile is no neutral."""

_SHARE_KEPT: Final = 0.25
"""Of a level far above neutral, the part by which it may waver and still be kept."""

POSES = 6
"""After the expressive channels: yaw, pitch, roll in degrees, scale, gaze yaw and pitch."""


@dataclass(frozen=True, slots=True)
class BaselineTimes:
    """How fast a neutral is learned; time constants in seconds.

    The neutral rises slowly and falls quickly, so it settles low in what a face does at rest.
    `first` values hold while the baseline is provisional; over `arrival_seconds` a face's first
    sight is averaged, where units have a scale of their own. `held` is how long an expression must
    be kept before it becomes the neutral: raising it forgets arrivals with a smile later.
    A pose further off than `pose_limit_*` (degrees; part of its size) pulls no harder than at that
    limit, so leaning out for a moment does not move the usual seat.
    A unit's enter threshold is `noise_multiple` times how far it wavers on this face about the
    level that it keeps, at rest and in unrest apart; at least `keenest` and at most `deafest` (in
    unrest `deafest_restless`) times the card's. Raising any of these finds fewer movements. A level
    that a unit keeps, to `keenest` times its threshold, for `settled_seconds` is taken for where it
    rests, however high: faces differ, and a smile on arrival does not last so long. Raising it
    trusts the population's neutral longer. A new face that the model calls neutral with
    `sure_probability` is believed at once, its smile excepted.
    `wary` slows the fall while the face shows something, since a smile also lowers other units.
    """

    provisional_seconds: float = 20.0
    arrival_seconds: float = 0.5
    rise_first_seconds: float = 4.0
    rise_seconds: float = 20.0
    fall_first_seconds: float = 1.0
    fall_seconds: float = 4.0
    held_seconds: float = 180.0
    settled_seconds: float = 12.0
    level_seconds: float = 2.0
    wary: float = 4.0
    spread_seconds: float = 10.0
    pose_first_seconds: float = 4.0
    pose_seconds: float = 20.0
    calm_probability: float = 0.5
    sure_probability: float = 0.8
    pose_limit_degrees: float = 4.0
    pose_limit_scale: float = 0.05
    noise_multiple: float = 4.0
    keenest: float = 0.5
    deafest: float = 2.0
    deafest_restless: float = 3.0


class Baseline:
    """One face's neutral per channel, from the population's prior towards its own.

    `neutral` holds the expressive channels (31) and the pose (6). A channel learns upwards only
    from quiet frames: a rise below its leave threshold, or any rise while the face as a whole is
    calm (the model calls it neutral), and then at most one enter threshold above the prior. All
    else is a held expression and is learned only with `held_seconds`.
    """

    def __init__(self, units: Mapping[str, UnitThresholds], times: BaselineTimes) -> None:
        rows = [units.get(name, EMOTION_THRESHOLDS) for name in EXPRESSIVE]
        self._times = times
        self._enter = np.array([row.enter for row in rows])
        self._leave = np.array([row.leave for row in rows])
        prior = self._prior = np.array([row.prior for row in rows])
        self._slope = np.array([row.slope for row in rows])
        self._reach = prior + self._enter
        self._noise = np.array([row.noise for row in rows])
        self._spread = self._noise.copy()
        self._restless_spread = 2.0 * self._noise
        # Dead units never rise: their threshold is out of reach.
        self._live = np.array(
            [1.0 if name in EMOTIONS or units.get(name, _DEAD).live else 0.0 for name in EXPRESSIVE]
        )
        self.neutral = np.concatenate([prior, np.zeros(POSES)])
        self._level = prior.copy()
        # Whoever arrives smiling must not teach that smiling is neutral, whatever else is said.
        self._smiles = np.isin(EXPRESSIVE, _SMILES)
        self._mouth = np.isin(EXPRESSIVE, _MOUTH)
        self._steady = np.zeros(len(prior))
        self._limit = np.full(POSES, times.pose_limit_degrees)
        # numpy makes an array of each number that it is given; these are made once
        self._zero = np.zeros(len(prior))
        self._keenest = times.keenest * self._enter
        self._wide = 2.0 * self._enter
        self._settling = np.ones(len(prior)), np.where(self._smiles, 1.0, _SETTLING_CALM)
        self._unsettling = np.full(len(prior), -_UNSETTLING)
        self._settled = np.full(len(prior), times.settled_seconds)
        self._posed = False
        self.seen_seconds = 0.0

    @property
    def provisional(self) -> bool:
        """Whether this face has been seen too briefly to know its neutral."""
        return self.seen_seconds < self._times.provisional_seconds

    @property
    def arriving(self) -> bool:
        """Whether this face has only just come, so that its first neutral is a guess."""
        return self.seen_seconds < self._times.arrival_seconds

    def rises(self, observed: Floats, *, unrest: float = 0.0) -> tuple[Floats, Floats, Floats]:
        """Give rises above neutral (31,), the same in multiples of the thresholds, and those.

        `unrest` (0 to 1) says how far to go by what the face wavers when it is not at rest.
        """
        count = len(EXPRESSIVE)
        rises: Floats = (observed[:count] - self.neutral[:count]) * self._live
        times = self._times
        more = np.maximum(self._restless_spread - self._spread, self._zero)
        spread = self._spread + unrest * more
        deafest = times.deafest + unrest * (times.deafest_restless - times.deafest)
        level = np.maximum(self._keenest, times.noise_multiple * spread)
        level = np.minimum(level, deafest * self._enter)
        multiples: Floats = rises / level
        return rises, multiples, level

    def update(
        self,
        observed: Floats,
        elapsed_seconds: float,
        *,
        neutral_probability: float,
        unrest: float = 0.0,
        talking: bool = False,
        intensities: Floats | None = None,
    ) -> None:
        """Learn from one frame of smoothed observations (37,) that is fit to learn from.

        While the visitor is talking, the neutral of closed lips does not fall. `intensities` (31,)
        are the same expressive channels by the population's measure, for a face that has just come.
        """
        times, count = self._times, len(EXPRESSIVE)
        if not self._posed:
            self._start_pose(observed[count:])
        if intensities is not None and self.arriving:
            self._arrive(observed[:count], intensities, elapsed_seconds)
        first = self.provisional
        self.seen_seconds += elapsed_seconds
        calm = neutral_probability >= times.calm_probability
        seen, neutral = observed[:count], self.neutral[:count]
        rise = seen - neutral
        up = _gain(elapsed_seconds, times.rise_first_seconds if first else times.rise_seconds)
        fall = times.fall_first_seconds if first else times.fall_seconds
        down = _gain(elapsed_seconds, fall if calm else fall * times.wary)
        slow = _gain(elapsed_seconds, times.held_seconds)
        learns = self._settle(seen, rise, elapsed_seconds, calm=calm)
        learns |= rise < self._leave
        step = np.where(learns, up, slow) * rise
        if calm:
            # A calm face may stand above the population's neutral, but not arbitrarily far, unless
            # it is seen for the first time and the model is sure of it.
            sure = first and neutral_probability >= times.sure_probability
            most = np.minimum(seen, self._reach)
            if sure:
                most = np.where(self._smiles, most, seen)
            np.maximum(step, up * (most - neutral), out=step)
        np.copyto(step, down * rise, where=rise < self._zero)
        if talking:
            step[self._mouth] = np.maximum(step[self._mouth], 0.0)
        self._waver(np.abs(seen - self._level), elapsed_seconds, unrest)
        neutral += step
        pose = self.neutral[count:]
        pull = _gain(elapsed_seconds, times.pose_first_seconds if first else times.pose_seconds)
        away = observed[count:] - pose
        pose += pull * np.minimum(np.maximum(away, -self._limit), self._limit)

    def _arrive(self, seen: Floats, intensities: Floats, elapsed_seconds: float) -> None:
        """Guess the neutral of units with a scale of their own from what the face came with.

        Where a face stands in that scale says nothing by itself; by how much its intensity exceeds
        the population's neutral says how far it is drawn already. The guess is the mean over the
        first moments.
        """
        shown = self._slope * np.maximum(intensities - self._prior, 0.0)
        whole = self.seen_seconds + elapsed_seconds
        part = elapsed_seconds / whole if whole else 1.0
        own, neutral = self._slope > 0.0, self.neutral[: len(seen)]
        neutral[own] += part * (seen - shown - neutral)[own]
        self._reach[own] = (neutral + self._enter)[own]
        if not whole:
            self._level[own] = seen[own]

    def _waver(self, away: Floats, elapsed_seconds: float, unrest: float) -> None:
        """Learn how far units waver; not from what goes so far that it is a movement."""
        learn = _gain(elapsed_seconds, self._times.spread_seconds)
        # 1.25 times the mean distance is the standard deviation of a normal distribution.
        far = 1.2533 * away
        small, restless = away < self._enter, away < self._wide
        self._spread += (1.0 - unrest) * learn * small * (far - self._spread)
        self._restless_spread += unrest * learn * restless * (far - self._restless_spread)

    def _settle(
        self, seen: Floats, rise: Floats, elapsed_seconds: float, *, calm: bool
    ) -> NDArray[np.bool_]:
        """Say which units (31,) have kept their level long enough to be at rest."""
        times = self._times
        away = seen - self._level
        self._level += _gain(elapsed_seconds, times.level_seconds) * away
        # What a blink or a word disturbs for a moment is not begun anew.
        near = np.abs(away) < np.maximum(self._keenest, _SHARE_KEPT * rise)
        self._steady += elapsed_seconds * np.where(near, self._settling[calm], self._unsettling)
        np.maximum(self._steady, self._zero, out=self._steady)
        np.minimum(self._steady, self._settled, out=self._steady)
        return self._steady >= self._settled

    def _start_pose(self, pose: Floats) -> None:
        # Nobody's seat is the population's: where the face is first seen is the first guess.
        self.neutral[len(EXPRESSIVE) :] = pose
        self._limit[3] = self._times.pose_limit_scale * max(float(pose[3]), 1e-6)
        self._posed = True


_DEAD = UnitThresholds(live=False)


def _gain(elapsed_seconds: float, constant_seconds: float) -> float:
    return 1.0 - exp(-elapsed_seconds / constant_seconds)
