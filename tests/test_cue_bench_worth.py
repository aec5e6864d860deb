"""What a cue is worth: its ratio, its thresholds, whether it may move the lamp."""

from __future__ import annotations

from dataclasses import replace
from math import exp, factorial, isfinite

import pytest
from cue_bench.__main__ import worths_of
from cue_bench.chance import Figure, poisson_upper, rate
from cue_bench.score import score_clip
from cue_bench.summary import Above, summarise
from cue_bench.worth import alarm_chance, cue_worth, hit_rate, odds, visit_threshold, worth_of
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_clips import clip, play
from cuelight.places import models_folder
from cuelight.read.cue import CUES
from cuelight.read.pattern import real

HALF_LIFE = 20.0
WRINKLE = "nose_wrinkle"


@pytest.fixture
def empty(tmp_path):
    return summarise([score_clip(clip(tmp_path, kind="neutral"), play())]).cues[WRINKLE]


def cue(empty, *, hits=45, events=50, alarms=2, hours=2.0, precision=0.9, better=None):
    return replace(
        empty,
        events=events,
        hits=hits,
        hours=hours,
        alarms=rate(alarms, hours),
        sure=(0.8,) * hits,
        alarms_sure=(0.4,) * alarms,
        above=(
            Above(0.0, hits, around(precision), rate(alarms, hours)),
            Above(0.5, hits, around(better or precision), rate(alarms // 10, hours)),
        ),
    )


def around(precision):
    return Figure(precision, precision - 0.1, precision + 0.05, 60)


def worth(row, name=WRINKLE):
    return cue_worth(name, row, half_life_seconds=HALF_LIFE)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.floats(0.0, 100.0))
def test_no_ratio_is_infinite_or_nothing(hits, more, alarms, hours):
    ratio = hit_rate(hits, hits + more) / alarm_chance(alarms, hours, seconds=HALF_LIFE)
    assert isfinite(ratio)
    assert ratio > 0.0


def test_smoothing_adds_half_a_case_to_each_side():
    assert hit_rate(0, 0) == pytest.approx(0.5)
    assert hit_rate(9, 10) == pytest.approx(9.5 / 11)
    mean = (3 + 0.5) / 2.0 * 20.0 / 3600.0
    assert alarm_chance(3, 2.0, seconds=20.0) == pytest.approx(1.0 - exp(-mean))


def test_the_ratio_is_hit_rate_over_false_alarms(empty):
    good, bad = worth(cue(empty)), worth(cue(empty, alarms=200))
    assert good.ratio == pytest.approx(good.hit_rate / good.alarm_chance)
    assert good.ratio > 10 * bad.ratio
    assert worth(cue(empty, hits=10)).ratio < good.ratio


def test_where_nothing_was_watched_every_cue_is_a_false_one(empty):
    unseen = worth(cue(empty, alarms=0, hours=0.0))
    assert unseen.alarm_chance == 1.0
    assert not unseen.measured
    assert not unseen.signal


def test_finds_that_are_rarely_false_are_made_more_of(empty):
    better, worse = worth(cue(empty)), worth(cue(empty, hits=10, alarms=60))
    assert better.odds > 1.0 > worse.odds
    assert better.real > worse.real


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.0, 1.0), max_size=30),
    st.lists(st.floats(0.0, 1.0), max_size=30),
    st.floats(1e-4, 0.1),
    st.floats(1e-4, 0.1),
)
def test_the_odds_are_ones_that_a_cue_book_takes_and_rise_with_what_is_true(
    hits, alarms, hit, alarm
):
    factor = odds(hits, alarms, each_hit=hit, each_alarm=alarm)
    assert 0.001 <= factor <= 1000.0
    more = odds(hits, alarms, each_hit=2.0 * hit, each_alarm=alarm)
    assert more >= factor


def test_the_odds_are_the_ones_that_bayes_gives():
    # all finds alike: 0.1 x 45.5 / 51 true ones in a half-life, 2.5 / 2 h x 20 s false ones
    true, false = 0.1 * 45.5 / 51.0, 2.5 / 2.0 / 180.0
    factor = odds([0.8] * 45, [0.8] * 2, each_hit=0.1 / 51.0, each_alarm=HALF_LIFE / 3600.0 / 2.0)
    assert real(0.8, factor) == pytest.approx(true / (true + false))


def tail(least, mean):
    return 1.0 - sum(exp(-mean) * mean**k / factorial(k) for k in range(least))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.floats(0.3, 20.0))
def test_the_threshold_is_the_least_that_keeps_neutral_visits_out(alarms, hours):
    least = visit_threshold(alarms, hours, seconds=600.0)
    mean = poisson_upper(alarms, 0.95) / hours / 6.0
    assert least >= 1
    assert tail(least, mean) <= 0.05 + 1e-9
    assert least == 1 or tail(least - 1, mean) > 0.05


def test_more_false_alarms_or_less_watching_never_lower_the_threshold():
    rising = [visit_threshold(alarms, 2.0, seconds=600.0) for alarms in range(30)]
    assert rising == sorted(rising)
    assert rising[0] == 2  # none in two hours: up to 1.5 an hour, a quarter in a visit
    assert visit_threshold(0, 20.0, seconds=600.0) == 1
    assert visit_threshold(0, 0.5, seconds=600.0) > 2
    with pytest.raises(ValueError, match="hours is 0"):
        visit_threshold(0, 0.0, seconds=600.0)


def test_looking_away_has_only_the_time_around_marks_to_be_false_in(empty):
    row = cue(empty, alarms=4, hours=0.5)
    wrinkle, away = worth(row), worth(row, "price_gaze_aversion")
    assert away.visit_threshold < wrinkle.visit_threshold
    assert away.visit_threshold == visit_threshold(4, 0.5, seconds=26.0)
    assert wrinkle.after_price_threshold == visit_threshold(4, 0.5, seconds=60.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"precision": 0.5}, "precision may be as low as 0.40"),
        ({"alarms": 300}, "false alarms may be as many"),
        ({"hits": 5}, "5 hits; 6 are wanted"),
        ({"alarms": 0, "hours": 0.51}, "false alarms may be as many"),  # too little to tell
    ],
)
def test_a_cue_that_is_not_good_enough_never_moves_the_lamp(empty, changes, words):
    one = worth(cue(empty, **changes))
    assert (one.signal, one.measured) == (False, True)
    assert words in one.why
    assert worth(cue(empty)).signal


@pytest.mark.parametrize(
    ("source", "fps", "used"),
    [("rig", 30.0, True), ("portrait", 30.0, True), ("film", 30.0, False), ("rig", 60.0, False)],
)
def test_only_synthetic_clips_at_the_planned_rate_say_what_cues_are_worth(
    tmp_path, source, fps, used
):
    score = score_clip(clip(tmp_path, source=source, fps=fps), play())
    assert bool(worths_of([score], models_folder() / "cues.toml")) == used


def test_an_expression_is_evidence_only_however_good(empty):
    assert not worth(cue(empty), "happiness").signal


@pytest.mark.parametrize("changes", [{"events": 19, "hits": 19}, {"hours": 0.4, "alarms": 0}])
def test_too_few_cases_are_no_measurement(empty, changes):
    assert not worth(cue(empty, **changes)).measured


@pytest.mark.parametrize(
    ("changes", "start"),
    [({}, 0.0), ({"precision": 0.5, "better": 0.9}, 0.5), ({"alarms": 30}, 0.5)],
)
def test_a_cue_may_move_the_lamp_from_the_confidence_on_that_is_good_enough(empty, changes, start):
    one = worth(cue(empty, **changes))
    assert (one.signal, one.signal_confidence) == (True, start)


def test_every_cue_is_judged(tmp_path):
    quiet = summarise([score_clip(clip(tmp_path, kind="neutral"), play())])
    assert worth_of(quiet, half_life_seconds=HALF_LIFE).keys() == CUES
