from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.channel import CHANNELS, NUMBER, ChannelBank
from cuelight.read.finder import MovementFinder
from cuelight.read.movement import Movement, MovementTimes
from cuelight.read.thresholds import UnitThresholds
from cuelight.sense.records import UNITS

QUIET = MovementTimes(smoothing_seconds=0.0)


def follow(samples, times=QUIET, *, interval=1 / 30, close=True) -> list[Movement]:
    """Show AU12L's values (multiples of its threshold) at their times."""
    finder = MovementFinder(np.full(len(CHANNELS), 0.5), times)
    found = []
    for t, value in samples:
        values = np.zeros(len(CHANNELS))
        values[NUMBER["AU12L"]] = value
        found += finder.update(t, values, values * 0.12, track=3, interval=interval)
    return found + (finder.close(track=3, interval=interval) if close else [])


def bump(start, end, height, *, fps=30.0, until=8.0):
    """A movement with sloping sides of a tenth of a second."""
    count = int(until * fps)
    for i in range(count):
        t = i / fps
        yield t, height * min(max(min((t - start) / 0.1, (end - t) / 0.1), 0.0), 1.0)


@pytest.mark.parametrize(
    ("seconds", "kind"), [(0.3, "micro"), (1.0, "macro"), (3.0, "macro"), (5.0, "sustained")]
)
def test_a_movement_is_named_by_how_long_it_lasts(seconds, kind):
    (movement,) = follow(bump(1.0, 1.0 + seconds, 3.0))
    assert (movement.kind, movement.unit, movement.side, movement.track) == (
        kind,
        "AU12",
        "left",
        3,
    )


def test_a_sustained_movement_is_told_after_four_seconds_and_only_once():
    told = [(t, m) for t, m in _timed(bump(1.0, 7.0, 3.0)) if m]
    assert len(told) == 1
    assert told[0][0] == pytest.approx(5.0, abs=0.07)
    assert not told[0][1][0].returned


def _timed(samples):
    finder = MovementFinder(np.full(len(CHANNELS), 0.5), QUIET)
    for t, value in samples:
        values = np.zeros(len(CHANNELS))
        values[0] = value
        yield t, finder.update(t, values, values, track=0, interval=1 / 30)


def test_what_is_too_brief_or_too_weak_is_no_movement():
    assert follow([(i / 30, 3.0 if i == 30 else 0.0) for i in range(90)]) == []
    assert follow(bump(1.0, 2.0, 0.99)) == []
    assert len(follow(bump(1.0, 2.0, 1.01))) == 1


def test_three_frames_are_needed_where_frames_are_far_apart():
    brief = list(bump(1.0, 1.3, 3.0, fps=15))
    assert follow(brief, interval=1 / 15)
    assert follow(brief, interval=1 / 8) == []


def test_a_movement_open_at_the_end_has_not_returned():
    (movement,) = follow((t, v) for t, v in bump(1.0, 3.0, 2.0) if t < 2.0)
    assert not movement.returned
    assert movement.offset == pytest.approx(2.0, abs=0.04)


@given(
    values=st.lists(st.floats(0, 8), min_size=2, max_size=80),
    gaps=st.lists(st.floats(0.004, 0.3), min_size=80, max_size=80),
)
@settings(max_examples=150, deadline=None)
def test_onset_apex_and_offset_are_in_order(values, gaps):
    times = np.cumsum(gaps[: len(values)])
    found = follow(zip(times, values, strict=True), MovementTimes())
    assert all(m.onset <= m.apex <= m.offset for m in found)
    assert all(m.offset - m.onset >= 0.1 - 0.04 - 1e-9 for m in found)
    assert all(times[0] <= m.onset for m in found)
    # the foot of the last flank may lie ahead, and is waited for
    assert all(m.offset <= times[-1] + (0.25 if m.returned else 0.0) for m in found)
    pairs = pairwise(found)
    assert all(later.onset >= sooner.offset for sooner, later in pairs)


@given(start=st.floats(0.5, 1.5), seconds=st.floats(0.6, 3.5), height=st.floats(1.5, 7))
@settings(max_examples=60, deadline=None)
def test_the_frame_rate_does_not_move_a_movement(start, seconds, height):
    found = [follow(bump(start, start + seconds, height, fps=fps)) for fps in (15, 30, 60, 120)]
    assert [len(movements) for movements in found] == [1, 1, 1, 1]
    for (movement,) in found[:3]:
        (truth,) = found[3]
        assert movement.onset == pytest.approx(truth.onset, abs=1 / 15)
        assert movement.offset == pytest.approx(truth.offset, abs=1 / 15)


def test_near_misses_are_told_of():
    finder = MovementFinder(np.full(len(CHANNELS), 0.5), QUIET)
    near = []
    finder.near = lambda channel, peak, _: near.append((channel, peak))
    for t, value in bump(1.0, 2.0, 0.9):
        values = np.zeros(len(CHANNELS))
        values[5] = value
        assert finder.update(t, values, values, track=0, interval=1 / 30) == []
    assert near == [(5, pytest.approx(0.9))]


def test_what_is_found_sooner_lasts_longer_unless_it_must_be_seen_to_return():
    units = {name: UnitThresholds(enter=0.12, leave=0.06) for name in UNITS}
    here = NUMBER["AU04"]
    usual, keen = ChannelBank(units, {}), ChannelBank(units, {"AU04": 0.8})
    brief = ChannelBank(units, {"AU04": 0.8}, frozenset({"AU04"}))
    assert usual.leave[here] == keen.leave[here] == pytest.approx(0.5)
    assert brief.leave[here] * 0.8 == pytest.approx(usual.leave[here])
    keenest = ChannelBank(units, {"AU04": 0.1}, frozenset({"AU04"}))
    assert keenest.leave[here] < 1.0, "a movement begins above where it ends"


def test_a_unit_that_is_not_live_silences_what_rests_on_it():
    units = {name: UnitThresholds(live=name not in ("AU12R", "AU09")) for name in UNITS}
    values = ChannelBank(units, {}).values(np.full(59, 2.0))
    silent = {channel.name for channel, value in zip(CHANNELS, values, strict=True) if value == 0}
    assert {"AU09", "AU12R", "AU12", "AU12+tilt", "AU12 left", "contempt AU12 left"} <= silent
    assert "happiness" in silent  # it takes both sides
    assert not {"AU12L", "disgust", "AU04", "lean_in"} & silent


def test_thresholds_that_no_movement_could_meet_are_refused():
    with pytest.raises(ValueError, match="leave < enter"):
        UnitThresholds(enter=0.1, leave=0.2)
