"""A hot box reads fewer frames and comes back; its sensors are files as a Pi's kernel has them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.cooling import Cooling, CoolingTimes
from planted_pi import Pi

TIMES = CoolingTimes()
FPS = st.sampled_from([1.0, 7.5, 10.0, 15.0, 24.0, 25.0, 30.0, 60.0, 120.0])
WEATHER = st.lists(
    st.tuples(
        st.sampled_from([40.0, 72.0, 73.0, 77.0, 78.0, 81.0, 90.0]),
        st.sampled_from([0, 0x1, 0x4, 0x8, 0x50000]),
        st.integers(1, 60),
    ),
    max_size=12,
)
"""Stretches of so many looks: degrees C, the firmware's flags."""


def look(weather):
    """Give the time and what a Pi's sensors show at each look."""
    shown = [here[:2] for here in weather for _ in range(here[2])]
    return [(TIMES.look_seconds * number, *here) for number, here in enumerate(shown)]


def coarse(degrees, flags):
    """Give what health publishes of it."""
    return {"temperature": 5 * round(degrees / 5), "throttled": flags & 15 != 0}


def run(weather, fps=30.0):
    """Give (time, degrees, flags, every) of each look."""
    now = {}
    cooling, found = Cooling(fps, health=lambda: now), []
    for time, degrees, flags in look(weather):
        now.update(coarse(degrees, flags))
        cooling.update(time)
        found.append((time, degrees, flags, cooling.every))
    return found


# on the kernel's own files


def test_a_hot_afternoon(tmp_path):
    pi, told = Pi(tmp_path), []
    cooling = Cooling(30.0, health=pi.vitals)

    def until(minute, degrees, flags=0):
        pi.write(degrees=degrees, flags=flags)
        for time in range(len(told), 60 * minute):
            cooling.update(float(time))
            told.append(cooling.every)

    def turns():
        return [(time, new) for time, (old, new) in enumerate(pairwise(told), 1) if old != new]

    until(10, 61.0)
    assert set(told) == {1}
    until(11, 77.6)  # it has still 2.4 degrees to go until the firmware slows it down
    until(14, 80.2, 0x8)
    until(30, 79.0)
    assert turns() == [(660, 2), (960, 4)]
    until(40, 74.0)  # neither hot nor cool: it stays
    assert cooling.every == 4
    until(80, 66.0)
    assert turns()[2:] == [(3300, 2), (4200, 1)]


@pytest.mark.parametrize("flags", [0x2, 0x4, 0x8, 0x50005])
def test_what_the_firmware_slows_down_backs_off_however_cool(tmp_path, flags):
    cooling = Cooling(30.0, health=Pi(tmp_path, flags=flags).vitals)
    for time in range(0, 61, 30):
        cooling.update(float(time))
    assert cooling.every == 2


def test_what_happened_since_boot_is_over(tmp_path):
    cooling = Cooling(30.0, health=Pi(tmp_path, flags=0xF0000).vitals)
    for time in range(0, 4000, 30):
        cooling.update(float(time))
    assert cooling.every == 1


def test_a_machine_that_is_no_pi_never_backs_off(tmp_path):
    cooling = Cooling(30.0, health=Pi(tmp_path, degrees=105.0, firmware=None).vitals)
    for time in range(0, 4000, 30):
        cooling.update(float(time))
    assert cooling.every == 1


def test_it_is_said_in_the_log_once_and_not_when(tmp_path, caplog):
    pi = Pi(tmp_path)
    cooling = Cooling(30.0, health=pi.vitals)
    for time in range(0, 20_000, 30):
        pi.write(degrees=90.0 if time % 4000 < 2000 else 50.0)
        cooling.update(float(time))
    assert len(caplog.records) == 1, "turns with their times would be a journal of use"
    assert "one frame in 2" in caplog.text


# whatever the weather


@given(weather=WEATHER, fps=FPS)
@settings(deadline=None)
def test_it_turns_seldom_by_one_stage_and_never_below_the_least_rate(weather, fps):
    found = run(weather, fps)
    turns = [
        (time, old, new)
        for (_, _, _, old), (time, _, _, new) in pairwise([(0, 0, 0, 1), *found])
        if old != new
    ]
    for (before, _, _), (after, _, _) in pairwise(turns):
        assert after - before >= TIMES.step_seconds
    stages = sorted({1, *(every for *_, every in found)})
    assert all(fps / every >= TIMES.least_fps for every in stages if every > 1)
    if fps < 2 * TIMES.least_fps:
        assert stages == [1]
    for _, old, new in turns:
        assert new <= 2 * old
        assert old <= 2 * new


@given(weather=WEATHER)
@settings(deadline=None)
def test_it_slows_only_when_hot_for_a_minute_and_quickens_only_when_cool_for_long(weather):
    found = run(weather)
    for index, ((_, _, _, old), (time, _, _, new)) in enumerate(pairwise(found), 1):
        if new > old:
            last = [row for row in found[: index + 1] if row[0] >= time - TIMES.hot_seconds]
            assert all(degrees >= 77.5 or flags & 15 for _, degrees, flags, _ in last)
        if new < old:
            last = [row for row in found[: index + 1] if row[0] >= time - TIMES.cool_seconds]
            assert all(degrees <= 72.5 and not flags & 15 for _, degrees, flags, _ in last)


@given(weather=WEATHER, fps=FPS)
@settings(deadline=None)
def test_it_always_comes_back_and_always_protects(weather, fps):
    assert run([*weather, (40.0, 0, 200)], fps)[-1][3] == 1
    slowest = run([*weather, (90.0, 0, 60)], fps)[-1][3]
    assert slowest == max(1, int(fps / TIMES.least_fps))


@given(weather=WEATHER, blur=st.floats(-2.4, 2.4))
@settings(deadline=None)
def test_it_shows_no_more_than_the_temperature_that_is_published(weather, blur):
    """Two days that look the same in health give the same stages, to the second."""
    rounded = [(5.0 * round(degrees / 5), flags, looks) for degrees, flags, looks in weather]
    other = [(degrees + blur, flags ^ 0x50000, looks) for degrees, flags, looks in rounded]
    assert [row[3] for row in run(rounded)] == [row[3] for row in run(other)]
    assert [row[3] for row in run(weather)] == [row[3] for row in run(rounded)]


@given(
    fps=FPS,
    hot=st.integers(0, 30),
    gaps=st.lists(st.integers(1, 5), min_size=2, max_size=200),
    jitter=st.lists(st.floats(-0.2, 0.2), min_size=200, max_size=200),
)
@settings(deadline=None)
def test_frames_are_read_evenly_and_no_more_often_than_said(fps, hot, gaps, jitter):
    cooling = Cooling(fps, health=lambda: {"temperature": 90, "throttled": False})
    for number in range(hot):
        cooling.update(60.0 * number)
    now, taken, came = 0.0, [], []
    for gap, late in zip(gaps, jitter, strict=False):
        now += gap
        came.append((now + late) / fps)
        if cooling.takes(came[-1]):
            taken.append(came[-1])
    assert taken[0] == came[0]
    for one, other in pairwise(taken):
        assert other - one >= (cooling.every - 0.5) / fps - 1e-9 or cooling.every == 1
        missed = [time for time in came if one < time < other]
        assert all(time - one < (cooling.every - 0.5) / fps for time in missed)
