"""Truths and cues made by hand, for tests of the cue benchmark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cue_bench.clips import BenchClip
from cue_bench.play import Play, Told
from cue_bench.truth import load_truth

from cuelight.records import Cue

if TYPE_CHECKING:
    from pathlib import Path


def truth_table(**changes: Any) -> dict[str, Any]:
    """Give a truth.json's table: a minute of a face that does nothing."""
    table = {
        "schema": 1,
        "seed": 7,
        "split": "test",
        "kind": "cues",
        "fps": 30.0,
        "seconds": 60.0,
        "size": [640, 360],
        "identity": [1, 2],
        "events": [],
        "price_marks": [],
        "distractors": [],
        "face": [{"from": 0.0, "to": 60.0}],
    }
    return table | changes


def event(name: str, onset: float, offset: float, **rest: Any) -> dict[str, Any]:
    """Give an event's row, its apex half way unless given."""
    row = {"name": name, "onset": onset, "apex": (onset + offset) / 2, "offset": offset}
    return row | {"strength": 0.5, "moves": {}} | rest


def clip(folder: Path, **changes: Any) -> BenchClip:
    """Give a clip whose truth has gone through its file; the film is never opened."""
    file = folder / "truth.json"
    file.write_text(json.dumps(truth_table(**changes)))
    truth = load_truth(file)
    return BenchClip(folder, folder / "clip.mkv", truth.marks, truth)


def told(name: str, onset: float, offset: float, at: float | None = None) -> Told:
    """Give a cue as the loop told it, 0.1 s after its end unless given."""
    cue = Cue(name, 1, onset, (onset + offset) / 2, offset, 0.5, 0.8)
    return Told(cue, offset + 0.1 if at is None else at)


def play(*cues: Told, **rest: Any) -> Play:
    """Give what came of a clip."""
    base: dict[str, Any] = {
        "frames": 1800,
        "faced": 1800,
        "readings": (),
        "signals": (),
        "counted": frozenset(),
    }
    return Play(cues=cues, **(base | rest))
