"""What a clip's truth says: events with onset, apex and offset, and stretches of other things."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import pi, sin
from typing import TYPE_CHECKING, Any

from lab.curve import eased

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.curve import Curve
    from lab.moment import Moment

REPEATED = ("nod", "shake")


@dataclass(frozen=True, slots=True)
class Event:
    """One meant movement; a layer that plays itself.

    `moves` are rig coefficients at the apex, `turn` the head's yaw, pitch, roll and `gaze` the
    eyes' yaw, pitch in degrees there, `lean` the face's growth as a share. A nod or shake goes
    to and fro `times`; its `turn` is one stroke. `also` names the cues that it rightly shows too.
    """

    name: str
    curve: Curve
    strength: float
    span: str
    moves: Mapping[str, float] = field(default_factory=dict)
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gaze: tuple[float, float] = (0.0, 0.0)
    lean: float = 0.0
    times: int = 1
    also: tuple[str, ...] = ()

    def play(self, t: float, now: Moment) -> None:
        """Add the movement."""
        curve = self.curve
        if not curve.onset < t < curve.offset:
            return
        size = curve.at(t)
        if self.name in REPEATED:
            size = self._swing((t - curve.onset) / (curve.offset - curve.onset))
        for shape, amount in self.moves.items():
            now.add(shape, size * amount)
        yaw, pitch, roll = (size * each for each in self.turn)
        now.turn(yaw, pitch, roll, eyes_stay=0.8 if self.name in REPEATED else 0.0)
        now.gaze[0] += size * self.gaze[0]
        now.gaze[1] += size * self.gaze[1]
        now.lean += size * self.lean

    def _swing(self, share: float) -> float:
        if self.name == "nod":
            return eased(2 * (share * self.times % 1.0)) - eased(2 * (share * self.times % 1.0) - 1)
        # A stroke of a shake goes from one side to the other; it begins and ends gently.
        gently = eased(6 * share) * eased(6 * (1 - share))
        return 0.5 * gently * sin(2 * pi * self.times * share)

    def truth(self) -> dict[str, Any]:
        """Give what `truth.json` says of it."""
        said: dict[str, Any] = {
            "name": self.name,
            "onset": self.curve.onset,
            "apex": self.curve.apex,
            "offset": self.curve.offset,
            "strength": self.strength,
            "span": self.span,
            "moves": {shape: round(amount, 4) for shape, amount in self.moves.items()},
        }
        if any(self.turn):
            said["head"] = dict(zip(("yaw", "pitch", "roll"), _places(self.turn), strict=True))
        if any(self.gaze):
            said["gaze"] = dict(zip(("yaw", "pitch"), _places(self.gaze), strict=True))
        if self.lean:
            said["lean"] = round(self.lean, 4)
        if self.also:
            said["also"] = list(self.also)
        return said


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with a name, seconds; `shows` are cues that are truly there in it."""

    name: str
    start: float
    end: float
    shows: tuple[str, ...] = ()

    def truth(self) -> dict[str, Any]:
        """Give what `truth.json` says of it."""
        said: dict[str, Any] = {
            "name": self.name, "from": round(self.start, 3), "to": round(self.end, 3),
        }  # fmt: skip
        return said | ({"shows": list(self.shows)} if self.shows else {})


def _places(values: tuple[float, ...]) -> list[float]:
    return [round(value, 3) for value in values]
