from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.baseline import Baseline, BaselineTimes
from cuelight.read.channel import EXPRESSIVE
from cuelight.read.thresholds import UnitThresholds
from cuelight.records import Cue
from cuelight.sense.records import UNITS
from faces import SMILE, Actor, Move, play, times

SMILING = EXPRESSIVE.index("AU12L")
THRESHOLDS = {name: UnitThresholds() for name in UNITS}


def taught(actor: Actor, seconds: float, *, fps: float = 30.0, calm: float | None = None):
    """A neutral that has seen an actor for a while."""
    baseline = Baseline(THRESHOLDS, BaselineTimes())
    for t in times(0, seconds, fps):
        seen = actor.show(t)
        pose = (*_pose(seen.head), seen.gaze.yaw, seen.gaze.pitch)
        observed = np.array([*seen.action_units, *seen.emotions[1:], *pose], dtype=float)
        sure = float(seen.emotions[0]) if calm is None else calm
        baseline.update(observed, 1 / fps, neutral_probability=sure)
    return baseline


def _pose(head):
    return head.yaw, head.pitch, head.roll, head.scale


def test_it_starts_from_the_population_and_is_provisional_for_twenty_seconds():
    assert taught(Actor(), 0).neutral[SMILING] == pytest.approx(0.03)
    assert taught(Actor(), 19.9).provisional
    assert not taught(Actor(), 20.1).provisional


@pytest.mark.parametrize("rest", [0.0, 0.03, 0.1, 0.14])
def test_it_learns_a_calm_face_of_its_own(rest):
    baseline = taught(Actor(rest={"AU12L": rest}), 20)
    assert baseline.neutral[SMILING] == pytest.approx(rest, abs=0.02)


@given(strength=st.floats(0.3, 0.9), happy=st.floats(0, 0.9), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_ten_seconds_of_smiling_on_arrival_are_not_learned(strength, happy, seed):
    rest = {"AU12L": strength, "AU12R": strength, "AU06": strength, "happiness": happy}
    baseline = taught(Actor(rest=rest, seed=seed), 10)
    # Whatever the model thinks of it: the smile still stands out by more than its threshold.
    assert strength - baseline.neutral[SMILING] > THRESHOLDS["AU12L"].enter


def test_a_smile_kept_for_minutes_is_learned_at_last():
    rest = {"AU12L": 0.5, "AU12R": 0.5, "happiness": 0.8}
    assert taught(Actor(rest=rest), 600, fps=5).neutral[SMILING] > 0.4


def test_who_arrives_smiling_and_stops_has_shown_one_smile():
    said = play(Actor([Move(-1, 10, SMILE), Move(15, 16.5, SMILE)]), 20)
    smiles = [cue for cue in said if isinstance(cue, Cue) and cue.name == "happiness"]
    assert [round(cue.onset) for cue in smiles] == [0, 15]


def test_a_restless_face_needs_wider_movements():
    still, restless = taught(Actor(noise=0.005), 25), taught(Actor(noise=0.05), 25)
    shown = np.full(37, 0.2)
    assert restless.rises(shown)[1][SMILING] < still.rises(shown)[1][SMILING]


def test_the_frame_rate_does_not_change_what_is_learned():
    a, b = (taught(Actor(rest={"AU04L": 0.1}), 15, fps=fps) for fps in (15, 60))
    assert a.neutral == pytest.approx(b.neutral, abs=0.5)
    assert a.neutral[:31] == pytest.approx(b.neutral[:31], abs=0.01)


def test_a_usual_pose_is_learned():
    baseline = taught(Actor(rest={"yaw": 12.0, "roll": -4.0}), 10)
    assert baseline.neutral[31] == pytest.approx(12, abs=0.5)
    assert baseline.neutral[33] == pytest.approx(-4, abs=0.5)


def test_a_stern_face_is_its_own_neutral_before_its_first_half_minute_is_over():
    stern = {"AU04L": 0.6, "AU04R": 0.6, "AU09": 0.4}
    for calm in (0.2, 0.9):
        neutral = taught(Actor(rest=stern), 28, calm=calm).neutral
        assert neutral[EXPRESSIVE.index("AU09")] > (0.35 if calm > 0.5 else 0.15), calm
    assert taught(Actor(rest=stern), 90, calm=0.2).neutral[EXPRESSIVE.index("AU09")] > 0.35


def test_a_face_that_wavers_little_is_read_more_keenly_than_the_card_says():
    units = {name: THRESHOLDS[name] for name in THRESHOLDS}
    still = Baseline(units, BaselineTimes())
    steady = np.array([*Actor(noise=0.0).show(0.0).action_units, *np.zeros(13)], dtype=float)
    for _ in range(900):
        still.update(steady, 1 / 30, neutral_probability=1.0)
    shown = steady.copy()
    shown[SMILING] += 0.08
    assert THRESHOLDS["AU12L"].enter > 0.08
    assert 1.0 <= still.rises(shown)[1][SMILING] <= 2.0


OWN_SCALE = {name: UnitThresholds(enter=0.3, leave=0.15, slope=2.5) for name in UNITS}
"""Units with a scale of their own, of which an intensity of 0.4 is a full movement."""


@pytest.mark.parametrize("where", [-1.5, 0.0, 2.0])
def test_where_a_face_stands_in_a_units_own_scale_says_nothing(where):
    baseline = Baseline(OWN_SCALE, BaselineTimes())
    seen, intensities = np.zeros(37), np.full(31, 0.03)
    seen[:31] = where
    baseline.update(seen, 0.0, neutral_probability=0.9, intensities=intensities)
    assert baseline.rises(seen)[0][SMILING] == pytest.approx(0.0)


@pytest.mark.parametrize("where", [-1.5, 0.0, 2.0])
def test_what_a_face_comes_with_is_told_by_its_intensity(where):
    baseline = Baseline(OWN_SCALE, BaselineTimes())
    seen, intensities = np.zeros(37), np.full(31, 0.03)
    seen[:31] = where
    intensities[SMILING] = 0.43
    for _ in range(15):
        baseline.update(seen, 1 / 30, neutral_probability=0.2, intensities=intensities)
    rises, *_ = baseline.rises(seen)
    assert rises[SMILING] == pytest.approx(1.0, abs=0.1), "a full smile"
    assert rises[UNITS.index("AU04L")] == pytest.approx(0.0, abs=0.1)
