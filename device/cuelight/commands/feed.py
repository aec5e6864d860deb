"""Show a manager the floor in a terminal: the fleet's health and the sums by site, live."""

from __future__ import annotations

import json
import logging
import queue
import sys
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live

from cuelight.commands.collect import add_broker_arguments, settings_of
from cuelight.errors import BrokerError, InputError
from cuelight.view.floor import Floor
from cuelight.view.floor_table import draw
from cuelight.view.wire import Wire

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from rich.console import RenderableType

    from cuelight.view.collector_settings import CollectorSettings
    from cuelight.view.wire import Heard

_log = logging.getLogger(__name__)

_QUIET_SECONDS: Final = 0.5
"""What the broker has retained follows a subscription without such a pause."""

_REDRAW_SECONDS: Final = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_broker_arguments(parser)
    parser.add_argument("--days", type=int, choices=(7, 28), default=28, help="period of the sums")
    parser.add_argument("--json", action="store_true", help="a JSON line a message, no screen")
    parser.add_argument("--once", action="store_true", help="what the broker has now, then leave")
    parser.add_argument(
        "--timeout", type=float, default=10.0, metavar="SECONDS", help="for --once (default 10)"
    )


def main(args: argparse.Namespace) -> int:
    """Show it until Ctrl-C; a broker that is away is tried again for ever, but for --once."""
    feed = _Feed(settings_of(args))
    with feed.wire, suppress(KeyboardInterrupt):
        feed.wire.start()
        if args.once:
            feed.wait_until_quiet(args.timeout, print_lines=args.json)
            if not args.json:
                Console().print(feed.render(args.days))
        elif args.json or not sys.stdout.isatty():
            while True:
                feed.pump(_REDRAW_SECONDS, print_lines=True)
        else:
            logging.getLogger().setLevel(logging.ERROR)  # the screen says it
            with Live(get_renderable=lambda: feed.render(args.days), refresh_per_second=2):
                while True:
                    feed.pump(_REDRAW_SECONDS, print_lines=False)
    return 0


class _Feed:
    """A connection of its own, and what has come over it."""

    def __init__(self, settings: CollectorSettings) -> None:
        self._floor = Floor()
        self._link = "connecting"
        self._connected = False
        self._where = f"{settings.mqtt.host}:{settings.mqtt.port}"
        sites = settings.sites or ("+",)
        kinds = ("+/availability", "+/health", "+/privacy", "aggregate/+")
        self.wire = Wire(
            settings.mqtt,
            client_id=f"cuelight-feed-{uuid.uuid4().hex[:12]}",
            topics=[f"cuelight/{site}/{kind}" for site in sites for kind in kinds],
            changed=self._changed,
            keeps_session=False,
            mqtt5=settings.mqtt5,
            backoff_seconds=(1, 30),
        )

    def render(self, days: int) -> RenderableType:
        """Draw what is known now."""
        return draw(self._floor, now=time.time(), days=days, link=f"cuelight feed: {self._link}")

    def pump(self, seconds: float, *, print_lines: bool) -> bool:
        """Take what comes within `seconds`; returns whether anything came."""
        came = False
        for heard in self._coming(seconds):
            came = True
            try:
                line = self._floor.take(
                    heard.topic, heard.payload, retained=heard.retained, now=time.time()
                )
            except InputError as error:
                _log.warning("refused: %s", str(error).encode("unicode_escape").decode())
                continue
            if print_lines and line is not None:
                print(json.dumps(line), flush=True)
        return came

    def wait_until_quiet(self, timeout_seconds: float, *, print_lines: bool) -> None:
        """Take all that the broker has retained. Raises BrokerError when it is not reached."""
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            was_connected = self._connected
            if not self.pump(_QUIET_SECONDS, print_lines=print_lines) and was_connected:
                return
        if not self._connected:
            raise BrokerError(f"{self._link}. Check --broker, --username and --tls.")

    def _coming(self, seconds: float) -> Iterator[Heard]:
        end = time.monotonic() + seconds
        with suppress(queue.Empty):
            while True:
                heard = self.wire.heard.get(timeout=max(0.0, end - time.monotonic()))
                self.wire.ack([heard])
                yield heard

    def _changed(self, connected: bool, detail: str) -> None:  # noqa: FBT001 - wire.py calls it so
        self._connected = connected
        self._link = f"{self._where}, connected" if connected else f"{detail}; trying again"
        if not connected:
            _log.warning("%s", self._link)
