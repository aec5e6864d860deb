"""Hold one connection to the broker through paho-mqtt, and report what becomes of it."""

from __future__ import annotations

import logging
import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from cuelight.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from cuelight.settings import MqttSettings

_log = logging.getLogger(__name__)


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
    """The broker took message `mid`, or turned it down for `refusal`."""

    mid: int
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """Something came in on a topic that we subscribed to."""

    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Broken:
    """The network thread died; this link is of no more use."""

    error: Exception


Event = Opened | Connected | Refused | Unreachable | Lost | Acked | Message | Broken


@dataclass(frozen=True, slots=True)
class Access:
    """What lets us in: read once, so that no later link fails for a file that has gone."""

    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None

    @classmethod
    def read(cls, settings: MqttSettings) -> Self:
        """Read the files that settings name. Raises SettingsError when one cannot be read."""
        return cls(
            password=_password(settings) if settings.username else None,
            tls=_tls_context(settings) if settings.tls else None,
        )


class Link:
    """One paho client with its own network thread, which reconnects by itself until stopped.

    `report` is called on that thread with every Event and must be quick. `backoff_seconds` are the
    shortest and longest pause between two attempts; the pause doubles in between.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        access: Access,
        client_id: str,
        will_topic: str,
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
        self._client.will_set(will_topic, "offline", qos=1, retain=True)
        # annotated as int, but paho only doubles, compares and sleeps
        shortest, longest = cast("tuple[int, int]", backoff_seconds)
        self._client.reconnect_delay_set(shortest, longest)
        if settings.username:
            self._client.username_pw_set(settings.username, access.password)
        if access.tls is not None:
            self._client.tls_set_context(access.tls)
        self._client.on_socket_open = lambda *_: report(self, Opened())
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.connect_async(settings.host, settings.port, settings.keepalive_seconds)

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
        self._report(self, Unreachable(str(error), tls=isinstance(error, ssl.SSLError)))

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
        self._report(self, Acked(mid, reason.getName() if reason.is_failure else None))

    def _on_message(self, _: Client, __: object, message: MQTTMessage) -> None:
        self._report(self, Message(bytes(message.payload), message.retain))


class _Client(Client):
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


def _password(settings: MqttSettings) -> str | None:
    if not settings.password_file:
        return None
    try:
        with Path(settings.password_file).expanduser().open(encoding="utf-8") as file:
            return file.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"mqtt.password_file is {settings.password_file!r}, which cannot be read: {error}. "
            "Write the password into it, one line, readable by the user that runs cuelight."
        ) from error


def _tls_context(settings: MqttSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(
            f"mqtt.ca_file is {settings.ca_file!r}, which is no readable certificate: {error}. "
            "Name the PEM file of the authority that signed the broker's certificate."
        ) from error
