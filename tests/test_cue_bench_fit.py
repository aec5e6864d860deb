"""Fitting what cues look like: people are judged by weights that were fitted to others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from cue_bench.fit import fit
from cue_bench.likenesses import Candidate, Sample

from cuelight.read.likeness import FEATURES


@dataclass(frozen=True)
class Event:
    """As much of a true event as fitting asks for."""

    name: str
    onset: float
    span: str
    strength: str


def clip(folder, number, events):
    folder = folder / str(number)
    folder.mkdir()
    (folder / "truth.json").write_text(json.dumps({"identity": number % 8}))
    kind = "cues" if events else "distractors"
    truth = SimpleNamespace(kind=kind, judged=("nose_wrinkle",), events=events, face_seconds=3600.0)
    return SimpleNamespace(folder=folder, truth=truth)


def sample(folder, told):
    """Sixteen clips of eight people: in each, twelve movements, every second of which is a cue."""
    dice = np.random.default_rng(3)
    clips, candidates = [], []
    for number in range(16):
        events = []
        for place in range(12):
            event = None
            if place % 2 == 0 and number < 12:
                event = Event("nose_wrinkle", float(place), "macro", "half")
                events.append(event)
            known = dice.normal(size=len(FEATURES))
            known[2] += told if event else -told
            candidates.append(
                Candidate("nose_wrinkle", number, float(place), place + 0.8, known, event)
            )
        clips.append(clip(folder, number, events))
    return Sample(clips=clips, candidates=candidates)


def test_what_tells_a_cue_gets_the_weight_and_is_found_in_others(tmp_path):
    found = fit("nose_wrinkle", sample(tmp_path, told=3.0))
    assert np.argmax(np.abs(found.weights)) == 2
    assert found.weights[2] > 0.0
    assert found.f1["macro"] > 0.95
    assert found.alarms < 0.5
    assert 0.0 < found.least < 1.0


def test_where_nothing_tells_a_cue_people_left_out_show_it(tmp_path):
    found = fit("nose_wrinkle", sample(tmp_path, told=0.0))
    always = 2 * 72 / (72 + 72 + 72)
    assert found.f1["macro"] < always + 0.05, "what fits noise does not fit other people's noise"
