"""The demo from end to end: a real clip in real time, mock pins, an embedded broker."""

from __future__ import annotations

import subprocess
import sys


def test_the_actress_ends_with_cues_a_signal_and_a_window_on_the_broker():
    command = [sys.executable, "-m", "cuelight", "demo", "--headless"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert "DEMO RELEASE SETTINGS" in out
    assert "cue raised_eyebrows" in out
    assert "SIGNAL go for interest" in out
    assert "signals: go for interest" in out
    (window,) = [line for line in out.splitlines() if line.startswith("window 1 on the broker")]
    assert "interest 1 of 1" in window
    assert "Traceback" not in done.stderr
