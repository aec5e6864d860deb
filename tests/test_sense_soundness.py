"""Frames that no sound camera gives are refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.errors import CameraError
from cuelight.sense.records import Frame
from cuelight.sense.soundness import Soundness

GREY = np.zeros((120, 160), np.uint8)


def test_sound_frames_pass():
    sound = Soundness()
    for number in range(100):
        sound.check(Frame(GREY, 5.0 + number / 30), now=5.01 + number / 30)


@pytest.mark.parametrize(
    ("image", "timestamp", "said"),
    [
        (GREY.astype(np.float32), 10.0, r"float32 of the shape \(120, 160\) instead of a grey"),
        (np.zeros((120, 160, 3), np.uint8), 10.0, r"the shape \(120, 160, 3\)"),
        (np.zeros((0, 160), np.uint8), 10.0, r"the shape \(0, 160\)"),
        (np.zeros((240, 320), np.uint8), 10.0, "from 160 x 120 to 320 x 240 pixels"),
        (GREY, float("nan"), "time lies"),
        (GREY, 12.0, r"\+2 s from now"),
        (GREY, -60.0, r"-70 s from now"),
        (GREY, 9.0, "no newer than the one before"),
    ],
)
def test_garbage_is_a_camera_error(image, timestamp, said):
    sound = Soundness()
    sound.check(Frame(GREY, 9.0), now=10.0)
    with pytest.raises(CameraError, match=said):
        sound.check(Frame(image, timestamp), now=10.0)


def test_a_camera_that_was_opened_again_may_have_another_size():
    for image in (GREY, np.zeros((240, 320), np.uint8)):
        Soundness().check(Frame(image, 10.0), now=10.0)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_whatever_the_times_only_rising_ones_near_now_get_through(times):
    sound, passed = Soundness(), []
    for time in times:
        try:
            sound.check(Frame(GREY, time), now=100.0)
        except CameraError:
            continue
        passed.append(time)
    assert passed == sorted(set(passed))
    assert all(40.0 <= time <= 101.0 for time in passed)
