"""Frame-rate honesty: no brief movement is told that the frames could not tell."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.movement import MovementTimes
from cuelight.read.rate import FrameRate, claims_micro, min_detectable_seconds
from cuelight.read.sitter import ReadLimits
from cuelight.records import Cue
from faces import BROWS, Actor, Move, reader, times

TIMES = MovementTimes()
BRIEF = replace(Move(8.0, 8.15, {name: 2.0 * amount for name, amount in BROWS.items()}), rise=0.05)
LONGER = replace(BRIEF, end=8.33)


def rate_of(stamps):
    rate = FrameRate(TIMES)
    for stamp in stamps:
        rate.update(stamp)
    return rate


def told(stamps, actor, **choices):
    """Show an actor at these times; give each cue with the interval as it was when it was told."""
    eye, rate, said = reader(**choices), FrameRate(TIMES), []
    for stamp in stamps:
        rate.update(stamp)
        events = eye.update(stamp, [actor.show(stamp)], occupied=True)
        said += [(cue, rate.min_detectable_seconds) for cue in events if isinstance(cue, Cue)]
    return said


def brief(said):
    return [cue for cue, _ in said if cue.offset - cue.onset <= TIMES.micro_max_seconds]


@pytest.mark.parametrize(
    ("fps", "shortest", "micro"),
    [(120, 0.1, True), (60, 0.1, True), (30, 0.1, True), (24, 0.12, True), (20, 0.15, True),
     (15, 0.2, True), (14, 0.21, False), (10, 0.3, False), (1, 1.5, False)],
)  # fmt: skip
def test_three_frames_but_a_tenth_of_a_second_at_least(fps, shortest, micro):
    for stamps in (times(0, 12, fps), np.round(times(0, 12, fps), 3)):  # a container's whole ms
        rate = rate_of(stamps)
        assert rate.min_detectable_seconds == pytest.approx(shortest, abs=0.0101)
        assert rate.claims_micro is micro


@given(gaps=st.lists(st.floats(0.004, 0.7), min_size=1, max_size=200))
@settings(max_examples=100, deadline=None)
def test_the_interval_is_what_nearly_all_of_the_last_seconds_kept_to(gaps):
    stamps = np.cumsum([0.0, *gaps])
    rate = rate_of(stamps)
    last = [min(b - a, 0.5) for a, b in pairwise(stamps) if b >= stamps[-1] - 5.0]
    assert rate.interval in last
    assert sum(gap > rate.interval for gap in last) <= 0.05 * len(last)
    shortest = rate.min_detectable_seconds
    assert shortest == pytest.approx(max(0.1, 3 * rate.interval), abs=0.0051)
    assert rate.claims_micro is claims_micro(shortest, TIMES)


def test_a_slow_stretch_is_forgotten_and_a_reset_forgets_all():
    stamps = [*times(0, 6, 10), *times(6, 12, 30)]
    assert rate_of(stamps[:60]).claims_micro is False
    rate = rate_of(stamps)
    assert rate.claims_micro
    rate.reset()
    assert rate.interval == pytest.approx(1 / 30)


@pytest.mark.parametrize("phase", range(8))
@pytest.mark.parametrize(("fps", "found"), [(60, 1), (30, 1), (15, 0), (10, 0), (8, 0)])
def test_150_ms_are_told_only_where_three_frames_fit_in(fps, found, phase):
    stamps = [t + phase / 120 for t in times(0, 12, 120) if round(t * 120) % (120 // fps) == 0]
    assert len(brief(told(stamps, Actor([BRIEF])))) == found


def test_at_15_frames_a_second_a_longer_brief_movement_is_told():
    assert len(brief(told(times(0, 12, 15), Actor([LONGER])))) == 1


@given(
    fps=st.sampled_from([10.0, 12.0, 15.0, 20.0, 30.0, 60.0]),
    jitter=st.floats(0.0, 0.45),
    dropped=st.floats(0.0, 0.5),
    seed=st.integers(0, 1000),
    movement=st.sampled_from([BRIEF, LONGER]),
)
@settings(max_examples=40, deadline=None)
def test_jittered_and_thinned_frames_claim_nothing_they_cannot_tell(
    fps, jitter, dropped, seed, movement
):
    chance = np.random.default_rng(seed)
    stamps = np.array(times(0, 11, fps))
    stamps = stamps + chance.uniform(0, jitter / fps, len(stamps))
    stamps = stamps[chance.random(len(stamps)) >= dropped]
    said = told(stamps.tolist(), Actor([movement]))
    for cue, shortest in said:
        lasted = cue.offset - cue.onset
        # an onset cannot lie before the face's first frame, which takes the filter's delay off
        assert lasted >= shortest - 0.005 - TIMES.smoothing_seconds
        if not claims_micro(shortest, TIMES):
            assert lasted > TIMES.micro_max_seconds


def test_what_is_not_claimed_is_explained_and_the_limit_is_a_setting():
    decisions = []
    stamps = times(0, 12, 12)
    moves = [LONGER]
    assert brief(told(stamps, Actor(moves), explain=decisions.append)) == []
    reasons = {d.reason for d in decisions if d.candidate == "raised_eyebrows"}
    assert "it is brief, and 250 ms is the least that these frames tell" in reasons
    bold = ReadLimits(movement=replace(TIMES, micro_claim_seconds=0.3))
    assert brief(told(stamps, Actor(moves), limits=bold))


def test_macro_cues_are_told_at_low_rates_all_the_same():
    long = replace(BRIEF, end=9.2)
    assert any(cue.name == "raised_eyebrows" for cue, _ in told(times(0, 12, 10), Actor([long])))


def test_the_shortest_is_rounded_to_what_clocks_can_tell():
    assert min_detectable_seconds(0.067, TIMES) == pytest.approx(0.2)
    assert min_detectable_seconds(0.034, TIMES) == pytest.approx(0.1)
    assert min_detectable_seconds(0.042, TIMES) == pytest.approx(0.13)
