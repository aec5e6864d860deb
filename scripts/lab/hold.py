"""Find how a portrait's mesh holds the nodes of a grid: the triangle round each, and its pull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crop import Floats
    from numpy.typing import NDArray

INSIDE = -1e-4
FLAT = 1e-3
"""Triangles of less area, square pixels, hold nothing."""
ROW = 512
"""So many nodes at a time are compared with every point: it keeps the memory small."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Three points (N,3) and their shares (N,3) for each node, and how far it is `off` (N,), px."""

    near: NDArray[np.int64]
    share: Floats
    off: Floats

    def spread(self, values: Floats) -> Floats:
        """Carry values (P,...) of the points over to the nodes (N,...)."""
        share = self.share.reshape(self.share.shape + (1,) * (values.ndim - 1))
        return np.asarray((values[self.near] * share).sum(1), np.float32)


def find_hold(points: Floats, nodes: Floats) -> Hold:
    """Let points (P,2) hold nodes (N,2): inside the mesh by its triangles, outside by nearness."""
    near = np.zeros((len(nodes), 3), np.int64)
    share = np.zeros((len(nodes), 3), np.float32)
    off = np.full(len(nodes), np.inf, np.float32)
    flat = np.column_stack((nodes, np.ones(len(nodes)))).astype(np.float64)
    for corners in _triangles(points):
        low, high = points[corners].min(0), points[corners].max(0)
        which = np.flatnonzero(((nodes >= low) & (nodes <= high)).all(1))
        system = np.vstack((points[corners].T.astype(np.float64), np.ones(3)))
        if not len(which) or abs(np.linalg.det(system)) < FLAT:
            continue
        inverse: NDArray[np.float64] = np.linalg.inv(system)
        across = flat[which] @ inverse.T
        within = (across >= INSIDE).all(1)
        near[which[within]], share[which[within]] = corners, across[within]
        off[which[within]] = 0
    outside = np.flatnonzero(off > 0)
    for part in np.array_split(outside, len(outside) // ROW + 1):
        away = np.linalg.norm(nodes[part, None] - points[None], axis=2)
        near[part] = np.argsort(away, 1)[:, :3]
        away = np.take_along_axis(away, near[part], 1)
        pull = 1 / np.square(away + 1)
        share[part] = pull / pull.sum(1, keepdims=True)
        off[part] = away[:, 0]
    return Hold(near, share, off)


def _triangles(points: Floats) -> Iterator[NDArray[np.int64]]:
    """Give the corners (3,) of a Delaunay triangulation."""
    low, high = points.min(0), points.max(0)
    box = (*(np.floor(low).astype(int) - 2).tolist(), *np.ceil(high - low + 4).astype(int).tolist())
    mesh = cv2.Subdiv2D(box)
    names = {}
    for row, (x, y) in enumerate(points.tolist()):
        names[(x, y)] = row
        mesh.insert((x, y))
    for ax, ay, bx, by, cx, cy in np.asarray(mesh.getTriangleList()).tolist():
        corners = [names.get(each) for each in ((ax, ay), (bx, by), (cx, cy))]
        if None not in corners:
            yield np.array(corners, np.int64)
