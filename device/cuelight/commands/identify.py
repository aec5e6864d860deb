"""Blink this box, to find it among others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.device_toml import load_settings
from cuelight.errors import LampError
from cuelight.running import ASK, find_running
from cuelight.settings import Settings
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.signal import IDENTIFY

if TYPE_CHECKING:
    import argparse

_INSTALLED = Path("/etc/cuelight/device.toml")
_SERVICE_FOLDER = Path("/run/cuelight")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, help=f"default: device.toml here, or {_INSTALLED}")
    parser.add_argument(
        "--runtime-folder", type=Path, help="where the service runs (default: /run/cuelight)"
    )


def main(args: argparse.Namespace) -> int:
    """Ask the running service to blink, since it holds the pins; without one, blink from here."""
    found = (path for path in (Path("device.toml"), _INSTALLED) if path.exists())
    config = args.config or next(found, None)
    settings = load_settings(config) if config else Settings()
    seconds = IDENTIFY.duration_seconds
    name = f"{settings.site.device} at {settings.site.name}"
    try:
        process = find_running([args.runtime_folder or _SERVICE_FOLDER, settings.store_folder])
        if process is not None:
            os.kill(process, ASK)
    except PermissionError:
        raise LampError(
            "the service may be running and holds the lamp, and only root may ask it. Use: sudo "
            "cuelight identify."
        ) from None
    except ProcessLookupError:  # it ended between the two
        process = None
    if process is not None:
        print(f"asked the running service: {name} blinks white for {seconds:.0f} s")
        return 0
    # a motor that runs for so long would only be a nuisance
    with Panel(replace(settings.lamp, motor=False), mock_allowed=True) as panel:
        panel.open(outputs_only=True)
        where = "on mock pins, so nothing is lit" if panel.pins and panel.pins.mock else ""
        print(f"{name} blinks white for {seconds:.0f} s {where}".rstrip(), flush=True)
        with Player(panel) as player:
            player.play(IDENTIFY.name)
            player.wait_idle(timeout_seconds=2.0 * seconds)
    return 0
