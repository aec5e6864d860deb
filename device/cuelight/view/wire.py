"""Hold the managers' connection to the broker: a session it keeps, acknowledged when we say so."""

from __future__ import annotations

import logging
import queue
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from cuelight.errors import SettingsError
from cuelight.mqtt_client import MqttClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from cuelight.settings import MqttSettings

_log = logging.getLogger(__name__)

SESSION_SECONDS: Final = 90 * 86400
"""How long the broker keeps what came while we were away: as long as devices keep windows."""

IN_FLIGHT: Final = 1000
"""How many messages the broker may send ahead of our acknowledgements (Receive Maximum)."""

_QUEUE: Final = 20 * IN_FLIGHT


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came; hand it back to `Wire.ack` once it is safe."""

    topic: str
    payload: bytes
    retained: bool
    qos: int
    mid: int
    connection: int


class Wire:
    """One connection that comes back by itself; what it hears waits in `heard`.

    `topics` are subscribed to with QoS 1. With `keeps_session` the broker keeps what comes while we
    are away, under `client_id`, and no message is acknowledged before `ack`. `changed` is called on
    the network thread with whether we are connected and subscribed, and why not. Raises
    SettingsError for a password or CA file that cannot be read.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        topics: Iterable[str],
        changed: Callable[[bool, str], None],
        keeps_session: bool = True,
        mqtt5: bool = True,
        backoff_seconds: tuple[int, int] = (1, 60),
    ) -> None:
        self.heard: queue.Queue[Heard] = queue.Queue(maxsize=_QUEUE)
        self.refused: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self.dropped = 0
        self._where = f"{settings.host}:{settings.port}"
        self._topics = tuple(topics)
        self._changed = changed
        self._mqtt5 = mqtt5
        self._keeps_session = keeps_session
        self._connection = 0
        self._closing = False
        self._client = MqttClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311,
            clean_session=None if mqtt5 else not keeps_session,
            manual_ack=True,
        )
        self._client.reconnect_delay_set(*backoff_seconds)
        if settings.username:
            self._client.username_pw_set(settings.username, _password(settings))
        if settings.tls:
            self._client.tls_set_context(_tls_context(settings))
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        try:
            self._connect_async(settings)
        except ValueError as error:
            raise SettingsError(f"broker {self._where}: {error}. Check --broker.") from error

    def start(self) -> None:
        """Start connecting, on a thread of its own; returns at once."""
        self._client.loop_start()

    def ack(self, messages: Iterable[Heard]) -> None:
        """Tell the broker that it need not keep these any more.

        Those of an earlier connection are left out: the broker sends them again.
        """
        for message in messages:
            if message.qos and message.connection == self._connection:
                self._client.ack(message.mid, message.qos)

    def publish(self, topic: str, payload: str, *, retain: bool) -> int:
        """Hand a message over with QoS 1; a refusal comes in `refused`, by the number returned."""
        return self._client.publish(topic, payload, qos=1, retain=retain).mid

    def close(self) -> None:
        """Leave; the broker keeps our session where it was asked to."""
        self._closing = True
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect_async(self, settings: MqttSettings) -> None:
        if not self._mqtt5:
            self._client.connect_async(settings.host, settings.port, settings.keepalive_seconds)
            return
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval = SESSION_SECONDS if self._keeps_session else 0
        asked.ReceiveMaximum = IN_FLIGHT
        self._client.connect_async(
            settings.host,
            settings.port,
            settings.keepalive_seconds,
            clean_start=not self._keeps_session,
            properties=asked,
        )

    def _on_connect(
        self,
        client: Client,
        _: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        ____: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._changed(False, f"{self._where} refused us: {reason.getName()}")  # noqa: FBT003
            return
        self._connection += 1
        _log.info(
            "broker %s: connected, %s",
            self._where,
            "session resumed" if flags.session_present else "new session",
        )
        if self._mqtt5:
            client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])
        else:
            client.subscribe([(topic, 1) for topic in self._topics])

    def _on_connect_fail(self, _: Client, __: object) -> None:
        self._changed(False, f"no connection to {self._where}: {sys.exception()}")  # noqa: FBT003

    def _on_disconnect(
        self,
        _: Client,
        __: object,
        ___: DisconnectFlags,
        reason: ReasonCode,
        ____: Properties | None,
    ) -> None:
        if not self._closing:
            self._changed(False, f"lost broker {self._where}: {reason}")  # noqa: FBT003

    def _on_subscribe(
        self, _: Client, __: object, ___: int, reasons: list[ReasonCode], ____: Properties | None
    ) -> None:
        for topic, reason in zip(self._topics, reasons, strict=False):
            if reason.is_failure:
                _log.error(
                    "broker %s does not let us read %s: %s. Check its ACL.",
                    self._where,
                    topic,
                    reason.getName(),
                )
        self._changed(True, "")  # noqa: FBT003

    def _on_publish(
        self, _: Client, __: object, mid: int, reason: ReasonCode, ____: Properties
    ) -> None:
        if reason.is_failure:
            self.refused.put((mid, reason.getName()))

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        heard = Heard(
            message.topic,
            bytes(message.payload),
            message.retain,
            message.qos,
            message.mid,
            self._connection,
        )
        try:
            # what the broker will not send again waits for its place; health comes every 30 s
            self.heard.put(heard, block=heard.qos > 0, timeout=20.0)
        except queue.Full:
            self.dropped += 1


def _password(settings: MqttSettings) -> str | None:
    if not settings.password_file:
        return None
    try:
        with Path(settings.password_file).expanduser().open(encoding="utf-8") as file:
            return file.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"password file {settings.password_file!r} cannot be read: {error}. "
            "Write the password into it, one line, readable by you only."
        ) from error


def _tls_context(settings: MqttSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(
            f"CA file {settings.ca_file!r} is no readable certificate: {error}. "
            "Name the PEM file of the authority that signed the broker's certificate."
        ) from error
