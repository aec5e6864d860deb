"""Read what lets us in at the broker: the password and the authority that we trust."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cuelight.errors import SettingsError
from cuelight.tell.credential import credential_path

if TYPE_CHECKING:
    from cuelight.settings import MqttSettings


@dataclass(frozen=True, slots=True)
class Access:
    """What lets us in: read once, so that no later link fails for a file that has gone."""

    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None

    @classmethod
    def read(cls, settings: MqttSettings) -> Self:
        """Read the files that settings name.

        Raises SettingsError when one cannot be read, or the password would go out in clear.
        """
        if settings.sends_password_in_clear and not settings.password_in_clear:
            raise SettingsError(
                f"mqtt.tls is false, so the password would cross the network to {settings.host!r} "
                "in clear. Set mqtt.tls = true (or mqtt.password_in_clear = true) in device.toml."
            )
        return cls(
            password=_password(settings) if settings.username else None,
            tls=_tls_context(settings) if settings.tls else None,
        )


def _password(settings: MqttSettings) -> str | None:
    if not settings.password_file:
        return None
    try:
        with credential_path(settings.password_file).open(encoding="utf-8") as file:
            return file.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"mqtt.password_file is {settings.password_file!r}, which cannot be read: {error}. "
            "Write the password into it, one line, readable by the user that runs cuelight. A "
            "plain name is a credential of the service, kept in /etc/cuelight/credentials."
        ) from error


def _tls_context(settings: MqttSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(
            f"mqtt.ca_file is {settings.ca_file!r}, which is no readable certificate: {error}. "
            "Name the PEM file of the authority that signed the broker's certificate."
        ) from error
