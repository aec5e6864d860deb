"""A nod is a swing out of rest: down, up and down again; bobbing, bowing and drifting are none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.head import NOD, HeadLimits, HeadWatch
from cuelight.read.swing import Bout
from cuelight.records import Cue
from faces import Actor, play, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.read.head import Gesture

ONSET = 5.0


def nodding(degrees: float, cycle: float = 0.5, cycles: int = 2, onset: float = ONSET):
    """Pitch of a head that dips `cycles` times by `degrees` out of rest."""

    def pitch(t: float) -> float:
        share = (t - onset) / cycle
        return degrees * (math.cos(2 * math.pi * share) - 1) / 2 if 0 < share < cycles else 0.0

    return pitch


def found(
    pitch: Callable[[float], float],
    *,
    yaw: Callable[[float], float] = lambda _: 0.0,
    fps: float = 30.0,
    noise: float = 0.15,
    seconds: float = 10.0,
) -> list[tuple[float, Gesture]]:
    """The gestures of a head, and when each was known."""
    watch, dice, told = HeadWatch(HeadLimits()), np.random.default_rng(3), []
    for t in times(0, seconds, fps):
        pose = (yaw(t), pitch(t) + float(dice.normal(0, noise)), 0.0)
        gesture = watch.update(t, 1 / fps, pose)
        if gesture is not None:
            told.append((t, gesture))
    return told


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0, 120.0])
def test_a_nod_of_two_dips_is_found_from_its_first_stroke(fps):
    told = found(nodding(5.0), fps=fps)
    assert [gesture.name for _, gesture in told] == ["nod"]
    (known, nod) = told[0]
    assert nod.onset == pytest.approx(ONSET, abs=0.1)
    assert nod.offset == pytest.approx(ONSET + 0.75, abs=0.1)
    assert nod.stroke_degrees == pytest.approx(5.0, abs=0.6)
    # three strokes are over at 0.75 s; the third is certain when the head has come half a stroke up
    assert known < ONSET + 0.75 + 0.15 + 1 / fps


@settings(max_examples=40, deadline=None)
@given(
    degrees=st.floats(3.2, 12.0),
    cycle=st.floats(0.4, 0.66),
    cycles=st.integers(2, 4),
    drift=st.floats(-0.4, 0.4),
)
def test_where_the_head_had_drifted_before_does_not_hide_a_nod(degrees, cycle, cycles, drift):
    # Long rests drift; the furthest point of one may lie seconds before the first stroke.
    nod = nodding(degrees, cycle, cycles)
    told = found(lambda t: nod(t) + drift * min(t - ONSET, 0.0), noise=0.1)
    assert told
    assert {gesture.name for _, gesture in told} == {"nod"}
    assert abs(told[0][1].onset - ONSET) < 0.2


def test_a_dip_is_no_nod():
    # bowing once and coming back, quickly or slowly, and looking down at papers and up again
    assert found(nodding(8.0, 0.6, 1)) == []
    assert found(nodding(8.0, 1.6, 1)) == []
    assert found(lambda t: -12.0 if 4 < t < 7 else 0.0) == []
    assert found(lambda t: nodding(8.0, 0.6, 1)(t) + nodding(8.0, 0.6, 1, ONSET + 2)(t)) == []


def test_a_nod_before_looking_at_papers_is_none_until_the_head_comes_up_again():
    def pitch(t: float) -> float:
        return (
            nodding(8.0, 0.5, 1)(t) if t < ONSET + 0.5 else -8.0 * min((t - ONSET - 0.5) / 0.3, 1)
        )

    assert found(pitch) == []


@settings(max_examples=40, deadline=None)
@given(size=st.floats(1.0, 4.0), hertz=st.floats(0.9, 1.8), phase=st.floats(0.0, 6.28))
def test_a_head_that_bobs_on_and_on_does_not_nod(size, hertz, phase):
    def bob(t: float) -> float:
        return size * math.sin(2 * math.pi * hertz * t + phase)

    assert found(bob, noise=0.0) == []


def test_strokes_of_unlike_size_are_no_nod():
    first, second = nodding(3.0, 0.5, 1), nodding(9.0, 0.5, 1, ONSET + 0.5)
    assert found(lambda t: first(t) + second(t)) == []


def test_the_pitch_of_a_shaken_or_turning_head_is_no_nod():
    nod = nodding(4.0)

    def yaw(t: float) -> float:
        return 6.0 * math.sin(2 * math.pi * 1.8 * (t - ONSET)) if ONSET < t < ONSET + 1.5 else 0.0

    assert "nod" not in {gesture.name for _, gesture in found(nod, yaw=yaw)}


def test_nothing_is_known_of_the_rest_before_a_face_came():
    told = found(nodding(6.0, onset=0.1), seconds=3.0)
    assert told == []
    assert len(found(nodding(6.0, onset=0.6), seconds=3.0)) == 1


def test_a_lost_face_begins_anew():
    def seen(pitch: Callable[[float], float], lost: float) -> list[Gesture]:
        watch, told = HeadWatch(HeadLimits()), []
        for t in times(0, 8):
            if abs(t - lost) < 1e-6:
                watch.lose()
            told.append(watch.update(t, 1 / 30, (0.0, pitch(t), 0.0)))
        return [gesture for gesture in told if gesture is not None]

    # in the middle of a nod
    assert seen(nodding(6.0), ONSET + 0.3) == []
    # in another pose: where the head was before is no stroke's beginning
    told = seen(lambda t: 8.0 if t < ONSET - 0.45 else nodding(6.0)(t), ONSET - 13 / 30)
    assert [gesture.name for gesture in told] == ["nod"]
    assert told[0].onset == pytest.approx(ONSET, abs=0.1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.005, 0.3), st.floats(-40.0, 40.0)), min_size=1, max_size=120))
def test_whatever_the_pose_a_bout_holds_what_its_limits_say(steps):
    bout, now, before = Bout(NOD), 0.0, 0.0
    for elapsed, value in steps:
        now += elapsed
        if not bout.update(now, value):
            continue
        span = bout.span(now)
        if span is None:
            continue
        start, end, mean = span
        assert before <= start < end <= now
        assert now - start <= NOD.within_seconds
        assert end - start <= NOD.strokes * NOD.stroke_seconds
        assert mean >= NOD.least


def test_a_small_nod_on_a_new_face_is_a_cue():
    nod = nodding(3.6)
    said = play(Actor(extra=lambda t: {"pitch": nod(t)}), 8)
    assert [event.name for event in said if isinstance(event, Cue)] == ["nod"]
