"""How far the other side went along with a one-sided movement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.read.movement import Movement
from cuelight.read.sides import SideLimits, Sides
from cuelight.sense.records import UNITS


def movement(unit="AU12", side="left"):
    return Movement(1, unit, side, 1.0, 1.5, 2.0, 0.3, "macro")


def watched(own, other, left, *, side="left"):
    """Sides that saw a rise of `own` and `other`, and `left` of the own in the end."""
    sides = Sides(SideLimits(learn_seconds=1e9))
    here, there = ("AU12L", "AU12R") if side == "left" else ("AU12R", "AU12L")
    for t in np.arange(0.0, 2.1, 0.1):
        rises = np.zeros(31)
        part = max(1.0 - 2.0 * abs(t - 1.5), 0.0)
        rises[UNITS.index(here)] = max(own * part, own * left if t > 1.5 else 0.0)
        rises[UNITS.index(there)] = other * part
        sides.update(float(t), rises, 0.1)
    return sides


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_other_side_and_the_end_are_told_as_parts_of_the_own_rise(side):
    sides = watched(0.4, 0.1, 0.5, side=side)
    assert sides.shares(movement(side=side), 2.0) == pytest.approx((0.25, 0.5), abs=0.01)


@pytest.mark.parametrize(
    ("other", "left", "strict", "weighed"),
    [
        (0.1, 0.2, "", ""),
        (0.24, 0.2, "the other side moved too", ""),
        (0.32, 0.2, "the other side moved too", ""),
        (0.42, 0.2, "the other side moved too", "the other side moved too"),
        (0.1, 0.8, "the other side caught up", ""),
        (0.1, 0.95, "the other side caught up", ""),
    ],
)
def test_what_weights_judge_may_be_less_one_sided(other, left, strict, weighed):
    sides = watched(0.4, other, left)
    for word, given_weights in ((strict, False), (weighed, True)):
        said = sides.excuse(movement(), 2.0, weighed=given_weights)
        assert said.startswith(word)
        assert bool(said) == bool(word)


def test_without_sides_or_sight_there_is_no_share():
    assert watched(0.4, 0.1, 0.5).shares(movement("AU09", ""), 2.0) == (0.0, 0.0)
    assert Sides(SideLimits()).shares(movement(), 2.0) == (0.0, 0.0)


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.0, 1.0))
def test_shares_are_bounded(own, other, left):
    mate, last = watched(own, other, left).shares(movement(), 2.0)
    assert 0.0 <= mate <= 2.0
    assert 0.0 <= last <= 1.0
