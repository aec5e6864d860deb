"""The card that travels with the expression model, and every way it can be off."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from cuelight.errors import ModelError
from cuelight.sense.card import load_card
from cuelight.sense.records import LANDMARKS, UNITS

MODELS = Path(__file__).resolve().parents[1] / "models"


@pytest.fixture
def folder(tmp_path):
    """A copy of the real model and card, to break."""
    for name in ("expression.tflite", "expression.toml"):
        shutil.copy(MODELS / name, tmp_path / name)
    return tmp_path


def edit(folder, pattern, replacement):
    path = folder / "expression.toml"
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert changed != text
    path.write_text(changed)


def test_the_real_card_describes_the_real_model():
    card = load_card(MODELS)
    assert card.sha256 == hashlib.sha256(card.file.read_bytes()).hexdigest()
    assert (card.height, card.width) == (112, 112)
    assert card.template.shape == (32, 2)
    assert set(card.units) == set(UNITS)
    assert sorted(card.outputs.values()) == [0, 1, 2, 3, 4, 5, 6]
    assert card.scales.shape == (len(UNITS),)


def test_the_template_has_level_eyes_in_the_agreed_place():
    template = load_card(MODELS).template
    at = {name: template[index] for index, name in enumerate(LANDMARKS)}
    right = (at["eye_r_outer"] + at["eye_r_inner"]) / 2
    left = (at["eye_l_outer"] + at["eye_l_inner"]) / 2
    assert left - right == pytest.approx([0.35, 0.0], abs=0.005)
    assert (left + right) / 2 == pytest.approx([0.5, 0.33], abs=0.005)
    assert at["chin"][1] > at["mouth_l"][1] > at["nose_tip"][1] > 0.33
    assert at["cheek_r"][0] < at["mouth_r"][0] < 0.5  # the person's right is on the image's left


def test_every_unit_ends_below_where_it_begins():
    table = tomllib.loads((MODELS / "expression.toml").read_text())
    for unit, card in load_card(MODELS).units.items():
        assert 0.0 < card.leave <= card.enter < 1.0
        assert card.live is table["units"][unit]["live"]


@pytest.mark.parametrize(
    ("pattern", "replacement", "complaint"),
    [
        (r'^sha256 = "[0-9a-f]', 'sha256 = "x', r"model\.sha256 is x.*64 hexadecimal"),
        (r"^sha256 = .*$", "", r"model\.sha256 is missing; a text is wanted"),
        (r"^height = 112", 'height = "112"', r"input\.height is 112; wanted: a whole number"),
        (r'"AU02L", "AU02R"', '"AU02R", "AU02L"', r"outputs\.units\.names"),
        (r"^index = 1$", "index = 0", r"outputs\.\*\.index"),
        (r'"eye_r_outer", "eye_r_inner", "eye_l', '"eye_r_upper", "eye_l', r"crop\.stable"),
        (r"^  \[0\.[^\]]*\],", "", r"crop\.template is .*; wanted: 32 points"),
        (r"^scales = \[[^,]*,", "scales = [", r"outputs\.relative\.scales is .*; wanted: 24 numb"),
        (r"^scales = \[[^,]*,", "scales = [0.0,", r"outputs\.relative\.scales is .*above 0"),
        (r"^enter = .*$", "enter = 0.0001", r"units\.AU01 is enter 0\.0001.*0 < leave <= enter"),
        (
            r"(\[units\.AU01\][^\[]*\nnoise = )\S+",
            r"\g<1>-1.0",
            r"units\.AU01 is noise -1\.0.*noise >= 0",
        ),
        (r"^enter = .*$", "enter = 1" + 400 * "0", r"units\.AU01\.enter is 1000.*a number"),
        (r"^live = .*$", "live = 1", r"units\.AU01\.live is 1; wanted: true or false"),
        (r"^\[units\.AU12L\]", "[units.AU12X]", r"units\.AU12L\.enter is missing"),
        (r"^\[model\]", "[model", "is not valid TOML"),
    ],
)
def test_a_card_that_is_off_is_refused_with_its_key(folder, pattern, replacement, complaint):
    edit(folder, pattern, replacement)
    with pytest.raises(ModelError, match=complaint) as error:
        load_card(folder)
    assert "expression.toml" in str(error.value)


def test_a_model_that_changed_under_its_card_is_refused(folder):
    model = folder / "expression.tflite"
    content = bytearray(model.read_bytes())
    content[-1000] ^= 1
    model.write_bytes(content)
    card = tomllib.loads((folder / "expression.toml").read_text())
    given = hashlib.sha256(content).hexdigest()
    with pytest.raises(ModelError, match=rf"{given}, wanted {card['model']['sha256']}"):
        load_card(folder)


def test_a_folder_without_card_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"Cannot read the model's card .*model\.folder"):
        load_card(tmp_path)


def test_a_card_without_its_model_is_refused(folder):
    (folder / "expression.tflite").unlink()
    with pytest.raises(ModelError, match=r"Cannot read the model .*expression\.tflite"):
        load_card(folder)
