"""Fit and apply the similarities that carry a face between its crop and the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cuelight.sense.records import Floats


@dataclass(frozen=True, slots=True)
class Similarity:
    """Turn, scale and shift: x' = a x - b y + x0, y' = b x + a y + y0.

    From crop units to frame pixels, so `side` is the crop's side in pixels.
    """

    a: float
    b: float
    x0: float
    y0: float

    @property
    def side(self) -> float:
        """How long one unit becomes."""
        return math.hypot(self.a, self.b)

    @property
    def roll_degrees(self) -> float:
        """The turn, clockwise as seen in the picture, in degrees."""
        return math.degrees(math.atan2(self.b, self.a))

    @property
    def matrix(self) -> Floats:
        """The same as a float32 (2, 3) matrix."""
        rows = ((self.a, -self.b, self.x0), (self.b, self.a, self.y0))
        return np.array(rows, dtype=np.float32)

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """Where the unit square's four corners come to lie."""
        a, b, x0, y0 = self.a, self.b, self.x0, self.y0
        return ((x0, y0), (a + x0, b + y0), (x0 - b, a + y0), (a - b + x0, b + a + y0))

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Carry one point."""
        return self.a * x - self.b * y + self.x0, self.b * x + self.a * y + self.y0

    def points(self, points: Floats) -> Floats:
        """Carry float32 (n, 2) points."""
        turn = np.array(((self.a, self.b), (-self.b, self.a)), dtype=np.float32)
        moved: Floats = points @ turn
        moved += np.array((self.x0, self.y0), dtype=np.float32)
        return moved

    def moved_towards(self, other: Similarity, share: float) -> Similarity:
        """Go `share` (0 to 1) of the way to another similarity."""
        keep = 1.0 - share
        return Similarity(
            keep * self.a + share * other.a,
            keep * self.b + share * other.b,
            keep * self.x0 + share * other.x0,
            keep * self.y0 + share * other.y0,
        )

    def distance(self, other: Similarity) -> float:
        """How far apart two crops are: the largest shift of a corner, as a part of the side."""
        far = max(map(math.dist, self.corners, other.corners))
        return far / max(self.side, 1e-6)


class Fit:
    """Fit the similarity that carries fixed template points onto seen ones by least squares.

    In two dimensions Umeyama's solution (IEEE PAMI 13(4), 1991) without reflection needs no SVD:
    with points as complex numbers and means removed, a + ib = sum(conj(z) w) / sum(|z|^2).
    """

    def __init__(self, template: Sequence[Sequence[float]] | Floats) -> None:
        points = np.asarray(template, dtype=np.float64)
        flat: NDArray[Any] = points[:, 0] + 1j * points[:, 1]
        self._centre = complex(flat.mean())
        flat = flat - self._centre
        self._weights = np.conj(flat) / float(np.sum(np.abs(flat) ** 2))

    def __call__(self, points: Floats) -> Similarity:
        """Fit to (n, 2) points in the template's order."""
        pairs = np.ascontiguousarray(points, dtype=np.float32)
        seen: NDArray[Any] = pairs.view(np.complex64)[:, 0]
        # what seen.mean() gives at three times the cost
        centre = complex(np.complex64(complex(np.add.reduce(seen)) / len(seen)))
        # the weights sum to zero, so the mean of the seen points drops out by itself
        turn = complex(self._weights.dot(seen))
        shift = centre - turn * self._centre
        return Similarity(turn.real, turn.imag, shift.real, shift.imag)
