import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.read.commotion import Commotion
from cuelight.read.thresholds import UnitThresholds
from cuelight.read.unrest import Unrest, UnrestLimits
from cuelight.records import Cue
from cuelight.sense.records import UNITS
from faces import Actor, Move, play

THRESHOLDS = {name: UnitThresholds() for name in UNITS}
BROWS, LID = frozenset({"AU01", "AU02"}), frozenset({"AU45"})
FROWN = {"AU04L": 0.3, "AU04R": 0.3}
MOUTH = {
    "AU12L": 0.3,
    "AU12R": 0.3,
    "AU15": 0.3,
    "AU17": 0.3,
    "AU20": 0.3,
    "AU24": 0.3,
    "AU28": 0.3,
}


def watch(moved, far=0.24, *, frames=60):
    """A face of which some units rise and fall once within two seconds."""
    commotion = Commotion(THRESHOLDS)
    seen = np.zeros(37)
    rows = np.array([name.rstrip("LR") in moved for name in UNITS], float)
    for frame in range(frames):
        seen[: len(UNITS)] = far * rows * np.sin(np.pi * frame / (frames - 1))
        commotion.update(frame / 30, seen, np.zeros(len(UNITS), np.float32))
    return commotion


def names(said):
    return [one.name for one in said if isinstance(one, Cue)]


def test_a_movement_alone_has_nothing_beside_it():
    assert watch(BROWS).share(0.5, 1.5, BROWS, LID) == 0.0


def test_kin_that_goes_along_is_left_out_and_everything_else_is_not():
    moved = watch(BROWS | LID)
    assert moved.share(0.5, 1.5, BROWS, LID) == 0.0
    assert moved.share(0.5, 1.5, BROWS, frozenset()) > 0.0


def test_a_face_that_moves_all_over_has_a_share_of_one():
    every = frozenset(name.rstrip("LR") for name in UNITS)
    share = watch(every).share(0.5, 1.5, BROWS, frozenset())
    assert np.isclose(share, 1.0)


@pytest.mark.parametrize("fps", [7, 30, 120])
def test_the_last_seven_seconds_are_kept_at_any_rate(fps):
    commotion = Commotion(THRESHOLDS)
    for frame in range(60 * fps):
        row = np.full(37, float(frame))
        commotion.update(frame / fps, row, row[: len(UNITS)].astype(np.float32))
        times, seen, shown = commotion.since(-1.0)
        now = frame / fps
        assert times[-1] == now
        assert max(now - 7.0 - 1.1 / fps, 0.0) <= times[0] <= max(now - 7.0 + 1.1 / fps, 0.0)
        assert len(times) == len(seen) == len(shown)
    kept = np.arange(frame + 1 - len(times), frame + 1)
    assert (seen == kept[:, np.newaxis]).all()
    assert (shown == kept[:, np.newaxis]).all()
    assert np.allclose(times, kept / fps)
    assert len(commotion.since(now - 0.95 / fps)[0]) == 1


def test_nothing_is_known_of_a_time_not_seen():
    assert Commotion(THRESHOLDS).share(0.0, 1.0, BROWS, LID) == 0.0
    lost = watch(frozenset(name.rstrip("LR") for name in UNITS))
    lost.lose()
    assert lost.share(0.5, 1.5, BROWS, LID) == 0.0


@given(st.floats(0.05, 4.0))
def test_the_share_is_the_same_for_weak_and_strong_faces(factor):
    every = frozenset(name.rstrip("LR") for name in UNITS)
    some = watch(every, 0.2).share(0.5, 1.5, BROWS, LID)
    assert np.isclose(watch(every, 0.2 * factor).share(0.5, 1.5, BROWS, LID), some)


def test_a_frown_counts_by_itself_and_not_in_a_face_that_moves_all_over():
    assert "brief_frown" in names(play(Actor([Move(25, 25.7, FROWN)]), 28))
    busy = {**FROWN, **dict.fromkeys(MOUTH, 0.2)}
    assert "brief_frown" not in names(play(Actor([Move(25, 25.7, busy)]), 28))


def test_unrest_rises_at_once_and_fades():
    unrest = Unrest(UnrestLimits())
    unrest.update(1 / 30, speed=1.0, away_degrees=1.0, talking=False)
    assert unrest.value == 0.0
    unrest.update(1 / 30, speed=1.0, away_degrees=1.0, talking=True)
    assert unrest.value == 1.0
    values = []
    for _ in range(60):
        unrest.update(1 / 30, speed=1.0, away_degrees=1.0, talking=False)
        values.append(unrest.value)
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.05


@given(st.floats(0, 200), st.floats(0, 60), st.booleans())
def test_unrest_is_a_part_and_grows_with_speed(speed, away, talking):
    def after(speed):
        unrest = Unrest(UnrestLimits())
        unrest.update(0.1, speed=speed, away_degrees=away, talking=talking)
        return unrest.value

    assert 0.0 <= after(speed) <= after(speed + 5.0) <= 1.0
