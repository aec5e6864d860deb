"""Talk: jaw and lips in the rhythm of syllables, with pauses between phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab.curve import Curve, eased

if TYPE_CHECKING:
    from lab.moment import Moment

VOWELS: tuple[dict[str, float], ...] = (
    {"jawOpen": 0.26, "mouthLowerDown_L": 0.2, "mouthLowerDown_R": 0.2},
    {"jawOpen": 0.16, "mouthStretch_L": 0.22, "mouthStretch_R": 0.22},
    {"jawOpen": 0.12, "mouthPucker": 0.4, "mouthFunnel": 0.15},
    {"jawOpen": 0.2, "mouthFunnel": 0.4},
    {"jawOpen": 0.1, "mouthUpperUp_L": 0.18, "mouthUpperUp_R": 0.18, "mouthLowerDown_L": 0.15,
     "mouthLowerDown_R": 0.15},
    {"mouthRollLower": 0.3, "mouthRollUpper": 0.2, "jawOpen": 0.02},
)  # fmt: skip
"""Mouth shapes of syllables, the closed lips of m, b and p last; in rig coefficients."""


class Speech:
    """Syllables of 140 to 280 ms, overlapping a little, 3 to 12 a phrase; `start`, `end` in s."""

    def __init__(self, chance: np.random.Generator, start: float, end: float) -> None:
        self._syllables: list[tuple[Curve, dict[str, float]]] = []
        loud = float(chance.uniform(0.7, 1.3))
        now, left = start, int(chance.integers(3, 13))
        while now + 0.3 < end:
            lasts = float(chance.uniform(0.14, 0.28))
            shape = VOWELS[chance.integers(len(VOWELS))]
            size = loud * float(chance.uniform(0.5, 1.2))
            # It begins a little before the last one has ended, and peaks in the middle.
            curve = Curve(now, now + 0.6 * lasts, now + 0.6 * lasts, now + 1.2 * lasts)
            self._syllables.append((curve, {name: size * share for name, share in shape.items()}))
            now, left = now + lasts, left - 1
            if left == 0:
                now, left = now + float(chance.uniform(0.2, 0.7)), int(chance.integers(3, 13))
        self._onsets = np.array([curve.onset for curve, _ in self._syllables])
        self._start, self._end = start, end
        self._beat = (float(chance.uniform(0.5, 1.4)), float(chance.uniform(0.9, 1.5)))
        self._phase = float(chance.uniform(0, 2 * np.pi))

    def play(self, t: float, now: Moment) -> None:
        """Add mouth shapes, and the small beats that a head makes with them."""
        if not self._start <= t <= self._end:
            return
        last = int(np.searchsorted(self._onsets, t, "right"))
        for curve, moves in self._syllables[max(last - 3, 0) : last]:
            size = curve.at(t)
            for name, amount in moves.items():
                now.add(name, size * amount)
        fade = eased((t - self._start) / 0.5) * eased((self._end - t) / 0.5)
        degrees, speed = self._beat
        now.turn(0.0, fade * degrees * float(np.sin(2 * np.pi * speed * t + self._phase)))
