"""Run the service: camera, lamp, broker."""

from __future__ import annotations

import signal
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.box import Box
from cuelight.device_toml import load_settings
from cuelight.privacy import require_notice
from cuelight.records import Reading, Signal
from cuelight.sense.camera import open_camera

if TYPE_CHECKING:
    import argparse

    from cuelight.records import VisitTally
    from cuelight.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="mock pins, nothing published or kept; signals are printed",
    )


def main(args: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C; faults of camera, lamp and broker are retried for ever."""
    settings = load_settings(args.config)
    require_notice(settings.privacy, args.config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not args.dry_run:
        return _run(settings, stop)
    with tempfile.TemporaryDirectory(prefix="cuelight-dry-run-") as folder:
        lamp = replace(settings.lamp, pin_factory="mock")
        store = replace(settings.store, folder=folder)
        return _run(replace(settings, lamp=lamp, store=store), stop, dry_run=True)


def _run(settings: Settings, stop: threading.Event, *, dry_run: bool = False) -> int:
    box = Box(
        settings,
        open_camera=lambda: open_camera(settings.camera),
        publish=not dry_run,
        mock_allowed=dry_run,
        heard=_print if dry_run else None,
        stop=stop,
    )
    with box:
        box.run()
    return 0


def _print(event: Signal | Reading | VisitTally) -> None:
    if isinstance(event, Signal | Reading):
        print(f"dry run: {type(event).__name__.lower()} {event.name}", flush=True)
