"""The lab's plan and the folder it writes: names, seeds, side-cars, and equal bytes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from lab.clip_folder import ClipFolder
from lab.deck import PORTRAITS_SHOW
from lab.director import write_script
from lab.person import FIRST_TEST_SEED
from lab.plan import read_plan
from lab.thin import every, find_source

from cuelight.price_marks import load_price_marks
from cuelight.sense.clip import open_clip

PLAN = Path(__file__).resolve().parents[1] / "scripts" / "lab" / "plan.toml"
SIZE = (64, 36)


def _plan(folder: Path, text: str) -> Path:
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _pictures(count: int) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, SIZE[::-1], dtype=np.uint8) for _ in range(count)]


def test_the_benchmark_plan_keeps_the_splits_apart() -> None:
    jobs = read_plan(PLAN)
    for job in jobs:
        words = job.folder.split("/")[0].split("-")
        assert (job.seed >= FIRST_TEST_SEED) == ("test" in words) == ("tune" not in words)
    seeds = {job.folder.split("/")[0]: set() for job in jobs}
    for job in jobs:
        seeds[job.folder.split("/")[0]].add(job.seed)
    assert not set.intersection(*seeds.values())
    assert sum(map(len, seeds.values())) == len(set.union(*seeds.values()))


def test_a_set_chooses_its_events(tmp_path: Path) -> None:
    text = """
    [[set]]
    name = "noses"
    split = "tune"
    kind = "cues"
    clips = 2
    fps = [30, 60]
    names = ["nose_wrinkle"]
    strengths = [0.5]
    """
    jobs = read_plan(_plan(tmp_path, text))
    assert [job.folder for job in jobs] == [
        "noses/0-30fps", "noses/1-30fps", "noses/0-60fps", "noses/1-60fps",
    ]  # fmt: skip
    for job in jobs:
        assert {(e.name, e.strength) for e in job.script().events} == {("nose_wrinkle", 0.5)}


def test_portraits_show_only_what_they_can(tmp_path: Path) -> None:
    """By default a set of portraits leaves out what needs eyes and creases, and none may ask."""
    text = """
    [[set]]
    name = "faces"
    source = "portrait"
    split = "tune"
    kind = "cues"
    clips = 8
    """
    jobs = read_plan(_plan(tmp_path, text))
    assert {job.source for job in jobs} == {"portrait"}
    shown = {event.name for job in jobs for event in job.script().events}
    assert shown <= set(PORTRAITS_SHOW)
    text += 'names = ["nod", "price_gaze_aversion"]'
    with pytest.raises(ValueError, match=r"price_gaze_aversion.*no portrait"):
        read_plan(_plan(tmp_path, text))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('split = "train"', "one of tune, test"),
        ('kind = "party"', "one of cues"),
        ('names = ["wink"]', "wink"),
        ('source = "drawing"', "one of rig, portrait"),
        ("colour = 3", "keys are"),
        ("first_seed = 1_000_000", "first_seed"),
        ('clips = "many"', "clips"),
    ],
)
def test_a_wrong_plan_is_refused_in_words(tmp_path: Path, line: str, wanted: str) -> None:
    key = line.split(" ", maxsplit=1)[0]
    lines = {"name": '"x"', "split": '"tune"', "kind": '"cues"', "clips": "1"}
    lines[key] = line.split("= ", maxsplit=1)[1]
    text = "[[set]]\n" + "\n".join(f"{name} = {value}" for name, value in lines.items())
    with pytest.raises(ValueError, match=wanted):
        read_plan(_plan(tmp_path, text))


def test_a_clip_is_written_losslessly_and_the_same_twice(tmp_path: Path) -> None:
    """The device reads back the very greys, the marks and the truth; the bytes never differ."""
    script = write_script(5, "distractors", 60)
    pictures = _pictures(12)
    for name in ("a", "b"):
        folder = ClipFolder(tmp_path / name)
        assert not folder.finished
        folder.write(script, pictures, 30.0, SIZE)
        assert folder.finished
    for file in ("clip.mkv", "events.txt", "truth.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    with open_clip(tmp_path / "a" / "clip.mkv") as clip:
        frames = list(clip)
    assert [frame.timestamp for frame in frames] == pytest.approx(
        [n / 30 for n in range(12)], abs=0.001
    )
    for frame, picture in zip(frames, pictures, strict=True):
        np.testing.assert_array_equal(frame.image, picture)
    marks = load_price_marks(tmp_path / "a" / "events.txt")
    assert marks == pytest.approx(list(script.price_marks))
    truth = json.loads((tmp_path / "a" / "truth.json").read_text(encoding="utf-8"))
    assert truth == script.truth(30.0, SIZE)


def test_lower_rates_are_taken_out_of_the_highest(tmp_path: Path) -> None:
    text = """
    [[set]]
    name = "rates"
    split = "test"
    kind = "cues"
    clips = 2
    fps = [15, 60, 30, 40]
    """
    jobs = read_plan(_plan(tmp_path, text))
    found = {job.folder: find_source(job, jobs) for job in jobs}
    for job in jobs:
        source = found[job.folder]
        if job.fps in {60, 40}:
            assert source is None
        else:
            assert source is not None
            assert (source[0].seed, source[0].fps, source[1]) == (job.seed, 60, 60 / job.fps)
    pictures = _pictures(9)
    ClipFolder(tmp_path / "fast").write(jobs[0].script(), pictures, 60.0, SIZE)
    thinned = list(every(tmp_path / "fast", 4))
    np.testing.assert_array_equal(thinned, pictures[::4])


def test_a_stopped_clip_is_no_clip(tmp_path: Path) -> None:
    def breaks():
        yield _pictures(1)[0]
        raise KeyboardInterrupt

    folder = ClipFolder(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        folder.write(write_script(5, "cues", 20), breaks(), 30.0, SIZE)
    assert not folder.finished
    folder.write(write_script(5, "cues", 20), _pictures(2), 30.0, SIZE)
    assert folder.finished


def test_opencv_still_writes_ffv1() -> None:
    assert "FFMPEG:                      YES" in cv2.getBuildInformation()


def test_the_selftests_plan_holds_test_people_and_names_a_clip_a_set() -> None:
    jobs = read_plan(PLAN.with_name("selftest.toml"))
    assert all(job.seed >= FIRST_TEST_SEED for job in jobs)
    kept = {path.stem for path in (PLAN.parents[2] / "models" / "selftest").glob("*.json")}
    assert {job.folder.split("/")[0] for job in jobs} == kept
