"""The demo from end to end: a real clip in real time, mock pins, an embedded broker."""

from __future__ import annotations

import csv
import io
import re
import socket
import subprocess
import sys
import urllib.request

import pytest


def look_at(address, password):
    """Log in at the demo's dashboard; give the cells that it exports."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    asked = opener.open(f"{address}export.csv", timeout=60)
    was_stranger = "/login" in asked.url
    opener.open(f"{address}login", data=f"password={password}".encode(), timeout=60).close()
    with opener.open(f"{address}export.csv", timeout=60) as file:
        return list(csv.DictReader(io.StringIO(file.read().decode()))), was_stranger


def port_of(out):
    return int(re.search(r"dashboard: http://127\.0\.0\.1:(\d+)/", out)[1])


def test_the_actress_ends_with_cues_a_signal_and_a_window_on_the_broker(tmp_path):
    command = [sys.executable, "-m", "cuelight", "demo", "--headless"]
    with (
        (tmp_path / "errors").open("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as demo,
    ):
        assert demo.stdout is not None
        lines, pages = [], []
        for line in demo.stdout:
            lines.append(line)
            if found := re.match(r"dashboard: (\S+)  password: (\S+)", line):
                pages.append(look_at(*found.groups()))
        code = demo.wait(60)
        errors.seek(0)
        complaints = errors.read()
    assert code == 0, complaints
    out = "".join(lines)
    assert "DEMO RELEASE SETTINGS" in out
    assert "cue raised_eyebrows" in out
    assert "SIGNAL go for interest" in out
    assert "signals: go for interest" in out
    (window,) = [line for line in out.splitlines() if line.startswith("window 1 on the broker")]
    assert "interest 1 of 1" in window
    assert "Traceback" not in complaints
    ((rows, was_stranger),) = pages
    assert was_stranger, "the page asks for the password"
    assert any(row["withheld"] == "false" for row in rows), "the neighbours have a past"
    assert {row["sites"] for row in rows} == {"demo"}
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port_of(out)), timeout=5).close()
