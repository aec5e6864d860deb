"""How fast the box is, said so that nobody learns from it who sits there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.pace import Pace, keep_up, shortest_kept_up
from cuelight.read.movement import MovementTimes

TIMES = MovementTimes()
RENEWAL_SECONDS = 900.0


def shown(visits, *, idle=1 / 30, active=1 / 30, work=0.01, every=1):
    """Play stretches of 100 frames, with a face or without, and give what health says after each.

    A renewal falls after each stretch.
    """
    pace = Pace(30.0, TIMES)
    pace.update(work=work, latency=work)
    said = [pace.status("online", "", now=0.0, every=every)]
    for number, read in enumerate(visits, 1):
        interval = active if read else idle
        for frame in range(100):
            if read:
                pace.update(work=work, latency=work)
            timestamp = number * RENEWAL_SECONDS + frame * interval
            pace.step(timestamp, read=read, skipped=0, every=every)
        said.append(pace.status("online", "", now=number * RENEWAL_SECONDS, every=every))
    return [(status.min_detectable_ms, status.micro) for status in said]


def test_pace_is_coarse_and_renewed_seldom():
    pace = Pace(30.0, TIMES)
    assert pace.status("online", "", now=0.0).fps_capability == 0.0
    pace.update(work=0.02, latency=0.02)
    first = pace.status("online", "", now=1.0)
    assert (first.fps_capability, first.latency_p95_ms) == (30, 20.0)
    for _ in range(200):
        pace.update(work=0.1, latency=0.032)
    assert pace.status("online", "", now=900.0) == first  # someone came: nothing shows it yet
    later = pace.status("online", "", now=901.0)
    assert (later.fps_capability, later.latency_p95_ms) == (10, 35.0)


def test_before_anything_is_measured_nothing_is_claimed():
    status = Pace(30.0, TIMES).status("online", "", now=0.0)
    assert (status.min_detectable_ms, status.micro) == (0.0, False)


@given(visits=st.lists(st.booleans(), max_size=12), slow=st.sampled_from([1 / 30, 1 / 20, 1 / 12]))
@settings(max_examples=50, deadline=None)
def test_who_comes_and_goes_shows_in_nothing_once_the_box_is_known(visits, slow):
    said = shown([True, False, *visits], active=slow)
    assert len(set(said[1:])) == 1
    if slow == 1 / 30:  # and a box that keeps up shows nothing at all
        assert set(said) == {(100, True)}


def test_a_slow_day_is_remembered_for_a_day():
    pace = Pace(30.0, TIMES)
    pace.update(work=0.01, latency=0.01)
    said = []
    for number in range(120):
        for frame in range(1000):
            interval = 1 / 5 if number == 3 else 1 / 30
            pace.step(number * RENEWAL_SECONDS + frame * interval, read=True, skipped=0)
        status = pace.status("online", "", now=number * RENEWAL_SECONDS)
        said.append((status.min_detectable_ms, status.micro))
    assert said[:3] == [(100, True)] * 3
    assert said[3:99] == [(600, False)] * 96
    assert said[99:] == [(100, True)] * 21


def test_a_hot_hour_is_told_at_once_and_forgotten_at_once():
    pace = Pace(30.0, TIMES)
    pace.update(work=0.01, latency=0.01)
    said = []
    for minute in range(240):
        every = 4 if 60 <= minute < 120 else 1
        for frame in range(100):
            timestamp = 60.0 * minute + frame * every / 30
            pace.step(timestamp, read=True, skipped=0, every=every)
        status = pace.status("online", "", now=60.0 * minute, every=every)
        said.append((status.min_detectable_ms, status.micro, status.fps_read, status.backs_off))
    assert set(said[60:120]) == {(400, False, 7.5, True)}
    assert set(said[:60] + said[120:]) == {(100, True, 30.0, False)}


@given(visits=st.lists(st.booleans(), max_size=12), slow=st.sampled_from([2 / 30, 1 / 10, 1 / 7]))
@settings(max_examples=50, deadline=None)
def test_who_comes_and_goes_shows_no_more_while_the_box_is_hot(visits, slow):
    said = shown([True, False, *visits], idle=2 / 30, active=slow, every=2)
    assert len(set(said[1:])) == 1


def test_a_slow_box_reads_no_more_than_it_can():
    pace = Pace(30.0, TIMES)
    pace.update(work=0.1, latency=0.1)
    assert pace.status("online", "", now=0.0).fps_read == 10.0
    assert pace.status("online", "", now=1.0, every=2).fps_read == 10.0
    assert pace.status("online", "", now=2.0, every=4).fps_read == 7.5


def test_a_closed_camera_is_no_long_interval_and_its_skipped_frames_stay_counted():
    pace = Pace(30.0, TIMES)
    pace.update(work=0.01, latency=0.01)
    for number in range(40):
        pace.step(1000.0 * number, read=True, skipped=2)
        pace.close(skipped=2)
    status = pace.status("online", "", now=0.0)
    assert (status.min_detectable_ms, status.skipped) == (100, 80)


@pytest.mark.parametrize(
    ("work", "fps", "shortest"),
    [(0.001, 30, 0.1), (0.001, 60, 0.1), (0.03, 30, 0.1), (0.05, 30, 0.2), (0.09, 30, 0.3)],
)
def test_a_slow_machine_tells_only_longer_movements(work, fps, shortest):
    assert shortest_kept_up([work] * 300, fps, TIMES) == pytest.approx(shortest)


@given(
    works=st.lists(st.floats(0.0, 0.2), min_size=2, max_size=60),
    fps=st.sampled_from([15.0, 30.0, 60.0]),
)
def test_the_newest_frame_is_taken_and_none_twice(works, fps):
    intervals = keep_up(works, fps)
    assert len(intervals) == len(works) - 1
    assert all(interval >= 1 / fps - 1e-9 for interval in intervals)
    assert all(i <= w + 2 / fps + 1e-6 for i, w in zip(intervals, works, strict=False))
