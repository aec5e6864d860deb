"""Fitting what cues look like: people are judged by weights that were fitted to others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from cue_bench.fit import _choose, fit
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
    """Sixteen clips of eight people: in each, forty movements, every second of which is a cue."""
    dice = np.random.default_rng(3)
    clips, candidates = [], []
    for number in range(16):
        events = []
        for place in range(40):
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
    assert np.argmax(np.abs(found.looks.weights)) == 2
    assert found.looks.weights[2] > 0.0
    assert found.f1["macro"] > 0.9
    assert found.alarms < 0.5
    assert 0.0 < found.looks.least < 1.0


def test_of_equally_good_least_probabilities_the_highest_is_taken(tmp_path):
    one = sample(tmp_path, told=9.0)
    chosen = one.candidates
    held = np.array([0.9 if row.event else 0.1 for row in chosen])
    held[next(place for place, row in enumerate(chosen) if row.event)] = 0.4
    least, f1, alarms = _choose("nose_wrinkle", one, chosen, held)
    assert least == 0.9, "the one true movement more is worth less than the slack"
    assert f1["macro"] > 0.985
    assert alarms == 0.0


def test_where_nothing_tells_a_cue_people_left_out_show_it(tmp_path):
    found = fit("nose_wrinkle", sample(tmp_path, told=0.0))
    always = 2 * 240 / (240 + 240 + 240)
    assert found.f1["macro"] < always + 0.05, "what fits noise does not fit other people's noise"


def test_what_must_be_near_the_usual_is_learned_where_a_cue_is_bent(tmp_path):
    found = fit("nose_wrinkle", near(sample(tmp_path, told=0.0)))
    assert np.argmin(found.looks.bends) == 5, "far from usual either way speaks against it"
    usual, less, more = (found.looks.means.copy() for _ in range(3))
    less[5] -= 2.0
    more[5] += 2.0
    usual, less, more = (found.looks.probability(one) for one in (usual, less, more))
    assert 2.0 * max(less, more) < usual


def near(given):
    """The same, where a cue lies near the middle of a feature and everything else away from it."""
    for one in given.candidates:
        side = 1.0 if one.features[5] > 0.0 else -1.0
        one.features[5] = side * (0.1 if one.event else 2.0)
    return given
