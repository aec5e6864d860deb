"""From a crop to an expression in frame terms."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from cuelight.errors import ModelError
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.geometry import Similarity
from cuelight.sense.records import EMOTIONS, UNITS, Box, Face, Frame

MODELS = Path(__file__).resolve().parents[1] / "models"
FRAME = Frame(np.zeros((400, 600), np.uint8), 12.5)


@pytest.fixture(scope="module")
def model():
    return ExpressionModel(MODELS)


@pytest.fixture(scope="module")
def goldens():
    with np.load(MODELS / "goldens.npz") as file:
        return dict(file)


def face(crop, where):
    landmarks = np.zeros((32, 2), np.float32)
    box = Box(1, 2, 3, 4)
    return Face(7, box, landmarks, crop, where.matrix, where.roll_degrees)


def test_an_expression_has_every_channel_in_its_range(model, goldens):
    for crop in goldens["crops"]:
        seen = model.read(face(crop, Similarity(112, 0, 0, 0)), FRAME)
        assert (seen.track, seen.timestamp, seen.box) == (7, 12.5, Box(1, 2, 3, 4))
        assert seen.action_units.shape == (len(UNITS),)
        assert (seen.action_units >= 0).all()
        assert (seen.action_units <= 1).all()
        assert seen.emotions.shape == (len(EMOTIONS),)
        assert seen.emotions.sum() == pytest.approx(1.0, abs=0.03)
        assert 0.0 <= seen.quality <= 1.0
        assert seen.landmarks.shape == (32, 2)
        assert seen.landmarks.dtype == seen.action_units.dtype == np.float32


OWN = {
    "smile": ("AU12L", "AU12R"),
    "smile_l": ("AU12L",),
    "smile_r": ("AU12R",),
    "sneer": ("AU09",),
    "lip_up": ("AU10",),
    "brows_down": ("AU04L", "AU04R"),
    "brows_up": ("AU01", "AU02L", "AU02R"),
}


def test_a_face_is_told_from_itself_by_the_units_that_moved(model, goldens):
    crops = zip(goldens["crops"], goldens["shows"].tolist(), strict=True)
    rest, told = None, set()
    for crop, shows in crops:
        if shows in {"cartoon", "blink"}:
            continue
        seen = model.read(face(crop, Similarity(112, 0, 0, 0)), FRAME).relative_units
        if not shows:
            rest = seen
            continue
        gained = dict(zip(UNITS, (seen - rest).tolist(), strict=True))
        own = [gained[unit] for unit in OWN[shows]]
        assert sum(own) / len(own) > 0.5
        if shows in {"smile_l", "smile_r"}:
            other = gained["AU12R" if shows == "smile_l" else "AU12L"]
            assert abs(other) < 0.3 * own[0]
        told.add(shows)
    assert told == set(OWN)


def test_landmarks_roll_and_scale_are_carried_into_the_frame(model, goldens):
    crop = goldens["crops"][0]
    plain = model.read(face(crop, Similarity(1, 0, 0, 0)), FRAME)
    turn = np.radians(30)
    where = Similarity(160 * np.cos(turn), 160 * np.sin(turn), 50, 60)
    placed = model.read(face(crop, where), FRAME)
    assert placed.landmarks == pytest.approx(where.points(plain.landmarks), abs=0.01)
    assert placed.head.roll == pytest.approx(plain.head.roll + 30, abs=1e-3)
    assert (placed.head.yaw, placed.head.pitch) == (plain.head.yaw, plain.head.pitch)
    assert placed.head.scale == pytest.approx(160 / 400)
    assert placed.gaze == plain.gaze


def test_results_are_the_callers_to_keep(model, goldens):
    crops = goldens["crops"]
    first = model.read(face(crops[0], Similarity(112, 0, 0, 0)), FRAME)
    kept = first.action_units.copy(), first.emotions.copy(), first.landmarks.copy()
    model.read(face(crops[1], Similarity(112, 0, 0, 0)), FRAME)
    for now, before in zip(
        (first.action_units, first.emotions, first.landmarks), kept, strict=True
    ):
        assert (now == before).all()


def test_quality_is_high_on_a_face_and_low_on_noise(model, goldens):
    noise = np.random.default_rng(0).integers(0, 256, (112, 112)).astype(np.uint8)
    where = Similarity(112, 0, 0, 0)
    best = max(model.read(face(crop, where), FRAME).quality for crop in goldens["crops"])
    assert best > 0.7
    assert model.read(face(noise, where), FRAME).quality < 0.35
    assert model.read(face(np.zeros_like(noise), where), FRAME).quality < 0.25


def test_a_model_that_does_not_fit_its_card_is_refused(tmp_path):
    for name in ("expression.tflite", "expression.toml"):
        shutil.copy(MODELS / name, tmp_path / name)
    card = tmp_path / "expression.toml"
    card.write_text(re.sub("height = 112", "height = 96", card.read_text()))
    with pytest.raises(ModelError, match=r"input is int8 \(1, 112, 112, 1\).*\(1, 96, 112, 1\)"):
        ExpressionModel(tmp_path)


def test_outputs_in_another_order_are_refused(tmp_path):
    for name in ("expression.tflite", "expression.toml"):
        shutil.copy(MODELS / name, tmp_path / name)
    card = tmp_path / "expression.toml"
    swapped = {"index = 0": "index = 1", "index = 1": "index = 0"}
    card.write_text(re.sub("index = [01]", lambda found: swapped[found[0]], card.read_text()))
    with pytest.raises(ModelError, match=r"output 1 \(units\) has shape \(1, 8\); 24 values"):
        ExpressionModel(tmp_path)
