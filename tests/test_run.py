"""The service as a process, on a machine without GPIO or camera, against a real mosquitto."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from broker import USER, Broker, Listener

CONFIG = """
[site]
name = "north"
device = "table-1"
[camera]
source = "v4l2"
index = 63
[mqtt]
host = "127.0.0.1"
port = {port}
tls = false
username = "{user}"
password_file = "{password}"
[privacy]
mode = "notice"
contact = "privacy@example.com"
[store]
folder = "{store}"
"""


class Service:
    """A running `cuelight run`, whose log lines can be waited for."""

    def __init__(self, config, *arguments):
        command = [sys.executable, "-m", "cuelight", "run", "--config", str(config), *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.log = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self._changed:
                self.log.append(line)
                self._changed.notify_all()

    def wait_for(self, words):
        with self._changed:
            found = self._changed.wait_for(lambda: any(words in li for li in self.log), 120)
        assert found, "".join(self.log)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reader.join(120)
        self.process.stderr.close()
        return code


@contextmanager
def running(config, *arguments):
    service = Service(config, *arguments)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
            service.process.wait(60)
            service._reader.join(120)  # noqa: SLF001 - what `stop` would have done
            service.process.stderr.close()


@pytest.fixture
def broker(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as started:
        yield started


@pytest.fixture
def config(tmp_path, broker):
    def write(*, password=None):
        path = tmp_path / "device.toml"
        path.write_text(
            CONFIG.format(
                port=broker.port,
                user=USER,
                password=password or broker.folder / "password",
                store=tmp_path / "store",
            )
        )
        return path

    return write


def test_without_gpio_the_camera_stays_closed_and_the_broker_hears_why(config, broker):
    listener = Listener(broker.port)
    with running(config()) as service:
        service.wait_for("no GPIO found")
        listener.wait_for(lambda heard: heard.on("/health"))
        listener.wait_for(lambda heard: heard.on("/privacy"))
        assert service.process.poll() is None  # it goes on, and tries again
        health = json.loads(listener.on("/health")[0].payload)
        assert "no GPIO found" in health["fault"]
        assert health["min_detectable_ms"] == 100  # measured before anybody came
        assert health["micro"] is True
        assert {one.payload for one in listener.on("/availability")} == {"stopped"}
        assert service.stop() == 0
    log = "".join(service.log)
    assert "Traceback" not in log
    assert "camera lamp on" not in log
    assert json.loads(listener.on("/privacy")[0].payload)["contact"] == "privacy@example.com"
    listener.close()


def test_a_wrong_password_is_said_and_ends_nothing(config, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("not the password")
    with running(config(password=wrong)) as service:
        service.wait_for("password")
        assert service.process.poll() is None
        assert service.stop() == 0
    assert "Traceback" not in "".join(service.log)


def test_a_dry_run_without_a_camera_says_so_and_goes_on(config):
    with running(config(), "--dry-run") as service:
        service.wait_for("camera.index")
        service.wait_for("camera lamp off")
        assert service.process.poll() is None
        assert service.stop() == 0
    log = service.log
    lit = [i for i, line in enumerate(log) if "camera lamp on" in line]
    assert lit, "".join(log)
    assert "Traceback" not in "".join(log)
