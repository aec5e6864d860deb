"""How the head moves: tilt, lean, stillness, turning, nods and shakes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp
from typing import Final

from cuelight.read.swing import Bout, BoutLimits, Swing, SwingLimits

NOD: Final = BoutLimits(
    least=2.5,
    strokes=3,
    stroke_seconds=0.5,
    within_seconds=1.2,
    even=0.5,
    rest=0.4,
    rest_seconds=0.4,
)
SHAKE: Final = SwingLimits(least=5.0, strokes=3, stroke_seconds=0.6, within_seconds=1.8)
"""Down, up and down again; a shake is wider and slower. In degrees and seconds.

A listener nods out of a still pose; a talking head bobs on.
"""

_WAY_SECONDS: Final = 3.0  # longer than a nod or shake of the slowest strokes


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """What counts as a tilt, a lean or a nod. Raising any but `still` finds fewer of them.

    Angles in degrees from this visitor's usual pose; leaning is the face's growth or shrinking as a
    part of its usual size; a head slower than `still_degrees_per_second`, averaged over
    `speed_seconds`, is still (shorter averages see the pose's own noise, more so at high rates).
    """

    tilt_degrees: float = 6.0
    lean: float = 0.10
    still_degrees_per_second: float = 10.0
    speed_seconds: float = 0.4
    nod: BoutLimits = NOD
    shake: SwingLimits = SHAKE


@dataclass(frozen=True, slots=True)
class Gesture:
    """A nod or shake: from its first turning point to its last, and its mean stroke in degrees.

    `least_degrees` is the smallest stroke that would have done.
    """

    name: str
    onset: float
    offset: float
    stroke_degrees: float
    least_degrees: float


class HeadWatch:
    """Follows one head's pose and speed, from smoothed poses in degrees."""

    def __init__(self, limits: HeadLimits) -> None:
        self._limits = limits
        self._swings = {"nod": Bout(limits.nod), "shake": Swing(limits.shake)}
        self._pose: tuple[float, float, float] | None = None
        self._velocity = [0.0, 0.0, 0.0]
        self._way: deque[tuple[float, float, float]] = deque()
        self.speed = 0.0

    def update(
        self, timestamp: float, elapsed: float, pose: tuple[float, float, float]
    ) -> Gesture | None:
        """Take yaw, pitch and roll in degrees; give the nod or shake that this frame completes."""
        if self._pose is not None and elapsed > 0.0:
            keep = exp(-elapsed / self._limits.speed_seconds)
            for axis in range(3):
                now = (pose[axis] - self._pose[axis]) / elapsed
                self._velocity[axis] = keep * self._velocity[axis] + (1.0 - keep) * now
            yaw, pitch, roll = self._velocity
            self.speed = (yaw * yaw + pitch * pitch + roll * roll) ** 0.5
        self._pose = pose
        self._way.append((timestamp, pose[0], pose[1]))
        if self._way[0][0] < timestamp - _WAY_SECONDS:
            self._way.popleft()
        stroke = {
            "nod": self._swings["nod"].update(timestamp, pose[1]),
            "shake": self._swings["shake"].update(timestamp, pose[0]),
        }
        spans = {
            name: self._swings[name].span(timestamp) for name, certain in stroke.items() if certain
        }
        found = [(span[2], name, span) for name, span in spans.items() if span is not None]
        if not found:
            return None
        # A head moves a little on the other axis too; the wider swing is the meant one.
        mean, name, span = max(found)
        if not self._widest(name, span[0]):
            return None
        least = self._limits.nod.least if name == "nod" else self._limits.shake.least
        return Gesture(name, span[0], span[1], mean, least)

    def _widest(self, name: str, start: float) -> bool:
        """Say whether the head went further along a gesture's own axis than along the other."""
        since = [(yaw, pitch) for timestamp, yaw, pitch in self._way if timestamp >= start]
        yaws, pitches = zip(*since, strict=True)
        sideways, upright = max(yaws) - min(yaws), max(pitches) - min(pitches)
        return bool(upright > sideways if name == "nod" else sideways > upright)

    def stances(self, roll: float, usual_roll: float, scale: float, usual: float) -> list[float]:
        """Give tilt, lean in, lean out and stillness as multiples of their limits."""
        limits = self._limits
        lean = (scale / usual - 1.0) / limits.lean if usual > 0.0 else 0.0
        still = 2.0 - self.speed / limits.still_degrees_per_second
        return [
            abs(roll - usual_roll) / limits.tilt_degrees,
            max(lean, 0.0),
            max(-lean, 0.0),
            max(still, 0.0),
        ]

    def lose(self) -> None:
        """Start anew: the face was lost for a moment."""
        self._pose, self._velocity, self.speed = None, [0.0, 0.0, 0.0], 0.0
        self._way.clear()
        for swing in self._swings.values():
            swing.reset()
