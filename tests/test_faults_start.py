"""The real service on settings, models and disks that are broken, and on ones that get well."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from broker import USER, Broker, Listener
from cuelight.places import models_folder
from stand_in import CAMERA_PIN, SIGNAL_PINS, Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def broker(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as started:
        yield started


@pytest.fixture
def online(bench, broker):
    """Write settings that reach the broker; gives a function that adds sections to them."""

    def write(more="", **names):
        password = broker.folder / "password"
        known = {"host": "127.0.0.1", "port": broker.port, "user": USER, "password": password}
        bench.write(more=more, **{**known, **names})

    write()
    return write


def healths(listener):
    return [json.loads(one.payload) for one in listener.on("/health") if one.payload]


def start_well(bench):
    with bench.running() as service:
        service.wait_for("STATUS=online")
        assert service.stop()[0] == 0


def test_settings_that_became_invalid_fall_back_and_say_so(bench, broker, online):
    start_well(bench)
    online(more="[read]\nmicro_claim_ms = 5\n[release]\nk = 9\n")
    with Listener(broker.port) as listener, bench.running() as service:
        service.wait_for("STATUS=online")
        listener.wait_for(lambda heard: heard.on("/health") and heard.on("/privacy"))
        listener.wait_for(lambda heard: any(h["settings_fault"] for h in healths(heard)))
        fault = next(h["settings_fault"] for h in healths(listener) if h["settings_fault"])
        assert "read.micro_claim_ms is 5" in fault
        assert "last good settings are in use" in fault
        statements = [json.loads(one.payload) for one in listener.on("/privacy")]
        assert statements[-1]["k"] == 9, "what it still says of a promise counts"
        assert service.stop()[0] == 0
    assert "last good settings are in use" in "".join(service.log)
    assert "Traceback" not in "".join(service.log)


def test_a_privacy_setting_that_became_invalid_leaves_the_camera_closed(bench, online):
    start_well(bench)
    calls = len(bench.diary())
    online(more="")
    bench.config.write_text(bench.config.read_text().replace('"notice"', '"noticed"'))
    with bench.running() as service:
        service.wait_for("STATUS=cannot start: ")
        service.wait_for("privacy.mode is 'noticed'")
        online()  # the edit ends the wait; systemd starts it again
        assert service.process.wait(60) == 2
    assert service.last("READY=1") < 0
    assert len(bench.diary()) == calls
    start_well(bench)


def test_lamps_are_put_out_even_where_the_settings_broke_meanwhile(bench):
    with bench.running() as service:
        service.wait_for("STATUS=online")
        bench.config.write_text("nonsense")
        service.process.kill()
        service.process.wait(60)
    assert bench.level(CAMERA_PIN) == 1
    bench.stop_post()
    assert bench.level(CAMERA_PIN) == 0


def test_without_privacy_settings_the_camera_stays_closed_and_the_broker_hears_why(
    bench, broker, online
):
    start_well(bench)
    bench.config.write_text(bench.config.read_text().replace('mode = "notice"\n', ""))
    calls = len(bench.diary())
    with Listener(broker.port) as listener, bench.running() as service:
        listener.wait_for(lambda heard: any("privacy.mode" in h["fault"] for h in healths(heard)))
        assert listener.on("/availability")[-1].payload == "stopped"
        assert service.stop()[0] == 0
    assert len(bench.diary()) == calls


def test_at_a_terminal_wrong_settings_end_at_once_with_exit_code_2(bench):
    start_well(bench)
    bench.config.write_text("[camera]\nfps = 0\n")
    done = subprocess.run(
        bench.command("run"),
        env=bench.environ(state=False),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 2
    assert "camera.fps" in done.stderr


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped"])
def test_a_broken_model_is_said_and_works_once_it_is_whole(bench, broker, online, tmp_path, damage):
    folder = tmp_path / "models"
    shutil.copytree(models_folder(""), folder, ignore=lambda *_: ["selftest", "training", "report"])
    model = folder / "expression.tflite"
    whole = model.read_bytes()
    broken = {"truncated": whole[: len(whole) // 2], "empty": b"", "flipped": whole[:-1] + b"?"}
    model.write_bytes(broken[damage])
    online(more=f'[model]\nfolder = "{folder}"\n')
    with Listener(broker.port) as listener, bench.running() as service:
        service.wait_for("STATUS=cannot start: ")
        listener.wait_for(lambda heard: any("expression" in h["fault"] for h in healths(heard)))
        assert service.process.poll() is None, "it waits, and does not start over and over"
        model.write_bytes(whole)
        os.utime(bench.config)
        assert service.process.wait(60) == 2
    assert "Traceback" not in "".join(service.log)
    assert bench.diary() == []
    with bench.running() as service:
        service.wait_for("STATUS=online")
        assert service.stop()[0] == 0


def test_a_store_that_cannot_be_written_is_said_and_works_once_it_can(bench, broker, online):
    store = bench.folder / "store"
    store.write_text("a file where a folder is wanted")
    online(store=store)
    with Listener(broker.port) as listener, bench.running() as service:
        listener.wait_for(lambda heard: any(str(store) in h["fault"] for h in healths(heard)))
        store.unlink()
        os.utime(bench.config)
        assert service.process.wait(60) == 1
    assert "Traceback" not in "".join(service.log)
    assert bench.diary() == []
    start_well(bench)


MOUNT = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"'


def can_mount(folder):
    probe = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", "size=64k", str(folder), "true"]
    return shutil.which("unshare") and subprocess.run(probe, check=False).returncode == 0


@pytest.fixture
def small_disk(bench, online):
    """Let the service's store be a disk of its own; gives a function that runs it there."""
    store = bench.folder / "disk"
    store.mkdir()
    if not can_mount(store):
        pytest.skip("this user may mount nothing, not even in a namespace of its own")
    online(store=store)

    def command(options, *arguments):
        return ["unshare", "-rm", "sh", "-c", MOUNT, "sh", options, str(store), *arguments]

    plain = bench.command
    bench.command = lambda *arguments: command(options[0], *plain(*arguments))
    options = ["size=1m"]
    return store, options


def test_a_read_only_disk_is_said_and_nothing_else_breaks(bench, broker, small_disk):
    _, options = small_disk
    options[0] = "ro,size=1m"
    with Listener(broker.port) as listener, bench.running() as service:
        listener.wait_for(
            lambda heard: any("Cannot keep windows" in h["fault"] for h in healths(heard))
        )
        assert service.process.poll() is None
        assert service.stop()[0] == 0
    assert bench.diary() == []
    assert "Traceback" not in "".join(service.log)


def test_a_disk_that_fills_up_stops_neither_the_loop_nor_a_clean_stop(bench, small_disk):
    store, _ = small_disk
    with bench.running() as service:
        service.wait_for("STATUS=online")
        # what it writes and removes at its start is over, and makes no room on the full disk
        service.wait_for(lambda: sum(line == "WATCHDOG=1" for _, line in service.told) >= 4)
        seen = Path(f"/proc/{service.process.pid}/root") / store.relative_to("/")
        with (seen / "filler").open("wb", buffering=0) as filler:
            while True:
                try:
                    filler.write(b"x" * 4096)
                except OSError:
                    break
        with bench.pressed(24):
            service.wait_for("STATUS=paused")
        service.wait_for("the pause cannot be kept on disk")
        with bench.pressed(24):
            service.wait_for(
                lambda: service.last("STATUS=online") > service.last("STATUS=paused") > 0
            )
        (seen / "filler").unlink()
        service.wait_for("the pause is kept on disk again")
        assert service.stop()[0] == 0
    log = "".join(service.log)
    assert "Traceback" not in log
    assert log.count("the pause cannot be kept on disk") == 1, "said once"
    assert [bench.level(pin) for pin in (CAMERA_PIN, *SIGNAL_PINS)] == [0] * 4
    assert {level for _, _, level in bench.diary()} == {1.0}
