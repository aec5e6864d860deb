"""What a movement looks like, and how that is told from weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cuelight.cuebook import load_cuebook
from cuelight.errors import ModelError
from cuelight.looks import LOOKS_FILE, load_looks
from cuelight.read.gate import GateLimits, Gates
from cuelight.read.likeness import FARTHEST, FEATURES, Looks, features
from cuelight.read.movement import Movement
from cuelight.records import Cue, Reading
from cuelight.sense.records import UNITS
from faces import BROWS, FROWN, PRESS, SMILE, WRINKLE, Actor, Move, book, named, play, reader

SHIPPED = Path(__file__).parents[1] / "models" / "cues.toml"
ENTER = np.full(len(UNITS), 0.1)


def gates(times=()):
    shut = Gates(GateLimits())
    for t in times:
        known = {"yaw": 0.0, "pitch": 0.0, "aside": 0.0, "speed": 0.0, "quality": 1.0}
        shut.update(t, np.zeros(31), **known)
    return shut


def movement(onset, offset, side=""):
    middle = (onset + offset) / 2.0
    return Movement(1, "AU12", side, onset, middle, offset, 0.3, "macro", salience=3.0)


def measure(one, times, seen, **changes):
    known = {"sides": (0.0, 0.0), "provisional": False, "enter": ENTER, "delay": 0.0}
    shown = seen[:, : len(UNITS)]
    return features(one, (times, seen, shown), gates=gates(times), **known | changes)


@given(
    seen=arrays(np.float64, (20, 37), elements=st.floats(-5.0, 5.0)),
    onset=st.floats(-2.0, 3.0),
    seconds=st.floats(0.0, 4.0),
    frames=st.integers(1, 20),
)
def test_whatever_was_seen_the_features_are_finite(seen, onset, seconds, frames):
    times = np.linspace(0.0, 2.0, 20)[:frames]
    found = measure(movement(onset, onset + seconds), times, seen[:frames])
    assert found.shape == (len(FEATURES),)
    assert np.isfinite(found).all()


def test_a_smile_on_the_right_looks_as_one_on_the_left():
    times = np.arange(0.0, 3.0, 1 / 30)
    rise = 0.3 * np.clip(1.0 - np.abs(times - 1.5), 0.0, 1.0)
    one_side, other = np.zeros((len(times), 37)), np.zeros((len(times), 37))
    one_side[:, UNITS.index("AU12L")] = other[:, UNITS.index("AU12R")] = rise
    left = measure(movement(1.0, 2.0, "left"), times, one_side)
    right = measure(movement(1.0, 2.0, "right"), times, other)
    assert left == pytest.approx(right)
    known = dict(zip(FEATURES, left, strict=True))
    assert known["AU12L rise"] > 0.5 > known["AU12R rise"] == 0.0


def risen(unit, times, centres, width=0.5):
    """A unit that rises and falls smoothly about each of the centres."""
    seen = np.zeros((len(times), 37))
    for centre in centres:
        near = np.clip((times - centre) / width, -1.0, 1.0)
        seen[:, UNITS.index(unit)] += 0.15 * (1.0 + np.cos(np.pi * near))
    return seen


def test_one_smooth_rise_is_even_and_words_are_not():
    times = np.arange(0.0, 3.0, 1 / 30)
    smooth, words = (
        dict(zip(FEATURES, measure(movement(1.0, 2.0), times, seen), strict=True))
        for seen in (risen("AU17", times, [1.5]), risen("AU17", times, [1.15, 1.5, 1.85], 0.17))
    )
    assert smooth["AU17 unevenness"] == pytest.approx(np.log(0.1), abs=0.1)
    assert words["AU17 unevenness"] > smooth["AU17 unevenness"] + 1.0
    assert smooth["AU17 shown"] == pytest.approx(0.3, abs=0.02), "0.3 is how far it rose"
    assert words["AU17 shown"] < 0.5 * smooth["AU17 shown"]


@given(delay=st.floats(0.0, 0.1))
def test_what_smoothing_put_off_is_looked_for_that_much_later(delay):
    times = np.arange(0.0, 3.0, 1 / 60)
    seen = risen("AU17", times, [1.5 + delay])
    known = dict(zip(FEATURES, measure(movement(1.0, 2.0), times, seen, delay=delay), strict=True))
    assert known["AU17 unevenness"] == pytest.approx(np.log(0.1), abs=0.15)


def looks(score):
    """Weights that give the same probability to anything."""
    blank = np.zeros(len(FEATURES))
    return Looks(
        least=0.5, bias=score, means=blank, spreads=blank + 1.0, weights=blank, bends=blank
    )


def one_feature(weight, bend):
    """Looks that ask for the first feature alone, which is usually 1 and strays by 0.5."""
    first = np.zeros(len(FEATURES))
    first[0] = 1.0
    spreads = np.full(len(FEATURES), 0.5)
    return Looks(0.5, 0.0, first, spreads, weight * first, bend * first)


@given(far=st.floats(0.0, 1e9), weight=st.floats(-3.0, 3.0), bend=st.floats(-3.0, 3.0))
def test_what_no_clip_showed_counts_no_more_than_the_farthest(far, weight, bend):
    known, same = np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
    known[0] = same[0] = 1.0 + FARTHEST * 0.5
    known[0] += far
    one = one_feature(weight, bend)
    assert one.probability(known) == pytest.approx(one.probability(same))


@given(st.floats(-3.0, 3.0))
def test_a_bend_below_0_speaks_against_what_is_far_from_usual_either_way(apart):
    less, more = np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
    less[0], more[0] = 1.0 - apart, 1.0 + apart
    one = one_feature(0.0, -1.0)
    assert one.probability(less) == pytest.approx(one.probability(more))
    assert one.probability(more) <= 0.5


def test_the_weights_alone_decide_and_give_the_confidence():
    raised = Actor([Move(5.0, 6.0, BROWS)])
    said = []
    sure = replace(book(), looks={"raised_eyebrows": looks(2.0)})
    found = [cue for cue in play(raised, 12, cues=sure) if isinstance(cue, Cue)]
    assert [cue.name for cue in found] == ["raised_eyebrows"]
    assert found[0].confidence == pytest.approx(1.0 / (1.0 + np.exp(-2.0)))
    unsure = replace(book(), looks={"raised_eyebrows": looks(-2.0)})
    assert named(play(raised, 12, cues=unsure, explain=said.append), Cue) == []
    reasons = [one.reason for one in said if one.candidate == "raised_eyebrows"]
    assert any(reason.startswith("it looks like one by 12%, 50% is wanted") for reason in reasons)


@pytest.mark.parametrize(("faint", "readings"), [(0.5, 0), (0.2, 1)])
def test_what_is_too_unsure_to_be_told_may_be_the_last_straw(faint, readings):
    moves = [Move(5.0, 6.0, FROWN), Move(8.0, 9.0, FROWN), Move(11.0, 12.0, WRINKLE)]
    looked = replace(
        book(),
        faint=faint,
        cues={name: replace(entry, odds=1.0) for name, entry in book().cues.items()},
        looks={"brief_frown": looks(0.0), "nose_wrinkle": looks(-1.0)},
    )
    said = []
    events = play(Actor(moves), 14, cues=looked, explain=said.append)
    assert named(events, Cue) == ["brief_frown", "brief_frown"]
    reasons = [one.reason for one in said if one.candidate == "nose_wrinkle"]
    assert any(reason.endswith("faint evidence") for reason in reasons) == bool(readings)
    assert len(named(events, Reading)) == readings


def test_odds_of_told_cues_make_no_more_of_a_faint_one():
    moves = [Move(5.0, 6.0, FROWN), Move(9.0, 10.0, WRINKLE)]
    looked = replace(
        book(),
        faint=0.2,
        cues={name: replace(entry, odds=50.0) for name, entry in book().cues.items()},
        looks={"brief_frown": looks(2.0), "nose_wrinkle": looks(-0.5)},
    )
    said = []
    events = play(Actor(moves), 13, cues=looked, explain=said.append)
    assert named(events, Reading) == []
    last = [one.reason for one in said if (one.stage, one.candidate) == ("reading", "discomfort")]
    assert last[-1] == "one movement alone is no pattern"
    told = replace(looked, looks={"brief_frown": looks(2.0), "nose_wrinkle": looks(0.1)})
    assert named(play(Actor(moves), 13, cues=told), Reading) == ["discomfort"]


HALF = {"AU12L": 0.4, "AU12R": 0.24}


def test_weights_judge_how_one_sided_a_smile_is_and_not_a_limit():
    smile, said = Actor([Move(5.0, 6.0, HALF)]), []
    assert "one_sided_smile" not in named(play(smile, 12, explain=said.append), Cue)
    assert any(one.reason.startswith("the other side moved too") for one in said)
    sure = replace(book(), looks={"one_sided_smile": looks(2.0)})
    assert "one_sided_smile" in named(play(smile, 12, cues=sure), Cue)
    both = Actor([Move(5.0, 6.0, SMILE)])
    assert "one_sided_smile" not in named(play(both, 12, cues=sure), Cue)


SNEER = {"AU14L": 0.3}


def test_where_weights_judge_an_expression_its_units_are_enough():
    dimple = Actor([Move(5.0, 6.0, SNEER)])
    assert "contempt" not in named(play(dimple, 12), Cue), "the model does not call it so"
    sure = replace(book(), looks={"contempt": looks(2.0)})
    assert "contempt" in named(play(dimple, 12, cues=sure), Cue)


def test_a_broad_smile_wrinkles_no_nose_whatever_the_weights_say():
    sure = replace(book(), looks={"nose_wrinkle": looks(9.0)})
    assert "nose_wrinkle" in named(play(Actor([Move(5.0, 6.0, WRINKLE)]), 12, cues=sure), Cue)
    said, grin = [], Actor([Move(5.0, 6.0, {**SMILE, "AU09": 0.2})])
    assert "nose_wrinkle" not in named(play(grin, 12, cues=sure, explain=said.append), Cue)
    assert any(one.reason.startswith("both corners of the mouth rose") for one in said)


def test_who_comes_with_raised_brows_was_not_seen_to_raise_them():
    sure = replace(book(), looks={"raised_eyebrows": looks(9.0)})
    assert "raised_eyebrows" not in named(play(Actor([Move(-1, 2, BROWS)]), 8, cues=sure), Cue)


@given(arrays(np.float64, len(FEATURES), elements=st.floats(-1e6, 1e6)))
def test_shipped_weights_give_a_probability_for_anything(known):
    for one in load_cuebook(SHIPPED).looks.values():
        assert 0.0 <= one.probability(known) <= 1.0
        assert set(one.doubts(known).split(", ")) <= set(FEATURES)


def test_without_the_file_no_cue_has_looks(tmp_path):
    assert load_looks(tmp_path / LOOKS_FILE) == {}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("features = [", "features = [3, ", "are not the .* that this version measures"),
        ("[cue.brief_frown]", "[cue.brief_frawn]", "must be a table of"),
        ("least = ", "most = ", "must have bends, bias, least, means, spreads, weights"),
        ("least = ", "least = 7", "wanted a number from 0 to 1"),
        ("bias = ", "bias = true #", "must be a finite number"),
        ("means = [", "means = [1e999, ", "must be .* finite numbers"),
        ("spreads = [\n  ", "spreads = [\n  -", "spreads must be above 0"),
        ("weights = [", "weights = [", None),
        ("features = [", "features = ", "is not TOML"),
    ],
)
def test_a_damaged_file_is_refused_with_its_key(tmp_path, old, new, words):
    text = SHIPPED.with_name(LOOKS_FILE).read_text(encoding="utf-8")
    path = tmp_path / LOOKS_FILE
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    if words is None:
        assert load_looks(path).keys() == load_cuebook(SHIPPED).looks.keys()
        return
    with pytest.raises(ModelError, match=words) as caught:
        load_looks(path)
    assert str(path) in str(caught.value)


@given(
    moves=st.lists(
        st.tuples(st.floats(0.0, 8.0), st.floats(0.0, 6.0), st.sampled_from([BROWS, SMILE, PRESS])),
        max_size=4,
    ),
    gaps=st.lists(st.floats(0.001, 2.0), min_size=5, max_size=60),
)
@settings(max_examples=40)
def test_with_shipped_weights_any_frames_are_read(moves, gaps):
    actor = Actor([Move(start, start + seconds, parts) for start, seconds, parts in moves])
    eye = reader(cues=load_cuebook(SHIPPED))
    now = 0.0
    for gap in gaps:
        now += gap
        for event in eye.update(now, [actor.show(now)] if gap < 1.5 else [], occupied=True):
            if isinstance(event, Cue):
                assert 0.0 <= event.confidence <= 1.0
    eye.flush(now)
