"""The customer zone: inside, on its border, outside."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cuelight.sense.records import Box
from cuelight.sense.zone import Zone, overlap

SHAPE = (480, 640)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
TRIANGLE = ((0.5, 0.1), (0.9, 0.9), (0.1, 0.9))
NOTCHED = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.55, 1.0), (0.5, 0.2), (0.45, 1.0), (0.0, 1.0))


@pytest.mark.parametrize(
    ("corners", "box", "holds", "touches"),
    [
        (WHOLE, Box(100, 100, 200, 200), True, True),
        (WHOLE, Box(0, 0, 639, 479), True, True),
        (WHOLE, Box(100, 400, 200, 490), True, True),  # a chin that leaves the picture
        (WHOLE, Box(100, 420, 200, 520), False, True),  # half a face
        (WHOLE, Box(700, 100, 800, 200), False, False),
        (LEFT_HALF, Box(200, 100, 300, 200), True, True),
        (LEFT_HALF, Box(310, 100, 330, 200), False, True),
        (LEFT_HALF, Box(350, 100, 450, 200), False, False),
        (TRIANGLE, Box(280, 250, 360, 330), True, True),
        (TRIANGLE, Box(280, 60, 360, 140), False, True),
        (TRIANGLE, Box(70, 60, 150, 140), False, False),
        (NOTCHED, Box(20, 300, 200, 400), True, True),
        (NOTCHED, Box(250, 300, 390, 400), False, True),  # the notch goes through its middle
        (NOTCHED, Box(315, 300, 325, 400), False, False),  # all inside the notch
    ],
)
def test_boxes_inside_across_and_outside(corners, box, holds, touches):
    zone = Zone(corners, SHAPE)
    assert zone.holds(box) is holds
    assert zone.touches(box) is touches


@given(
    left=st.floats(-50, 600),
    top=st.floats(-50, 440),
    width=st.floats(20, 200),
    height=st.floats(20, 200),
    corners=st.sampled_from((WHOLE, LEFT_HALF, TRIANGLE, NOTCHED)),
)
def test_what_is_held_touches_and_no_corner_of_it_is_elsewhere(left, top, width, height, corners):
    box = Box(left, top, left + width, top + height)
    zone = Zone(corners, SHAPE)
    assume(zone.holds(box))
    assert zone.touches(box)
    quarter = Box(left + width / 4, top + height / 4, left + width / 2, top + height / 2)
    assert zone.holds(quarter)


def test_the_region_is_the_polygons_rectangle_within_the_picture():
    assert Zone(WHOLE, SHAPE).regions[0] == (0, 0, 640, 480)
    assert Zone(LEFT_HALF, SHAPE).regions[0] == (0, 0, 368, 480)  # and a margin of 0.15 x 320
    assert Zone(TRIANGLE, SHAPE).regions[0] == (6, 0, 634, 480)


@given(width=st.integers(32, 2000), height=st.integers(32, 2000))
def test_squares_cover_a_long_picture_and_overlap(width, height):
    whole, *squares = Zone(WHOLE, (height, width)).regions
    assert whole == (0, 0, width, height)
    side = min(width, height)
    assert bool(squares) is (max(width, height) >= 1.2 * side)
    if squares:
        assert squares[0][:2] == (0, 0)
        assert squares[-1][2:] == (width, height)
    for left, top, right, bottom in squares:
        assert right - left == bottom - top == side
    for one, other in pairwise(squares):
        shift = max(other[0] - one[0], other[1] - one[1])
        assert 0 < shift <= 0.6 * side + 1


def test_overlap_is_intersection_over_union():
    assert overlap(Box(0, 0, 2, 2), Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap(Box(0, 0, 2, 2), Box(0, 0, 2, 2)) == 1.0
    assert overlap(Box(0, 0, 2, 2), Box(2, 0, 4, 2)) == 0.0
