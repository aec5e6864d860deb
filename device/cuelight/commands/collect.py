"""Collect counts and health from the broker into a history, and publish sums by site."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.view.collector import Collector
from cuelight.view.collector_settings import load_collector

if TYPE_CHECKING:
    from cuelight.view.collector_settings import CollectorSettings

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_broker_arguments(parser)
    parser.add_argument("--store", metavar="FILE|postgresql://...", help="where history is kept")
    parser.add_argument("--keep-days", type=float, metavar="DAYS", help="how long it is kept")
    parser.add_argument("--client-id", metavar="NAME", help="name of our session at the broker")
    parser.add_argument("--share", metavar="GROUP", help="share the load with other collectors")
    parser.add_argument("--least-k", type=int, metavar="K", help="refuse windows of a smaller k")
    parser.add_argument("--least-floor", type=int, metavar="N", help="and of a lower floor")
    parser.add_argument(
        "--resend", action=argparse.BooleanOptionalAction, help="ask for what is missing"
    )
    parser.add_argument(
        "--discovery", action=argparse.BooleanOptionalAction, help="tell Home Assistant"
    )


def add_broker_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what every command needs that listens to the broker."""
    parser.add_argument("--config", type=Path, metavar="collector.toml", help="settings file")
    parser.add_argument("--broker", metavar="HOST[:PORT]", help="the broker")
    parser.add_argument("--username", help="user name at the broker")
    parser.add_argument("--password-file", metavar="FILE", help="file with its password")
    parser.add_argument("--ca-file", metavar="FILE", help="authority of the broker's certificate")
    parser.add_argument("--tls", action=argparse.BooleanOptionalAction, help="encrypt (default)")
    parser.add_argument(
        "--mqtt5", action=argparse.BooleanOptionalAction, help="speak MQTT 5 (default), or 3.1.1"
    )
    parser.add_argument(
        "--site", action="append", dest="sites", metavar="SITE", help="only this; may be repeated"
    )


def settings_of(args: argparse.Namespace) -> CollectorSettings:
    """Put the options given over collector.toml. Raises SettingsError."""
    host, port = broker_address(args.broker)
    mqtt = {
        "host": host,
        "port": port,
        "username": args.username,
        "password_file": args.password_file,
        "ca_file": args.ca_file,
        "tls": args.tls,
    }
    names = ("store", "keep_days", "client_id", "share", "least_k", "least_floor", "resend")
    given = {name: getattr(args, name, None) for name in (*names, "discovery", "mqtt5")}
    given["sites"] = tuple(args.sites) if args.sites else None
    return load_collector(args.config, given=given, mqtt=mqtt)


def broker_address(text: str | None) -> tuple[str | None, int | None]:
    """Split HOST, HOST:PORT or [IPV6]:PORT; a port that is no number stays with the host."""
    if text is None:
        return None, None
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or (":" in host and not host.startswith("[")):
        return text.strip("[]"), None
    return host.strip("[]"), int(port)


def main(args: argparse.Namespace) -> int:
    """Collect until SIGTERM or Ctrl-C; faults of broker and store are retried for ever."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Collector(settings_of(args)) as collector:
        while not stop.wait(1.0):
            if not collector.is_alive:
                _log.error("the collector's thread ended; leaving, so that a service restarts it")
                return 1
        counts = collector.counts
    _log.info(
        "%d windows counted, %d came twice, %d messages refused",
        counts.windows,
        counts.repeated,
        counts.refused,
    )
    return 0
