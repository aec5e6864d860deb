"""Measure both readers on many clips, several at a time."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

from cue_bench.blendshapes import PeerRows, thresholds_of
from cue_bench.kept import play_kept
from cue_bench.peer import RECIPE, look
from cue_bench.rows import play_rows
from cue_bench.score import score_clip
from cuelight.compose import cues_path
from cuelight.cuebook import load_cuebook
from cuelight.read.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cue_bench.clips import BenchClip
    from cue_bench.play import Play
    from cue_bench.score import ClipScore
    from cuelight.read.reader import UnitThresholds
    from cuelight.settings import Settings

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def measure_ours(
    clips: Sequence[BenchClip], settings: Settings, *, jobs: int, cache: Path | None = None
) -> list[tuple[ClipScore, Play]]:
    """Run the real loop over every clip and score it; `cache` keeps what sensing gave."""
    return _each(partial(_ours, settings, cache), clips, jobs)


def measure_peer(
    clips: Sequence[BenchClip], settings: Settings, *, jobs: int, folder: Path, python: Path
) -> list[tuple[ClipScore, Play]]:
    """Have the peer look at every clip, read that with the same reader, and score it.

    What it saw is kept in `folder`: it does not change with the reader.
    """
    folder.mkdir(parents=True, exist_ok=True)
    films = [clip.film for clip in clips]
    answers = _each(partial(look, folder=folder, python=python), films, jobs)
    units = thresholds_of([PeerRows(answer, RECIPE) for answer in answers])
    return _each(partial(_peer, settings, units), list(zip(clips, answers, strict=True)), jobs)


def _ours(settings: Settings, cache: Path | None, clip: BenchClip) -> tuple[ClipScore, Play]:
    play = play_kept(clip, settings, cache)
    return score_clip(clip, play, load_cuebook(cues_path(settings))), play


def _peer(
    settings: Settings, units: dict[str, UnitThresholds], looked: tuple[BenchClip, Path]
) -> tuple[ClipScore, Play]:
    clip, answer = looked
    book = load_cuebook(cues_path(settings))
    # what cues look like, and how strong they must be at least, is in our own model's units
    cues = {name: replace(entry, strength=0.0) for name, entry in book.cues.items()}
    stated = replace(book, cues=cues, looks={})
    play = play_rows(PeerRows(answer, RECIPE), Reader(units, stated), clip.marks)
    return score_clip(clip, play, book), play


def _each(work: Callable[[_Item], _Made], items: Sequence[_Item], jobs: int) -> list[_Made]:
    if jobs == 1 or len(items) < 2:
        return [work(item) for item in items]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, items))
