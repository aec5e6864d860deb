"""Find when someone looks away, and where they look anyway."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp, hypot

import numpy as np


@dataclass(frozen=True, slots=True)
class GazeLimits:
    """What counts as looking away; angles from this visitor's usual direction.

    `enter_degrees` and `leave_degrees`: raising them leaves only wider glances. A glance began
    where it passed `onset_degrees`, but at most `onset_seconds` before `leave_degrees`, since a
    gaze may linger beside the usual direction first; more seconds or fewer degrees count more of
    the way out. `hold_seconds` is how long one must last; raising it misses short ones. Below
    `table_degrees`, steeper than sideways by `table_slope`, lies the table. A direction that took
    `habit_share` of the looking time so far is a habitual target; raising it makes fewer directions
    habitual.
    """

    enter_degrees: float = 14.0
    leave_degrees: float = 9.0
    onset_degrees: float = 4.0
    onset_seconds: float = 0.2
    hold_seconds: float = 1.2
    table_degrees: float = 8.0
    table_slope: float = 0.6
    habit_share: float = 0.10
    habit_after_seconds: float = 20.0
    habit_half_life_seconds: float = 180.0
    cell_degrees: float = 10.0
    keep_seconds: float = 15.0
    full_degrees: float = 45.0


@dataclass(slots=True)
class Glance:
    """One look away, from `onset` until `end` (so far); mean `yaw` and `pitch` in degrees."""

    onset: float
    end: float
    apex: float
    widest: float
    yaw: float = 0.0
    pitch: float = 0.0
    weight: float = 0.0
    judged: bool = False

    @property
    def seconds(self) -> float:
        """How long it has lasted so far."""
        return self.end - self.onset


class GazeWatch:
    """Follows where one face looks, head and eyes together, relative to where it usually does."""

    def __init__(self, limits: GazeLimits) -> None:
        self._limits = limits
        self._half = 9
        self._dwell = np.zeros((2 * self._half + 1, 2 * self._half + 1))
        self._watched = 0.0
        self._away: Glance | None = None
        self._before: tuple[float, float] | None = None
        self._left = self._rose = 0.0
        self.glances: deque[Glance] = deque()

    @property
    def enter_degrees(self) -> float:
        """How wide a glance must be."""
        return self._limits.enter_degrees

    @property
    def full_degrees(self) -> float:
        """How wide a glance is that counts as strong as can be."""
        return self._limits.full_degrees

    @property
    def lasting(self) -> list[Glance]:
        """The glances of the last seconds that were held and are not judged yet."""
        hold = self._limits.hold_seconds
        return [glance for glance in self.glances if not glance.judged and glance.seconds >= hold]

    def update(self, timestamp: float, yaw: float, pitch: float, *, learn: bool) -> None:
        """Take one frame's direction in degrees; `learn` is False around a price mark."""
        limits = self._limits
        angle = hypot(yaw, pitch)
        before, self._before = self._before, (timestamp, angle)
        elapsed = 0.0 if before is None else timestamp - before[0]
        if learn and elapsed > 0.0:
            self._dwell *= exp(-0.6931 * elapsed / limits.habit_half_life_seconds)
            self._dwell[self._cell(yaw, pitch)] += elapsed
            self._watched += elapsed
        if self._away is None:
            self._rise(before, timestamp, angle)
        if self._away is None and angle >= limits.enter_degrees:
            self._away = Glance(self._rose, timestamp, timestamp, angle)
            self.glances.append(self._away)
        away = self._away
        if away is not None:
            if angle < limits.leave_degrees:
                self._away = None
            else:
                away.end = timestamp
                self._average(away, yaw, pitch, max(elapsed, 1e-3))
                if angle > away.widest:
                    away.widest, away.apex = angle, timestamp
        while self.glances and self.glances[0].end < timestamp - limits.keep_seconds:
            self.glances.popleft()

    def excuse(self, glance: Glance) -> str:
        """Say why a glance is no turning away, or nothing if it is."""
        limits = self._limits
        if glance.pitch < -limits.table_degrees and -glance.pitch > limits.table_slope * abs(
            glance.yaw
        ):
            return "it went down towards the table"
        if self._watched >= limits.habit_after_seconds:
            row, column = self._cell(glance.yaw, glance.pitch)
            near = self._dwell[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            if near.sum() - glance.seconds > limits.habit_share * self._dwell.sum():
                return "this visitor often looks there"
        return ""

    def lose(self) -> None:
        """End the glance under way: the face was lost."""
        self._away = self._before = None

    def _cell(self, yaw: float, pitch: float) -> tuple[int, int]:
        half, size = self._half, self._limits.cell_degrees
        return (
            min(max(round(yaw / size), -half), half) + half,
            min(max(round(pitch / size), -half), half) + half,
        )

    def _rise(self, before: tuple[float, float] | None, now: float, angle: float) -> None:
        """Note when the direction last passed `onset_degrees`, and `leave_degrees` after it."""
        limits = self._limits
        if before is None or before[1] < limits.onset_degrees <= angle:
            self._left = _cross(before, now, angle, limits.onset_degrees)
        if before is None or before[1] < limits.leave_degrees <= angle:
            passed = _cross(before, now, angle, limits.leave_degrees)
            self._rose = max(self._left, passed - limits.onset_seconds)

    @staticmethod
    def _average(glance: Glance, yaw: float, pitch: float, weight: float) -> None:
        glance.weight += weight
        glance.yaw += (yaw - glance.yaw) * weight / glance.weight
        glance.pitch += (pitch - glance.pitch) * weight / glance.weight


def _cross(before: tuple[float, float] | None, now: float, angle: float, degrees: float) -> float:
    """Say when the angle passed so many degrees, between the frame before and now."""
    if before is None or angle <= before[1]:
        return now
    part = (degrees - before[1]) / (angle - before[1])
    return before[0] + min(max(part, 0.0), 1.0) * (now - before[0])
