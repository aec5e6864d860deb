"""What a manager's collector would hear: every topic of a site, over a connection of its own."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Self

from paho.mqtt.client import MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from cuelight.mqtt_client import MqttClient

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage


class Listener:
    """Subscribes to one site and keeps the last payload by topic, and every count window."""

    def __init__(self, *, host: str, port: int, site: str) -> None:
        self.windows: list[dict[str, Any]] = []
        self.topics: dict[str, str] = {}
        self._changed = threading.Condition()
        self._client = MqttClient(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe(f"cuelight/{site}/#", qos=1)
        self._client.on_message = self._take
        self._client.connect(host, port)
        self._client.loop_start()

    def wait_for_window(self, *, timeout_seconds: float) -> bool:
        """Wait until a count window has come; False when it takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self.windows), timeout_seconds)

    def lines(self) -> list[str]:
        """Give a line for every topic below the site, its payload cut to fit a screen."""
        with self._changed:
            known = sorted(self.topics.items())
        return [
            f"{topic.partition('/')[2].partition('/')[2]}: {text[:90]}" for topic, text in known
        ]

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self._changed:
            self.topics[message.topic] = message.payload.decode("utf-8", "replace")
            if message.topic.endswith("/counts"):
                self.windows.append(json.loads(message.payload))
            self._changed.notify_all()
