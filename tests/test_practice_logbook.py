"""Scores stay in a file that only their owner opens."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelight.errors import InputError, StoreError
from cuelight.practice.logbook import Answer, Logbook, own_path

ANSWER = Answer(
    at=10.0,
    session=5.0,
    player="me",
    kind="lesson",
    family="cues",
    shown="nose_wrinkle",
    said="nothing",
    move="wait",
    level=3,
    ms=260,
    steps=5,
    measured_ms=266.7,
)


def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path):
    path = tmp_path / "mine" / "practice.jsonl"
    before = os.umask(0)
    try:
        Logbook(path).add(ANSWER)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Logbook(path).read() == [ANSWER]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_open_is_refused(tmp_path, mode):
    path = tmp_path / "practice.jsonl"
    Logbook(path).add(ANSWER)
    path.chmod(mode)
    with pytest.raises(InputError, match="chmod 600"):
        Logbook(path)


def test_a_line_cut_off_by_a_power_cut_costs_itself_alone(tmp_path):
    path = tmp_path / "practice.jsonl"
    book = Logbook(path)
    book.add(ANSWER)
    with path.open("ab") as file:
        file.write(b'{"at":11.0,"sess')
    book.add(dataclasses.replace(ANSWER, at=12.0))
    assert [one.at for one in book.read()] == [10.0, 12.0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_whatever_stands_in_the_file_reading_it_ends_well(tmp_path, junk):
    path = tmp_path / "practice.jsonl"
    path.unlink(missing_ok=True)
    Logbook(path).add(ANSWER)
    with path.open("ab") as file:
        file.write(b"\n" + junk + b"\n")
    assert ANSWER in Logbook(path).read()


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "7",
        "{}",
        '{"at":true}',
        (
            '{"at":1,"session":1,"player":1,"kind":"lesson","family":"cues","shown":"nose_wrinkle",'
            '"said":"x","move":"x","level":1,"ms":1,"steps":1,"measured_ms":1}'
        ),
        (
            '{"at":1,"session":1,"player":"a","kind":"lesson","family":"cues","shown":"wink",'
            '"said":"x","move":"x","level":1,"ms":1,"steps":1,"measured_ms":1}'
        ),
    ],
)
def test_lines_that_are_no_answers_are_passed_over(tmp_path, line):
    path = tmp_path / "practice.jsonl"
    Logbook(path).add(ANSWER)
    with path.open("a") as file:
        file.write(line + "\n")
    assert Logbook(path).read() == [ANSWER]


def test_erasing_leaves_nothing(tmp_path):
    book = Logbook(tmp_path / "practice.jsonl")
    book.add(ANSWER)
    book.erase()
    book.erase()
    assert book.read() == []
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises((InputError, StoreError), match="--scores"):
        Logbook(blocker / "practice.jsonl").add(ANSWER)


def test_scores_lie_in_the_owners_own_data_folder():
    home = Path("/home/ann")
    assert own_path({}, home) == home / ".local/share/cuelight/practice.jsonl"
    assert own_path({"XDG_DATA_HOME": "/data"}, home) == Path("/data/cuelight/practice.jsonl")
    assert own_path({"XDG_DATA_HOME": "relative"}, home).is_relative_to(home)
