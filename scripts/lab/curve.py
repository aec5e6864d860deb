"""Let a movement begin, peak, hold and end smoothly, at exactly known times."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi


def eased(share: float) -> float:
    """Go from 0 to 1 as the share of the way goes from 0 to 1: a raised cosine, flat at both ends.

    Its speed is 0 where it begins and ends, so nothing jerks; outside 0..1 it stays put.
    """
    if share <= 0.0:
        return 0.0
    return 1.0 if share >= 1.0 else 0.5 - 0.5 * cos(pi * share)


@dataclass(frozen=True, slots=True)
class Curve:
    """A rise and fall, times in seconds: it leaves 0 at `onset` and is back at 0 at `offset`.

    It is 1 from `apex`, where the rise ends, to `release`; without a hold both are one.
    """

    onset: float
    apex: float
    release: float
    offset: float

    def __post_init__(self) -> None:
        if not self.onset < self.apex <= self.release < self.offset:
            raise ValueError(f"{self} is out of order; onset < apex <= release < offset is wanted.")

    def at(self, t: float) -> float:
        """Give the strength, 0 to 1, at a time in seconds."""
        if t <= self.onset or t >= self.offset:
            return 0.0
        if t < self.apex:
            return eased((t - self.onset) / (self.apex - self.onset))
        return eased((self.offset - t) / (self.offset - self.release)) if t > self.release else 1.0
