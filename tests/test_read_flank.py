"""The flanks of a movement: feet below the threshold, and where it truly rose and fell."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.read.flank import LONGEST_FOOT_SECONDS, fallen, feet, last_rise

FPS = 60


def stroke(seconds, peak, *, before=0.5):
    """One smooth rise and fall, a raised cosine either way, the latest point first."""
    count = round((before + seconds + 0.5) * FPS)
    times = [frame / FPS for frame in range(count)]
    inside = [min(max((t - before) / seconds, 0.0), 1.0) for t in times]
    values = [peak * (1.0 - math.cos(2.0 * math.pi * part)) / 2.0 for part in inside]
    return list(zip(times, values, strict=True))[::-1]


def crossing(level, seconds, *, before=0.5):
    """When such a stroke of height 1 passes a level upwards; downwards is its mirror."""
    late = math.acos(1.0 - 2.0 * level) / (2.0 * math.pi) * seconds
    return before + late, before + seconds - late


@given(seconds=st.floats(0.3, 0.9), peak=st.floats(1.2, 5.0), leave=st.floats(0.3, 0.6))
def test_the_feet_of_a_smooth_stroke_reach_its_ends(seconds, peak, leave):
    start, _ = crossing(leave / peak, seconds)
    tail = max(0.35, leave / peak)
    _, end = crossing(tail, seconds)
    first, second = feet(
        stroke(seconds, peak),
        start=start,
        end=end,
        peak=peak,
        leave=leave,
        tail=0.35,
        wavered=False,
    )
    assert start - first == pytest.approx(0.5, abs=1.0 / FPS)
    assert end + second == pytest.approx(0.5 + seconds, abs=1.0 / FPS)


@given(st.lists(st.floats(-1.0, 5.0), max_size=40), st.floats(1.0, 5.0), st.floats(0.05, 0.9))
def test_a_foot_is_never_negative_nor_longer_than_allowed(values, peak, leave):
    rows = [(frame / FPS, value) for frame, value in enumerate(values)][::-1]
    for wavered in (False, True):
        found = feet(rows, start=0.0, end=1.0, peak=peak, leave=leave, tail=0.35, wavered=wavered)
        assert all(0.0 <= foot <= LONGEST_FOOT_SECONDS for foot in found)


def test_what_wavers_before_is_no_part_of_the_rise():
    wavering = [(frame / 10, 0.4 if frame % 2 else 0.6) for frame in range(10)]
    rising = [(1.0, 0.4), (1.1, 0.8), (1.2, 2.0)]
    rows = [*wavering, *rising][::-1]
    assert last_rise(rows, start=0.0, apex=1.2, level=0.6) == pytest.approx(1.05)
    assert last_rise(rows, start=1.1, apex=1.2, level=0.6) == 1.1


@given(st.floats(0.0, 5.0), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_fall_lies_between_its_two_points(high, low, level):
    assert 1.0 <= fallen((1.0, high), (1.1, low), level) <= 1.1
