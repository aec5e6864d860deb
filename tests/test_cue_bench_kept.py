"""What is kept of a clip gives the same answers as the models, without running them."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from cue_bench.__main__ import main
from cue_bench.kept import keep_rows, key_of, load_rows, play_kept
from cue_bench.play import play_clip

from bench_clips import clip
from cuelight.compose import build_sensing
from cuelight.places import sample_clip
from cuelight.sense.clip import open_clip
from cuelight.settings import Settings, ZoneSettings


def given(folder, film="smile.mp4", marks=()):
    found = clip(folder, source="film")
    link = folder / "clip.mp4"
    if not link.exists():
        link.symlink_to(sample_clip(film).resolve())
    return replace(found, film=link, marks=marks)


@pytest.mark.parametrize(("film", "marks"), [("smile.mp4", (1.0,)), ("actress.mp4", (2.0, 13.0))])
def test_the_reader_says_the_same_with_and_without_what_is_kept(tmp_path, film, marks):
    one, settings, folder = given(tmp_path, film, marks), Settings(), tmp_path / "kept"
    real = play_clip(one, settings)
    assert real.cues
    assert play_kept(one, settings, None) == real
    assert not folder.exists()
    assert play_kept(one, settings, folder) == real  # keeps it
    assert play_kept(one, settings, folder) == real  # reads it
    assert len(list(folder.iterdir())) == 1


def test_every_value_is_kept_as_it_was(tmp_path):
    one, settings, folder = given(tmp_path), Settings(), tmp_path / "kept"
    play_kept(one, settings, folder)
    rows = load_rows(folder / f"{key_of(one.film, settings)}.npz")
    sensing = build_sensing(settings)
    with open_clip(one.film) as film:
        seen = [sensing.update(frame) for frame in film]
    assert [row.timestamp for row in rows] == [each.timestamp for each in seen]
    assert [row.occupied for row in rows] == [each.occupied for each in seen]
    for row, each in zip(rows, seen, strict=True):
        for kept, true in zip(row.expressions, each.expressions, strict=True):
            for name in ("action_units", "emotions", "landmarks"):
                wanted = getattr(true, name)
                assert getattr(kept, name).dtype == wanted.dtype
                assert np.array_equal(getattr(kept, name), wanted)
            for name in ("track", "timestamp", "head", "gaze", "box", "quality"):
                assert repr(getattr(kept, name)) == repr(getattr(true, name))


def test_what_is_kept_stands_for_the_film(tmp_path):
    one, settings, folder = given(tmp_path), Settings(), tmp_path / "kept"
    whole = play_kept(one, settings, folder)
    (kept,) = folder.iterdir()
    keep_rows(kept, load_rows(kept)[:40])
    assert play_kept(one, settings, folder).frames == 40
    kept.write_bytes(b"half a file")
    assert play_kept(one, settings, folder) == whole


def test_another_film_or_zone_is_kept_apart_but_another_cue_book_is_not(tmp_path):
    film = tmp_path / "clip.mkv"
    film.write_bytes(b"film")
    key = key_of(film, Settings())
    assert key == key_of(film, Settings())
    assert key != key_of(film, Settings(zone=ZoneSettings(faces_max=1)))
    os.utime(film, (1, 1))
    assert key != key_of(film, Settings())


def test_a_whole_run_says_the_same_with_and_without_what_is_kept(tmp_path):
    clips, seconds = tmp_path / "clips", 19.6
    clips.mkdir()
    one = given(clips, "actress.mp4")
    table = json.loads((one.folder / "truth.json").read_text())
    pattern = {"reading": "interest", "signal": "go", "from": 2.0, "met": 8.0, "to": 8.0}
    table |= {"kind": "visits", "patterns": [pattern], "seconds": seconds, "price_marks": [3.0]}
    table |= {"face": [{"from": 0.0, "to": seconds}]}
    (one.folder / "truth.json").write_text(json.dumps(table))
    pages = []
    for words in ([], ["--cache", str(tmp_path / "kept")], ["--cache", str(tmp_path / "kept")]):
        page = tmp_path / "page.json"
        assert main([str(clips), "--json", str(page), *words]) == 0
        pages.append(json.loads(page.read_text()))
    assert pages[0] == pages[1] == pages[2]
    assert pages[0]["groups"][0]["visits"]["visits"] == 1
    assert [case["pattern"] for case in pages[0]["visits"]] == ["interest"]
