from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.cue import CUES, EXPRESSION_CUES, SMILES, UNITS_OF
from cuelight.read.pattern import Pattern
from cuelight.records import Cue, Reading
from faces import book


def cue(name: str, apex: float, confidence: float = 0.95, *, price: bool = False) -> Cue:
    return Cue(name, 1, apex - 0.3, apex, apex + 0.3, 0.4, confidence, price=price)


def weigh(*cues: Cue) -> list[Reading]:
    """Give the readings that cues lead to, each told half a second after its apex."""
    pattern, found = Pattern(book()), []
    for shown in sorted(cues, key=lambda one: one.apex):
        found += pattern.update(shown.apex + 0.5, [shown])
    return found


def test_two_separate_movements_that_agree_are_a_reading():
    (reading,) = weigh(cue("pressed_lips", 10), cue("confused_stillness", 13))
    assert reading.name == "hesitation"
    assert reading.confidence >= book().readings["hesitation"].confidence
    assert [one.name for one in reading.evidence] == ["pressed_lips", "confused_stillness"]


@pytest.mark.parametrize(("apart", "readings"), [(0.0, 0), (1.9, 0), (2.1, 1)])
def test_the_same_units_must_peak_two_seconds_apart(apart, readings):
    assert len(weigh(cue("nose_wrinkle", 10), cue("nose_wrinkle", 10 + apart))) == readings


def test_one_twitch_seen_by_two_detectors_is_one_piece():
    twice = weigh(cue("one_sided_smile", 10), cue("contempt", 10.1))
    assert twice == []
    again = weigh(cue("one_sided_smile", 10), cue("contempt", 10.1), cue("one_sided_smile", 14))
    assert [len(reading.evidence) for reading in again] == [2]


def test_different_units_at_one_moment_are_two_movements():
    assert [r.name for r in weigh(cue("brief_frown", 10), cue("shake", 10))] == ["discomfort"]


@pytest.mark.parametrize(("apart", "readings"), [(0.0, 0), (0.4, 0), (0.6, 1)])
def test_a_frown_that_a_nose_wrinkle_brings_along_is_no_second_movement(apart, readings):
    assert len(weigh(cue("nose_wrinkle", 10), cue("brief_frown", 10 + apart))) == readings


@given(st.lists(st.tuples(st.sampled_from(sorted(EXPRESSION_CUES)), st.floats(0, 30)), max_size=12))
@settings(max_examples=50, deadline=None)
def test_expressions_alone_are_no_reading(shown):
    assert weigh(*(cue(name, 10 + apex) for name, apex in shown)) == []


@given(st.lists(st.tuples(st.sampled_from(sorted(SMILES)), st.floats(0, 30)), max_size=12))
@settings(max_examples=50, deadline=None)
def test_smiles_alone_are_no_interest(shown):
    assert weigh(*(cue(name, 10 + apex) for name, apex in shown)) == []


def test_smiles_with_raised_brows_are_interest_at_four_fifths():
    found = weigh(cue("happiness", 10), cue("raised_eyebrows", 12), cue("nod", 14))
    assert {reading.name for reading in found} == {"interest"}
    assert all(reading.confidence >= 0.8 for reading in found)


def test_looking_away_from_the_price_alone_is_no_reading():
    away = [cue("price_gaze_aversion", 10 + 3 * i, price=True) for i in range(5)]
    assert weigh(*away) == []
    (reading,) = weigh(away[0], cue("pressed_lips", 12, price=True))
    assert reading.name == "price_concern"


def test_only_what_is_shown_near_a_price_speaks_for_a_price_concern():
    away = cue("price_gaze_aversion", 10, price=True)
    assert "price_concern" not in {r.name for r in weigh(away, cue("pressed_lips", 12))}


def test_what_was_shown_just_before_the_mark_counts_too():
    pattern = Pattern(book())
    pattern.update(9.5, [cue("pressed_lips", 9)])
    assert pattern.update(12.5, [cue("price_gaze_aversion", 12, price=True)]) == []
    (reading,) = pattern.mark_price(13.0, 5.0)
    assert reading.name == "price_concern"


@given(
    name=st.sampled_from(sorted(book().readings)),
    shown=st.lists(st.sampled_from(sorted(CUES)), min_size=1, max_size=5),
    against=st.sampled_from(sorted(CUES)),
)
@settings(max_examples=100, deadline=None)
def test_contradicting_evidence_lowers_and_agreeing_evidence_raises(name, shown, against):
    pattern = Pattern(book())
    for i, one in enumerate(shown):
        pattern.update(10 + 3 * i, [cue(one, 10 + 3 * i, price=True)])
    now = 40.0
    before = pattern.confidence(name, now)
    pattern.update(now, [cue(against, now, price=True)])
    ratio = book().cues[against].likelihood.get(name, 1.0)
    after = pattern.confidence(name, now)
    assert (after > before) == (ratio > 1)
    assert (after < before) == (ratio < 1)


def test_evidence_halves_in_twenty_seconds():
    pattern = Pattern(book())
    pattern.update(10, [cue("nose_wrinkle", 10)])
    prior, odds = 0.12 / 0.88, [pattern.confidence("discomfort", t) for t in (10, 30, 50)]
    ratios = [p / (1 - p) / prior for p in odds]
    assert ratios[1] == pytest.approx(ratios[0] ** 0.5)
    assert ratios[2] == pytest.approx(ratios[0] ** 0.25)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.001, 1000.0))
def test_a_surer_find_says_more_but_never_more_than_its_movement(one, other, odds):
    told = []
    for sure in sorted((one, other)):
        entry = replace(book().cues["nose_wrinkle"], odds=odds)
        pattern = Pattern(replace(book(), cues={**book().cues, "nose_wrinkle": entry}))
        pattern.update(10, [cue("nose_wrinkle", 10, sure)])
        told.append(pattern.confidence("discomfort", 10))
    prior = book().readings["discomfort"].prior
    most = prior / (1.0 - prior) * book().cues["nose_wrinkle"].likelihood["discomfort"]
    assert prior < told[0] <= told[1] <= most / (1.0 + most)


def test_faint_evidence_weighs_as_much_but_never_moves_the_lamp():
    cues = {name: replace(entry, odds=1.0) for name, entry in book().cues.items()}
    plain = replace(book(), cues=cues)
    told, faint, both = Pattern(plain), Pattern(plain), Pattern(plain)
    told.update(10.0, [cue("nose_wrinkle", 10)])
    assert faint.update(10.0, [], [cue("nose_wrinkle", 10)]) == []
    assert faint.confidence("discomfort", 10) == told.confidence("discomfort", 10)
    for i in range(5):
        assert faint.update(13.0 + 3 * i, [], [cue("nose_wrinkle", 13 + 3 * i)]) == []
    assert faint.confidence("discomfort", 25) > book().readings["discomfort"].confidence
    # one that is told is enough, if the others are more likely there than not
    (reading,) = faint.update(26.0, [cue("shake", 26)])
    assert reading.evidence[-1].name == "shake"
    unlikely = [cue("nose_wrinkle", apex, 0.3) for apex in (4, 7, 10)]
    assert both.update(10.0, [], unlikely) == []
    assert both.update(11.0, [cue("brief_frown", 11)]) == []
    assert both.confidence("discomfort", 11) > book().readings["discomfort"].confidence


@pytest.mark.parametrize(("least", "readings"), [(0.0, 1), (0.8, 1), (0.9, 0)])
def test_cues_too_unsure_for_the_lamp_are_evidence_only(least, readings):
    cues = {name: replace(entry, signal_confidence=least) for name, entry in book().cues.items()}
    pattern = Pattern(replace(book(), cues=cues))
    found = [
        reading
        for shown in (cue("nose_wrinkle", 10, 0.85), cue("shake", 12, 0.85))
        for reading in pattern.update(shown.apex + 0.5, [shown])
    ]
    assert len(found) == readings


def test_old_evidence_does_not_add_up():
    assert weigh(cue("pressed_lips", 10), cue("confused_stillness", 60)) == []


def test_a_reading_is_told_again_only_for_something_new():
    first = [cue("nose_wrinkle", 10), cue("brief_frown", 12)]
    assert len(weigh(*first, cue("disgust", 10.5))) == 1
    assert len(weigh(*first, cue("shake", 14))) == 2


def test_every_cue_has_units_and_a_likelihood():
    assert set(UNITS_OF) == set(book().cues)
    assert all(UNITS_OF[name] and entry.likelihood for name, entry in book().cues.items())
