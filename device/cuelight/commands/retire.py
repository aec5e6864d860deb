"""Leave the broker cleanly: clear what it keeps of this box."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.device_toml import load_settings
from cuelight.errors import BrokerError, InputError, StoreError
from cuelight.examine.service import find_service
from cuelight.examine.unit import ask_systemd
from cuelight.tell.farewell import kept_topics, say_farewell
from cuelight.tell.topics import Topics
from cuelight.tell.waiting import look_at_spool

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")
    parser.add_argument(
        "--leave-windows",
        action="store_true",
        help="give up released windows that the broker has never had",
    )
    parser.add_argument(
        "--only-discovery",
        action="store_true",
        help="take back only what announces this box to Home Assistant; the service may run on",
    )


def main(args: argparse.Namespace) -> int:
    """Clear the box's retained messages; refuses while the service runs or windows wait."""
    settings = load_settings(args.config)
    if not settings.mqtt.host:
        raise InputError(f"mqtt.host is empty in {args.config}: no broker knows this box.")
    topics = Topics(settings.site.name, settings.site.device)
    clear = kept_topics(topics)
    if args.only_discovery:
        clear = (topics.discovery,)
    else:
        _require_stopped()
        if not args.leave_windows:
            _require_sent(settings.store_folder / "windows.sqlite")
    farewell = say_farewell(settings.mqtt, topics, clear=clear)
    if farewell.problem is not None:
        advice = farewell.problem.advice.removesuffix(" Trying again.")
        advice = advice.removesuffix(" Trying again meanwhile.")
        raise BrokerError(f"{farewell.problem.reason} {advice}")
    for topic in farewell.cleared:
        print(f"cleared {topic}")
    if farewell.refused:
        told = ", ".join(f"{topic} ({reason})" for topic, reason in farewell.refused)
        raise BrokerError(
            f"not cleared: {told}. Let user {settings.mqtt.username!r} write these topics in the "
            "broker's access list, then retire again."
        )
    if not args.only_discovery:
        print("this box has left; take its user out of the broker's password file and access list")
    return 0


def _require_stopped() -> None:
    service = find_service(unit=ask_systemd())
    if service is not None:
        raise BrokerError(
            f"{service} is running and would say everything again. Stop it first: sudo systemctl "
            "disable --now cuelight."
        )


def _require_sent(path: Path) -> None:
    try:
        spool = look_at_spool(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"Cannot see whether windows still wait in {path}: {error}. Run as root or as the "
            "service's user, or give them up with --leave-windows."
        ) from error
    if spool is not None and spool.count:
        raise StoreError(
            f"{spool.count} windows in {path} have never reached the broker. Let the service send "
            "them first (see cuelight doctor), or give them up with --leave-windows."
        )
