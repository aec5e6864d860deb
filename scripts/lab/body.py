"""What a body does all the time: rest, sway, blink, look about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab.curve import Curve, eased

if TYPE_CHECKING:
    from lab.moment import Moment

RESTING = (
    "browInnerUp", "browOuterUp", "browDown", "eyeSquint", "mouthSmile", "mouthDimple",
    "mouthFrown", "mouthPress",
)  # fmt: skip
EYES_STAY = 0.8
"""How much of a small head movement the eyes make up for."""


class Rest:
    """A face's own neutral: slight, lasting, and never quite the same on both sides."""

    def __init__(self, chance: np.random.Generator) -> None:
        self._moves = {
            f"{shape}_{side}": abs(float(chance.normal(0, 0.035)))
            for shape in chance.choice(RESTING, 4, replace=False)
            for side in "LR"
        }
        self._gaze = tuple(float(each) for each in chance.normal(0, 2.5, 2))

    def play(self, t: float, now: Moment) -> None:  # noqa: ARG002 - rest has no time
        """Add the resting face."""
        for shape, amount in self._moves.items():
            now.add(shape, amount)
        now.gaze[0] += self._gaze[0]
        now.gaze[1] += self._gaze[1]


class Sway:
    """Slow drift of head and body, a quicker micro-sway, and a slight drift of exposure.

    `amount` scales it all: 0.3 is someone who sits very still.
    """

    def __init__(self, chance: np.random.Generator, *, amount: float = 1.0) -> None:
        # Yaw, pitch, roll in degrees, then right, up, forward in cm, then exposure.
        slow = np.array((1.0, 0.7, 0.6, 0.5, 0.15, 0.5, 0.012 / max(amount, 1e-6)))
        quick = np.array((0.12, 0.12, 0.08, 0.04, 0.03, 0.05, 0.0))
        self._size = amount * np.stack((slow, slow * 0.6, slow * 0.4, quick, quick * 0.7))
        self._size *= chance.uniform(0.6, 1.4, self._size.shape)
        seconds = np.stack(
            [
                chance.uniform(low, high, 7)
                for low, high in ((14, 40), (7, 14), (4, 7), (1.2, 2.2), (0.7, 1.2))
            ]
        )
        self._speed = 2 * np.pi / seconds
        self._phase = chance.uniform(0, 2 * np.pi, self._size.shape)

    def play(self, t: float, now: Moment) -> None:
        """Add the sway."""
        yaw, pitch, roll, right, up, forward, light = (
            float(each) for each in (self._size * np.sin(self._speed * t + self._phase)).sum(0)
        )
        now.turn(yaw, pitch, roll, eyes_stay=EYES_STAY)
        now.place[0] += right
        now.place[1] += up
        now.place[2] += forward
        now.gain *= 1 + light


class Blinks:
    """Blinks every 2 to 6 s that take 150 to 300 ms: shut in a third of it, open in the rest."""

    def __init__(self, chance: np.random.Generator, seconds: float) -> None:
        self.curves: list[Curve] = []
        start = float(chance.uniform(0.3, 4))
        while start < seconds:
            lasts = float(chance.uniform(0.15, 0.3))
            shut, opens = start + 0.33 * lasts, start + 0.45 * lasts
            self.curves.append(
                Curve(*(round(each, 3) for each in (start, shut, opens, start + lasts)))
            )
            start += float(chance.uniform(2, 6))
        self._onsets = np.array([curve.onset for curve in self.curves])
        self._depth = float(chance.uniform(0.92, 1.0))

    def play(self, t: float, now: Moment) -> None:
        """Close the lids; a closed lid neither widens nor squints."""
        place = int(np.searchsorted(self._onsets, t, "right")) - 1
        closed = self._depth * self.curves[place].at(t) if place >= 0 else 0.0
        if closed:
            for side in "LR":
                for other in ("eyeWide", "eyeSquint"):
                    now.moves[f"{other}_{side}"] = now.moves.get(f"{other}_{side}", 0.0) * (
                        1 - closed
                    )
                shape = f"eyeBlink_{side}"
                now.moves[shape] = min(max(now.moves.get(shape, 0.0), closed), 1.0)


class Fixations:
    """Eyes that rest on one spot and then jump to the next, a few degrees away."""

    JUMP_SECONDS = 0.045

    def __init__(self, chance: np.random.Generator, seconds: float, *, degrees: float) -> None:
        stays = chance.uniform(0.5, 2.8, int(seconds / 0.5) + 2)
        self._starts = np.cumsum(stays)
        self._spots = np.clip(chance.normal(0, degrees, (len(stays) + 1, 2)), -8, 8)

    def play(self, t: float, now: Moment) -> None:
        """Add the spot that is looked at."""
        place = int(np.searchsorted(self._starts, t, "right"))
        spot = self._spots[place]
        if place:
            way = eased((t - self._starts[place - 1]) / self.JUMP_SECONDS)
            spot = self._spots[place - 1] * (1 - way) + spot * way
        now.gaze[0] += float(spot[0])
        now.gaze[1] += float(spot[1]) * 0.6
