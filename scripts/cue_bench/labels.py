"""Load what was seen by eye in a real film: tables of times."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from cue_bench.clips import BenchClip
from cue_bench.truth import UNKNOWN, Event, Stretch, Truth, span_of
from cuelight.errors import InputError
from cuelight.read.cue import CUES, PRICE_GAZE
from cuelight.sense.clip import open_clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS: Final = ("name", "onset", "apex", "offset", "sure")
NOT_LABELLED: Final = frozenset({PRICE_GAZE, "eye_softening", "relaxed_head", "confused_stillness"})
"""Cues that nobody was asked to look for."""
_PASSES: Final = ("first", "second")


def labelled_clips(labels: Path, films: Path) -> Iterator[BenchClip]:
    """Give a clip for each pass of labels, `<film>-<pass>.csv`, a split of its own; source film.

    What its maker was not sure of is neither asked for nor wrong. Raises InputError with file,
    line, given and wanted, or where the film is not there.
    """
    tables = sorted(labels.glob("*.csv"))
    if not tables:
        raise InputError(f"No tables of labels in {labels}; they are named FILM-first.csv.")
    for table in tables:
        name, _, which = table.stem.rpartition("-")
        film = films / f"{name}.mp4"
        if which not in _PASSES:
            raise InputError(f"{table}: its name ends in {which!r}; {_PASSES} are known.")
        if not film.exists():
            raise InputError(
                f"{table} labels {film}, which is not there. Fetch it: scripts/setup brings the "
                f"sample clips, scripts/fetch-films all others."
            )
        yield BenchClip(table.with_suffix(""), film, (), _truth(table, film, which))


def pass_of(split: str) -> tuple[str, str] | None:
    """Give film and labels of a split that `labelled_clips` made; None for any other."""
    film, _, labels = split.partition(", ")
    return (film, labels) if labels else None


def _truth(table: Path, film: Path, which: str) -> Truth:
    events, doubtful = [], []
    with table.open(encoding="utf-8", newline="") as rows:
        reader = csv.DictReader(rows)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(f"{table}, line 1: {reader.fieldnames}; {COLUMNS} are wanted.")
        for row in reader:
            where = f"{table}, line {reader.line_num}"
            if row["name"] not in CUES or row["sure"] not in ("yes", "no"):
                raise InputError(f"{where}: {row}; the name of a cue and yes or no are wanted.")
            try:
                onset, apex, offset = (float(row[key]) for key in COLUMNS[1:4])
            except ValueError:
                raise InputError(f"{where}: {row}; times in seconds are wanted.") from None
            if not 0.0 <= onset <= apex <= offset:
                raise InputError(f"{where}: onset, apex and offset in this order are wanted.")
            if row["sure"] == "yes":
                span = span_of(offset - onset)
                events.append(Event(row["name"], onset, apex, offset, UNKNOWN, span))
            else:
                doubtful.append(Stretch("doubtful", onset, offset, frozenset({row["name"]})))
    fps, seconds = _length(film)
    return Truth(
        scene=f"film {film.stem} {which}",
        split=f"{film.stem}, {which} labels",
        kind="cues",
        source="film",
        fps=fps,
        seconds=seconds,
        events=tuple(events),
        marks=(),
        distractors=tuple(doubtful),
        blinks=(),
        faces=(Stretch("face", 0.0, seconds),),
        judged=CUES - NOT_LABELLED,
    )


def _length(film: Path) -> tuple[float, float]:
    times = []
    with open_clip(film) as clip:
        times = [frame.timestamp for frame in clip]
    seconds = times[-1] + (times[-1] - times[0]) / max(len(times) - 1, 1)
    return round(len(times) / seconds, 3), seconds
