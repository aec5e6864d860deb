from __future__ import annotations

from pathlib import Path

import pytest

from cuelight.cuebook import load_cuebook
from cuelight.errors import ModelError
from cuelight.read.budget import PRIORITY
from cuelight.read.cue import EXPRESSION_CUES

SHIPPED = Path(__file__).parents[1] / "models" / "cues.toml"


def test_the_shipped_values_say_which_are_measured_and_trust_no_expression():
    book = load_cuebook(SHIPPED)
    assert set(book.readings) == set(PRIORITY)
    assert {"raised_eyebrows", "pressed_lips", "brief_frown"} <= {
        name for name, entry in book.cues.items() if entry.measured
    }
    assert not any(book.cues[name].signal for name in EXPRESSION_CUES)
    assert any(entry.signal for entry in book.cues.values())
    assert book.readings["interest"].confidence == 0.8


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[cue.nod]", "[cue.nodd]", r"cue.nodd is unknown; did you mean nod\?"),
        ("enter = 1.0", "entr = 1.0", r"cue.raised_eyebrows.entr is unknown; did you mean enter\?"),
        ("prior = 0.2", "prior = 1.2", r"reading.interest.prior is 1.2; wanted a number from"),
        ("signal = true", "signal = 1", r"signal is 1; wanted true or false"),
        ("visit_threshold = 2", "visit_threshold = 0", r"is 0; wanted a whole number from 1 on"),
        (
            "{ interest = ",
            "{ interst = ",
            r"likelihood.interst is unknown; did you mean interest",
        ),
        ("prior = 0.2\n", "", r"reading.interest.prior is missing"),
        ("[evidence]", "[evidence", r"is not TOML"),
        (
            "half_life_seconds = 20.0",
            "half_life_seconds = nan",
            r"evidence.half_life_seconds is nan",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, complaint):
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "cues.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError, match=complaint):
        load_cuebook(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"Cannot read cue parameters from .*cues\.toml"):
        load_cuebook(tmp_path / "cues.toml")
