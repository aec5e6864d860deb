"""Say how restless a face is: talking, its head moving, or away from where it usually is."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class UnrestLimits:
    """From where on a face counts as restless, and from where on wholly so.

    The head's speed in degrees a second, and its distance from the usual pose in degrees; raising
    them counts more of a conversation as rest. Unrest fades with `fade_seconds`.
    """

    slow_degrees_per_second: float = 3.0
    fast_degrees_per_second: float = 7.0
    near_degrees: float = 3.0
    far_degrees: float = 7.0
    fade_seconds: float = 0.5


class Unrest:
    """Follows one face's unrest, from 0 (at rest) to 1."""

    def __init__(self, limits: UnrestLimits) -> None:
        self._limits = limits
        self.value = 0.0

    def update(
        self, elapsed_seconds: float, *, speed: float, away_degrees: float, talking: bool
    ) -> None:
        """Take one frame's head speed in degrees a second, distance from the usual pose, talk."""
        limits = self._limits
        fast = _part(speed, limits.slow_degrees_per_second, limits.fast_degrees_per_second)
        away = _part(away_degrees, limits.near_degrees, limits.far_degrees)
        faded = self.value * exp(-elapsed_seconds / limits.fade_seconds)
        self.value = max(faded, fast, away, float(talking))


def _part(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
