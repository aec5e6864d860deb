"""Put on the head what is no part of it: glasses and long hair, as simple meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig import Floats, Ints, Rig, Shape

FRAME, CURTAIN, LENS = 6, 7, 8
RIM = 28
FALL = (24, 10)
"""Columns and rows of the hair that falls behind the cheeks."""


def _grid(rows: int, columns: int, *, wraps: bool) -> Ints:
    last = columns if wraps else columns - 1
    cells = []
    for row in range(rows - 1):
        for column in range(last):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            cells += [(a, b, a + columns), (b, b + columns, a + columns)]
    return np.array(cells, np.int32)


class Extras:
    """Meshes of fixed topology that collapse to a point where they are not worn.

    `glasses` is 1 when worn, with `width`, `height`, `square` and `thick`; `curtain` is 1 when long
    hair is worn, with `length` and `spread`; lengths in cm.
    """

    def __init__(self, rig: Rig) -> None:
        self._nose = int(rig.landmarks68[27])
        rim, bar = _grid(4, RIM, wraps=True), _grid(2, 4, wraps=True)
        hair = _grid(FALL[1], FALL[0], wraps=False)
        fan = np.array([(0, i, i + 1) for i in range(1, RIM - 1)], np.int32)
        parts: list[tuple[Ints, int, int]] = [
            *[(rim, 4 * RIM, FRAME)] * 2,
            *[(bar, 8, FRAME)] * 3,
            (hair, FALL[0] * FALL[1], CURTAIN),
            *[(fan, RIM, LENS)] * 2,
        ]
        starts = np.cumsum([0] + [count for _, count, _ in parts])
        self.count = int(starts[-1])
        self.triangles = np.concatenate(
            [cells + start for (cells, _, _), start in zip(parts, starts, strict=False)]
        ).astype(np.int32)
        self.kind = np.repeat(
            np.array([kind for _, _, kind in parts], np.float32), [count for _, count, _ in parts]
        )
        self.rest = np.zeros((self.count, 3), np.float32)
        across, down = np.meshgrid(np.linspace(0, 1, FALL[0]), np.linspace(0, 1, FALL[1]))
        self.uv = np.zeros((self.count, 2), np.float32)
        fall = int(starts[5])
        self.uv[fall : fall + across.size] = np.stack((across.ravel(), down.ravel()), 1)

    def place(self, shape: Shape, worn: Mapping[str, float]) -> Floats:
        """Give the extras' points (E,3) for a posed head."""
        nowhere = np.zeros(3, np.float32)
        frame = 8 * RIM + 24
        points = np.zeros((self.count, 3), np.float32)
        if worn.get("glasses"):
            rims, lenses = zip(*(_rim(centre, worn) for centre in shape.centres), strict=True)
            points[:frame] = np.concatenate((*rims, *_arms(shape, worn)))
            points[-2 * RIM :] = np.concatenate(lenses)
        else:
            points[:frame] = nowhere
        if worn.get("curtain"):
            points[frame : -2 * RIM] = _fall(worn)
        return points


def _rim(centre: Floats, worn: Mapping[str, float]) -> tuple[Floats, Floats]:
    turn = np.linspace(0, 2 * np.pi, RIM, endpoint=False)
    power = worn["square"]
    x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * worn["width"] / 2
    y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power * worn["height"] / 2
    middle = centre + np.array((0.12 * np.sign(centre[0]), -0.35, 3.0), np.float32)
    # Glasses bend back a little to the temples.
    back = -0.10 * x * np.sign(centre[0])
    flat = np.stack((x, y, back), 1)
    thick = worn["thick"]
    outward = flat / np.linalg.norm(flat, axis=1, keepdims=True) * thick
    depth = np.array((0, 0, -thick), np.float32)
    rings = (flat + outward, flat, flat + depth, flat + outward + depth)
    return (
        np.concatenate([ring + middle for ring in rings]).astype(np.float32),
        (flat + middle).astype(np.float32),
    )


def _arms(shape: Shape, worn: Mapping[str, float]) -> list[Floats]:
    thick = worn["thick"]
    bars = []
    for centre in shape.centres:
        side = np.sign(centre[0])
        hinge = centre + np.array((side * (worn["width"] / 2 + 0.1), 0.4, 2.7), np.float32)
        ear = np.array((side * 8.2, hinge[1] - 0.2, -1.0), np.float32)
        bars.append(_bar(hinge, ear, np.array((0, thick * 1.3, 0)), np.array((thick * 0.6, 0, 0))))
    left, right = (
        centre + np.array((-np.sign(centre[0]) * (worn["width"] / 2 - 0.15), 0.15, 3.2), np.float32)
        for centre in shape.centres
    )
    bars.append(_bar(left, right, np.array((0, thick, 0)), np.array((0, 0, thick))))
    return bars


def _bar(start: Floats, end: Floats, high: Floats, deep: Floats) -> Floats:
    corners = (high + deep, high - deep, -high - deep, deep - high)
    ends = [[place + corner / 2 for corner in corners] for place in (start, end)]
    return np.array(ends, np.float32).reshape(8, 3)


def _fall(worn: Mapping[str, float]) -> Floats:
    across, down = np.meshgrid(np.linspace(-1, 1, FALL[0]), np.linspace(0, 1, FALL[1]))
    # Half way round the head, from cheek to cheek over the back.
    turn = across * worn["reach"]
    wide = 8.6 + worn["spread"] * down
    x = wide * np.sin(turn)
    z = -0.5 - (wide + 1.0) * np.cos(turn)
    y = 9.5 - worn["length"] * down
    narrow = np.clip((y - 5.0) / 6, 0, 1)
    x = x * (1 - 0.45 * narrow**2)
    return np.stack((x, y, z), -1).reshape(-1, 3).astype(np.float32)
