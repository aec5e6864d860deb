"""Run the service: camera, lamp, broker."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.errors import CuelightError
from cuelight.halves import open_box
from cuelight.last_good import LAST_GOOD, Chosen, LastGood
from cuelight.privacy import require_notice
from cuelight.records import Reading, Signal
from cuelight.running import Running
from cuelight.standby import stand_by
from cuelight.tell.mechanism import require_noise

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from cuelight.records import VisitTally

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="mock pins, nothing published or kept; signals are printed",
    )


def main(args: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C; faults of camera, lamp and broker are retried for ever.

    As a service, settings that became invalid fall back on the last good ones; a box that cannot
    start at all waits a minute, or for an edit, before it fails.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    state = "" if args.dry_run else os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    last_good = LastGood(Path(state) / LAST_GOOD if state else None)
    chosen = None
    try:
        chosen = last_good.choose(args.config)
        require_notice(chosen.settings.privacy, args.config)
        require_noise(chosen.settings.privacy.epsilon)
        if args.dry_run:
            return _dry_run(chosen, stop)
        return _run(chosen, stop, ready=lambda: last_good.keep(chosen, args.config))
    except CuelightError as error:
        settings = chosen.settings if chosen else None
        if state and stand_by(error, config=args.config, settings=settings, stop=stop):
            return 0
        raise


def _dry_run(chosen: Chosen, stop: threading.Event) -> int:
    settings = chosen.settings
    with tempfile.TemporaryDirectory(prefix="cuelight-dry-run-") as folder:
        lamp = replace(settings.lamp, pin_factory="mock")
        store = replace(settings.store, folder=folder)
        settings = replace(settings, lamp=lamp, store=store)
        return _run(replace(chosen, settings=settings), stop, dry_run=True)


def _run(
    chosen: Chosen,
    stop: threading.Event,
    *,
    dry_run: bool = False,
    ready: Callable[[], object] | None = None,
) -> int:
    box = open_box(
        chosen.settings,
        publish=not dry_run,
        mock_allowed=dry_run,
        heard=_print if dry_run else None,
        stop=stop,
        ready=ready,
        settings_fault=chosen.fault,
    )
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    folder = Path(runtime) if runtime else chosen.settings.store_folder
    with box, Running(folder, identify=box.identify):
        box.run()
    return 0


def _print(event: Signal | Reading | VisitTally) -> None:
    if isinstance(event, Signal | Reading):
        print(f"dry run: {type(event).__name__.lower()} {event.name}", flush=True)
