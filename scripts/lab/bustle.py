"""What goes on at a table and must not be taken for a cue."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from lab.curve import Curve, eased

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.moment import Moment


class HeadTurns:
    """A head that turns and bows now and then between `start` and `end`, the eyes mostly staying.

    `yaw` and `pitch` are the widest turns in degrees; `pitch_rest` is where it bows to meanwhile,
    and `eyes` a gaze pitch that goes with it.
    """

    def __init__(
        self,
        chance: np.random.Generator,
        start: float,
        end: float,
        *,
        yaw: float,
        pitch: float,
        pitch_rest: float = 0.0,
        eyes: float = 0.0,
    ) -> None:
        self._curve = Curve(start, start + 0.7, end - 0.7, end)
        count = int((end - start) / 0.8) + 2
        self._starts = start + np.cumsum(chance.uniform(0.8, 1.6, count))
        spots = np.stack((chance.uniform(-yaw, yaw, count + 1), chance.normal(0, pitch, count + 1)))
        self._spots = np.clip(spots.T, (-yaw, -2 * pitch), (yaw, 2 * pitch))
        self._rest, self._eyes = pitch_rest, eyes

    def play(self, t: float, now: Moment) -> None:
        """Add the turn."""
        size = self._curve.at(t)
        if not size:
            return
        place = int(np.searchsorted(self._starts, t, "right"))
        spot = self._spots[place]
        if place:
            way = eased((t - self._starts[place - 1]) / 0.55)
            spot = self._spots[place - 1] * (1 - way) + spot * way
        now.turn(size * float(spot[0]), size * float(spot[1]), eyes_stay=0.5)
        now.turn(0.0, size * self._rest)
        now.gaze[1] += size * self._eyes


@dataclass(frozen=True, slots=True)
class LightChange:
    """The light steps by `factor` within a third of a second; exposure makes up for most of it.

    The camera's automatic exposure follows with a time constant of 0.6 s; at `end` it turns back.
    """

    start: float
    end: float
    factor: float

    def play(self, t: float, now: Moment) -> None:
        """Change key light and exposure."""
        now.key *= 1 + (self.factor - 1) * Curve(
            self.start, self.start + 0.3, self.end - 0.3, self.end
        ).at(t)
        made_up = -0.6 * np.log(self.factor)
        up = 1 - exp(-max(t - self.start, 0) / 0.6)
        down = 1 - exp(-max(t - self.end + 0.3, 0) / 0.6)
        # The room darkens with the face, apart from what the key light does to the face alone.
        now.gain *= (now.key**0.5) * exp(made_up * (up - down))


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand comes up to the mouth, stays, and goes."""

    curve: Curve

    def play(self, t: float, now: Moment) -> None:
        """Raise the hand."""
        now.hand = max(now.hand, self.curve.at(t))


@dataclass(frozen=True, slots=True)
class Bump:
    """Someone knocks against the camera: it swings 5 times a second, ever less, for 0.8 s."""

    start: float
    right: float
    down: float
    degrees: float

    def play(self, t: float, now: Moment) -> None:
        """Shift the picture."""
        since = t - self.start
        if 0 < since < 0.8:
            swing = (
                sin(2 * pi * 5 * since) * exp(-since / 0.2) * (0.5 + 0.5 * cos(pi * since / 0.8))
            )
            now.shift[0] += swing * self.right
            now.shift[1] += swing * self.down
            now.shift[2] += swing * self.degrees


@dataclass(frozen=True, slots=True)
class Presence:
    """Someone who is out of the picture outside of a curve, and comes and goes from one side.

    With `away` they are out of the picture inside the curve instead. `side` is 1 or -1.
    """

    curve: Curve
    side: int
    far: float
    away: bool = False

    def play(self, t: float, now: Moment) -> None:
        """Put the person where they are."""
        out = self.curve.at(t) if self.away else 1 - self.curve.at(t)
        now.place[0] += self.side * self.far * out
        if 0 < out < 1:
            # Who walks looks where they go, more or less.
            now.turn(self.side * 18 * sin(pi * out), 0.0)


@dataclass(frozen=True, slots=True)
class Held:
    """An expression that is there for a long time."""

    curve: Curve
    moves: Mapping[str, float]

    def play(self, t: float, now: Moment) -> None:
        """Add the expression."""
        size = self.curve.at(t)
        if size:
            for shape, amount in self.moves.items():
                now.add(shape, size * amount)


@dataclass(frozen=True, slots=True)
class Dip:
    """A head that dips once by `degrees` and comes back, as listeners do; two strokes, no nod."""

    curve: Curve
    degrees: float

    def play(self, t: float, now: Moment) -> None:
        """Bow the head."""
        now.turn(0.0, -self.degrees * self.curve.at(t), eyes_stay=0.8)
