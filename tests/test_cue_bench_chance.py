"""Intervals: what chance leaves open."""

from __future__ import annotations

from math import exp, inf, isnan

import numpy as np
import pytest
from cue_bench.chance import (
    Resampling,
    f1,
    poisson_at_most,
    poisson_lower,
    poisson_upper,
    rate,
    share_of,
    spread,
)
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("count", "share", "mean"),
    # exact limits after Garwood (1936), as any table of them has it
    [(0, 0.95, 2.9957), (1, 0.95, 4.7439), (10, 0.95, 16.9622), (0, 0.975, 3.6889)],
)
def test_the_upper_limit_of_a_count_is_the_exact_one(count, share, mean):
    assert poisson_upper(count, share) == pytest.approx(mean, abs=1e-3)


def test_the_lower_limit_is_the_exact_one_and_zero_for_nothing():
    assert poisson_lower(0, 0.975) == 0.0
    assert poisson_lower(1, 0.975) == pytest.approx(0.0253, abs=1e-4)
    assert poisson_lower(10, 0.975) == pytest.approx(4.7954, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.sampled_from([0.9, 0.95, 0.975]))
def test_at_the_upper_limit_so_few_events_are_as_rare_as_asked(count, share):
    upper = poisson_upper(count, share)
    assert poisson_at_most(count, upper) == pytest.approx(1.0 - share, abs=1e-6)
    assert poisson_lower(count, share) <= count < upper


def test_poisson_at_most_is_a_distribution():
    assert poisson_at_most(-1, 2.0) == 0.0
    assert poisson_at_most(0, 2.0) == pytest.approx(exp(-2.0))
    assert poisson_at_most(50, 2.0) == pytest.approx(1.0)
    assert poisson_at_most(0, 0.0) == 1.0


def test_a_rate_is_an_hour_and_unknown_where_nobody_watched():
    figure = rate(2, 0.5)
    assert (figure.value, figure.cases) == (4.0, 2)
    assert figure.low == pytest.approx(0.2422 / 0.5, abs=1e-3)
    assert figure.high == pytest.approx(7.2247 / 0.5, abs=1e-3)
    unknown = rate(0, 0.0)
    assert isnan(unknown.value)
    assert unknown.high == inf


def test_a_share_has_an_interval_inside_zero_and_one():
    none = share_of(0, 20)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.1611, abs=1e-3)  # Wilson
    assert share_of(20, 20).high == 1.0
    assert isnan(share_of(0, 0).value)


def test_f1_of_rows_is_unknown_where_there_is_nothing():
    values = f1(np.array([2.0, 0.0, 0.0]), np.array([1.0, 0.0, 3.0]), np.array([1.0, 0.0, 0.0]))
    assert values[0] == pytest.approx(2 / 3)
    assert np.isnan(values[1])
    assert values[2] == 0.0


def draw(clips):
    return Resampling(clips, resamples=400, seed=1, share=0.95)


def mean_of_ones(sums):
    return sums[:, 0] / np.maximum(sums[:, 1], 1e-9)


def test_resampled_clips_leave_open_what_clips_differ_in():
    same = np.array([[1.0, 2.0]] * 30)
    figure = draw(30).figure(same, mean_of_ones, cases=30)
    assert figure.low == figure.value == figure.high == pytest.approx(0.5)
    apart = np.array([[0.0, 2.0], [2.0, 2.0]] * 15)
    wide = draw(30).figure(apart, mean_of_ones, cases=30)
    assert wide.value == pytest.approx(0.5)
    assert wide.low < 0.4
    assert wide.high > 0.6
    many = draw(300).figure(np.repeat(apart, 10, axis=0), mean_of_ones, cases=300)
    assert many.high - many.low < wide.high - wide.low


def test_the_same_clips_give_the_same_interval_and_none_gives_none():
    apart = np.array([[0.0, 2.0], [2.0, 2.0]] * 15)
    assert draw(30).figure(apart, mean_of_ones, 30) == draw(30).figure(apart, mean_of_ones, 30)
    assert isnan(draw(0).figure(np.zeros((0, 2)), mean_of_ones, 0).value)


def test_a_spread_is_median_and_tails():
    one = spread([float(value) for value in range(101)])
    assert (one.low, one.median, one.high, one.cases) == (5.0, 50.0, 95.0, 101)
    assert spread([]).cases == 0
