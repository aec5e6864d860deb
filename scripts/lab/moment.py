"""What there is to see at one instant, and what adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class Moment:
    """One instant of a clip, summed over its layers.

    `moves` are rig coefficients by shape. `gaze` is yaw, pitch relative to the head and `head` yaw,
    pitch, roll relative to its rest, in degrees, positive to the person's left, up, to their left
    shoulder. `place` is cm to the image's right, up, and towards the camera's side of the table;
    `lean` is the face's growth as a share. `gain` multiplies the picture, `key` the key light.
    `shift` moves the camera: pixels right and down at a width of 640, degrees. `hand` is how far a
    hand has come up to the mouth, 0 to 1.
    """

    moves: dict[str, float] = field(default_factory=dict)
    gaze: list[float] = field(default_factory=lambda: [0.0, 0.0])
    head: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    place: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    lean: float = 0.0
    gain: float = 1.0
    key: float = 1.0
    shift: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    hand: float = 0.0

    def add(self, shape: str, amount: float) -> None:
        """Add to a rig coefficient."""
        self.moves[shape] = self.moves.get(shape, 0.0) + amount

    def turn(self, yaw: float, pitch: float, roll: float = 0.0, *, eyes_stay: float = 0.0) -> None:
        """Turn the head by degrees; the eyes make up for a share of it, to look where they did."""
        self.head[0] += yaw
        self.head[1] += pitch
        self.head[2] += roll
        self.gaze[0] -= eyes_stay * yaw
        self.gaze[1] -= eyes_stay * pitch


class Layer(Protocol):
    """Something that goes on in a clip; a function of time alone, whatever the frame rate."""

    def play(self, t: float, now: Moment) -> None:
        """Add what it does at `t` seconds to the moment."""
