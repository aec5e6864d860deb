"""Tables of times seen by eye become clips to measure on."""

from __future__ import annotations

from pathlib import Path

import pytest
from cue_bench.labels import COLUMNS, NOT_LABELLED, labelled_clips

from cuelight.errors import InputError
from cuelight.places import sample_clip

LABELS = Path(__file__).parents[1] / "models" / "labels"
HEAD = ",".join(COLUMNS)


def table(folder, rows, name="actress-first"):
    (folder / f"{name}.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    return list(labelled_clips(folder, sample_clip("actress.mp4").parent))


def shipped(folder):
    """Every shipped table, as if the actress' film were the film of each."""
    for table in LABELS.glob("*-first.csv"):
        link = folder / f"{table.stem.removesuffix('-first')}.mp4"
        link.symlink_to(sample_clip("actress.mp4"))
    return {clip.truth.split: clip for clip in labelled_clips(LABELS, folder)}


def test_each_film_has_two_passes_that_agree_in_the_main(tmp_path):
    clips = shipped(tmp_path)
    films = {split.split(", ")[0] for split in clips}
    assert films == {"actress", "franck", "cap12_edit", "cap13_edit2"}
    for film in films:
        first, second = (clips[f"{film}, {which} labels"].truth for which in ("first", "second"))
        assert first.source == "film"
        assert not first.judged & NOT_LABELLED
        sure = sorted((first.events, second.events), key=len)
        agreed = [one for one in sure[0] if any(alike(one, other) for other in sure[1])]
        assert 2 * len(agreed) >= len(sure[0]) > 2


def alike(one, other):
    both = min(one.offset, other.offset) - max(one.onset, other.onset)
    either = max(one.offset, other.offset) - min(one.onset, other.onset)
    return one.name == other.name and both >= either / 2


def test_the_labels_of_the_actress_lie_in_her_film(tmp_path):
    clips = shipped(tmp_path)
    for which in ("first", "second"):
        truth = clips[f"actress, {which} labels"].truth
        assert truth.seconds == pytest.approx(19.69, abs=0.05)
        assert all(event.offset <= truth.seconds + 0.05 for event in truth.events)
        assert [one.name for one in truth.events].count("raised_eyebrows") == 2


def test_what_nobody_was_sure_of_is_neither_asked_for_nor_wrong(tmp_path):
    (clip,) = table(tmp_path, ["fear,1.0,1.5,2.0,no", "happiness,3.0,3.5,4.0,yes"])
    assert [event.name for event in clip.truth.events] == ["happiness"]
    assert [stretch.shows for stretch in clip.truth.distractors] == [frozenset({"fear"})]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("smile,1,2,3,yes", "name of a cue"),
        ("fear,1,2,3,perhaps", "yes or no"),
        ("fear,1,two,3,yes", "times in seconds"),
        ("fear,3,2,1,yes", "in this order"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path, row, wanted):
    with pytest.raises(InputError, match=rf"line 2.*{wanted}"):
        table(tmp_path, [row])


def test_a_missing_film_or_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="No tables"):
        list(labelled_clips(tmp_path, tmp_path))
    with pytest.raises(InputError, match="is not there"):
        table(tmp_path, ["fear,1,2,3,yes"], name="nobody-first")
    (tmp_path / "nobody-first.csv").unlink()
    with pytest.raises(InputError, match="ends in 'third'"):
        table(tmp_path, ["fear,1,2,3,yes"], name="actress-third")
