"""Pauses where sensing is a process of its own: telling decides, whatever becomes of sensing."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pytest

from cuelight.opening_hours import DAYS
from split_bench import SplitBench, sensing_process
from stand_in import CAMERA_PIN, PAUSE_PIN

OFF_PIN = 6


@pytest.fixture
def bench(tmp_path):
    return SplitBench(tmp_path)


def configure(bench, section, line):
    text = bench.config.read_text()
    assert f"[{section}]\n" in text
    bench.config.write_text(text.replace(f"[{section}]\n", f"[{section}]\n{line}\n"))


def is_dark(bench):
    return not bench.is_camera_open and bench.level(CAMERA_PIN) == 0.0


def is_filming(bench):
    return bench.is_camera_open and bench.level(CAMERA_PIN) == 1.0


def switch(bench, *, on):
    fresh = bench.pins / "switch.new"
    fresh.write_text("0" if on else "1")
    fresh.replace(bench.pins / f"gpio{OFF_PIN}")


def test_the_switch_rules_whatever_becomes_of_the_sensing_process(bench):
    configure(bench, "lamp", "off_switch = true")
    with bench.running() as service:
        service.wait_for("READY=1")
        service.wait_for("STATUS=paused")
        assert is_dark(bench)
        switch(bench, on=True)
        service.wait_for(lambda: is_filming(bench))
        switch(bench, on=False)
        service.wait_for(lambda: is_dark(bench))
        sensing = sensing_process(service)
        os.kill(sensing, signal.SIGKILL)
        service.wait_for(lambda: sensing_process(service) not in (0, sensing))
        paused = sum("STATUS=paused" in line for _, line in service.told)
        service.wait_for(lambda: sum("STATUS=paused" in line for _, line in service.told) > paused)
        assert is_dark(bench)
        switch(bench, on=True)
        service.wait_for(lambda: is_filming(bench))
        os.kill(sensing_process(service), signal.SIGKILL)
        service.wait_for(lambda: is_dark(bench))
        service.wait_for(lambda: is_filming(bench))  # the new one knows that the switch is on
        code, _ = service.stop()
    assert code == 0
    assert not bench.was_dark


def test_outside_opening_hours_it_starts_dark_and_a_held_button_opens_nothing(bench):
    day = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
    configure(bench, "site", f'opening_hours = "{day} 00:00-24:00"\ntime_zone = "UTC"')
    with bench.running() as service:
        service.wait_for("READY=1")
        service.wait_for("STATUS=paused")
        with bench.pressed(PAUSE_PIN):
            service.wait_for("paused: by its button, outside opening hours")
        with bench.pressed(PAUSE_PIN):
            service.wait_for("paused: outside opening hours")
        service.stop()
    assert not any("camera open" in line for line in service.log)
    assert not bench.was_dark
    assert bench.level(CAMERA_PIN) == 0.0
