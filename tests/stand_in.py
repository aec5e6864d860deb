"""Run the real service on a stand-in camera and on pins that lie in files."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAND_INS = Path(__file__).parent / "stand_ins"
CAMERA_PIN, SIGNAL_PINS, PAUSE_PIN = 5, (17, 27, 22), 24

CONFIG = """
[site]
name = "north"
device = "table-1"
[camera]
width = 160
height = 120
[lamp]
pin_factory = "file"
pause_hold_seconds = 0.2
[mqtt]
host = "{host}"
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


class Bench:
    """A folder with everything that a service needs: settings, state, pins, camera, systemd."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "device.toml"
        self.state = folder / "state"
        self.state.mkdir()
        self.pins = folder / "pins"
        self.pins.mkdir()
        self.notify = folder / "notify"
        plugin = folder / "plugin" / "file_pins-0.dist-info"
        plugin.mkdir(parents=True)
        (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: file-pins\nVersion: 0\n")
        (plugin / "entry_points.txt").write_text(
            "[gpiozero_pin_factories]\nfile = file_pins:FileFactory\n"
        )
        self.write()

    def write(self, *, host: str = "", port: int = 1883, more: str = "", **names: object) -> None:
        """Write device.toml; without `host` nothing is published."""
        values = {"user": "", "password": "", "store": self.state, **names}
        self.config.write_text(CONFIG.format(host=host, port=port, **values) + more)

    def camera(self, word: str) -> None:
        """Say what the camera does from now on."""
        fresh = self.pins / "camera.new"
        fresh.write_text(word)
        fresh.replace(self.pins / "camera")

    def diary(self) -> list[tuple[str, str, float]]:
        """Give every call to the camera: name, what the camera did, level of the camera lamp."""
        path = self.pins / "diary"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(call, word, float(level)) for call, word, level in map(str.split, lines)]

    def level(self, pin: int) -> float:
        """Give a pin's level now."""
        path = self.pins / f"gpio{pin}"
        return float(path.read_text()) if path.exists() else 0.0

    @contextmanager
    def pressed(self, pin: int) -> Iterator[None]:
        """Hold a button down; a service that listens has heard the release on return."""
        path, heard = self.pins / f"gpio{pin}", self.pins / f"gpio{pin}.heard"
        path.write_text("0")
        yield
        path.write_text("1")
        end, tick = time.monotonic() + 5.0, threading.Event()  # it may have ended meanwhile
        while heard.exists() and heard.read_text() != "1" and time.monotonic() < end:
            tick.wait(0.005)

    def stop_post(self) -> None:
        """Do what systemd does once the process is gone: the unit's own ExecStopPost."""
        unit = (STAND_INS.parents[1] / "systemd" / "cuelight.service").read_text()
        (line,) = [one for one in unit.splitlines() if one.startswith("ExecStopPost=-")]
        _, _, arguments = line.partition("/bin/cuelight ")
        words = arguments.replace("/etc/cuelight/device.toml", str(self.config)).split()
        command = [sys.executable, "-m", "cuelight", *words]
        subprocess.run(command, env=self.environ(), check=True, capture_output=True, timeout=60)

    def environ(self, *, state: bool = True) -> dict[str, str]:
        """Give the environment of the service."""
        folders = (STAND_INS, self.folder / "plugin")
        found = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
            "CUELIGHT_STAND_IN": str(self.pins),
        }
        return found | ({"STATE_DIRECTORY": str(self.state)} if state else {})

    def command(self, *arguments: str) -> list[str]:
        """Give the command line of `cuelight` with these arguments."""
        return [sys.executable, "-m", "cuelight", *arguments, "--config", str(self.config)]

    @contextmanager
    def running(self, *arguments: str, watchdog_seconds: float = 7.0) -> Iterator[Service]:
        """Run `cuelight run`, watched by something that listens as systemd does."""
        with Service(self, arguments, watchdog_seconds) as service:
            yield service


class Service:
    """One process of the service: what it logged, and what it told systemd and when."""

    def __init__(self, bench: Bench, arguments: tuple[str, ...], watchdog_seconds: float) -> None:
        bench.notify.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(bench.notify))
        environ = bench.environ() | {
            "NOTIFY_SOCKET": str(bench.notify),
            "WATCHDOG_USEC": str(round(1e6 * watchdog_seconds)),
        }
        self.log: list[str] = []
        self.told: list[tuple[float, str]] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            bench.command("run", *arguments), env=environ, stderr=subprocess.PIPE, text=True
        )
        self._threads = [
            threading.Thread(target=each, daemon=True) for each in (self._read, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.log.append(line)
                self._changed.notify_all()

    def _listen(self) -> None:
        while message := self._socket.recv(4096):
            if message == b"END":
                return
            with self._changed:
                self.told += [(time.monotonic(), line) for line in message.decode().splitlines()]
                self._changed.notify_all()

    def wait_for(
        self, ready: Callable[[], object] | str, *, timeout_seconds: float = 120.0
    ) -> None:
        """Wait until these words are logged or told to systemd, or `ready()` is true."""
        if isinstance(ready, str):
            words = ready

            def ready() -> bool:
                return any(words in line for line in self.log) or any(
                    words in line for _, line in self.told
                )

        end = time.monotonic() + timeout_seconds
        with self._changed:
            while not ready():
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    if ready():
                        return
                    code = self.process.poll()
                    pytest.fail(f"not so (exit {code}): {''.join(self.log)}{self.told}")
                self._changed.wait(min(left, 0.05))

    def last(self, word: str) -> float:
        """Say when systemd last heard a message that begins so (monotonic seconds)."""
        return max((when for when, line in self.told if line.startswith(word)), default=-1.0)

    def stop(self) -> tuple[int, float]:
        """Stop it as systemd does; returns its exit code and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60), time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END", self._socket.getsockname())
        for thread in self._threads:
            thread.join(120)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self._socket.close()
