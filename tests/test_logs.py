"""No log tells of a visit: at its most talkative, a box says the same beside an empty table.

A list of forbidden words would miss what nobody thought of, so the logs of two boxes are compared:
same clock, same settings, one at a table with visits, price marks, cues, readings and signals.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cuelight.compose import build_sensing
from cuelight.read.budget import SIGNAL_OF
from cuelight.settings import Settings

PROGRAM = Path(__file__).parent / "log_box.py"
LINE = re.compile(r"(\d+) ((?:DEBUG|INFO|WARNING|ERROR|CRITICAL) ([\w.]+): .*)")
BY_THEIR_OWN_CLOCK = "cuelight.tell.teller", "cuelight.tell.store_watch"
"""These look every half second of real time, so their second of virtual time is not always same."""


class Log:
    """What one box said, and what happened at its table meanwhile."""

    def __init__(self, folder, world, mode, fault):
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, PROGRAM, folder, world, mode, fault],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        *said, happened = done.stdout.splitlines()
        self.happened = json.loads(happened)
        self.lines = [*said, *done.stderr.splitlines()]

    @property
    def texts(self):
        """Each line, however it got there, and how often; with its second where that is fixed."""
        found = Counter()
        for line in self.lines:
            match = LINE.fullmatch(line)
            if match is None or match[3] not in BY_THEIR_OWN_CLOCK:
                found[line] += 1
            else:
                found[match[2]] += 1
        return found


def both(folder, *, world="visits", mode="notice", fault="none"):
    """Run a box at a table with visits, and one at an empty table."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(Log, folder / "first", world, mode, fault)
        second = pool.submit(Log, folder / "second", "empty", mode, fault)
        return first.result(), second.result()


def differences(first, second):
    """Give the lines that only one of two logs has."""
    return sorted(((first.texts - second.texts) + (second.texts - first.texts)).elements())


@pytest.mark.parametrize(
    ("mode", "fault"), [("notice", "none"), ("opt_in", "none"), ("notice", "disk")]
)
def test_the_log_of_a_box_with_visits_is_that_of_a_box_without(tmp_path, mode, fault):
    visited, empty = both(tmp_path, mode=mode, fault=fault)
    happened = visited.happened
    assert happened["Signal"] >= 10
    assert happened["Reading"] >= 10
    assert happened["VisitTally"] == 2
    assert empty.happened["Signal"] == empty.happened["VisitTally"] == 0
    assert happened["opened"] == (2 if mode == "opt_in" else 1)
    assert empty.happened["opened"] == (0 if mode == "opt_in" else 1)
    assert bool(happened["lit"]) == (fault == "none"), "signals were shown unless the disk failed"
    assert differences(visited, empty) == []
    words = {"visit", "tally", "sat down", *SIGNAL_OF, *build_sensing(Settings()).countable}
    named = [text for text in visited.texts for word in words if re.search(rf"\b{word}\b", text)]
    assert named == []
    assert sum(visited.texts.values()) >= 3, "it does say something"
    if fault == "disk":
        assert any("the store cannot be written" in line for line in visited.lines)


def test_a_line_that_tells_of_a_visit_is_found(tmp_path):
    found = differences(*both(tmp_path, world="planted"))
    assert len(found) >= 10
    assert all("somebody is there" in line for line in found)
