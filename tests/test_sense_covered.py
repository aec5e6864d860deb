"""A covered lens is told slowly, taken back slowly, and tells nothing of people."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.sense.clip import open_clip
from cuelight.sense.covered import Covered
from cuelight.sense.records import Frame

SELFTEST = Path(__file__).parent.parent / "models" / "selftest"
CLIPS = Path(__file__).parent.parent / "clips"
RANDOM = np.random.default_rng(5)


def black(height=120, width=160, *, noise=6):
    return RANDOM.integers(0, 2 * noise, (height, width)).astype(np.uint8)


def room(height=120, width=160):
    image = np.full((height, width), 90, np.uint8)
    image[: height // 3] = 160  # a wall and its ceiling
    image[height // 5 : height // 2, width // 5 : width // 3] = 30  # a door
    return image


def taped(height=120, width=160):
    """Give what light through white tape makes: bright in the middle and without edges."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (150 - 25 * np.hypot(rows, columns)).astype(np.uint8)


def told(images, *, fps=1.0, start=100.0):
    covered = Covered()
    return [covered.update(Frame(image, start + n / fps)) for n, image in enumerate(images)]


@pytest.mark.parametrize("image", [black(), black(480, 640), black(noise=10), taped()])
def test_a_lens_without_a_picture_is_covered_after_half_a_minute(image):
    said = told([image] * 60)
    assert said.index(True) == 30
    assert all(said[30:])


def test_it_is_taken_back_after_five_seconds_of_a_picture():
    said = told([black()] * 40 + [room()] * 20)
    assert said[40:45] == [True] * 5
    assert said[45:] == [False] * 15


def test_a_hand_or_a_flash_changes_nothing():
    assert not any(told(([room()] * 5 + [black()] * 25) * 5))
    assert all(told([black()] * 31 + ([black()] * 5 + [room()] * 4) * 9)[31:])


def test_a_single_lamp_in_a_dark_room_is_still_dark():
    image = black()
    image[50:54, 70:74] = 255
    assert told([image] * 40)[-1]


def test_gaps_in_the_frames_are_not_taken_for_darkness():
    covered = Covered()
    times = [0.0, 1.0, 100.0, 101.0, 50.0, 51.0]
    assert not any(covered.update(Frame(black(), time)) for time in times)


def test_no_clip_with_or_without_people_counts_as_covered():
    clips = sorted(SELFTEST.glob("*.mkv")) + sorted(CLIPS.glob("*.m*"))
    assert len(clips) >= 3
    for path in clips:
        covered = Covered()
        with open_clip(path, step=5) as clip:
            for number, frame in enumerate(clip):
                assert not covered.update(Frame(frame.image, float(number))), path.name


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 80)), max_size=8),
    st.sampled_from((1.0, 5.0, 15.0, 30.0)),
)
def test_what_is_said_never_flaps(parts, fps):
    covered, time, changes, before = Covered(), 0.0, [], False
    dark, bright = black(24, 32), room(24, 32)
    for blank, seconds in parts:
        for _ in range(int(seconds * fps)):
            time += 1.0 / fps
            now = covered.update(Frame(dark if blank else bright, time))
            if now != before:
                changes.append((time, now))
            before = now
    for (sooner, _), (later, now) in itertools.pairwise(changes):
        assert later - sooner >= (29.0 if now else 4.0)
