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


def test_both_passes_over_the_actress_are_there_and_agree_in_the_main():
    first, second = labelled_clips(LABELS, sample_clip("actress.mp4").parent)
    assert {first.truth.split, second.truth.split} == {"first labels", "second labels"}
    for clip in (first, second):
        assert clip.truth.source == "film"
        assert clip.truth.seconds == pytest.approx(19.69, abs=0.05)
        assert all(event.offset <= clip.truth.seconds + 0.05 for event in clip.truth.events)
        assert not clip.truth.judged & NOT_LABELLED
    names = [[event.name for event in clip.truth.events] for clip in (first, second)]
    assert names[0].count("raised_eyebrows") == names[1].count("raised_eyebrows") == 2


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
