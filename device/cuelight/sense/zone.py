"""Say whether a face is inside the customer zone, on its border or outside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cuelight.sense.records import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

# A chin or an ear may leave the picture; with much more than that the model has too little to see.
_CUT_MAX = 0.15

# Of the zone's shorter side; faces on the border are about as large.
_MARGIN = 0.15

_Point = tuple[float, float]
_Region = tuple[int, int, int, int]


class Zone:
    """The customer zone's polygon in pixels of a picture of (height, width).

    `corners` are parts of the picture, (0, 0) at its top left; the polygon may be concave.
    `regions` are what to search, rectangles (left, top, right, bottom) of whole pixels within the
    picture: first all of the zone, with a margin so that a face on its border is seen whole; then,
    where that is far from square, overlapping squares, in which a detector with a square input
    sees smaller faces.
    """

    def __init__(self, corners: Sequence[_Point], shape: tuple[int, int]) -> None:
        height, width = self._height, self._width = shape
        # pixels count from their centres, so the picture's edges lie half a pixel further out
        points = [(x * width - 0.5, y * height - 0.5) for x, y in corners]
        self._edges = list(zip(points, points[1:] + points[:1], strict=True))
        columns, rows = [x for x, _ in points], [y for _, y in points]
        self.centre = ((min(columns) + max(columns)) / 2, (min(rows) + max(rows)) / 2)
        low_x, high_x = max(0.0, min(columns) + 0.5), min(float(width), max(columns) + 0.5)
        low_y, high_y = max(0.0, min(rows) + 0.5), min(float(height), max(rows) + 0.5)
        margin = _MARGIN * min(high_x - low_x, high_y - low_y)
        whole = (
            max(0, math.floor(low_x - margin)),
            max(0, math.floor(low_y - margin)),
            min(width, math.ceil(high_x + margin)),
            min(height, math.ceil(high_y + margin)),
        )
        self.regions = (whole, *_squares(whole))

    def holds(self, box: Box) -> bool:
        """Say whether the box lies wholly inside (it may lean on the border).

        The picture's own edge is no border between people: a box that sticks out of the picture by
        up to `_CUT_MAX` of its area counts by what is left of it.
        """
        seen = self._clipped(box)
        is_cut = seen is not box and _area(seen) < (1.0 - _CUT_MAX) * _area(box)
        return not is_cut and self._has(seen) and not self._crossed_by(seen)

    def touches(self, box: Box) -> bool:
        """Say whether any part of the box lies inside."""
        return self._has(box) or self._crossed_by(box)

    def _clipped(self, box: Box) -> Box:
        low, right, bottom = -0.5, self._width - 0.5, self._height - 0.5
        if low <= min(box.left, box.top) and box.right <= right and box.bottom <= bottom:
            return box
        return Box(
            min(max(box.left, low), right),
            min(max(box.top, low), bottom),
            max(min(box.right, right), low),
            max(min(box.bottom, bottom), low),
        )

    def _crossed_by(self, box: Box) -> bool:
        return any(_enters(start, end, box) for start, end in self._edges)

    def _has(self, box: Box) -> bool:
        """Say whether the box's centre is inside, by counting the edges to its right."""
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        inside = False
        for (x0, y0), (x1, y1) in self._edges:
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
        return inside


def _squares(region: _Region) -> list[_Region]:
    """Cover a long rectangle with overlapping squares; none where it is nearly square itself."""
    left, top, right, bottom = region
    width, height = right - left, bottom - top
    side, rest = min(width, height), abs(width - height)
    if rest < 0.2 * side:
        return []
    count = math.ceil(rest / (0.6 * side)) + 1
    offsets = [round(rest * number / (count - 1)) for number in range(count)]
    if width > height:
        return [(left + offset, top, left + offset + side, bottom) for offset in offsets]
    return [(left, top + offset, right, top + offset + side) for offset in offsets]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    if width <= 0.0 or height <= 0.0:
        return 0.0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def _enters(start: _Point, end: _Point, box: Box) -> bool:
    """Say whether a line passes through the inside of a box (Liang and Barsky's clipping, 1984)."""
    (x0, y0), (x1, y1) = start, end
    # most lines lie wholly to one side, which is quickly said
    if (x0 <= box.left and x1 <= box.left) or (x0 >= box.right and x1 >= box.right):
        return False
    if (y0 <= box.top and y1 <= box.top) or (y0 >= box.bottom and y1 >= box.bottom):
        return False
    enter, leave = 0.0, 1.0
    for at, to, low, high in (
        (x0, x1, box.left, box.right),
        (y0, y1, box.top, box.bottom),
    ):
        step = to - at
        if step == 0.0:
            if not low < at < high:
                return False
            continue
        first, last = sorted(((low - at) / step, (high - at) / step))
        enter, leave = max(enter, first), min(leave, last)
    return enter < leave
