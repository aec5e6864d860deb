"""Find normals and hollows of a moving mesh, which shade it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rig import Floats, Ints


class Relief:
    """Find normals and hollows of a moving mesh with fixed triangles."""

    def __init__(self, triangles: Ints, count: int) -> None:
        self._triangles = triangles
        corner = triangles.ravel()
        self._order = np.argsort(corner, kind="stable")
        self._owner = (self._order // 3).astype(np.int32)
        self._used, self._starts = np.unique(corner[self._order], return_index=True)
        edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        edges = np.unique(np.concatenate((edges, edges[:, ::-1])), axis=0)
        self._ends = edges[:, 1]
        _, self._edge_starts, degree = np.unique(edges[:, 0], return_index=True, return_counts=True)
        self._degree = degree[:, None].astype(np.float32)
        self._count = count

    def find(self, points: Floats) -> tuple[Floats, Floats]:
        """Give unit normals (V,3) and hollowness (V,), above 0 where the surface is hollow."""
        a, b, c = (points[self._triangles[:, corner]] for corner in range(3))
        u, v = b - a, c - a
        areas = np.stack(
            (
                u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1],
                u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2],
                u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0],
            ),
            1,
        )
        normals = np.zeros((self._count, 3), np.float32)
        normals[self._used] = np.add.reduceat(areas[self._owner], self._starts)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        mean = np.add.reduceat(points[self._ends], self._edge_starts) / self._degree
        bend = mean - points[self._used]
        hollow = np.zeros(self._count, np.float32)
        hollow[self._used] = (bend * normals[self._used]).sum(1) * 10
        return normals, hollow
