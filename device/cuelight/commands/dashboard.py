"""Serve the managers' page: the fleet, and what customers showed, from the anonymous counts."""

from __future__ import annotations

import argparse
import logging
import secrets
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.commands.collect import settings_of
from cuelight.errors import InputError
from cuelight.opening_hours import named_zone
from cuelight.view.board.hours import DEFAULT, OpeningHours
from cuelight.view.board.login import Door, read_password
from cuelight.view.board.source import Source
from cuelight.view.collector import Collector
from cuelight.view.collector_settings import CollectorSettings
from cuelight.view.dashboard import Dashboard, is_loopback
from cuelight.view.history import History

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

PORT: Final = 8080

_IN_CLEAR: Final = (
    "The page answers on %s without encryption: password and figures cross the network in clear. "
    "Put a proxy with TLS in front (Caddy, nginx) and say --behind-tls-proxy."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--store",
        metavar="FILE|postgresql://...",
        help="the history that `cuelight collect` writes (default: the same)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to answer on (loopback)")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0: a free one")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="its first line lets people in"
    )
    parser.add_argument("--behind-tls-proxy", action="store_true", help="a proxy in front encrypts")
    parser.add_argument(
        "--opening-hours",
        default=DEFAULT,
        metavar="HOURS",
        help=f"when silence is an alarm (default '{DEFAULT}'; or always)",
    )
    parser.add_argument("--timezone", metavar="NAME", help="such as Europe/Berlin; default: ours")
    parser.add_argument(
        "--as-of", metavar="TIME", help="show it as it was then, such as 2026-11-20T15:20Z"
    )
    parser.add_argument("--notice", default="", help=argparse.SUPPRESS)  # the demo's
    collector = parser.add_argument_group(
        "collector in the same process, with --broker or --config"
    )
    collector.add_argument("--config", type=Path, metavar="collector.toml", help="its settings")
    collector.add_argument("--broker", metavar="HOST[:PORT]", help="the broker")
    collector.add_argument("--username", help="user name at the broker")
    collector.add_argument("--broker-password-file", metavar="FILE", help="file with its password")
    collector.add_argument("--ca-file", metavar="FILE", help="authority of its certificate")
    collector.add_argument("--tls", action=argparse.BooleanOptionalAction, help="encrypt")
    collector.add_argument("--mqtt5", action=argparse.BooleanOptionalAction, help="or 3.1.1")
    collector.add_argument(
        "--site", action="append", dest="sites", metavar="SITE", help="only this; may be repeated"
    )
    collector.add_argument("--least-k", type=int, metavar="K", help="refuse a smaller k")
    collector.add_argument("--least-floor", type=int, metavar="N", help="and a lower floor")
    collector.add_argument("--client-id", metavar="NAME", help="name of its session")


def main(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    zone = _zone(args.timezone)
    now = _clock(args.as_of)
    hours = _hours(args.opening_hours, zone)
    password = _password(args.password_file, args.host)
    door = Door(password)
    with ExitStack() as stack:
        store = args.store or CollectorSettings().store
        if args.broker or args.config:
            options = {**vars(args), "password_file": args.broker_password_file}
            settings = settings_of(argparse.Namespace(**options))
            store = settings.store
            stack.enter_context(Collector(settings))
        history = stack.enter_context(History.open(store))
        page = stack.enter_context(
            Dashboard(
                Source(history, hours, notice=args.notice, now=now),
                door,
                host=args.host,
                port=args.port,
                behind_tls=args.behind_tls_proxy,
            )
        )
        # Ctrl-C or a service manager: that is how it ends, and from here on it is no failure
        stack.enter_context(suppress(KeyboardInterrupt))
        if not is_loopback(args.host) and not args.behind_tls_proxy:
            _log.warning(_IN_CLEAR, page.address)
        # in one piece, line end and all: programs read it beside the log
        print(f"dashboard on {page.address}\n", end="", flush=True)
        if args.password_file is None:
            print(f"password, for this run only: {password}", flush=True)
        page.serve()
    return 0


def _password(path: Path | None, host: str) -> str:
    if path is not None:
        return read_password(path)
    if not is_loopback(host):
        raise InputError(
            f"--host is {host}, which others reach; a password of your own is wanted. Put one into "
            "a file that only you may read, and name it with --password-file."
        )
    return secrets.token_urlsafe(12)


def _clock(moment: str | None) -> Callable[[], datetime]:
    if moment is None:
        return lambda: datetime.now(UTC)
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        then = None
    if then is None or then.tzinfo is None:
        raise InputError(
            f"--as-of is {moment!r}; a time with its zone is wanted, such as 2026-11-20T15:20Z."
        )
    return lambda: then


def _zone(name: str | None) -> tzinfo:
    try:
        return named_zone(name or "")
    except InputError as error:
        raise InputError(f"--timezone is {error}") from None


def _hours(text: str, zone: tzinfo) -> OpeningHours:
    try:
        return OpeningHours.parse(text, zone)
    except InputError as error:
        raise InputError(f"--opening-hours is {error}") from None
