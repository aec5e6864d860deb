"""Look up at a head from a camera on the table, in a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rig import turned
from rig_points import find_points
from rig_render import FAR, NEAR, PIVOT, View
from targets import head_degrees

from lab.person import FOCAL_WIDTHS

if TYPE_CHECKING:
    from rig import Floats, Shape

    from lab.moment import Moment
    from lab.person import Person

FACE_FRONT = np.array((0.0, -0.5, 8.0), np.float32)
"""The point of the face, rig centimetres, that rests at the person's `centre` in the picture."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A fixed camera below a person's eyes; the head moves in its picture, the room does not.

    `size` is (width, height) in pixels. World axes are the head's own at rest turned upright: x to
    the picture's right, y up, z towards the person's front.
    """

    person: Person
    size: tuple[int, int]

    @property
    def _focal(self) -> float:
        return FOCAL_WIDTHS * self.size[0]

    @property
    def _tilt(self) -> Floats:
        return turned(0.0, self.person.below_degrees)

    def _rest(self) -> Floats:
        """Give where the pivot is in the camera's axes (3,), so that the face rests at `centre`."""
        person, distance = self.person, self.person.distance_cm
        front = self._head((0.0, 0.0, 0.0)) @ (FACE_FRONT - PIVOT)
        deep = distance - float(front[2])
        wanted = (np.array(person.centre) - 0.5) * self.size / self._focal * deep
        return np.array((wanted[0] - front[0], -wanted[1] - front[1], -distance), np.float32)

    def _head(self, moved: tuple[float, float, float]) -> Floats:
        person = self.person
        yaw, pitch, roll = moved
        return self._tilt @ turned(person.yaw + yaw, person.pitch + pitch, person.roll + roll)

    def _pivot(self, now: Moment) -> Floats:
        place = self._rest() + self._tilt @ np.array(now.place, np.float32)
        # Leaning changes the distance along the line of sight by what the face grows.
        return np.asarray(place / (1.0 + now.lean), np.float32)

    def see(self, shape: Shape, now: Moment, *, brow_drop: float) -> View:
        """Give the view of a shape; landmarks are in pixels of the picture."""
        yaw, pitch, roll = now.head
        turn = self._head((yaw, pitch, roll))
        place = np.eye(4, dtype=np.float32)
        place[:3, :3] = turn
        place[:3, 3] = self._pivot(now) - turn @ PIVOT
        points = find_points(shape, brow_drop=brow_drop) @ turn.T + place[:3, 3]
        width, height = self.size
        clip = np.zeros((4, 4), np.float32)
        clip[0, 0] = 2 * self._focal / width
        # The picture's rows go down, OpenGL's go up.
        clip[1, 1] = -2 * self._focal / height
        clip[2, 2] = -(FAR + NEAR) / (FAR - NEAR)
        clip[2, 3] = -2 * FAR * NEAR / (FAR - NEAR)
        clip[3, 2] = -1
        head = head_degrees(turn[None])[0]
        return View(clip @ place, self.flat(points), head, turn, 1.0)

    def flat(self, points: Floats) -> Floats:
        """Give where points (N,3) in the camera's axes lie in the picture (N,2), pixels."""
        middle = np.array(self.size, np.float32) / 2
        over = points[:, :2] / -points[:, 2:] * np.array((self._focal, -self._focal), np.float32)
        return np.asarray(middle + over, np.float32)

    def body(self, outline: Floats, now: Moment) -> Floats:
        """Give where points of the trunk (N,3), rig centimetres, lie in the picture (N,2).

        The trunk goes where the person goes but does not turn with the head.
        """
        tilt = self._tilt
        return self.flat((outline - PIVOT) @ tilt.T + self._pivot(now))
