"""Draw the customer zone and the outlines of faces on an empty canvas of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.sense.sight import Sight

    Point = tuple[float, float]

EDGE, CORNER, CHOSEN = ".", "o", "@"


class Canvas:
    """So many rows of so many characters, which stand for the whole picture, (0, 0) top left."""

    def __init__(self, *, columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self._cells = [[" "] * columns for _ in range(rows)]

    def zone(self, polygon: Sequence[Point], *, chosen: int | None = None) -> None:
        """Draw a polygon's edges and corners, one of which is chosen."""
        for one, other in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            steps = 2 * (self._columns + self._rows)
            for step in range(steps + 1):
                part = step / steps
                x = one[0] + part * (other[0] - one[0])
                y = one[1] + part * (other[1] - one[1])
                self._put(x, y, EDGE)
        for number, (x, y) in enumerate(polygon):
            self._put(x, y, CHOSEN if number == chosen else CORNER)

    def face(self, sight: Sight) -> None:
        """Draw a face's box with what becomes of it; a face that is read has a double frame."""
        left, top = self._cell(sight.left, sight.top)
        right, bottom = self._cell(sight.right, sight.bottom)
        across, down = ("=", "#") if sight.verdict == "read" else ("-", "|")
        for column in range(left, right + 1):
            self._set(column, top, across)
            self._set(column, bottom, across)
        for row in range(top, bottom + 1):
            self._set(left, row, down)
            self._set(right, row, down)
        for column, row in ((left, top), (right, top), (left, bottom), (right, bottom)):
            self._set(column, row, "+")
        for offset, letter in enumerate(sight.verdict):
            self._set(left + 1 + offset, (top + bottom) // 2, letter)

    def lines(self) -> list[str]:
        """Give the drawing within a frame, the picture's own edge."""
        edge = f"+{'-' * self._columns}+"
        return [edge, *(f"|{''.join(row)}|" for row in self._cells), edge]

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        """Give the cell of a point, which may lie beyond the canvas."""
        return (
            round(min(max(x, -1.0), 2.0) * (self._columns - 1)),
            round(min(max(y, -1.0), 2.0) * (self._rows - 1)),
        )

    def _put(self, x: float, y: float, letter: str) -> None:
        self._set(*self._cell(x, y), letter)

    def _set(self, column: int, row: int, letter: str) -> None:
        if 0 <= column < self._columns and 0 <= row < self._rows:
            self._cells[row][column] = letter


WORDS: Final = {
    "read": "is read",
    "border": "crosses the zone's border: not read",
    "overlap": "crosses another face's box: not read",
    "far": "is too far or too small: dropped",
    "outside": "is outside the zone: dropped",
}
"""What becomes of a face, in words."""


def describe(sight: Sight, *, face_at_1m: float) -> str:
    """Say in a line how far away a face is, about, and what becomes of it."""
    metres = face_at_1m / max(sight.height, 1e-3)
    return f"a face at about {metres:.1f} m {WORDS[sight.verdict]}"
