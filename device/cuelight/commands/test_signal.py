"""Play one rhythm, or put the lamp and the motor out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.device_toml import load_settings
from cuelight.settings import Settings
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.signal import RHYTHMS, rhythm

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    names = [*RHYTHMS, "off"]
    parser.add_argument("name", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--config", type=Path, help="default: device.toml here, if there is one")


def main(args: argparse.Namespace) -> int:
    """Open lamp and motor and play the rhythm once through; `off` leaves both dark."""
    here = Path("device.toml")
    config = args.config or (here if here.exists() else None)
    settings = load_settings(config) if config else Settings()
    with Panel(settings.lamp, mock_allowed=True) as panel:
        panel.open(outputs_only=True)
        if args.name == "off":
            print("lamp and motor are off")
            return 0
        with Player(panel) as player:
            player.play(args.name)
            player.wait_idle(timeout_seconds=2 * rhythm(args.name).duration_seconds + 1.0)
        where = "mock pins, so nothing lit" if panel.pins and panel.pins.mock else "the lamp"
        print(f"played {args.name} on {where}")
    return 0
