"""Where each unit lately was: what a brief movement rises from, whatever a face's neutral is."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from cuelight.read.channel import Floats

_RISE_SECONDS: Final = 4.0
"""Time constant upwards: raising it follows what is held later, and lets less of a movement go."""
_FALL_SECONDS: Final = 0.1


class Recent:
    """Follows each unit down quickly and up slowly, without asking what is neutral."""

    def __init__(self) -> None:
        self._level = np.zeros(len(UNITS))
        self._up, self._down = np.zeros((2, len(UNITS)))
        self._elapsed = -1.0

    def come(self, observed: Floats) -> None:
        """Begin where a face's units (24 first) are when it comes into view."""
        self._level[:] = observed[: len(UNITS)]

    def rises(self, observed: Floats, elapsed: float) -> Floats:
        """Take one frame's units (24 first); give how far each stands above where it lately was."""
        if elapsed != self._elapsed:
            self._elapsed = elapsed
            self._up[:] = 1.0 - exp(-elapsed / _RISE_SECONDS)
            self._down[:] = 1.0 - exp(-elapsed / _FALL_SECONDS)
        rises: Floats = observed[: len(UNITS)] - self._level
        self._level += rises * np.where(rises < 0.0, self._down, self._up)
        return rises
