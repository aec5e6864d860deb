"""The benchmark as it is run: the real loop over a real clip with a truth made by hand."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from cue_bench.__main__ import main
from cue_bench.play import play_clip
from cue_bench.rows import Row, play_rows

from bench_clips import event, truth_table
from cuelight.cli import main as cuelight
from cuelight.compose import build_model, cues_path, thresholds_of
from cuelight.cuebook import load_cuebook
from cuelight.places import models_folder, sample_clip
from cuelight.read.cue import EXPRESSION_CUES
from cuelight.read.reader import Reader
from cuelight.sense.clip import open_clip
from cuelight.settings import Settings


@pytest.fixture
def make_clip(tmp_path):
    def make(name, film, **changes):
        folder = tmp_path / "clips" / name
        folder.mkdir(parents=True)
        (folder / "clip.mp4").symlink_to(sample_clip(film).resolve())
        table = truth_table(**{"source": "film"} | changes)
        (folder / "truth.json").write_text(json.dumps(table))
        return folder

    return make


def bench(tmp_path, *words):
    page = tmp_path / "page.json"
    assert main([str(tmp_path / "clips"), "--json", str(page), *map(str, words)]) == 0
    return json.loads(page.read_text())


def replayed(capsys, film):
    assert cuelight(["replay", str(sample_clip(film)), "--json"]) == 0
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    return [line for line in lines if line["type"] == "cue"]


def test_what_the_loop_finds_in_the_actress_is_what_is_scored(make_clip, tmp_path, capsys):
    found = replayed(capsys, "actress.mp4")
    face = [{"from": 0.0, "to": 19.6}]
    # a truth that says just that, each onset 50 ms earlier, and one thing that never happens
    rows = [
        event(
            cue["name"], max(cue["onset"] - 0.05, 0.0), cue["offset"], apex=cue["apex"], strength=1
        )
        for cue in found
        if cue["offset"] - cue["onset"] < 3.9
    ]
    assert rows
    lasting = {cue["name"] for cue in found if cue["offset"] - cue["onset"] >= 3.9}
    never = event("brief_frown", 0.1, 0.2)
    make_clip("actress", "actress.mp4", fps=23.976, seconds=19.6, face=face, events=[*rows, never])
    page = bench(tmp_path, "--plots", tmp_path / "plots")
    (group,) = page["groups"]
    assert (group["system"], group["source"], group["fps"]) == ("cuelight", "film", 24)
    for name in {row["name"] for row in rows} - lasting - {"nod", "shake"}:
        cue = group["cues"][name]
        assert (cue["hits"], cue["events"]) == (sum(r["name"] == name for r in rows),) * 2, name
        assert cue["f1"]["all/all"]["value"] == 1.0
        assert 0.0 <= cue["onset_error"]["median"] <= 0.051
        if cue["after_end"]["cases"]:  # none if told because the clip ended
            assert -0.1 < cue["after_end"]["median"] < 0.5  # the filter, the tail and a frame
    assert group["cues"]["brief_frown"]["recall"]["micro/half"]["value"] == 0.0
    assert page["worth"] == {}  # film never says what a cue is worth
    outcomes = {(case["cue"], case["outcome"]) for case in page["cases"]}
    assert ("brief_frown", "missed") in outcomes
    assert {name for name, outcome in outcomes if outcome == "hit"} <= {r["name"] for r in rows}
    report = capsys.readouterr().out
    assert "field precision unknown" in report
    assert "film (real), test, 24 frames a second" in report
    (picture,) = (tmp_path / "plots").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_labelled_films_are_measured_and_drawn_without_the_lab(tmp_path, capsys):
    labels, page, plots = tmp_path / "labels", tmp_path / "page.json", tmp_path / "plots"
    labels.mkdir()
    for which in ("first", "second"):
        (labels / f"smile-{which}.csv").write_text(
            "name,onset,apex,offset,sure\nhappiness,0.0,1.0,2.3,yes\nfear,1.0,1.1,1.2,no\n"
        )
    films = sample_clip("smile.mp4").parent
    words = ("--labels", labels, "--films", films, "--json", page, "--plots", plots)
    assert main([*map(str, words)]) == 0
    groups = json.loads(page.read_text())["groups"]
    assert [group["split"] for group in groups] == ["smile, first labels", "smile, second labels"]
    assert all(group["cues"]["happiness"]["events"] == 1 for group in groups)
    report = capsys.readouterr().out
    assert "film (real), smile, first labels, 30 frames" in report
    told = sum(cue["hits"] + cue["false"] for cue in groups[0]["cues"].values())
    (row,) = (x for x in report.splitlines() if "| cuelight | first labels | all cues |" in x)
    assert f"n {told} |" in row
    assert "## Real films besides" in report
    assert row.endswith("n 1 |")
    shape = plt.imread(plots / "films.png").shape
    assert min(shape[:2]) > 100


def test_a_film_that_the_reader_was_tuned_with_counts_in_no_sum(tmp_path, capsys):
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "actress-first.csv").write_text(
        "name,onset,apex,offset,sure\nhappiness,12,13,19,yes\n"
    )
    films = sample_clip("actress.mp4").parent
    assert main(["--labels", str(labels), "--films", str(films)]) == 0
    report = capsys.readouterr().out
    assert "actress, first labels" in report
    assert "## Real films besides" not in report


def test_without_clips_and_labels_there_is_nothing_to_measure(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "--labels" in capsys.readouterr().err


def test_a_clip_in_which_nothing_is_true_gives_false_alarms_only(make_clip, tmp_path, capsys):
    found = {cue["name"] for cue in replayed(capsys, "smile.mp4")}
    assert found & EXPRESSION_CUES
    seconds = 2.9
    make_clip(
        "smile",
        "smile.mp4",
        source="portrait",
        kind="distractors",
        seconds=seconds,
        face=[{"from": 0.0, "to": seconds}],
        distractors=[{"name": "grin", "from": 0.0, "to": seconds}],
    )
    cues = tmp_path / "cues.toml"
    shipped = (models_folder() / "cues.toml").read_text(encoding="utf-8")
    cues.write_text(shipped, encoding="utf-8")
    page = bench(tmp_path, "--write", "--cues", cues)
    (group,) = page["groups"]
    for name in found:
        alarms = group["cues"][name]["alarms"]
        assert alarms["cases"] >= 1
        assert alarms["value"] == pytest.approx(alarms["cases"] * 3600.0 / seconds)
        assert group["cues"][name]["alarms_amid"]["grin"]["cases"] == alarms["cases"]
    # three seconds are no measurement: nothing may be written
    assert not any(worth["measured"] for worth in page["worth"].values())
    assert cues.read_text(encoding="utf-8") == shipped


def test_the_same_cues_come_of_the_rows_that_the_loop_reads_from(make_clip):
    """The peer's rows go the same way, so both readers are judged alike."""
    settings = Settings()
    finder, model = build_model(settings)
    rows = []
    with open_clip(sample_clip("smile.mp4")) as film:
        for frame in film:
            expressions = []
            for face in finder.update(frame):
                expressions.append(model.read(face, frame))
                finder.follow(face.track, expressions[-1])
            rows.append(Row(frame.timestamp, tuple(expressions), finder.occupied))
    reader = Reader(thresholds_of(model.card), load_cuebook(cues_path(settings)))
    from cue_bench.clips import find_clips

    (clip,) = find_clips([make_clip("smile", "smile.mp4")])
    play = play_clip(clip, settings)
    assert play.cues
    assert play.frames == len(rows)
    assert play_rows(rows, reader) == play


@pytest.mark.parametrize("words", [["nowhere"], ["nowhere", "--split", "tune"]])
def test_no_clips_are_wrong_input(tmp_path, capsys, words):
    assert main([str(tmp_path / words[0]), *words[1:]]) == 2
    assert "truth.json" in capsys.readouterr().err


def test_a_missing_peer_says_how_to_get_it(make_clip, tmp_path, capsys):
    folder = make_clip("smile", "smile.mp4")
    words = ["--peer", "--peer-python", str(Path("/nowhere/python")), "--peer-folder"]
    assert main([str(folder), *words, str(tmp_path / "peer")]) == 2
    assert "scripts/bench" in capsys.readouterr().err
