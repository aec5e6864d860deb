"""Hold one connection to the broker through paho-mqtt, and report what becomes of it."""

from __future__ import annotations

import logging
import ssl
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cuelight.mqtt_client import MqttClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from cuelight.settings import MqttSettings
    from cuelight.tell.access import Access

_log = logging.getLogger(__name__)

_PACKET_BYTES: Final = 65536
"""Longer packets are not sent to us by a broker that knows MQTT 5; 3.1.1 has no word for it."""

_KEPT_BYTES: Final = 4096
"""What is kept of a message that comes in; nothing that means anything is longer."""


@dataclass(frozen=True, slots=True)
class Opened:
    """There is a connection, and the broker has been asked to let us in."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker let us in."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker answered no; `old_protocol` says that it only speaks an older MQTT."""

    reason: str
    old_protocol: bool


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There was no connection to be had; `tls` says that certificates or encryption were why."""

    reason: str
    tls: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended, or was closed before the broker answered."""

    reason: str


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker took message `mid`, or turned it down for `refusal`.

    `nobody_listens` says that it had no subscriber to give it to; MQTT 3.1.1 knows neither.
    """

    mid: int
    refusal: str | None
    nobody_listens: bool = False


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered all that was asked for with one `subscribe`."""

    refusal: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """Something came in on a topic that we subscribed to; only its first 4 kB are kept."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """The network thread died; this link is of no more use."""

    error: Exception


Event = Opened | Connected | Refused | Unreachable | Lost | Acked | Subscribed | Message | Broken


class Link:
    """One paho client with its own network thread, which reconnects by itself until stopped.

    `report` is called on that thread with every Event and must be quick. `backoff_seconds` are the
    shortest and longest pause between two attempts; the pause doubles in between. `will_topic` gets
    the last will `offline`; None leaves no will.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        access: Access,
        client_id: str,
        will_topic: str | None,
        mqtt5: bool,
        backoff_seconds: tuple[float, float],
        report: Callable[[Link, Event], None],
    ) -> None:
        self._report = report
        self._client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311,
            clean_session=None if mqtt5 else True,
        )
        self._client.broken = lambda error: report(self, Broken(error))
        if will_topic is not None:
            self._client.will_set(will_topic, "offline", qos=1, retain=True)
        # annotated as int, but paho only doubles, compares and sleeps
        shortest, longest = cast("tuple[int, int]", backoff_seconds)
        self._client.reconnect_delay_set(shortest, longest)
        if settings.username:
            self._client.username_pw_set(settings.username, access.password)
        self._has_tls = access.tls is not None
        if access.tls is not None:
            self._client.tls_set_context(access.tls)
        self._client.on_socket_open = lambda *_: report(self, Opened())
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        limits.MaximumPacketSize = _PACKET_BYTES
        self._client.connect_async(
            settings.host,
            settings.port,
            settings.keepalive_seconds,
            properties=limits if mqtt5 else None,
        )

    def start(self) -> None:
        """Start connecting, on a thread of its own; returns at once."""
        self._client.loop_start()

    def publish(self, topic: str, payload: str, *, qos: int, retain: bool) -> int | None:
        """Hand a message over; returns its mid, under which `Acked` comes, or None if refused."""
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        return None if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE else info.mid

    def subscribe(self, topic: str) -> None:
        """Ask for a topic's messages, QoS 1."""
        self._client.subscribe(topic, qos=1)

    def close(self) -> None:
        """Leave the broker politely (no last will), then wait for the network thread to end.

        An attempt to connect that is under way is waited for: up to five seconds.
        """
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, _: Client, __: object, ___: ConnectFlags, reason: ReasonCode, ____: Properties | None
    ) -> None:
        if not reason.is_failure:
            self._report(self, Connected())
        else:
            name = reason.getName()
            self._report(self, Refused(name, old_protocol=name == "Unsupported protocol version"))

    def _on_connect_fail(self, _: Client, __: object) -> None:
        # paho calls this inside its except clause and passes no reason along. Only its words are
        # kept: the exception itself would hold on to the failed socket.
        error = sys.exception()
        # what speaks no TLS may just hang up on it
        tls = isinstance(error, ssl.SSLError | ConnectionResetError) and self._has_tls
        self._report(self, Unreachable(str(error), tls=tls))

    def _on_disconnect(
        self,
        _: Client,
        __: object,
        ___: DisconnectFlags,
        reason: ReasonCode,
        ____: Properties | None,
    ) -> None:
        self._report(self, Lost(str(reason)))

    def _on_publish(
        self, _: Client, __: object, mid: int, reason: ReasonCode, ___: Properties
    ) -> None:
        name = reason.getName()
        refusal = name if reason.is_failure else None
        self._report(self, Acked(mid, refusal, nobody_listens=name == "No matching subscribers"))

    def _on_subscribe(
        self, _: Client, __: object, ___: int, reasons: list[ReasonCode], ____: Properties | None
    ) -> None:
        refusals = [reason.getName() for reason in reasons if reason.is_failure]
        self._report(self, Subscribed(refusals[0] if refusals else None))

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        payload = bytes(message.payload[:_KEPT_BYTES])
        self._report(self, Message(message.topic, payload, message.retain))


class _Client(MqttClient):
    """A paho client that says so when its network thread dies of a broker's nonsense."""

    broken: Callable[[Exception], None]

    def loop_forever(
        self,
        timeout: float = 1.0,
        retry_first_connection: bool = False,  # noqa: FBT001, FBT002 - paho's own signature
    ) -> MQTTErrorCode:
        try:
            return super().loop_forever(timeout, retry_first_connection)
        except Exception as error:  # noqa: BLE001 - malformed packets raise many kinds
            self.broken(error)
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
