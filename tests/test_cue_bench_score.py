"""From found cues and the truth to hits, misses, false alarms, errors and delays."""

from __future__ import annotations

from math import isnan

import pytest
from cue_bench.alike import alike
from cue_bench.bars import Verdict
from cue_bench.score import exposure_seconds, score_clip
from cue_bench.summary import summarise

from bench_clips import clip, event, play, told
from cuelight.records import Reading, Signal

WRINKLE = "nose_wrinkle"


def summary(*scores):
    return summarise(scores).cues


def test_every_event_is_hit_or_missed_and_every_other_cue_is_false(tmp_path):
    truth = clip(tmp_path, events=[event(WRINKLE, 2.0, 3.0), event(WRINKLE, 5.0, 6.0)])
    cues = (told(WRINKLE, 2.1, 3.1), told(WRINKLE, 2.2, 3.0), told(WRINKLE, 20.0, 21.0))
    score = score_clip(truth, play(*cues)).cues[WRINKLE]
    assert [hit.told for hit in score.hits] == [cues[0]]
    assert [missed.onset for missed in score.missed] == [5.0]
    assert [false.told for false in score.false] == [cues[1], cues[2]]  # one event, one cue
    row = summary(score_clip(truth, play(*cues)))[WRINKLE]
    assert row.f1["all", "all"].value == pytest.approx(2 / 5)
    assert row.precision.value == pytest.approx(1 / 3)


def test_recall_keeps_strengths_and_spans_apart(tmp_path):
    rows = [
        event(WRINKLE, 2.0, 2.4, strength=0.25),
        event(WRINKLE, 4.0, 4.4, strength=0.25),
        event(WRINKLE, 6.0, 7.0, strength=0.5),
        event(WRINKLE, 9.0, 10.0, strength=1.0),
    ]
    found = play(told(WRINKLE, 2.0, 2.4), told(WRINKLE, 6.0, 7.0), told(WRINKLE, 9.0, 10.0))
    recall = summary(score_clip(clip(tmp_path, events=rows), found))[WRINKLE].recall
    assert recall["micro", "quarter"].value == pytest.approx(0.5)
    assert recall["micro", "quarter"].cases == 2
    assert recall["macro", "half"].value == recall["macro", "full"].value == 1.0
    assert recall["all", "all"].value == pytest.approx(0.75)
    assert ("micro", "full") not in recall


def test_a_false_cue_counts_against_the_span_that_it_has(tmp_path):
    rows = [event(WRINKLE, 2.0, 2.4), event(WRINKLE, 6.0, 7.0)]
    found = play(told(WRINKLE, 2.0, 2.4), told(WRINKLE, 6.0, 7.0), told(WRINKLE, 20.0, 21.0))
    f1 = summary(score_clip(clip(tmp_path, events=rows), found))[WRINKLE].f1
    assert f1["micro", "all"].value == 1.0
    assert f1["macro", "all"].value == pytest.approx(2 / 3)


def test_of_false_cues_each_strength_is_charged_its_share_of_events(tmp_path):
    rows = [event(WRINKLE, 2.0, 3.0), event(WRINKLE, 6.0, 7.0, strength=1.0)]
    found = play(told(WRINKLE, 2.0, 3.0), told(WRINKLE, 6.0, 7.0), told(WRINKLE, 20.0, 21.0))
    f1 = summary(score_clip(clip(tmp_path, events=rows), found))[WRINKLE].f1
    assert f1["macro", "half"].value == pytest.approx(2 / 2.5)


def test_an_early_onset_is_negative_and_a_late_one_positive(tmp_path):
    rows = [event(WRINKLE, 2.0, 3.0), event(WRINKLE, 6.0, 7.0)]
    found = play(told(WRINKLE, 1.9, 3.0), told(WRINKLE, 6.2, 7.0))
    score = score_clip(clip(tmp_path, events=rows), found).cues[WRINKLE]
    assert [hit.onset_error for hit in score.hits] == pytest.approx([-0.1, 0.2])


def test_delays_run_from_the_definition_and_from_the_end(tmp_path):
    rows = [event(WRINKLE, 2.0, 3.0), event("brief_frown", 6.0, 7.0)]
    found = play(told(WRINKLE, 2.0, 3.0, at=3.05), told("brief_frown", 6.0, 6.9, at=6.97))
    cues = summary(score_clip(clip(tmp_path, events=rows), found))
    assert cues[WRINKLE].after_met.median == pytest.approx(0.95)  # 100 ms make a wrinkle
    assert cues[WRINKLE].after_end.median == pytest.approx(0.05)
    assert cues["brief_frown"].after_met.median == pytest.approx(-0.03)
    assert cues["brief_frown"].after_end.median == pytest.approx(-0.03)


def test_what_is_told_because_the_clip_ends_has_no_delay(tmp_path):
    truth = clip(tmp_path, events=[event(WRINKLE, 58.0, 59.0)])
    last = told(WRINKLE, 58.0, 59.0, at=60.0)
    row = summary(score_clip(truth, play(type(last)(last.cue, last.at, last=True))))[WRINKLE]
    assert row.hits == 1
    assert row.after_met.cases == row.after_end.cases == 0


def test_a_signal_that_rests_on_the_cue_has_a_delay(tmp_path):
    truth = clip(tmp_path, events=[event("brief_frown", 6.0, 7.0)])
    one = told("brief_frown", 6.0, 7.0, at=7.1)
    reading = Reading("discomfort", 0.9, 7.1, (one.cue,))
    other = Reading("discomfort", 0.9, 30.0, (one.cue,))
    for readings, signals, cases in (
        ((reading,), (Signal("ease", "discomfort", 7.1),), (1, 1)),
        ((reading,), (Signal("go", "interest", 7.1),), (1, 0)),
        ((other,), (Signal("ease", "discomfort", 30.0),), (0, 0)),
    ):
        shown = play(one, readings=readings, signals=signals)
        row = summary(score_clip(truth, shown))["brief_frown"]
        assert (row.to_reading.cases, row.to_signal.cases) == cases
        if cases[1]:
            assert row.to_signal.median == pytest.approx(0.1)


def test_false_alarms_are_counted_an_hour_and_put_down_to_what_went_on(tmp_path):
    speech = {"name": "speech", "from": 10.0, "to": 20.0}
    loud = clip(
        tmp_path,
        kind="distractors",
        distractors=[speech],
        blinks=[{"onset": 40.0, "offset": 40.2}],
        face=[{"from": 0.0, "to": 36.0}, {"from": 37.0, "to": 60.0}],
    )
    found = play(
        told(WRINKLE, 19.0, 19.5),
        told(WRINKLE, 20.3, 20.8),  # still an after-effect of the speech
        told(WRINKLE, 40.1, 40.4),
        told(WRINKLE, 50.0, 50.5),
    )
    row = summary(score_clip(loud, found))[WRINKLE]
    assert row.hours == pytest.approx(59.0 / 3600.0)
    assert row.alarms.value == pytest.approx(4 * 3600.0 / 59.0)
    assert row.alarms.low < row.alarms.value < row.alarms.high
    assert row.alarms_amid["speech"].value == pytest.approx(2 * 360.0)
    assert (row.alarms_amid["blink"].cases, row.alarms_amid["nothing"].cases) == (1, 1)
    assert not row.f1  # nothing is shown in such a clip
    assert isnan(row.precision.value)


def test_what_a_distractor_truly_shows_is_no_false_alarm(tmp_path):
    talk = {"name": "talking_turns", "from": 10.0, "to": 20.0, "shows": ["nod"]}
    loud = clip(tmp_path, kind="distractors", distractors=[talk])
    row = summary(score_clip(loud, play(told("nod", 12.0, 13.0), told("nod", 30.0, 31.0))))["nod"]
    assert (row.alarms.cases, row.excused) == (1, 1)


def test_another_true_cue_of_an_event_is_neither_right_nor_wrong(tmp_path):
    truth = clip(tmp_path, events=[event("surprise", 2.0, 3.0)])
    found = play(told("surprise", 2.0, 3.0), told("raised_eyebrows", 2.3, 2.7))
    rows = summary(score_clip(truth, found))
    assert rows["surprise"].hits == 1
    brows = rows["raised_eyebrows"]
    assert (brows.false, brows.excused, brows.events) == (0, 1, 0)


def test_cues_that_nobody_labelled_are_not_judged(tmp_path):
    truth = clip(tmp_path, judged=["happiness"])
    rows = summary(score_clip(truth, play(told(WRINKLE, 2.0, 3.0), told("happiness", 4.0, 5.0))))
    assert rows[WRINKLE].false == 0
    assert rows["happiness"].false == 1


@pytest.mark.parametrize(
    ("cues", "confused"),
    [
        ([("one_sided_smile", 2.0), ("happiness", 6.0), ("contempt", 9.0)], 0),
        ([("happiness", 2.0), ("happiness", 6.0)], 1),
        ([("contempt", 6.0), ("soft_smile_tilt", 9.0)], 2),
        ([("happiness", 12.0), ("nose_wrinkle", 2.0)], 0),
    ],
)
def test_smiles_taken_for_the_other_kind_are_counted(tmp_path, cues, confused):
    truth = clip(
        tmp_path,
        events=[
            event("one_sided_smile", 2.0, 3.0),
            event("happiness", 6.0, 7.0),
            event("contempt", 9.0, 10.0),
            event(WRINKLE, 12.0, 13.0),
        ],
    )
    score = score_clip(truth, play(*(told(name, onset, onset + 1.0) for name, onset in cues)))
    assert score.sides == (3, confused)
    assert summarise([score]).sides_confused.value == pytest.approx(confused / 3)


def test_looking_away_can_only_be_found_around_a_mark(tmp_path):
    quiet = clip(tmp_path, kind="neutral", price_marks=[2.0, 12.0, 30.0])
    assert exposure_seconds(quiet, WRINKLE) == 60.0
    # 2 s: from the start to 10; 12 s: the rest of 7 to 20; 30 s: 25 to 38
    assert exposure_seconds(quiet, "price_gaze_aversion") == pytest.approx(10 + 10 + 13)


def test_visits_are_clips_as_long_as_one_that_counted_the_cue(tmp_path):
    long = {"seconds": 600.0, "face": [{"from": 0.0, "to": 600.0}], "kind": "neutral"}
    visit = clip(tmp_path, **long)
    scores = [score_clip(visit, play(counted=frozenset({WRINKLE}))), score_clip(visit, play())]
    scores.append(score_clip(clip(tmp_path, kind="neutral"), play(counted=frozenset({WRINKLE}))))
    row = summary(*scores)[WRINKLE]
    assert (row.visits.value, row.visits.cases) == (0.5, 2)


def test_false_signals_are_counted_on_quiet_clips_only(tmp_path):
    signal = Signal("go", "interest", 50.0)
    quiet = score_clip(clip(tmp_path, kind="neutral"), play(signals=(signal,)))
    shown = score_clip(clip(tmp_path), play(signals=(signal, signal)))
    assert summarise([quiet, shown]).false_signals.value == pytest.approx(60.0)


def test_cues_alike_at_two_rates_are_those_of_the_same_name_that_overlap():
    def cues(*rows):
        return [told(*row).cue for row in rows]

    slow = {"a": cues((WRINKLE, 1.0, 2.0), ("happiness", 5.0, 6.0), (WRINKLE, 8.0, 8.3))}
    fast = {"a": cues((WRINKLE, 1.1, 2.1), ("anger", 5.0, 6.0)), "b": cues((WRINKLE, 1.0, 2.0))}
    figure = alike(slow, fast)  # micro movements and scenes of one rate alone are passed over
    assert (figure.value, figure.cases) == (0.5, 4)


def test_a_bar_that_was_not_measured_is_neither_reached_nor_missed():
    assert Verdict("F1", "x", 0.8, float("nan"), at_least=True).reached is None
    assert Verdict("F1", "x", 0.8, 0.8, at_least=True).reached is True
    assert Verdict("alarms", "x", 0.8, 0.9, at_least=False).reached is False
