"""`cuelight zone` with a camera: lamp first, service away, pause respected, nothing left open."""

from __future__ import annotations

import subprocess

import pytest

from broker import wait_until
from cuelight.device_toml import load_settings
from cuelight.seats import fingerprint
from cuelight.tell.spool import Spool
from cuelight.tell.teller import SEATS
from stand_in import CAMERA_PIN, PAUSE_PIN, SIGNAL_PINS, Bench

PRICE_PIN = 23


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def zone(bench, *more):
    command = bench.command("zone", "--runtime-folder", str(bench.state), *more)
    return subprocess.run(
        command,
        env=bench.environ(),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        stdin=subprocess.DEVNULL,
    )


def test_the_camera_lamp_is_lit_for_as_long_as_it_looks(bench):
    done = zone(bench, "--seconds", "2", "--distance", "1.5", "--save")
    assert done.returncode == 0, done.stderr
    assert "no face in the picture" in done.stdout
    assert "distance_max_m = 1.5" in bench.config.read_text()
    calls = bench.diary()
    assert {"open", "close"} <= {call for call, _, _ in calls}
    assert {level for _, _, level in calls} == {1.0}
    assert bench.level(CAMERA_PIN) == 0.0
    assert not (bench.pins / "dark_while_open").exists()
    assert "restart cuelight" in done.stdout
    assert (bench.state / "zone.confirmed").exists(), "whoever draws it has looked at it"


@pytest.mark.parametrize("word", ["gone", "busy", "silent"])
def test_a_camera_that_fails_ends_it_with_its_words(bench, word):
    bench.camera(word)
    before = bench.config.read_text()
    done = zone(bench, "--seconds", "30", "--save")
    assert done.returncode == 1
    assert done.stderr.startswith("cuelight zone: ")
    assert "Traceback" not in done.stderr
    assert bench.level(CAMERA_PIN) == 0.0
    assert bench.config.read_text() == before


def test_while_the_service_runs_it_says_how_to_stop_that(bench):
    with bench.running() as service:
        service.wait_for("READY=1")
        done = zone(bench, "--seconds", "2")
        assert done.returncode == 1
        assert "sudo systemctl stop cuelight" in done.stderr
        service.stop()


def test_the_pause_button_closes_the_camera_and_puts_its_lamp_out(bench):
    command = bench.command("zone", "--runtime-folder", str(bench.state), "--seconds", "20")
    process = subprocess.Popen(
        command,
        env=bench.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: any(call == "start" for call, _, _ in bench.diary()) and lit(bench))
        path = bench.pins / f"gpio{PAUSE_PIN}"
        path.write_text("0")
        wait_until(lambda: not lit(bench))
        path.write_text("1")
    finally:
        process.terminate()
        process.wait(60)
    assert not (bench.pins / "dark_while_open").exists()


def lit(bench):
    return bench.level(CAMERA_PIN) == 1.0


def keep_moved(bench):
    settings = load_settings(bench.config)
    kept = {"zone": fingerprint(settings), "moved": True, "parties": 8, "places": {"3 3 8": 9}}
    with Spool(bench.state / "windows.sqlite") as spool:
        spool.save(SEATS, kept)


def test_a_service_whose_box_was_moved_opens_no_camera_until_the_command(bench):
    keep_moved(bench)
    for _ in range(2):  # it stays so over a restart
        with bench.running() as service:
            service.wait_for("STATUS=stopped: Faces sit where they never did")
            assert not any(call == "open" for call, _, _ in bench.diary())
            assert bench.level(CAMERA_PIN) == 0.0
            assert service.stop()[0] == 0
    with bench.running() as service:
        service.wait_for("STATUS=stopped: Faces sit where they never did")
        wait_until(lambda: any(bench.level(pin) > 0.0 for pin in SIGNAL_PINS))
        done = subprocess.run(
            bench.command("zone", "--confirm"),
            env=bench.environ(),
            capture_output=True,
            text=True,
            check=True,
            timeout=180,
        )
        assert "confirmed" in done.stdout
        service.wait_for("STATUS=online")
        assert lit(bench)
        assert service.stop()[0] == 0
    with bench.running() as service:
        service.wait_for("STATUS=online")
        assert service.stop()[0] == 0


def test_holding_the_price_button_confirms(bench):
    keep_moved(bench)
    with bench.running() as service:
        service.wait_for("STATUS=stopped: Faces sit where they never did")
        wait_until(lambda: any(bench.level(pin) > 0.0 for pin in SIGNAL_PINS))  # pins are open
        with bench.pressed(PRICE_PIN):
            service.wait_for("STATUS=online")
        assert service.stop()[0] == 0
