"""When a unit counts as moving, as the model's card states it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitThresholds:
    """One unit's thresholds, as intensities from 0 to 1.

    `enter` and `leave` are counted from this face's own neutral; `noise` is the standard deviation
    on a still face, `prior` the intensity of a neutral face in the population. A unit that is not
    `live` is ignored: the model has not been shown to read it. Where a face is compared with itself
    in a scale of its own, `slope` says how much of that one of intensity is, and the other values
    but `prior` are in it; else it is 0.
    Raising `enter` finds fewer and stronger movements; raising `leave` ends them sooner.
    """

    enter: float = 0.12
    leave: float = 0.06
    noise: float = 0.015
    prior: float = 0.03
    live: bool = True
    slope: float = 0.0

    def __post_init__(self) -> None:
        """Refuse thresholds that no movement could satisfy."""
        if not 0.0 < self.leave < self.enter <= 1.0:
            raise ValueError(
                f"enter is {self.enter} and leave {self.leave}; wanted 0 < leave < enter <= 1"
            )
        if not (0.0 <= self.noise <= 1.0 and 0.0 <= self.prior <= 1.0):
            raise ValueError(f"noise is {self.noise}, prior {self.prior}; wanted 0 to 1 for both")
        if not self.slope >= 0.0:
            raise ValueError(f"slope is {self.slope}; wanted 0 or more")


EMOTION_THRESHOLDS = UnitThresholds(enter=0.08, leave=0.04, noise=0.01, prior=0.0)
"""How far a probability must rise above this face's own to agree with units that moved."""
