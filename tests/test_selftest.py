"""The device's test of itself: clips that ship, what was measured on them, verdicts, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cuelight.cli import main
from cuelight.commands.selftest import play
from cuelight.errors import InputError
from cuelight.grade import Told, f1_of, grade
from cuelight.known import Expected, KnownClip, KnownEvent, load_known
from cuelight.places import selftest_folder
from cuelight.read.cue import CUES
from cuelight.records import Cue
from cuelight.sense.clip import open_clip
from cuelight.settings import ModelSettings, Settings

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 3_000_000


def event(name="nod", onset=1.0, offset=2.0, *, owed=True, also=()):
    return KnownEvent(
        name,
        onset,
        offset,
        (onset, offset) if owed else None,
        onset + 0.5 if owed else None,
        frozenset(also),
    )


def told(name="nod", onset=1.1, offset=2.0, at=2.1):
    return Told(Cue(name, 1, onset, (onset + offset) / 2, offset, 0.5, 0.9), at)


def known(*events):
    return KnownClip("clip", Path("clip.mkv"), "", events, Expected(1.0, 0.75, 0, 1))


@pytest.fixture
def folder(tmp_path):
    """Give a copy of the clips."""
    return Path(shutil.copytree(selftest_folder(), tmp_path / "selftest"))


def expect(folder, clip, what):
    """Write what is expected of a single clip."""
    tolerances = "f1_tolerance = 0.1\nfalse_tolerance = 1\n"
    (folder / "expected.toml").write_text(f"{tolerances}[clip.{clip}]\n{what}\n")


def test_the_clips_that_ship_pass_and_every_line_says_what_it_is(capsys):
    assert main(["selftest", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    clips = {line["clip"] for line in lines if line["type"] == "selftest_clip"}
    assert clips == {clip.name for clip in load_known(selftest_folder())}
    cues = [line for line in lines if line["type"] == "selftest_cue"]
    assert {line["cue"] for line in cues} <= CUES
    for line in cues:
        assert 0 <= line["hits"] <= line["events"]
        assert (line["recall"] is None) == (line["f1"] is None) == (line["events"] == 0)
        assert line["f1"] is None or 0.0 <= line["f1"] <= 1.0
    assert sum(line["hits"] for line in cues) > 0
    machine = lines[-1]
    assert machine["type"] == "selftest"
    assert machine["passed"] is True
    assert machine["fps"] > 0
    assert machine["min_detectable_ms"] >= 100
    assert isinstance(machine["micro"], bool)


def test_people_read_a_verdict_a_clip_and_one_over_all(folder, capsys):
    expect(folder, "brows", "f1 = 0.1\nfalse = 99")
    assert main(["selftest", "--clips", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "brows: pass; " in out
    assert "raised_eyebrows" in out
    assert "frames a second" in out
    assert out.endswith("selftest: pass\n")


@pytest.mark.parametrize(
    ("clip", "what", "said"),
    [
        ("brows", "f1 = 2.0\nfalse = 99", "at least 1.90"),
        ("nothing", "false = -9", "measured -9, at most -8"),
    ],
)
def test_a_clip_below_what_was_measured_fails_with_1(folder, capsys, clip, what, said):
    expect(folder, clip, what)
    assert main(["selftest", "--clips", str(folder)]) == 1
    out = capsys.readouterr().out
    assert f"{clip}: FAIL; " in out
    assert said in out
    assert out.endswith("selftest: FAIL\n")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="tflite-runtime has no wheel past 3.11")
def test_the_other_runtime_finds_the_same():
    settings = Settings(model=ModelSettings(runtime="tflite-runtime"))
    for clip in load_known(selftest_folder()):
        assert play(clip, settings).passed, clip.name


def test_at_a_low_frame_rate_no_brief_cue_is_told(capsys):
    brief = {}
    for step in (1, 3):
        clip = str(selftest_folder() / "brows.mkv")
        assert main(["replay", clip, "--json", "--step", str(step)]) == 0
        cues = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        brief[step] = [c for c in cues if c["type"] == "cue" and c["offset"] - c["onset"] <= 0.5]
    assert brief[1]
    assert brief[3] == []


def test_the_clips_are_small_and_show_unseen_people():
    files = list(selftest_folder().iterdir())
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    for clip in load_known(selftest_folder()):
        with open_clip(clip.film) as film:
            last = max(frame.timestamp for frame in film)
        assert all(0.0 <= e.onset < e.offset <= last for e in clip.events)
        scene = json.loads(clip.film.with_suffix(".json").read_text(encoding="utf-8"))["scene"]
        assert scene.startswith("rig test ")


def test_the_clips_are_installed_with_the_models():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    data = project["tool"]["setuptools"]["data-files"]
    assert data["share/cuelight/models/selftest"] == ["models/selftest/*"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("expected.toml", "f1_tolerance = 0.1"),
        ("expected.toml", "[clip.nothing]\nfalse = 0"),
        ("expected.toml", "no toml"),
        ("nothing.json", "{"),
        ("nothing.json", '{"shows": "", "events": [{"name": "nod"}]}'),
        ("nothing.mkv", None),
        ("nothing.json", None),
        ("expected.toml", None),
    ],
)
def test_what_is_not_whole_is_named_with_what_to_do(folder, capsys, file, text):
    expect(folder, "nothing", "false = 0")
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    assert main(["selftest", "--clips", str(folder)]) == 2
    error = capsys.readouterr().err
    assert file in error
    assert "Install cuelight again" in error
    assert "Traceback" not in error


def test_without_opencv_it_says_what_to_install(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ImportError('no OpenCV here')\n")
    program = "import sys; from cuelight.cli import main; sys.exit(main(['selftest']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'cuelight[clip]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_hits_misses_and_false_cues_are_counted_by_cue():
    clip = known(event(), event("shake", 5.0, 6.0), event("shake", 8.0, 9.0))
    said = [told(), told("shake", 5.2, 6.0, at=6.0), told("shake", 3.0, 4.0, at=4.0)]
    grades = grade(clip, said)
    nod, shake = grades["nod"], grades["shake"]
    assert (nod.owed, nod.hits, nod.false, nod.f1, nod.recall) == (1, 1, 0, 1.0, 1.0)
    assert nod.onset_error == pytest.approx(0.1)
    assert nod.delay == pytest.approx(0.6)
    assert (shake.owed, shake.hits, shake.false, shake.f1, shake.recall) == (2, 1, 1, 0.5, 0.5)
    assert f1_of(grades.values()) == pytest.approx(4 / 6)


def test_a_cue_told_twice_is_false_once_and_one_told_at_the_end_has_no_delay():
    (nod,) = grade(known(event()), [told(at=None), told(onset=1.2)]).values()
    assert (nod.hits, nod.false) == (1, 1)
    assert nod.delay is None


def test_what_another_event_truly_shows_is_neither_right_nor_wrong():
    clip = known(event("happiness", also=["eye_softening"]), event("lean_in", owed=False))
    grades = grade(clip, [told("happiness"), told("eye_softening"), told("lean_in", 1.2, 2.0)])
    assert set(grades) == {"happiness", "lean_in"}
    assert (grades["lean_in"].owed, grades["lean_in"].false) == (0, 1)


def test_where_nothing_is_to_be_found_only_false_cues_count():
    assert f1_of(grade(known(), []).values()) is None
    (nod,) = grade(known(), [told(), told(onset=4.0, offset=5.0)]).values()
    assert (nod.f1, nod.recall, nod.false) == (None, None, 2)


@pytest.mark.parametrize(
    ("f1", "false", "met"),
    [(1.0, 0, True), (0.75, 1, True), (0.74, 0, False), (1.0, 2, False), (None, 0, False)],
)
def test_a_little_worse_than_measured_still_passes(f1, false, met):
    assert Expected(1.0, 0.75, 0, 1).met(f1, false) is met
    assert Expected(None, None, 0, 1).met(None, false) is (false <= 1)


def test_a_folder_without_clips_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected\.toml is not whole"):
        load_known(tmp_path)
