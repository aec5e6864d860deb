"""Examine the broker: does a message really come back, and how long do certificates last."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.errors import CuelightError
from cuelight.examine.certificate import validity
from cuelight.examine.finding import Finding
from cuelight.tell.round_trip import round_trip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cuelight.examine.finding import Verdict
    from cuelight.settings import MqttSettings, Settings

WARN_DAYS: Final = 30
"""provision-broker renews so long ahead; whoever is later has forgotten it."""

_CONNECT_SECONDS: Final = 5.0

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_RENEW: Final = {
    "broker": "Renew it on the broker's machine: `sudo scripts/provision-broker --renew`.",
    "authority": "Make a new authority (scripts/provision-broker) and give it to every box.",
}


def examine_broker(
    settings: Settings, *, window: str | None, timeout_seconds: float = 5.0
) -> Finding:
    """Send a message to the broker and wait until it comes back.

    `window` is the body of a window that the broker already has, to ask whether counts get through.
    """
    if not settings.mqtt.host:
        return Finding("broker", "note", "mqtt.host is empty: this box publishes nothing")
    try:
        trip = round_trip(
            settings.mqtt,
            site=settings.site.name,
            device=settings.site.device,
            window=window,
            timeout_seconds=timeout_seconds,
        )
    except CuelightError as error:
        return Finding.of_error("broker", error)
    figures = {
        "round_trip_ms": None if trip.seconds is None else round(1000.0 * trip.seconds, 1),
        "mqtt": trip.mqtt,
        "counts": trip.counts,
    }
    fix = trip.fix.removesuffix(" Trying again.").removesuffix(" Trying again meanwhile.")
    if trip.ok:
        return Finding("broker", "good", trip.detail, figures=figures)
    verdict: Verdict = "warning" if trip.counts == "uncollected" else "failed"
    return Finding("broker", verdict, trip.detail, fix, figures)


def examine_certificates(settings: MqttSettings, *, now: datetime) -> Finding:
    """Say how long the broker's certificate and its authority's last."""
    if not settings.host:
        return Finding("certificates", "note", "nothing is published, so none is needed")
    if not settings.tls:
        return _without_tls(settings)
    dated: list[tuple[str, datetime, datetime]] = []
    unseen = ""
    try:
        dated.append(("the broker's certificate", *validity(_certificate_of(settings))))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = " ".join(str(error).split()) or type(error).__name__
        unseen = f"the broker's certificate was not seen ({reason})"
    try:
        dated += [("the authority's", *validity(der)) for der in _authorities(settings.ca_file)]
    except (OSError, ValueError) as error:
        text = f"mqtt.ca_file is {settings.ca_file!r}, which is no readable certificate: {error}"
        return Finding("certificates", "failed", text, "Name the PEM file of the authority.")
    return _judge(dated, unseen, now)


def _without_tls(settings: MqttSettings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    if settings.host in _LOCAL:
        text = f"mqtt.tls is off, and {where} is this machine: none is needed"
        return Finding("certificates", "note", text)
    text = f"mqtt.tls is off: password and counts cross the network to {where} in the clear"
    fix = "Set mqtt.tls = true, mqtt.port (8883) and mqtt.ca_file in device.toml."
    return Finding("certificates", "warning", text, fix)


def _judge(dated: Iterable[tuple[str, datetime, datetime]], unseen: str, now: datetime) -> Finding:
    """Judge (name, from, until) by the one that ends first."""
    figures: dict[str, object] = {}
    said = [unseen] if unseen else []
    verdict: Verdict = "note" if unseen else "good"
    fix = ""
    for name, start, end in sorted(dated, key=lambda each: each[2], reverse=True):
        days = int((end - now).total_seconds() // 86400)
        whose = "broker" if "broker" in name else "authority"
        key = f"{whose}_days_left"
        figures[key] = min(days, int(str(figures.get(key, days))))
        if now < start:
            verdict, fix = "failed", "Set this box's clock (see clock), or make a new certificate."
            said.append(f"{name} is not valid before {start:%Y-%m-%d}")
        elif end <= now:
            verdict, fix = "failed", _RENEW[whose]
            said.append(f"{name} has expired on {end:%Y-%m-%d}")
        else:
            said.append(f"{name} lasts until {end:%Y-%m-%d} ({days} days)")
            if days < WARN_DAYS and verdict != "failed":
                verdict, fix = "warning", _RENEW[whose]
    return Finding("certificates", verdict, "; ".join(said), fix, figures)


def _certificate_of(settings: MqttSettings) -> bytes:
    """Fetch the certificate that the broker shows, believed or not; nothing else is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only its dates are wanted; the round trip verifies
    address = (settings.host, settings.port)
    with (
        socket.create_connection(address, timeout=_CONNECT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=settings.host) as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True) or b""


def _authorities(path: str) -> list[bytes]:
    """Read the certificates of a PEM file; none when the system's own are used."""
    if not path:
        return []
    text = Path(path).expanduser().read_text(encoding="ascii", errors="replace")
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = [part.split(end)[0] for part in text.split(begin)[1:]]
    if not blocks:
        raise ValueError("it holds no certificate")
    return [ssl.PEM_cert_to_DER_cert(f"{begin}{block}{end}") for block in blocks]
