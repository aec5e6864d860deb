"""The smallest collector that the contract allows: a persistent session, and windows by id."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from paho.mqtt.client import MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from cuelight.mqtt_client import MqttClient

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage


_SECONDS = 120.0


class Collector:
    """Keeps each window once, under its id, and counts what came a second time."""

    def __init__(self, port: int, *, username: str, password: str) -> None:
        self.windows: dict[str, str] = {}
        self.repeated = 0
        self.changed = threading.Condition()
        self._client = MqttClient(
            CallbackAPIVersion.VERSION2, "collector", clean_session=False, protocol=MQTTv311
        )
        self._client.username_pw_set(username, password)
        self._client.on_connect = lambda client, *_: client.subscribe("cuelight/+/+/counts", qos=1)
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not subscribed.wait(_SECONDS):  # what comes before that is nobody's
            raise TimeoutError(f"no subscription at port {port} within {_SECONDS:g} s")

    def _take(self, _client: Client, _: object, message: MQTTMessage) -> None:
        body = message.payload.decode()
        with self.changed:
            window = json.loads(body)["id"]
            self.repeated += window in self.windows
            self.windows.setdefault(window, body)
            self.changed.notify_all()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
