"""Replaying real clips: what is seen in them, every time the same, at half the rate too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cuelight.cli import main
from cuelight.looks import LOOKS_FILE, load_looks
from cuelight.places import sample_clip
from cuelight.read.cue import GESTURES
from cuelight.sense.records import EMOTIONS, UNITS

MODELS = Path(__file__).parents[1] / "models"
MACRO_SECONDS = (0.5, 4.0)
TABLE = {
    *("raised_eyebrows", "soft_smile_tilt", "pressed_lips", "nose_wrinkle"),
    *("price_gaze_aversion", "brief_frown", "one_sided_smile"),
}


@pytest.fixture
def replay(capsys):
    def run(*arguments):
        assert main(["replay", *map(str, arguments), "--json"]) == 0
        return capsys.readouterr().out

    return run


def lines_of(text, kind):
    return [line for line in map(json.loads, text.splitlines()) if line["type"] == kind]


def overlap(one, other):
    shared = min(one["offset"], other["offset"]) - max(one["onset"], other["onset"])
    union = max(one["offset"], other["offset"]) - min(one["onset"], other["onset"])
    return max(shared, 0.0) / union


def macro(text):
    """Return the cues that macro movements made; a nod or shake is a row of turns, no movement."""
    low, high = MACRO_SECONDS
    cues = [c for c in lines_of(text, "cue") if c["name"] not in GESTURES]
    return [c for c in cues if low <= c["offset"] - c["onset"] <= high]


def clear(cues):
    """Leave out what is told by less than a tenth: at another rate it may be faint evidence."""
    looks = load_looks(MODELS / LOOKS_FILE)
    least = {name: one.least + 0.1 for name, one in looks.items()}
    return [cue for cue in cues if cue["confidence"] >= least.get(cue["name"], 0.0)]


def unmatched(cues, others):
    return [
        (cue["name"], cue["onset"], cue["offset"])
        for cue in cues
        if not any(cue["name"] == o["name"] and overlap(cue, o) >= 0.5 for o in others)
    ]


def test_the_actress_gives_cues_and_the_same_bytes_twice(replay):
    text = replay(sample_clip("actress.mp4"), "--frames")
    cues = lines_of(text, "cue")
    names = {cue["name"] for cue in cues}
    assert "happiness" in names
    assert names & TABLE
    assert all(cue["onset"] <= cue["apex"] <= cue["offset"] for cue in cues)
    assert replay(sample_clip("actress.mp4"), "--frames") == text


def test_at_half_the_frame_rate_the_macro_cues_are_the_same(replay):
    for name in ("actress.mp4", "smile.mp4", "face_noface.mov", "noface_face.mov"):
        full, half = (replay(sample_clip(name), "--step", step) for step in (1, 2))
        assert macro(full)
        assert unmatched(clear(macro(full)), lines_of(half, "cue")) == [], name
        assert unmatched(clear(macro(half)), lines_of(full, "cue")) == [], name


def test_clips_without_a_face_give_no_cue_at_all(replay):
    assert replay(sample_clip("no_face.mp4"), "--frames") == ""
    for name in ("face_noface.mov", "noface_face.mov"):
        text = replay(sample_clip(name), "--frames")
        seen = [frame["t"] for frame in lines_of(text, "frame")]
        for cue in lines_of(text, "cue"):  # none where there was no face
            assert min(seen) - 0.1 <= cue["onset"] <= cue["offset"] <= max(seen) + 0.1


def test_the_smiling_man_is_happy_and_not_contemptuous(replay):
    for name in ("smile.mp4", "face_noface.mov"):
        names = {cue["name"] for cue in lines_of(replay(sample_clip(name)), "cue")}
        assert "happiness" in names
        assert not names & {"contempt", "one_sided_smile"}


def test_a_smile_moves_the_right_channels(replay):
    frames = lines_of(replay(sample_clip("smile.mp4"), "--frames"), "frame")
    before = [f for f in frames if f["t"] < 0.4]
    during = [f for f in frames if 1.0 < f["t"] < 2.0]

    def mean(group, kind, name):
        return sum(frame[kind][name] for frame in group) / len(group)

    for side in ("AU12L", "AU12R"):
        assert mean(before, "action_units", side) < 0.2
        assert mean(during, "action_units", side) > 0.5
    assert mean(during, "emotions", "happiness") > 0.8
    assert mean(during, "emotions", "contempt") < 0.1
    assert mean(before, "emotions", "neutral") > 0.4


def test_a_frame_line_is_the_contract(replay):
    frame = lines_of(replay(sample_clip("smile.mp4"), "--frames"), "frame")[0]
    assert set(frame) == {
        "type",
        "t",
        "track",
        "action_units",
        "emotions",
        "head",
        "gaze",
        "quality",
    }
    assert list(frame["action_units"]) == list(UNITS)
    assert list(frame["emotions"]) == list(EMOTIONS)
    assert sum(frame["emotions"].values()) == pytest.approx(1.0, abs=0.05)
    assert set(frame["head"]) == {"yaw", "pitch", "roll", "scale"}
    assert set(frame["gaze"]) == {"yaw", "pitch"}


def test_no_signal_comes_before_a_visit_is_one(replay):
    assert lines_of(replay(sample_clip("actress.mp4")), "signal") == []


def test_price_marks_are_taken_and_flag_the_cues_after_them(replay, tmp_path):
    events = tmp_path / "events.txt"
    events.write_text("# the price came up here\n9.0,price_mention\n")
    cues = lines_of(replay(sample_clip("actress.mp4"), "--events", events), "cue")
    assert {cue["price"] for cue in cues if 9.0 < cue["apex"] < 17.0} == {True}  # and 8 s after
    assert {cue["price"] for cue in cues if cue["apex"] < 4.0} == {False}  # 5 s before are covered


def test_explaining_says_why_not_too_and_changes_nothing(replay):
    plain = replay(sample_clip("smile.mp4"))
    explained = replay(sample_clip("smile.mp4"), "--explain")
    reasons = lines_of(explained, "explain")
    assert {reason["outcome"] for reason in reasons} >= {"accepted", "refused"}
    assert all(reason["reason"] for reason in reasons)
    assert [
        li for li in explained.splitlines() if '"type": "explain"' not in li
    ] == plain.splitlines()


def test_a_plot_is_a_picture(replay, tmp_path):
    replay(sample_clip("smile.mp4"), "--plot", tmp_path / "smile.png")
    assert (tmp_path / "smile.png").read_bytes().startswith(b"\x89PNG")
    replay(sample_clip("no_face.mp4"), "--plot", tmp_path / "none.png")
    assert (tmp_path / "none.png").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3.0\n", "line 1"),
        ("1,price_mention\nx,price_mention\n", "line 2"),
        ("-1,price_mention\n", "12.5,price_mention"),
    ],
)
def test_wrong_events_say_which_line(tmp_path, capsys, text, words):
    events = tmp_path / "events.txt"
    events.write_text(text)
    clip = str(sample_clip("smile.mp4"))
    assert main(["replay", clip, "--events", str(events)]) == 2
    assert words in capsys.readouterr().err


def test_a_missing_or_broken_clip_is_wrong_input(tmp_path, capsys):
    assert main(["replay", str(tmp_path / "none.mp4")]) == 2
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(Path(sample_clip("smile.mp4")).read_bytes()[:500])
    assert main(["replay", str(broken)]) == 2
    errors = capsys.readouterr().err
    assert "none.mp4" in errors
    assert "broken.mp4" in errors
    assert "Traceback" not in errors
