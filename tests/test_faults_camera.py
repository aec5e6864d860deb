"""The real service on a camera that breaks in every way a camera breaks, and comes back."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from broker import USER, Broker, Listener
from stand_in import CAMERA_PIN, PAUSE_PIN, SIGNAL_PINS, Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def broker(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as started:
        yield started


def assert_lit_whenever_open(bench):
    """Every call to the camera, from opening to closed, found its lamp lit."""
    diary = bench.diary()
    assert diary
    assert {level for _, _, level in diary} == {1.0}, diary


def test_a_hung_camera_stops_the_signs_of_life_and_the_next_start_is_clean(bench):
    with bench.running(watchdog_seconds=2.0) as service:
        service.wait_for("STATUS=online")
        service.wait_for(lambda: len([1 for _, line in service.told if line == "WATCHDOG=1"]) > 4)
        bench.camera("hang")
        service.wait_for(lambda: ("hang", "hang", 1.0) in bench.diary())
        service.wait_for(lambda: time.monotonic() - service.last("WATCHDOG=1") > 2.0)
        service.process.send_signal(signal.SIGKILL)  # the unit's WatchdogSignal
        service.process.wait(60)
        assert bench.level(CAMERA_PIN) == 1, "levels outlive the process, as on a Pi"
        bench.stop_post()
        assert bench.level(CAMERA_PIN) == 0
    bench.camera("good")
    with bench.running() as service:
        service.wait_for("STATUS=online")
        assert service.last("READY=1") > 0
        assert service.stop()[0] == 0
    assert_lit_whenever_open(bench)
    assert bench.level(CAMERA_PIN) == 0


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("silent", "gave no frame for 3 s"),
        ("gone", "gave no frame for 3 s"),
        ("wide", "its buffer has the shape"),
        ("float", "Cannot cast"),
    ],
)
def test_a_camera_that_breaks_is_closed_said_and_opened_again(bench, word, said):
    with bench.running() as service:
        service.wait_for("STATUS=online")
        bench.camera(word)
        service.wait_for(said)
        service.wait_for(lambda: bench.level(CAMERA_PIN) == 0)
        bench.camera("good")
        service.wait_for(lambda: service.last("STATUS=online") > service.last("STATUS=stopped") > 0)
        assert service.stop()[0] == 0
    assert "Traceback" not in "".join(service.log)
    assert_lit_whenever_open(bench)
    assert bench.level(CAMERA_PIN) == 0


def open_files(service):
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))


@pytest.mark.parametrize(
    ("word", "said"),
    [("gone", "0 camera(s) are attached"), ("busy", "cannot be opened"), ("half", "cannot be")],
)
def test_a_camera_that_cannot_be_opened_is_tried_again_and_leaks_nothing(bench, word, said):
    bench.camera(word)
    with bench.running() as service:
        service.wait_for("READY=1")  # the camera may fail, lamp and model are good
        service.wait_for(said)
        files = open_files(service)
        if word != "gone":
            service.wait_for(lambda: sum(call == "open" for call, *_ in bench.diary()) >= 3)
            # no pipe's end more with every attempt; an attempt under way holds one for a moment
            service.wait_for(lambda: open_files(service) <= files)
        bench.camera("good")
        service.wait_for("STATUS=online")
        assert service.stop()[0] == 0
    assert_lit_whenever_open(bench)
    calls = [call for call, *_ in bench.diary()]
    if word == "half":
        assert calls[:3] == ["open", "close", "closed"], "it had the camera by then"


def test_a_camera_that_does_not_close_ends_the_process_with_its_lamp_lit(bench):
    with bench.running() as service:
        service.wait_for("STATUS=online")
        bench.camera("stuck")
        with bench.pressed(PAUSE_PIN):
            assert service.process.wait(60) == 1
        assert bench.level(CAMERA_PIN) == 1
        bench.stop_post()
        assert bench.level(CAMERA_PIN) == 0
    assert "so that no lamp goes out before its camera" in "".join(service.log)
    bench.camera("good")
    with bench.running() as service:
        service.wait_for("STATUS=paused")  # what the rep asked for holds all the same
    assert_lit_whenever_open(bench)


def test_a_pause_closes_the_camera_and_survives_kill_9(bench):
    with bench.running() as service:
        service.wait_for("STATUS=online")
        with bench.pressed(PAUSE_PIN):
            service.wait_for("STATUS=paused")
        assert bench.diary()[-1][0] == "closed"
        assert bench.level(CAMERA_PIN) == 0
        service.process.kill()
        service.process.wait(60)
    calls = len(bench.diary())
    with bench.running() as service:
        service.wait_for("READY=1")
        service.wait_for("STATUS=paused")
        assert len(bench.diary()) == calls, "no camera was opened"
        assert bench.level(CAMERA_PIN) == 0
        with bench.pressed(PAUSE_PIN):
            service.wait_for("STATUS=online")
        assert service.stop()[0] == 0
    assert_lit_whenever_open(bench)


def test_a_clean_stop_says_stopped_and_leaves_everything_dark(bench, broker):
    bench.write(host="127.0.0.1", port=broker.port, user=USER, password=broker.folder / "password")
    with Listener(broker.port) as listener, bench.running() as service:
        listener.wait_for(
            lambda heard: [one.payload for one in heard.on("/availability")][-1:] == ["online"]
        )
        assert service.stop()[0] == 0
        listener.wait_for(
            lambda heard: [one.payload for one in heard.on("/availability")][-1] == "stopped"
        )
        assert [bench.level(pin) for pin in (CAMERA_PIN, *SIGNAL_PINS)] == [0] * 4
        health = json.loads(listener.on("/health")[0].payload)
        assert (health["fault"], health["settings_fault"]) == ("", "")
    assert bench.diary()[-1][0] == "closed"
    assert any(line == "STOPPING=1" for _, line in service.told)


def test_a_busy_pin_keeps_the_camera_closed_until_it_is_free(bench):
    (bench.pins / "busy").write_text(str(CAMERA_PIN))
    with bench.running() as service:
        service.wait_for("GPIO busy")
        service.wait_for("EXTEND_TIMEOUT_USEC")
        service.wait_for("STATUS=stopped: lamp.camera_pin is 5")
        assert service.last("READY=1") < 0, "without its lamp it is not ready"
        assert bench.diary() == [], "no working lamp, no camera"
        (bench.pins / "busy").unlink()
        service.wait_for("READY=1")
        service.wait_for("STATUS=online")
        assert service.stop()[0] == 0
    assert_lit_whenever_open(bench)


def test_a_lamp_that_somebody_puts_out_closes_the_camera(bench):
    with bench.running() as service:
        service.wait_for("STATUS=online")
        (bench.pins / f"gpio{CAMERA_PIN}").write_text("0")
        service.wait_for("the camera lamp went out")
        service.wait_for(lambda: bench.diary()[3:4] or service.process.poll())
        service.wait_for(  # lit again, open again
            lambda: service.last("STATUS=online") > service.last("STATUS=stopped") > 0
        )
        assert service.stop()[0] == 0
    assert [call for call, *_ in bench.diary()[2:4]] == ["close", "closed"]
