"""Show live bars of what the camera sees, on the device; nothing is signalled, kept or sent."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.clock import boot_seconds
from cuelight.compose import build_sensing
from cuelight.consent import Consent
from cuelight.device_toml import load_settings
from cuelight.live import LiveView
from cuelight.loop import Loop
from cuelight.privacy import require_notice
from cuelight.sense.camera import open_camera
from cuelight.tell.panel import Panel

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")


def main(args: argparse.Namespace) -> int:
    """Run the loop with a screen until Ctrl-C; the service must be stopped, it has the camera.

    The camera lamp is lit, the pause button works, and the signal lamp stays dark: a person who
    watches is not at the table, and the service's alert budget is not ours to spend.
    """
    settings = load_settings(args.config)
    require_notice(settings.privacy, args.config)
    logging.getLogger().setLevel(logging.WARNING)
    with ExitStack() as stack:
        asks_first = settings.privacy.asks_first
        panel = stack.enter_context(Panel(settings.lamp, consent=asks_first))
        view = LiveView(
            "cuelight watch (Ctrl-C ends)",
            lamp=lambda: panel.level,
            camera_lamp=lambda: panel.camera_lamp_is_lit,
        )
        loop = Loop(
            sensing=build_sensing(settings),
            open_camera=lambda: open_camera(settings.camera),
            camera_lamp=panel.camera_lit,
            presses=panel.presses,
            tell=lambda _event: None,
            report=lambda _status: None,
            progress=lambda: None,
            now=boot_seconds,
            wait=time.sleep,
            stopping=lambda: False,
            see=view.update,
            camera_fps=settings.camera.fps,
            consent=Consent(needed=asks_first),
        )
        stack.enter_context(view)
        with suppress(KeyboardInterrupt):
            loop.run()
    return 0
