"""Writing measured values into cues.toml."""

from __future__ import annotations

import tomllib

import pytest
from cue_bench.worth import Worth
from cue_bench.write import with_worths, write_cues

from cuelight.cuebook import load_cuebook
from cuelight.errors import ModelError
from cuelight.places import models_folder

SHIPPED = (models_folder() / "cues.toml").read_text(encoding="utf-8")
KEYS = {
    *("odds", "visit_threshold", "after_price_threshold"),
    *("signal", "signal_confidence", "measured"),
}


def worth(*, measured=True, **changes):
    values = {
        "hit_rate": 0.8,
        "alarm_chance": 0.01,
        "ratio": 80.0,
        "real": 0.89,
        "odds": 2.3456,
        "visit_threshold": 5,
        "after_price_threshold": 3,
        "signal": True,
        "signal_confidence": 0.5,
        "measured": measured,
        "watched": False,
        "why": "",
    }
    return Worth(**(values | changes))


def comments(text):
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


def test_a_measured_cue_gets_its_values_and_nothing_else_changes():
    fresh = with_worths(SHIPPED, {"nose_wrinkle": worth()})
    before, after = tomllib.loads(SHIPPED), tomllib.loads(fresh)
    row = after["cue"].pop("nose_wrinkle")
    old = before["cue"].pop("nose_wrinkle")
    assert after == before
    assert {key: row[key] for key in KEYS} == {
        "odds": 2.35,
        "visit_threshold": 5,
        "after_price_threshold": 3,
        "signal": True,
        "signal_confidence": 0.5,
        "measured": True,
    }
    assert {key: row[key] for key in row.keys() - KEYS} == {
        key: old[key] for key in old.keys() - KEYS
    }
    assert comments(fresh) == comments(SHIPPED)
    assert len(fresh.splitlines()) == len(SHIPPED.splitlines())


def test_a_table_that_is_no_cue_stays_whatever_its_name():
    text = "[reading.nod]\nvisit_threshold = 1\nafter_price_threshold = 1\n"
    assert with_worths(text, {"nod": worth()}) == text


def test_what_was_not_measured_stays_as_it_is():
    assert with_worths(SHIPPED, {"nose_wrinkle": worth(measured=False)}) == SHIPPED
    assert with_worths(SHIPPED, {}) == SHIPPED


def test_a_comment_after_a_value_stays_and_line_endings_too():
    text = "[cue.nod]\r\n" + "".join(
        f"{key} = {value}  # why {key}\r\n"
        for key, value in {
            "odds": 1.0,
            "visit_threshold": 2,
            "after_price_threshold": 1,
            "signal": "true",
            "signal_confidence": 0.0,
            "measured": "false",
        }.items()
    )
    fresh = with_worths(text, {"nod": worth(signal=False)})
    assert comments(fresh) == comments(text)
    assert fresh.count("\r\n") == text.count("\r\n")
    assert "signal = false  # why signal" in fresh


def test_writing_twice_is_writing_once():
    once = with_worths(SHIPPED, {"nose_wrinkle": worth()})
    assert with_worths(once, {"nose_wrinkle": worth()}) == once


def test_the_file_is_a_cue_book_afterwards(tmp_path):
    path = tmp_path / "cues.toml"
    path.write_text(SHIPPED, encoding="utf-8")
    worths = {"nose_wrinkle": worth(), "relaxed_head": worth(measured=False)}
    assert write_cues(path, worths) == ["nose_wrinkle"]
    book = load_cuebook(path)
    assert book.cues["nose_wrinkle"].measured
    assert not book.cues["relaxed_head"].measured
    assert list(tmp_path.iterdir()) == [path]


def test_values_that_no_cue_book_may_hold_leave_the_file_alone(tmp_path):
    path = tmp_path / "cues.toml"
    path.write_text(SHIPPED, encoding="utf-8")
    with pytest.raises(ModelError):
        write_cues(path, {"nod": worth(odds=5000.0)})
    assert path.read_text(encoding="utf-8") == SHIPPED
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_key_is_named():
    with pytest.raises(ModelError, match=r"cue\.nod.*odds"):
        with_worths("[cue.nod]\nsignal = true\n[cue.shake]\n", {"nod": worth()})


def test_of_a_cue_with_too_few_events_only_the_visit_thresholds_are_written():
    fresh = with_worths(SHIPPED, {"nod": worth(measured=False, watched=True)})
    changed = {
        line.split(" = ")[0]
        for old, line in zip(SHIPPED.splitlines(), fresh.splitlines(), strict=True)
        if old != line
    }
    assert changed == {"visit_threshold", "after_price_threshold"}
