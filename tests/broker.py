"""Start a real mosquitto on a free loopback port, and listen to what arrives there."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from cuelight.mqtt_client import MqttClient
from cuelight.settings import MqttSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

# Debian puts mosquitto into sbin, which an ordinary user's PATH leaves out
_SEARCH = f"{os.defpath}:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin"

USER, PASSWORD = "box", "s3cret with spaces"


# below the ports that the kernel gives to whoever connects: a broker that starts again later still
# finds its port free, and a client that knocks at it meanwhile never reaches itself
_PORTS = range(10_000, 32_768)

START_SECONDS = 120.0


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def has_ended(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> bool:
    """Ask a mosquitto to end until it does, and say whether it did."""
    # 2.0 says "running" before it minds signals: one that comes between is forgotten
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        process.terminate()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            continue
        return True
    return False


@contextmanager
def killed_at_the_end(process: subprocess.Popen[str]) -> Iterator[None]:
    """Let no process go on when its test fails: `with Popen` would wait for it for ever."""
    try:
        yield
    finally:
        process.kill()


class Broker:
    """A mosquitto with a password file and persistence, to start, stop, kill and start again."""

    def __init__(self, folder: Path, *, extra: str = "", acl: str = "") -> None:
        self.port = free_port()
        self.folder = folder
        program = shutil.which("mosquitto", path=_SEARCH)
        passwd = shutil.which("mosquitto_passwd", path=_SEARCH)
        if program is None or passwd is None:
            pytest.fail("no mosquitto here; run scripts/install-test-tools")
        self._program = program
        passwords = folder / "passwords"
        passwords.touch()
        self._passwd = [passwd, "-b", str(passwords)]
        for user in (USER, "collector"):
            self.set_password(user, PASSWORD)
        lines = [
            f"user {getpass.getuser()}",  # as root it would drop to a user who cannot write here
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {passwords}",
            "persistence true",
            f"persistence_location {folder}/",
            "log_type all",
            extra,
        ]
        if acl:
            (folder / "acl").write_text(acl)
            lines.append(f"acl_file {folder / 'acl'}")
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
        (folder / "password").write_text(PASSWORD + "\n")
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.log: list[str] = []

    def settings(self, **changes: object) -> MqttSettings:
        """Return settings that reach this broker."""
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "tls": False,
            "username": USER,
            "password_file": str(self.folder / "password"),
            **changes,
        }
        return MqttSettings(**values)  # type: ignore[arg-type]

    def set_password(self, user: str, password: str) -> None:
        """Change a password; the broker knows it from its next start on."""
        subprocess.run([*self._passwd, user, password], check=True, capture_output=True)

    def start(self) -> None:
        """Start, and return once it listens."""
        running = threading.Event()
        process = subprocess.Popen(
            [self._program, "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._process = process

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                self.log.append(line)
                if " running" in line:
                    running.set()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        if not running.wait(START_SECONDS):
            self.stop(kill=True)
            pytest.fail("mosquitto did not start:\n" + "".join(self.log))

    def stop(self, *, kill: bool = False) -> None:
        """Stop it (saving its state), or kill it (saving nothing)."""
        if self._process is None or self._reader is None:
            return
        if kill:
            self._process.kill()
        if not has_ended(self._process):
            self._process.kill()
            self._process.wait(60)
            pytest.fail("mosquitto did not stop:\n" + "".join(self.log))
        self._reader.join(120)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass(frozen=True)
class Heard:
    """One message that arrived."""

    topic: str
    payload: str
    retained: bool
    qos: int


class Listener:
    """Subscribes to topics as the collector and keeps all that it hears.

    With `keeps_session` (MQTT 3.1.1) the broker keeps what comes while it is away; with `ca` it
    speaks TLS.
    """

    def __init__(
        self,
        port: int,
        topic: str = "cuelight/#",
        *,
        username: str | None = "collector",
        mqtt5: bool = True,
        keeps_session: bool = False,
        ca: Path | None = None,
    ) -> None:
        self.heard: list[Heard] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._topic = topic
        self._client = MqttClient(
            CallbackAPIVersion.VERSION2,
            client_id="collector" if keeps_session else "",
            protocol=MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311,
            clean_session=None if mqtt5 else not keeps_session,
        )
        if ca is not None:
            self._client.tls_set(str(ca))
        if username is not None:
            self._client.username_pw_set(username, PASSWORD)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(START_SECONDS), "listener could not subscribe"

    def _on_connect(
        self,
        client: Client,
        _: object,
        __: ConnectFlags,
        ___: ReasonCode,
        ____: Properties | None,
    ) -> None:
        client.subscribe(self._topic, qos=1)

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        payload = bytes(message.payload).decode(errors="replace")
        with self._changed:
            self.heard.append(Heard(message.topic, payload, message.retain, message.qos))
            self._changed.notify_all()

    def on(self, ending: str) -> list[Heard]:
        """Return what was heard on topics that end so."""
        return [one for one in list(self.heard) if one.topic.endswith(ending)]

    def wait_for(
        self, ready: Callable[[Listener], object], *, timeout_seconds: float = 120.0
    ) -> None:
        """Wait until `ready(self)` is true; fail the test when it never gets so."""
        with self._changed:
            if not self._changed.wait_for(lambda: ready(self), timeout_seconds):
                pytest.fail(f"not heard in {timeout_seconds} s; heard {self.heard}")

    def send(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        info.wait_for_publish(60)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def wait_until(ready: Callable[[], object], *, timeout_seconds: float = 120.0) -> None:
    """Wait until `ready()` is true, for states that nothing announces; fail when it never is."""
    tick = threading.Event()
    end = time.monotonic() + timeout_seconds
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"not so within {timeout_seconds} s")
        tick.wait(0.01)
