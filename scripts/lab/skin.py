"""Move a portrait's skin and head: where what is seen at each place comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from channels import POINTS

from lab.faces import IRISES, SKIN_POINTS
from lab.hold import find_hold
from lab.layout import STEP, head_share
from lab.mouth import LOWER, UPPER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crop import Floats

    from lab.faces import Faces
    from lab.layout import Layout

PIVOT = np.array((0.0, 1.0, 3.0), np.float32)
"""The point of the head, rig centimetres, that turns stay about (`rig_render.PIVOT`)."""
FADE_CM = 1.2
"""Over how much the skin's movement dies away outside of the mesh."""
SMOOTH = 0.6
"""Nodes over which movement is smoothed, so that no fold of the mesh tears the skin."""
EYE_CM = 1.2
"""An eyeball's radius: an iris goes this far for a radian of gaze."""
IRIS_CM, AROUND_CM = np.array((0.65, 0.6)), np.array((1.5, 0.9))
"""What goes along with an iris whole, and from where nothing does: half width and half height."""
LIDS = (("R", "lid_r_upper", "lid_r_lower"), ("L", "lid_l_upper", "lid_l_lower"))
SHUT = 1.3
"""How far a lid goes to shut an eye, in eyes: at 1, half of the squeezed eye can still be seen."""
BLINK = (0.5, 2.2)
"""Bounds of how far a lid goes to shut this very eye, as a share of the rig's way."""
NO_MAP = np.empty(0, np.float32)
"""OpenCV's second map, where the first one holds both."""
LIP_ROOM = 0.7
"""How much of the gap between the lips a movement may close."""
LOOK_YAW, LOOK_PITCH = 35.0, 30.0
"""Degrees of gaze at which the lids' look shapes count as 1 (`rig.LOOK_YAW`, `LOOK_PITCH`)."""
ROUNDS, DAMPED = 6, 3
"""How often the place that something came from is looked for; in the last ones by half steps."""


def turned(yaw: float, pitch: float, roll: float) -> Floats:
    """Give the rotation (3,3) for degrees of yaw, pitch and roll, as `rig.turned` does."""
    y, p, r = np.radians((yaw, -pitch, -roll))
    about_y = np.array(((np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))))
    about_x = np.array(((1, 0, 0), (0, np.cos(p), -np.sin(p)), (0, np.sin(p), np.cos(p))))
    about_z = np.array(((np.cos(r), -np.sin(r), 0), (np.sin(r), np.cos(r), 0), (0, 0, 1)))
    return np.asarray(about_z @ about_y @ about_x, np.float32)


class Skin:
    """One portrait's movements, on the nodes of a grid over the picture at rest."""

    def __init__(self, faces: Faces, layout: Layout) -> None:
        self._rows = {name: row for row, name in enumerate(faces.names)}
        self._layout = layout
        moves = faces.moves.copy()
        self._fit_lids(moves)
        self._moves = (moves @ layout.way.T).astype(np.float32)
        self._part_lips()
        points, nodes = layout.points[:SKIN_POINTS], layout.nodes()
        hold = find_hold(points, nodes.reshape(-1, 2))
        fade = FADE_CM * layout.pixels_a_cm
        share = np.exp(-np.square(hold.off / fade) / 2).reshape(nodes.shape[:2])
        # Past three times the fading nothing moves: only the part round the face is kept.
        down, right = (np.flatnonzero((share > 0.01).any(axis)) for axis in (1, 0))
        self._part = (slice(down[0], down[-1] + 1), slice(right[0], right[-1] + 1))
        skin = self._moves[:, :SKIN_POINTS]
        self._basis = np.stack([self._spread(hold.spread(each), share) for each in skin])
        depth = hold.spread(faces.rest[:SKIN_POINTS, 2]).reshape(nodes.shape[:2])
        solid = layout.solid(nodes, depth, share)
        self._turns = head_share(solid)[..., None]
        self._solid = cv2.GaussianBlur(solid, (0, 0), 1.5) - PIVOT
        whole = np.ones(len(faces.rest), np.float32)
        self._own = layout.solid(layout.points, faces.rest[:, 2], whole) - PIVOT
        self._iris = self._irises(nodes)[..., None]
        self._grid = np.ascontiguousarray(nodes / STEP)

    def _fit_lids(self, moves: Floats) -> None:
        way, points = self._layout.way, self._layout.points
        for side, *names in LIDS:
            upper, lower = (POINTS[name] for name in names)
            blink = moves[self._rows[f"eyeBlink_{side}"]]
            closing = (blink[upper] - blink[lower]) @ way.T
            reach = float(closing @ closing)
            if reach > 0:
                needed = SHUT * float((points[lower] - points[upper]) @ closing) / reach
                blink *= np.float32(np.clip(needed, *BLINK))

    def _part_lips(self) -> None:
        """Let no movement carry one lip through the other."""
        upper, lower = list(UPPER), list(LOWER)
        gap = self._layout.points[lower, 1] - self._layout.points[upper, 1]
        room = np.maximum(LIP_ROOM * gap, 0)
        for move in self._moves:
            over = np.maximum(move[upper, 1] - move[lower, 1] - room, 0) / 2
            move[upper, 1] -= over
            move[lower, 1] += over

    def _spread(self, values: Floats, share: Floats) -> Floats:
        grid = values.reshape(*share.shape, 2) * share[..., None]
        return np.asarray(cv2.GaussianBlur(grid, (0, 0), SMOOTH)[self._part], np.float32)

    def _irises(self, nodes: Floats) -> Floats:
        """Give how far each node goes along with an iris, 0 to 1."""
        total = np.zeros(nodes.shape[:2])
        for row in IRISES:
            off = (nodes - self._layout.points[row]) / self._layout.pixels_a_cm
            inner = np.hypot(*np.moveaxis(off / IRIS_CM, -1, 0))
            outer = np.hypot(*np.moveaxis(off / AROUND_CM, -1, 0))
            way = np.clip((inner - 1) / np.maximum(inner - outer, 1e-6), 0, 1)
            total = np.maximum(total, np.where(inner <= 1, 1, 0.5 + 0.5 * np.cos(np.pi * way)))
        return total.astype(np.float32)

    def flow(
        self, moves: Mapping[str, float], head: Sequence[float], gaze: Sequence[float]
    ) -> Floats:
        """Give for each node (rows,columns,2) how far what is seen there has come, pixels.

        What has come to a place is found by going back by the movement at the place where it came
        from, again and again.
        """
        way = self._layout.way
        spin = ((turned(*head) - np.eye(3, dtype=np.float32)).T @ way.T).astype(np.float32)
        forth = (self._solid @ spin) * self._turns
        skin = forth[self._part]
        for row, amount in self._weights(moves, gaze):
            skin += np.float32(amount) * self._basis[row]
        shut = min(moves.get("eyeBlink_L", 0.0), 1.0)
        aside = np.radians((*gaze, 0.0)).astype(np.float32) * np.float32(EYE_CM * (1 - shut))
        forth += self._iris * (way @ aside)
        back = forth
        for left in reversed(range(ROUNDS)):
            came = self._grid - back / np.float32(STEP)
            last, linear = back, cv2.INTER_LINEAR
            back = cv2.remap(forth, came, NO_MAP, linear, borderMode=cv2.BORDER_REPLICATE)
            if left < DAMPED:
                # Where skin is pressed together, going back would swing to and fro.
                back = (back + last) / 2
        return np.asarray(back, np.float32)

    def places(
        self, moves: Mapping[str, float], head: Sequence[float], rows: Sequence[int]
    ) -> Floats:
        """Give where points of the mesh are (R,2), pixels; gaze does not move them."""
        rows = list(rows)
        spin = (turned(*head) - np.eye(3, dtype=np.float32)).T @ self._layout.way.T
        found = self._layout.points[rows] + self._own[rows] @ spin
        for row, amount in self._weights(moves, (0.0, 0.0)):
            found += np.float32(amount) * self._moves[row][rows]
        return np.asarray(found, np.float32)

    def _weights(
        self, moves: Mapping[str, float], gaze: Sequence[float]
    ) -> list[tuple[int, float]]:
        yaw, pitch = gaze[0] / LOOK_YAW, gaze[1] / LOOK_PITCH
        look = {
            "eyeLookUp_L": pitch, "eyeLookUp_R": pitch,
            "eyeLookDown_L": -pitch, "eyeLookDown_R": -pitch,
            "eyeLookOut_L": yaw, "eyeLookIn_R": yaw, "eyeLookIn_L": -yaw, "eyeLookOut_R": -yaw,
        }  # fmt: skip
        # A closing lid already covers what the look shapes would.
        shut = {side: min(moves.get(f"eyeBlink_{side}", 0.0), 1.0) for side in "LR"}
        every = {name: max(value, 0.0) * (1 - shut[name[-1]]) for name, value in look.items()}
        every.update(moves)
        return [(self._rows[name], value) for name, value in every.items() if value]
