"""What a movement rises from where a face's neutral says nothing of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.read.likeness import FEATURES, Looks
from cuelight.read.recent import Recent
from cuelight.records import Cue
from cuelight.sense.records import UNITS
from faces import FROWN, Actor, Move, book, named, play

BLANK = np.zeros(len(FEATURES))
SURE = Looks(least=0.5, bias=2.0, means=BLANK, spreads=BLANK + 1.0, weights=BLANK, bends=BLANK)


def follow(values, fps=30):
    """How far a unit stands above where it lately was, after each of its values."""
    recent = Recent()
    recent.come(np.full(37, values[0]))
    return [float(recent.rises(np.full(37, value), 1.0 / fps)[0]) for value in values]


def test_what_is_held_is_where_the_next_rise_begins():
    held = follow([0.0] * 30 + [0.3] * 600 + [0.5] * 3)
    assert held[30] == pytest.approx(0.3)
    assert held[629] < 0.01, "after twenty seconds it is no rise any more"
    assert held[630] == pytest.approx(0.2, abs=0.01)


def test_what_falls_is_followed_at_once():
    fallen = follow([0.5] * 30 + [0.1] * 15 + [0.4])
    assert fallen[-1] == pytest.approx(0.3, abs=0.01)


@given(st.floats(0.1, 1.0), st.floats(0.2, 1.0))
def test_the_frame_rate_says_nothing(height, seconds):
    ends = [follow([0.0] * fps + [height] * round(seconds * fps), fps)[-1] for fps in (15, 30, 60)]
    assert ends == pytest.approx([ends[0]] * 3, abs=0.03 * height)


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=60))
def test_no_rise_is_higher_than_from_the_lowest_that_was_seen(values):
    for index, rise in enumerate(follow(values)):
        assert rise <= values[index] - min(values[: index + 1]) + 1e-9


def test_a_frown_upon_a_face_that_came_frowning_is_found_by_weights():
    stern = Actor([Move(-1.0, None, FROWN), Move(4.0, 5.0, {"AU04L": 0.5, "AU04R": 0.5})])
    sure = replace(book(), looks={"brief_frown": SURE})
    assert named(play(stern, 9), Cue) == [], "it never came back to what people look like"
    assert "brief_frown" in named(play(stern, 9, cues=sure), Cue)


def test_there_is_a_place_for_every_unit():
    recent = Recent()
    recent.come(np.zeros(37))
    assert recent.rises(np.ones(37), 0.03).shape == (len(UNITS),)
