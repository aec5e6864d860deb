"""The benchmark on tiny real runs: its sums, and the page that it writes. No speed is judged."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_bench import counts, fresh, paired
from loop_bench.__main__ import main
from loop_bench.contest import CUELIGHT, LIMIT, Contender, Running, play
from loop_bench.latency import paired_with
from loop_bench.scene import clip_scene, made_scene
from loop_bench.start_up import start_in_turn

COSTS = st.lists(st.floats(0.01, 100.0), min_size=2, max_size=12)


@pytest.fixture(scope="module")
def actress(tmp_path_factory):
    return clip_scene("actress.mp4", tmp_path_factory.mktemp("scene"), faces=1)


def here(contender):
    """Run a contender with this very Python, wherever that lies."""
    return Contender(contender.name, contender.program, Path(sys.executable), contender.share)


@given(ours=COSTS, factor=st.floats(0.1, 10.0))
def test_a_constant_ratio_is_found_without_any_doubt(ours, factor):
    found = paired.ratio(ours, [cost / factor for cost in ours])
    assert found.value == pytest.approx(factor)
    assert found.low == pytest.approx(factor)
    assert found.high == pytest.approx(factor)


@given(ours=COSTS, seed=st.integers(0, 9))
def test_an_interval_holds_its_value(ours, seed):
    theirs = list(np.random.default_rng(seed).uniform(1.0, 2.0, len(ours)))
    for found in (paired.ratio(ours, theirs), paired.mean(ours)):
        assert found.low <= found.value * (1 + 1e-9)
        assert found.value <= found.high * (1 + 1e-9)


def test_the_interval_of_noisy_pairs_holds_the_truth_about_as_often_as_it_says():
    rng, held = np.random.default_rng(1), 0
    for _ in range(100):
        busy = rng.uniform(1.0, 3.0, 20)  # whatever the machine does meets both
        found = paired.ratio(2.0 * busy * rng.uniform(0.9, 1.1, 20), busy)
        held += found.low <= 2.0 <= found.high
    assert held >= 85


def test_unpaired_rounds_are_refused():
    with pytest.raises(ValueError, match="pairs are wanted"):
        paired.ratio([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="pairs are wanted"):
        paired.ratio([], [])


def test_counts_are_shared_out_by_marks():
    marks, counted, total = ["loop"], [100], 100
    for frame in range(counts.SETTLING + 3):
        search = 1000 if frame == counts.SETTLING + 1 else 0
        for name, cost in (("camera", 7), ("find", 20 + search), ("express", 50), ("read", 5)):
            total += cost
            marks.append(name)
            counted.append(total)
        marks.append("loop")
        counted.append(total := total + 3)
    found = counts.staged(counted, {"marks": marks, "faces": [1] * (counts.SETTLING + 3)})
    assert found.stages == {"find": 1060, "express": 150, "read": 15, "loop": 9}
    assert (found.frames, found.looks, found.searches, found.usual_find) == (3, 3, 1, 20)
    with pytest.raises(ValueError, match="one for each"):
        counts.staged(counted[1:], {"marks": marks, "faces": []})


def test_lines_part_a_run_into_steps():
    lines = [(0.5, "setting up\n"), (60.0, "fetch: detector\n"), (64.0, "DEMO RELEASE\n")]
    wanted = [("fetch:", "packages"), ("DEMO", "the rest")]
    assert fresh.timeline(lines, wanted) == [("packages", 60.0), ("the rest", 4.0)]
    with pytest.raises(ValueError, match="no line begins with 'DEMO'"):
        fresh.timeline(lines[:2], wanted)


def test_a_dropped_signal_is_not_taken_for_a_late_one():
    assert paired_with([1.0, 2.0, 3.0], [1.004, 3.002]) == pytest.approx([4.0, 2.0])


def test_scenes_have_the_faces_they_promise(tmp_path):
    scene = made_scene(tmp_path, width=640, height=480, faces=3, rate=30.0)
    with Running(here(CUELIGHT), cpu=cpu()) as box, Running(here(LIMIT), cpu=cpu()) as limit:
        played = play([box, limit], scene, rounds=2, frames=6, warm=30)
    assert played["cuelight"].frames == played["bare invokes"].frames == 12
    assert played["cuelight"].faces == played["bare invokes"].faces == 36


def test_the_box_takes_one_scene_after_the_other(actress, tmp_path):
    empty = clip_scene("no_face.mp4", tmp_path, faces=0)
    with Running(here(CUELIGHT), cpu=cpu()) as box:
        first = play([box], actress, rounds=1, frames=6)["cuelight"]
        second = play([box], empty, rounds=2, frames=6)["cuelight"]
        assert 10.0 < box.ask({"do": "memory"})["pss_mb"] < 1000.0
    assert (first.faces, second.faces) == (6, 0)
    assert (len(first.wall_ms[0]), len(second.wall_ms)) == (6, 2)


def test_a_contender_that_breaks_off_says_why(tmp_path):
    broken = Contender("broken", "no_such_program.py", Path(sys.executable))
    with pytest.raises(RuntimeError, match=r"broken ended; its last words: .*No such file"):
        Running(broken, cpu=cpu())


def test_the_page_marks_every_column_and_draws_what_it_shows(actress, tmp_path):
    """All but the parts that want a network, an emulator or a peer, which are set in by hand."""
    contenders = [here(CUELIGHT), here(LIMIT)]
    kept, out = tmp_path / "kept.json", tmp_path / "docs" / "PAGE.md"
    written = ["--json", str(kept), "--out", str(out)]
    assert main(["--quick", "--only", "latency", "day", *written]) == 0
    told = json.loads(kept.read_text())
    for one in told["latency"]:
        assert one["lit_ms"], "a pin was written"
        assert min(one["lit_ms"]) > 0.0
        assert min(one["answered_ms"]) > 0.0
    runners = [Running(one, cpu=cpu()) for one in contenders]
    played = play(runners, actress, rounds=2, frames=6)
    for runner in runners:
        runner.close()
    rows = {name: asdict(one) for name, one in played.items()}
    rows |= dict.fromkeys(("Face Landmarker", "FER"), rows["cuelight"])
    scene = {"name": "actress", "rate": 24.0, "width": 640, "height": 360, "faces": 1}
    nobody = scene | {"name": "no_face", "faces": 0, "played": rows}
    told["peers"] = [scene | {"played": rows}, nobody]
    told["growth"] = [scene | {"rate": 30.0, "faces": faces, "played": rows} for faces in (1, 3)]
    started = start_in_turn(contenders[:1], actress, rounds=2, frames=4, cpu=cpu())
    stages = {"find": {"p50": 1.0, "p95": 2.0, "p99": 3.0}}
    told["start"] = {
        "started": {name: asdict(one) for name, one in started.items()},
        "stages": {"frames": 4, "stages_ms": stages},
    }
    loop = {"frames": 10, "looks": 10, "searches": 1, "usual_find": 1e6}
    loop["stages"] = {"find": 12e6, "express": 81e6, "read": 1e6, "loop": 1e6}
    told["counts"] = {
        "models": {"expression": 7_700_000, "detector": 19_800_000},
        "loops": [scene | loop],
    }
    told["fresh"] = {
        "steps": [["clone", 1.0], ["packages", 60.0]],
        "clone_mb": 20.0,
        "environment_mb": 500.0,
        "sizes_mb": {"numpy": 70.0, "opencv": 140.0, "cuelight": 1.0},
        "device": ["numpy", "cuelight"],
    }
    kept.write_text(json.dumps(told))
    assert main(["--pages-from", str(kept), "--out", str(out)]) == 0
    page = out.read_text()
    pictures = re.findall(r"!\[\w+\]\(([\w-]+\.png)\)", page)
    assert len(pictures) == 4
    assert all((out.parent / picture).stat().st_size > 5000 for picture in pictures)
    heads = re.findall(r"^\|(.+)\|\n\|---", page, re.MULTILINE)
    assert len(heads) >= 10
    for head in heads[1:]:
        for cell in head.split("|")[1:]:
            assert re.search("x86|AArch64|Pi", cell), head
    budgets = re.search(r"\| what \| budget .*?\n\n", page, re.DOTALL)[0].strip().splitlines()[2:]
    assert len(budgets) == 8
    for row in budgets:
        assert re.search(r"\((x86|Pi|(emulated )?AArch64)\) \| (yes|\*\*no\*\*) \|$", row), row
    assert "| 1.80 M (emulated AArch64) | yes |" in page
    assert "61 s to the first picture, most of it *packages*" in page
    assert "needs 71 MB of that" in page


def test_wrong_words_are_refused(tmp_path, capsys):
    for words, said in (
        (["--pages-from", str(tmp_path / "none.json")], "no such file"),
        (["--cpu", "4096"], "--cpu 4096"),
        (["--only", "speed"], "speed"),
    ):
        with pytest.raises(SystemExit) as refused:
            main(words)
        assert refused.value.code == 2
        assert said in capsys.readouterr().err


def test_a_file_without_figures_is_told_in_a_line(tmp_path, capsys):
    for text in ("", "{}", "[1]"):
        (tmp_path / "kept.json").write_text(text)
        assert main(["--pages-from", str(tmp_path / "kept.json")]) == 2
        assert "kept.json holds no figures" in capsys.readouterr().err


def test_a_part_that_fails_is_told_in_a_line_and_loses_no_other(tmp_path, capfd, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "env"):
        (folder / name).symlink_to(Path("/usr/bin") / name)
    monkeypatch.setenv("PATH", str(folder))  # no qemu here
    words = ["--quick", "--only", "counts", "--json", str(tmp_path / "kept.json")]
    assert main([*words, "--out", str(tmp_path / "PAGE.md")]) == 1
    said = capfd.readouterr().err
    assert "no qemu-aarch64 here" in said
    assert "kept.json" in said
    assert "Traceback" not in said
    assert not (tmp_path / "PAGE.md").exists()


def cpu():
    return min(os.sched_getaffinity(0))
