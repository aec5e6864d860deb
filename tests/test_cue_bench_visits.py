"""From the signals of scripted visits to right, late, wrong, missed and false ones."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from cue_bench.bars import verdicts_of
from cue_bench.cases import visit_cases_of
from cue_bench.group import OURS, Group
from cue_bench.report import write_report
from cue_bench.score import score_clip
from cue_bench.summary import summarise
from cue_bench.truth import load_truth
from cue_bench.visits import (
    BEYOND,
    LATE,
    MISSED,
    REFUSED,
    RIGHT,
    UNSEEN,
    WEAK,
    WRONG,
    summarise_visits,
)
from hypothesis import given
from hypothesis import strategies as st

import faces
from bench_clips import clip, event, play, told, truth_table
from cuelight.errors import InputError
from cuelight.records import Reading, Signal

MOVED = [event("brief_frown", 100.0, 100.8), event("shake", 103.0, 104.2, apex=103.15)]
DISCOMFORT = {"reading": "discomfort", "signal": "ease", "from": 100.0, "met": 104.05, "to": 104.2}
FOUND = (told("brief_frown", 100.0, 100.8), told("shake", 103.2, 104.0))


def visit(folder, pattern=DISCOMFORT, **changes):
    table = {
        "kind": "visits",
        "seconds": 600.0,
        "face": [{"from": 0.0, "to": 600.0}],
        "events": MOVED if pattern else [],
        "patterns": [pattern] if pattern else [],
    }
    return clip(folder, **table | changes)


def signal(at, name="ease", reading="discomfort"):
    return Signal(name, reading, at)


def scored(folder, *signals, cues=FOUND, readings=(), book=None, **changes):
    shown = play(*cues, signals=signals, readings=readings)
    return score_clip(visit(folder, **changes), shown, book)


@pytest.mark.parametrize(
    ("signals", "outcome", "false"),
    [
        ((signal(104.3),), RIGHT, 0),
        ((signal(102.0),), RIGHT, 0),  # the first movements were enough
        ((signal(104.3, "ease", "hesitation"),), RIGHT, 0),  # the rep sees the same rhythm
        ((signal(106.2),), LATE, 0),
        ((signal(104.3, "go", "interest"),), WRONG, 0),
        ((signal(103.0, "go", "interest"), signal(105.0)), RIGHT, 0),
        ((), MISSED, 0),
        ((signal(99.0),), MISSED, 1),
        ((signal(104.3), signal(200.0, "go", "interest")), RIGHT, 1),
        ((signal(130.0),), MISSED, 1),
    ],
)
def test_a_signal_is_right_late_wrong_or_false(tmp_path, signals, outcome, false):
    score = scored(tmp_path, *signals)
    assert [one.outcome for one in score.patterns] == [outcome]
    assert len(score.false_signals) == false


def test_a_missed_pattern_says_why(tmp_path):
    told_in_time = Reading("discomfort", 0.8, 104.1, ())
    assert scored(tmp_path, readings=(told_in_time,)).patterns[0].cause == REFUSED
    (unseen,) = scored(tmp_path, cues=FOUND[:1]).patterns
    assert (unseen.cause, unseen.missing) == (UNSEEN, ("shake",))
    assert scored(tmp_path).patterns[0].cause == WEAK
    shipped = faces.book()
    assert scored(tmp_path, book=shipped).patterns[0].cause == WEAK
    cues = {name: replace(entry, signal=False) for name, entry in shipped.cues.items()}
    mute = replace(shipped, cues=cues)
    assert scored(tmp_path, book=mute).patterns[0].cause == BEYOND
    assert scored(tmp_path, signal(104.3), book=mute).patterns[0].cause == ""
    total = summarise_visits([scored(tmp_path, signal(104.3)), scored(tmp_path, book=mute)])
    assert (total.right.value, total.within_book.value) == (0.5, 1.0)


def test_readings_and_signals_of_a_pattern_are_not_false(tmp_path):
    near, far = (Reading("discomfort", 0.8, at, ()) for at in (104.1, 300.0))
    score = scored(tmp_path, signal(104.3), readings=(near, far))
    assert (score.false_readings, len(score.false_signals)) == (1, 0)
    total = summarise([score])
    hours = (600.0 - (104.05 + 20.0 - 100.0)) / 3600.0
    assert total.visits.hours == pytest.approx(hours)
    assert total.false_readings.value == pytest.approx(1 / hours)
    assert total.false_signals.value == total.visits.false_signals.value == 0.0


def test_visits_are_summed_up_by_reading(tmp_path):
    other = DISCOMFORT | {"reading": "hesitation"}
    scores = [
        scored(tmp_path, signal(104.3)),
        scored(tmp_path, signal(110.0)),
        scored(tmp_path, cues=()),
        scored(tmp_path, signal(104.1, "reassure", "scepticism"), pattern=other),
        scored(tmp_path, signal(300.0, "go", "interest"), pattern=None),
    ]
    total = summarise_visits(scores)
    assert (total.visits, total.right.cases, total.right.value) == (5, 4, 0.25)
    row = total.readings["discomfort"]
    assert (row.visits, row.right.value, row.late, row.wrong, row.missed) == (3, 1 / 3, 1, 0, 1)
    assert row.delay.cases == 2
    assert row.delay.low >= 0.25 - 1e-6
    assert row.causes == {UNSEEN: 1}
    assert row.missing == {"brief_frown": 1, "shake": 1}
    assert total.readings["hesitation"].wrong == 1
    assert total.readings["interest"].visits == 0
    assert total.false_of == {"interest": 1}
    assert summarise_visits([score_clip(clip(tmp_path), play())]) is None


def test_a_cell_is_counted_wrongly_only_where_its_cue_was_not_shown(tmp_path):
    counted = frozenset({"brief_frown", "nod", "discomfort", "after_price.nod"})
    shown = score_clip(visit(tmp_path), play(*FOUND, counted=counted))
    quiet = score_clip(visit(tmp_path, pattern=None), play(counted=counted))
    empty = score_clip(visit(tmp_path, pattern=None), play())
    total = summarise([shown, quiet, empty])
    shares = {name: (one.value, one.cases) for name, one in total.visits.counted.items()}
    assert shares["nod"] == shares["after_price.nod"] == (pytest.approx(2 / 3), 3)
    assert shares["brief_frown"] == shares["discomfort"] == (0.5, 2)
    assert shares["raised_eyebrows"] == (0.0, 3)
    assert total.cues["nod"].visits.value == pytest.approx(2 / 3)
    assert total.cues["brief_frown"].visits.cases == 2


def test_bars_report_and_rows_tell_of_visits(tmp_path):
    scores = [scored(tmp_path, signal(104.3)), scored(tmp_path, signal(300.0), cues=())]
    groups = {Group(OURS, "portrait", "test", 30): summarise(scores)}
    verdicts = list(verdicts_of(groups))
    found = {v.of: v for v in verdicts if v.bar == "right signals in time"}
    where = "visits: portrait, 30 fps"
    assert set(found) == {where, f"discomfort, {where}"}
    assert (found[where].wanted, found[where].measured, found[where].reached) == (0.8, 0.5, False)
    alarms = {v.of: v for v in verdicts if v.bar == "false signals an hour"}
    assert alarms[where].measured > 1.0
    assert any(v.bar.startswith("visits counted, at most") for v in verdicts)
    page = write_report(groups, alike={}, verdicts=verdicts, worths={})
    assert "### Visits" in page
    assert "1 cues not found" in page
    rows = list(visit_cases_of(OURS, scores))
    assert [row["outcome"] for row in rows] == [RIGHT, MISSED, "false"]
    assert json.loads(json.dumps(rows)) == rows


@given(at=st.floats(0.0, 600.0))
def test_every_signal_is_either_a_patterns_or_false(tmp_path_factory, at):
    score = scored(tmp_path_factory.getbasetemp(), signal(at))
    answered = score.patterns[0].signal is not None
    assert answered + len(score.false_signals) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reading": "joy"}, "patterns[0].reading"),
        ({"signal": "go"}, "patterns[0].signal"),
        ({"met": 99.0}, "patterns[0].met"),
        ({"to": None}, "patterns[0].to"),
    ],
)
def test_a_wrong_pattern_is_named(tmp_path, change, said):
    file = tmp_path / "truth.json"
    table = truth_table(kind="visits", patterns=[DISCOMFORT | change])
    file.write_text(json.dumps(table))
    with pytest.raises(InputError) as refused:
        load_truth(file)
    assert said in str(refused.value)
