"""Play one rhythm, or put the lamp and the motor out."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.device_toml import load_settings
from cuelight.errors import SettingsError
from cuelight.last_good import LAST_GOOD, LastGood
from cuelight.settings import Settings
from cuelight.tell.ledger import ALERTS, LedgerFile, quick_folder
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.signal import RHYTHMS, rhythm

if TYPE_CHECKING:
    import argparse

_log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    names = [*RHYTHMS, "off"]
    parser.add_argument("name", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--config", type=Path, help="default: device.toml here, if there is one")


def main(args: argparse.Namespace) -> int:
    """Open lamp and motor and play the rhythm once through; `off` leaves both dark."""
    here = Path("device.toml")
    config = args.config or (here if here.exists() else None)
    settings = _settings(config, off=args.name == "off")
    with Panel(settings.lamp, mock_allowed=True) as panel:
        panel.open(outputs_only=True)
        if args.name == "off":
            print("lamp and motor are off", flush=True)
        else:
            _play(args.name, panel)
    if args.name == "off":
        _settle(settings)  # only now: a disk that hangs must not keep a lamp lit
    return 0


def _play(name: str, panel: Panel) -> None:
    with Player(panel) as player:
        player.play(name)
        player.wait_idle(timeout_seconds=2 * rhythm(name).duration_seconds + 1.0)
    where = "mock pins, so nothing lit" if panel.pins and panel.pins.mock else "the lamp"
    print(f"played {name} on {where}")


def _settle(settings: Settings) -> None:
    """Bring to the disk what a service that was killed kept in memory only; its unit calls this.

    It does so itself once it starts again, but the machine may be going down.
    """
    if (quick := quick_folder()) is not None:
        with suppress(OSError):
            LedgerFile(settings.store_folder / ALERTS, quick=quick)


def _settings(config: Path | None, *, off: bool) -> Settings:
    """Read the settings; whatever is wrong with them, what was lit with others can be put out."""
    if config is None:
        return Settings()
    try:
        return load_settings(config)
    except SettingsError as error:
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        if not (off and state):
            raise
        kept = LastGood(Path(state) / LAST_GOOD).load(config)
        _log.warning(
            "%s The pins of the %s are put out.", error, "last start" if kept else "defaults"
        )
        return kept.settings if kept else Settings()
