"""Say in one line how it stands with the broker, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from cuelight.settings import MqttSettings


@dataclass(frozen=True, slots=True)
class BrokerState:
    """How it stands with the broker; `detail` says why in one line.

    `name` is connecting, connected, refused (the broker said no), unreachable, or closed.
    """

    name: Literal["connecting", "connected", "refused", "unreachable", "closed"]
    detail: str = ""

    @classmethod
    def connected(cls, settings: MqttSettings, *, mqtt5: bool) -> Self:
        """Say that the broker let us in."""
        return cls("connected", f"{_where(settings)}, MQTT {'5' if mqtt5 else '3.1.1'}")

    @classmethod
    def lost(cls, settings: MqttSettings, *, reason: str) -> Self:
        """Say that we were in, and the connection ended."""
        return cls("connecting", f"lost broker {_where(settings)}: {reason}")

    @classmethod
    def refused(cls, settings: MqttSettings, *, reason: str) -> Self:
        """Say that the broker answered no."""
        user = f"user {settings.username!r}" if settings.username else "no user name"
        file = settings.password_file or "mqtt.password_file"
        return cls(
            "refused",
            f"{_where(settings)} refused us ({reason}; {user}). Check mqtt.username and the "
            f"password in {file}, then restart cuelight. Trying again meanwhile.",
        )

    @classmethod
    def unreachable(cls, settings: MqttSettings, *, reason: str, tls: bool) -> Self:
        """Say that there was no connection to be had; `tls`: encryption was why."""
        advice = (
            "Check mqtt.tls, mqtt.ca_file and the dates of the broker's certificate."
            if tls
            else "Check mqtt.host and mqtt.port, the network, and that the broker runs."
        )
        text = f"no connection to {_where(settings)}: {reason}. {advice} Trying again."
        return cls("unreachable", text)

    @classmethod
    def hung_up(cls, settings: MqttSettings) -> Self:
        """Say that the broker closed the connection before it answered."""
        text = f"broker {_where(settings)} hung up before answering. Does this port want TLS?"
        return cls("unreachable", text)

    @classmethod
    def silent(cls, settings: MqttSettings) -> Self:
        """Say that the broker took the connection and keeps silent."""
        text = f"broker {_where(settings)} does not answer. Does mqtt.port belong to a broker?"
        return cls("unreachable", text)


def _where(settings: MqttSettings) -> str:
    return f"{settings.host}:{settings.port}"
