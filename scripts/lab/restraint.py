"""Hold back what a portrait cannot show: turns of head and eyes that go too far."""

from __future__ import annotations

from math import tanh
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.script import Script

FREE_DEGREES, MOST_DEGREES = 9.0, 13.0
"""Yaw and pitch are as the script says up to the first, and never reach the second."""
FREE_GAZE, MOST_GAZE = 5.0, 9.0
"""The same for gaze: an iris cannot go far before the white of the eye is missing."""
STEPS_A_SECOND = 30
"""How often the truth looks whether a turn was held back."""


def held_turn(head: Sequence[float]) -> tuple[float, float, float]:
    """Give the yaw, pitch and roll that are shown; a picture rolls as far as it likes."""
    yaw, pitch, roll = head
    return _held(yaw, FREE_DEGREES, MOST_DEGREES), _held(pitch, FREE_DEGREES, MOST_DEGREES), roll


def held_gaze(gaze: Sequence[float]) -> tuple[float, float]:
    """Give the gaze that is shown."""
    yaw, pitch = gaze
    return _held(yaw, FREE_GAZE, MOST_GAZE), _held(pitch, FREE_GAZE, MOST_GAZE)


def _held(degrees: float, free: float, most: float) -> float:
    over = abs(degrees) - free
    if over <= 0:
        return degrees
    held = free + (most - free) * tanh(over / (most - free))
    return held if degrees > 0 else -held


def list_held_back(script: Script) -> list[dict[str, float]]:
    """List when yaw or pitch go past what is shown unchanged: times, and how far they would go."""
    found: list[dict[str, float]] = []
    before = False
    for number in range(round(script.seconds * STEPS_A_SECOND)):
        t = number / STEPS_A_SECOND
        degrees = max(abs(each) for each in script.at(t).head[:2])
        if degrees > FREE_DEGREES:
            if not before:
                found.append({"from": round(t, 3), "degrees": 0.0})
            found[-1]["to"] = round(t + 1 / STEPS_A_SECOND, 3)
            found[-1]["degrees"] = round(max(found[-1]["degrees"], degrees), 1)
        before = degrees > FREE_DEGREES
    return found
