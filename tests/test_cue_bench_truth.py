"""What is read from a truth.json, and what the reader owes for it."""

from __future__ import annotations

import json

import pytest
from cue_bench.clips import find_clips
from cue_bench.definition import also_true, due
from cue_bench.truth import load_truth
from lab.director import write_script

from bench_clips import clip, event, truth_table
from cuelight.errors import InputError


def one_event(tmp_path, *row, **rest):
    return clip(tmp_path, events=[event(*row, **rest)]).truth.events[0]


def test_strengths_get_names_and_spans_go_by_duration(tmp_path):
    rows = [
        event("nose_wrinkle", 1.0, 1.4, strength=0.25, span="micro"),
        event("nose_wrinkle", 3.0, 4.1, strength=0.5),
        event("lean_in", 6.0, 8.9, strength=1.0, span="lasting"),
        event("happiness", 12.0, 22.0, strength=None),
    ]
    events = clip(tmp_path, events=rows).truth.events
    assert [e.strength for e in events] == ["quarter", "half", "full", "unknown"]
    assert [e.span for e in events] == ["micro", "macro", "macro", "lasting"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 2}, "schema 1"),
        ({"kind": "film"}, "kind is 'film'"),
        ({"fps": 0}, "fps is 0"),
        ({"events": [event("smirk", 1, 2)]}, "events[0].name is 'smirk'"),
        ({"events": [event("nod", 2, 1, apex=3)]}, "events[0].offset is 1"),
        ({"distractors": [{"name": "speech", "from": 5, "to": 4}]}, "distractors[0].to"),
        ({"events": [event("nod", 1, 2, also=["smirk"])]}, "events[0].also is 'smirk'"),
        ({"judged": ["smirk"]}, "judged is 'smirk'"),
    ],
)
def test_a_wrong_truth_says_what_is_wrong(tmp_path, changes, words):
    file = tmp_path / "truth.json"
    file.write_text(json.dumps(truth_table(**changes)))
    with pytest.raises(InputError) as caught:
        load_truth(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_clips_are_found_at_any_depth_by_split_with_their_own_marks(tmp_path):
    for name, split in (("a", "tune"), ("b", "test")):
        folder = tmp_path / "set" / name
        folder.mkdir(parents=True)
        (folder / "truth.json").write_text(json.dumps(truth_table(split=split, price_marks=[3.0])))
        (folder / "clip.mkv").touch()
    (tmp_path / "set" / "b" / "events.txt").write_text("12.5,price_mention\n")
    both = find_clips([tmp_path])
    assert [(c.folder.name, c.marks) for c in both] == [("a", (3.0,)), ("b", (12.5,))]
    assert [c.folder.name for c in find_clips([tmp_path], split="test")] == ["b"]
    (tmp_path / "set" / "a" / "clip.mkv").unlink()
    with pytest.raises(InputError, match=r"no clip\.mkv"):
        find_clips([tmp_path])
    with pytest.raises(InputError, match=r"No truth\.json"):
        find_clips([tmp_path / "elsewhere"])


def test_a_cue_that_asks_for_the_return_is_met_at_its_offset(tmp_path):
    frown = due(one_event(tmp_path, "brief_frown", 2.0, 2.9), fps=30.0)
    assert (frown.interval, frown.met, frown.ended) == ((2.0, 2.9), 2.9, 2.9)


def test_others_are_met_at_the_shortest_duration_that_their_rule_allows(tmp_path):
    wrinkle = one_event(tmp_path, "nose_wrinkle", 2.0, 2.9)
    assert due(wrinkle, fps=30.0).met == pytest.approx(2.1)
    assert due(wrinkle, fps=15.0).met == pytest.approx(2.2)  # three frames take longer there
    assert due(wrinkle, fps=30.0).ended == 2.9
    assert due(one_event(tmp_path, "lean_in", 2.0, 5.0), fps=30.0).met == pytest.approx(2.5)


def test_of_what_lasts_four_seconds_are_owed(tmp_path):
    smile = due(one_event(tmp_path, "happiness", 2.0, 12.0), fps=30.0)
    assert smile.interval == (2.0, 6.0)
    assert smile.ended == 6.0


def test_a_held_frown_is_no_brief_one_and_a_brief_lean_is_none(tmp_path):
    held = one_event(tmp_path, "brief_frown", 2.0, 9.0)
    assert due(held, fps=30.0) is None
    assert not also_true("brief_frown", held)  # told all the same, it is false
    brief = one_event(tmp_path, "lean_in", 2.0, 2.4)
    assert due(brief, fps=30.0) is None
    assert also_true("lean_in", brief)


@pytest.mark.parametrize(
    ("marks", "met", "interval"),
    [
        ((9.0,), 11.2, (10.0, 11.2)),  # held for 1.2 s
        ((12.5,), 12.5, (10.0, 12.5)),  # the mark comes after that
        ((14.5,), 14.5, (10.0, 13.0)),  # and even after the look away
    ],
)
def test_looking_away_is_met_once_held_and_marked(tmp_path, marks, met, interval):
    away = one_event(tmp_path, "price_gaze_aversion", 10.0, 13.0)
    duty = due(away, fps=30.0, marks=marks)
    assert (duty.met, duty.interval) == (pytest.approx(met), pytest.approx(interval))


def test_looking_away_without_a_mark_or_too_briefly_owes_nothing(tmp_path):
    away = one_event(tmp_path, "price_gaze_aversion", 10.0, 13.0)
    assert due(away, fps=30.0) is None
    assert due(away, fps=30.0, marks=(1.0,)) is None
    brief = one_event(tmp_path, "price_gaze_aversion", 10.0, 11.1)
    assert due(brief, fps=30.0, marks=(10.0,)) is None


def test_a_nod_owes_three_strokes_and_its_first_two_cycles(tmp_path):
    nod = due(one_event(tmp_path, "nod", 1.0, 2.5, apex=1.25), fps=30.0)
    assert nod.interval == (1.0, 2.0)
    assert nod.met == pytest.approx(1.75)
    short = due(one_event(tmp_path, "shake", 1.0, 2.0), fps=30.0)  # apex half way
    assert short.interval == (1.0, 2.0)


def test_one_event_may_show_several_cues_but_sides_are_never_excused(tmp_path):
    surprise = one_event(tmp_path, "surprise", 1.0, 2.0)
    assert also_true("raised_eyebrows", surprise)
    assert not also_true("surprise", surprise)
    happiness = one_event(tmp_path, "happiness", 1.0, 2.0)
    assert also_true("eye_softening", happiness)
    assert not also_true("one_sided_smile", happiness)
    aside = one_event(tmp_path, "one_sided_smile", 1.0, 2.0)
    assert also_true("contempt", aside)
    assert not also_true("happiness", aside)
    anger = one_event(tmp_path, "anger", 1.0, 2.0, also=["pressed_lips"])
    assert also_true("pressed_lips", anger)
    assert not also_true("nose_wrinkle", anger)


@pytest.mark.parametrize("kind", ["cues", "distractors", "neutral"])
def test_the_labs_truths_are_read_and_each_of_its_events_is_owed(tmp_path, kind):
    file = tmp_path / "truth.json"
    seen = set()
    for seed in range(12):
        script = write_script(seed, kind, 60)
        file.write_text(json.dumps(script.truth(30, (640, 360))))
        truth = load_truth(file)
        assert len(truth.events) == len(script.events)
        assert len(truth.distractors) == len(script.distractors)
        for true in truth.events:
            duty = due(true, fps=30.0, marks=truth.marks)
            assert duty is not None, true
            assert duty.interval[0] < duty.met <= duty.ended + 1e-9, true
            seen.add(true.name)
    assert (len(seen) > 15) == (kind == "cues")


def test_one_scene_at_two_rates_is_one_scene(tmp_path):
    def scene(seed, fps):
        file = tmp_path / "truth.json"
        file.write_text(json.dumps(write_script(seed, "cues", 60).truth(fps, (640, 360))))
        return load_truth(file).scene

    assert scene(3, 30) == scene(3, 60) != scene(4, 30)


def test_a_folder_that_is_still_being_written_is_passed_over(tmp_path):
    for name in ("a", "b.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "truth.json").write_text(json.dumps(truth_table()))
        (tmp_path / name / "clip.mkv").touch()
    assert [found.folder.name for found in find_clips([tmp_path])] == ["a"]
