"""Say in one line how it stands with the broker, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self

if TYPE_CHECKING:
    from cuelight.settings import MqttSettings

_NO_TLS: Final = (
    "Does this port speak TLS? Set mqtt.port to the broker's TLS port (8883), or mqtt.tls = false "
    "for a broker on this machine."
)

_TLS_ADVICE: Final = {
    "has expired": "Renew the broker's certificate, or set this box's clock.",
    "not yet valid": "This box's clock is wrong: let it reach a time server.",
    "mismatch": "The broker's certificate was not made for {host!r}: set mqtt.host to a name that "
    "it was made for, or make one with this name.",
    "certificate verify failed": "The broker's certificate is not signed by {ca}: set mqtt.ca_file "
    "to the certificate of the authority that signed it. If you have, something else answers here.",
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "EOF": _NO_TLS,
    "Connection reset": _NO_TLS,
}
"""What to do, by the words of OpenSSL's complaint; the first that fit."""


@dataclass(frozen=True, slots=True)
class BrokerState:
    """How it stands with the broker; `reason` says why, `advice` what to do about it.

    `name` is connecting, connected, refused (the broker said no), unreachable, or closed.
    """

    name: Literal["connecting", "connected", "refused", "unreachable", "closed"]
    reason: str = ""
    advice: str = ""

    @property
    def detail(self) -> str:
        """Reason and advice in one line, for the log."""
        again = "Trying again." if self.name in {"refused", "unreachable"} else ""
        return " ".join(text for text in (self.reason, self.advice, again) if text)

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
            f"{_where(settings)} refused us ({reason}; {user}).",
            f"Check mqtt.username and the password in {file}, and that the broker still knows this "
            "box. A new password is read when cuelight restarts.",
        )

    @classmethod
    def unreachable(cls, settings: MqttSettings, *, reason: str, tls: bool) -> Self:
        """Say that there was no connection to be had; `tls`: encryption was why."""
        advice = (
            _tls_advice(settings, reason)
            if tls
            else "Check mqtt.host and mqtt.port, the network, and that the broker runs."
        )
        text = f"no connection to {_where(settings)}: {reason}."
        return cls("unreachable", text, advice)

    @classmethod
    def hung_up(cls, settings: MqttSettings) -> Self:
        """Say that the broker closed the connection before it answered."""
        text = f"broker {_where(settings)} hung up before answering."
        advice = (
            "Does this port want TLS? Set mqtt.tls = true and mqtt.ca_file."
            if not settings.tls
            else "Does the broker want a certificate of ours, or is it overloaded? See its log."
        )
        return cls("unreachable", text, advice)

    @classmethod
    def silent(cls, settings: MqttSettings) -> Self:
        """Say that the broker took the connection and keeps silent."""
        text = f"broker {_where(settings)} does not answer."
        return cls("unreachable", text, "Does mqtt.port belong to a broker?")


def _tls_advice(settings: MqttSettings, reason: str) -> str:
    """Say what to do about a handshake that failed, by the words that OpenSSL has for it."""
    found = next((advice for words, advice in _TLS_ADVICE.items() if words in reason), None)
    return (found or "See the broker's log; check mqtt.tls and mqtt.ca_file.").format(
        host=settings.host,
        ca=settings.ca_file or "any authority that this system knows (mqtt.ca_file is empty)",
    )


def _where(settings: MqttSettings) -> str:
    return f"{settings.host}:{settings.port}"
