"""Move the 3-D face rig: identities, expressions, eyes and lids.

The rig is ICT-FaceKit's light model (Li et al. 2020, MIT). Its units are centimetres; +x is the
person's left, +y up, +z out of the face. Its look shapes move the lids only, so the eyeballs are
turned here, which makes gaze labels exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int32]

KINDS = {
    "M_BackHead": 0, "M_Face": 1, "M_ScleraLeft": 2, "M_ScleraRight": 2, "M_Teeth": 3,
    "M_GumsTongue": 4, "M_EyeLashes": 5,
}  # fmt: skip
"""Drawn materials and the shader's number for each."""
DRAWN_FIRST = (1, 2, 0, 3, 4, 5)
"""The order of drawing: what hides most comes first, what is seen through comes last."""
LOOK_YAW, LOOK_PITCH = 35.0, 30.0
"""Degrees of eye turn at which the lids' look shapes count as 1."""
LID_ROOM = 0.06
"""Centimetres kept between eyeball and lid, since half-closed lids cut through it otherwise."""


@dataclass(frozen=True, slots=True)
class Eye:
    """One eyeball: its vertices, resting centre and axis, and radius by angle from the axis."""

    vertices: npt.NDArray[np.int64]
    lids: npt.NDArray[np.int64]
    centre: Floats
    axis: Floats
    angles: Floats
    radii: Floats


@dataclass(frozen=True, slots=True)
class Shape:
    """A posed mesh: `points` (V,3) cm, and both eyes' centres and unit axes (2,3), left first."""

    points: Floats
    centres: Floats
    axes: Floats


class Rig:
    """The mesh and its shapes, cut down to what is drawn."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as held:
            self.rest: Floats = held["neutral"]
            self.names = [str(name) for name in held["expression_names"]]
            self._expression = held["expression"].astype(np.float32)
            self._identity = held["identity"].astype(np.float32)
            self.landmarks68: Ints = held["landmarks68"]
            materials = [str(name) for name in held["material_names"]]
            quads, corners, material = held["quads"], held["quad_uv"], held["material"]
            coordinates = held["uv"]
        kind = np.array([KINDS.get(name, -1) for name in materials])[material]
        self.identities = len(self._identity)
        order = np.concatenate([np.flatnonzero(kind == each) for each in DRAWN_FIRST])
        triangles, paint, kinds = _triangles(quads[order], corners[order], kind[order])
        self.triangles: Ints = triangles
        # A vertex on a seam has several places in uv: the drawn vertices are the pairs of both.
        pairs, index = np.unique(
            np.stack((triangles.ravel(), paint.ravel(), np.repeat(kinds, 3)), 1),
            axis=0,
            return_inverse=True,
        )
        self.source: Ints = pairs[:, 0].astype(np.int32)
        self.uv: Floats = coordinates[pairs[:, 1]].astype(np.float32)
        self.kind: Floats = pairs[:, 2].astype(np.float32)
        self.drawn: Ints = index.reshape(-1, 3).astype(np.int32)
        self.eyes = tuple(
            self._eye(np.unique(triangles[kinds == KINDS["M_ScleraLeft"]]), side)
            for side in (1, -1)
        )

    def _eye(self, eyeballs: npt.NDArray[np.int64], side: int) -> Eye:
        vertices = eyeballs[self.rest[eyeballs, 0] * side > 0]
        points = self.rest[vertices]
        system = np.concatenate((2 * points, np.ones((len(points), 1), np.float32)), 1)
        centre = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0][:3]
        arms = points - centre
        length = np.linalg.norm(arms, axis=1)
        # The cornea's apex, where the pupil is painted.
        axis = arms[length > 0.99 * length.max()].mean(0)
        axis /= np.linalg.norm(axis)
        angles = np.arccos(np.clip(arms @ axis / length, -1, 1))
        steps = np.linspace(0, np.pi / 2, 19)
        radii = [length[np.abs(angles - step) < 0.12].max() for step in steps]
        reach = np.linalg.norm(self.rest - centre, axis=1)
        near = (reach < 2.4) & (self.rest[:, 2] > centre[2] + 0.2)
        lids = np.setdiff1d(np.flatnonzero(near), eyeballs)
        return Eye(
            vertices,
            lids,
            centre.astype(np.float32),
            axis.astype(np.float32),
            steps.astype(np.float32),
            np.array(radii, np.float32),
        )

    def identity(self, mix: Mapping[int, float]) -> Floats:
        """Give the resting face (V,3) of a weighted mix of the identities."""
        weights = np.array(list(mix.values()), np.float32)
        return self.rest + np.tensordot(weights, self._identity[list(mix)], 1)

    def shape(
        self, face: Floats, moves: Mapping[str, float], gaze: tuple[float, float] = (0.0, 0.0)
    ) -> Shape:
        """Move a resting face by rig coefficients and its eyes by gaze: yaw, pitch degrees."""
        yaw, pitch = gaze
        look = {
            "eyeLookUp_L": pitch / LOOK_PITCH, "eyeLookUp_R": pitch / LOOK_PITCH,
            "eyeLookDown_L": -pitch / LOOK_PITCH, "eyeLookDown_R": -pitch / LOOK_PITCH,
            "eyeLookOut_L": yaw / LOOK_YAW, "eyeLookIn_R": yaw / LOOK_YAW,
            "eyeLookIn_L": -yaw / LOOK_YAW, "eyeLookOut_R": -yaw / LOOK_YAW,
        }  # fmt: skip
        shut = {side: min(moves.get(f"eyeBlink_{side}", 0.0), 1.0) for side in "LR"}
        # A closing lid already covers what the look shapes would: both together overshoot.
        every = {name: max(value, 0.0) * (1 - shut[name[-1]]) for name, value in look.items()}
        every.update(moves)
        used = [name for name, value in every.items() if value]
        points = face.copy()
        if used:
            rows = [self.names.index(name) for name in used]
            weights = np.array([every[name] for name in used], np.float32)
            points += np.tensordot(weights, self._expression[rows], 1)
        turn = turned(yaw, pitch)
        centres, axes = np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32)
        for side, eye in enumerate(self.eyes):
            centre = eye.centre + (face[eye.vertices] - self.rest[eye.vertices]).mean(0)
            points[eye.vertices] = (points[eye.vertices] - centre) @ turn.T + centre
            centres[side], axes[side] = centre, turn @ eye.axis
            _clear_eyeball(points, eye, centre, axes[side])
        return Shape(points, centres, axes)


def turned(yaw: float, pitch: float, roll: float = 0.0) -> Floats:
    """Give the rotation (3,3) for degrees of yaw (to the person's left), pitch (up) and roll.

    Roll tilts the head to the person's left shoulder and comes last, so that levelling a picture
    takes away roll and nothing else.
    """
    y, p, r = np.radians((yaw, -pitch, -roll))
    about_y = np.array(((np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))))
    about_x = np.array(((1, 0, 0), (0, np.cos(p), -np.sin(p)), (0, np.sin(p), np.cos(p))))
    about_z = np.array(((np.cos(r), -np.sin(r), 0), (np.sin(r), np.cos(r), 0), (0, 0, 1)))
    return np.asarray(about_z @ about_y @ about_x, np.float32)


def _clear_eyeball(points: Floats, eye: Eye, centre: Floats, axis: Floats) -> None:
    arms = points[eye.lids] - centre
    length = np.linalg.norm(arms, axis=1)
    angle = np.arccos(np.clip(arms @ axis / length, -1, 1))
    wanted = np.interp(angle, eye.angles, eye.radii) + LID_ROOM
    push = np.where((arms[:, 2] > 0) & (angle < np.pi / 2), np.maximum(wanted / length, 1), 1)
    points[eye.lids] = centre + arms * push[:, None].astype(np.float32)


def _triangles(
    quads: Ints, corners: Ints, kind: npt.NDArray[np.int64]
) -> tuple[Ints, Ints, npt.NDArray[np.int64]]:
    """Split quads; a fourth corner of -1 marks what is a triangle already."""
    full = quads[:, 3] >= 0
    both = []
    for cells in (quads, corners):
        second = np.where(full[:, None], cells[:, [0, 2, 3]], -1)
        both.append(np.stack((cells[:, :3], second), 1).reshape(-1, 3))
    kept = both[0][:, 0] >= 0
    return both[0][kept], both[1][kept], np.repeat(kind, 2)[kept]
