"""Show live bars of what the camera sees, on the device; nothing is kept or published."""

from __future__ import annotations

import logging
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.box import Box
from cuelight.device_toml import load_settings
from cuelight.live import LiveView
from cuelight.privacy import require_notice
from cuelight.sense.camera import open_camera

if TYPE_CHECKING:
    import argparse

    from cuelight.loop import Seen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")


def main(args: argparse.Namespace) -> int:
    """Run the loop with a screen until Ctrl-C; the service must be stopped, it has the camera."""
    settings = load_settings(args.config)
    require_notice(settings.privacy)
    logging.getLogger().setLevel(logging.WARNING)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelight-watch-"))
        settings = replace(settings, store=replace(settings.store, folder=folder))
        view: LiveView | None = None

        def see(seen: Seen) -> None:
            if view is not None:
                view.update(seen)

        box = stack.enter_context(
            Box(settings, open_camera=lambda: open_camera(settings.camera), publish=False, see=see)
        )
        view = stack.enter_context(
            LiveView(
                "cuelight watch (Ctrl-C ends)",
                lamp=lambda: box.panel.level,
                camera_lamp=lambda: box.panel.camera_lamp_is_lit,
            )
        )
        with suppress(KeyboardInterrupt):
            box.run()
    return 0
