"""The whole box on mock pins: what it does with what an earlier run left on disk."""

from __future__ import annotations

import json
import logging
import socket
import sqlite3
import threading
from contextlib import suppress

import numpy as np
import pytest

from broker import Broker, Listener, wait_until
from cuelight.box import Box
from cuelight.clock import boot_seconds
from cuelight.records import VisitTally
from cuelight.sense.records import Frame
from cuelight.settings import LampSettings, MqttSettings, Settings, StoreSettings
from cuelight.tell.pauses import PAUSED
from cuelight.tell.spool import OPEN_SUMS, Spool

LAMP = LampSettings(pin_factory="mock", pause_hold_seconds=0.2)


class Camera:
    """A camera that gives one picture of an empty room; it notes that it was opened."""

    skipped = 0

    def __init__(self):
        self.opened = threading.Event()
        self.frames = 1

    def open(self):
        self.opened.set()
        return self

    def read(self):
        if not self.frames:
            raise EOFError
        self.frames -= 1
        return Frame(np.zeros((480, 640), np.uint8), boot_seconds())

    def close(self):
        pass


class Stop(threading.Event):
    """Counts how often the paused loop waited; it listens to the buttons after each."""

    waits = 0

    def wait(self, timeout=None):
        self.waits += 1
        return super().wait(timeout)


@pytest.fixture
def camera():
    return Camera()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "windows.sqlite"


def open_box(path, camera, **more):
    settings = Settings(
        lamp=LAMP, mqtt=MqttSettings(host=""), store=StoreSettings(folder=str(path.parent))
    )
    return Box(settings, open_camera=camera.open, mock_allowed=True, **more)


def test_a_box_that_restarts_paused_is_resumed_by_its_button(path, camera):
    with Spool(path) as spool:
        spool.save(PAUSED, True)  # noqa: FBT003 - a value
    stop = Stop()
    with open_box(path, camera, stop=stop) as box:
        running = threading.Thread(target=box.run)
        running.start()
        try:
            wait_until(lambda: stop.waits >= 2)
            assert not camera.opened.is_set()
            pin = box.panel.pins.factory.pin(LAMP.pause_pin)
            pin.drive_low()
            wait_until(camera.opened.is_set)
            pin.drive_high()
            running.join(120)
        finally:
            stop.set()
            running.join(120)
        box.teller.close()
        assert box.spool.load(PAUSED) == {"pressed": False, "ordered": False}


def test_a_broken_store_is_put_aside_and_counting_starts_anew(path, camera, caplog):
    with Spool(path) as spool:
        for number in range(40):
            spool.save(f"key {number}", "x" * 500)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    (path.parent / "windows.sqlite-wal").write_bytes(b"an old log")
    with open_box(path, camera) as box:
        box.run()
        assert box.spool.load("key 1") is None
    assert camera.opened.is_set()
    assert "put aside as windows.broken" in caplog.text
    assert (path.parent / "windows.broken").read_bytes()[4096:] == b"\x5a" * (len(whole) - 4096)


@pytest.mark.parametrize("nonsense", ["[1, 2]", '"interest"', "{", "0"])
def test_open_sums_that_are_nonsense_stop_nothing(path, camera, nonsense):
    with Spool(path) as spool:
        spool.save(OPEN_SUMS, {})
    base = sqlite3.connect(path)
    base.execute("UPDATE meta SET value = ?", (nonsense,))
    base.commit()
    base.close()
    with open_box(path, camera) as box:
        box.run()
    assert camera.opened.is_set()


def test_the_alert_ledger_is_written_anew_at_a_visits_end(path, camera):
    ledger = path.parent / "alerts.json"
    with open_box(path, camera) as box:
        old = {"now": 0.0, "given": [[0.0, "interest"]], "visit": [[0.0, "interest"]]}
        ledger.write_text(json.dumps({"boot": "", "kept": old}))
        box._half.tell(VisitTally(frozenset(), price=False))  # noqa: SLF001 - as the loop does
        box.teller.close()
    kept = json.loads(ledger.read_text())["kept"]
    assert (kept["given"], kept["visit"]) == ([], [])


def test_a_box_whose_telling_half_is_dead_feeds_no_watchdog(path, camera, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "10000000")
        heard = []
        for alive in (True, False):
            camera.frames = 1
            with open_box(path, camera) as box:
                if not alive:
                    box.teller.close()
                box.run()
            said = []
            with suppress(BlockingIOError):
                while True:
                    said.append(systemd.recv(1000))
            heard.append(b"WATCHDOG=1" in said)
    assert heard == [True, False]


def test_what_the_box_logs_of_a_start_is_no_warning(path, camera, caplog):
    caplog.set_level(logging.WARNING)
    with open_box(path, camera) as box:
        box.run()
    assert caplog.records == []


def test_a_clean_stop_keeps_the_alert_budget_as_old_as_it_is(path, camera):
    ledger = path.parent / "alerts.json"
    hour_ago = boot_seconds() - 3700
    with open_box(path, camera) as box:
        box.sensing.budget.restore(
            {
                "now": hour_ago,
                "given": [[hour_ago, "interest"], [hour_ago + 3000, "hesitation"]],
                "visit": [[hour_ago + 3000, "hesitation", None]],
            },
            same_clock=True,
        )
        box.run()
    kept = json.loads(ledger.read_text())["kept"]
    assert [name for _, name in kept["given"]] == ["hesitation"], (
        "the other one is over an hour old"
    )
    assert kept["now"] == pytest.approx(boot_seconds(), abs=60)
    assert kept["visit"][0][2] is not None, "broken off"


def test_signals_of_another_boot_count_from_the_start_on_and_then_grow_old(path, camera):
    ledger = path.parent / "alerts.json"
    kept = {"now": 5.0, "given": [[5.0, "interest"]], "visit": []}
    ledger.write_text(json.dumps({"boot": "another", "kept": kept}))
    time = [1000.0]
    with open_box(path, camera, now=lambda: time[0]) as box:
        assert box.sensing.budget.snapshot()["given"] == [[1000.0, "interest"]]
        time[0] += 3601.0
        camera.frames = 0
        box.run()
    assert json.loads(ledger.read_text())["kept"]["given"] == []


def test_a_covered_lens_is_told_to_the_broker_and_taken_back(path, camera, tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    rooms = np.random.default_rng(3).integers(0, 255, (12, 16), np.uint8)
    room = np.kron(rooms, np.ones((40, 40), np.uint8))
    black = np.zeros((480, 640), np.uint8)
    clock = [1000.0]
    images = iter([room] * 3 + [black] * 40 + [room] * 10)

    def read():
        clock[0] += 1.0
        image = next(images, None)
        if image is None:
            raise EOFError
        return Frame(image, clock[0])

    camera.read = read
    with Broker(folder) as broker, Listener(broker.port) as listener:
        settings = Settings(
            lamp=LAMP, mqtt=broker.settings(), store=StoreSettings(folder=str(path.parent))
        )
        states = []
        with Box(settings, open_camera=camera.open, mock_allowed=True, now=lambda: clock[0]) as box:
            report = box.loop._report  # noqa: SLF001 - noted on its way
            box.loop._report = lambda status: (states.append(status.state), report(status))  # noqa: SLF001
            box.run()
        listener.wait_for(
            lambda heard: [one.payload for one in heard.on("/availability")][-1:] == ["stopped"]
        )
        said = [one.payload for one in listener.on("/availability")]
    changes = [now for now, before in zip(states, [None, *states], strict=False) if now != before]
    assert changes == ["online", "covered", "online", "stopped"]
    assert "covered" in said
    assert said[said.index("covered") + 1] == "online"
