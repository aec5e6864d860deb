"""Check settings and models without starting anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.compose import build_model, cues_path, movement_times
from cuelight.cuebook import load_cuebook
from cuelight.device_toml import load_settings
from cuelight.privacy import require_notice
from cuelight.read.rate import claims_micro, min_detectable_seconds

if TYPE_CHECKING:
    import argparse

    from cuelight.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")


def main(args: argparse.Namespace) -> int:
    """Say what is in order; the first thing that is not ends with exit code 2."""
    settings = load_settings(args.config)
    print(f"settings: {args.config} is in order")
    _, model = build_model(settings)
    card = model.card
    print(f"model: {card.name} {card.version} runs on {model.runtime_name}, SHA-256 as in its card")
    print(f"frame rate: {_frame_rate(settings)}")
    load_cuebook(cues_path(settings))
    print(f"cues: {cues_path(settings)} is in order")
    require_notice(settings.privacy, args.config)
    print(f"privacy: mode {settings.privacy.mode}, customers ask {settings.privacy.contact}")
    return 0


def _frame_rate(settings: Settings) -> str:
    """Say what the camera's rate lets this box tell, if the processor keeps up with it."""
    times = movement_times(settings)
    shortest = min_detectable_seconds(1.0 / settings.camera.fps, times)
    told = f"{settings.camera.fps:g} a second tell movements from {1000.0 * shortest:.0f} ms on"
    if claims_micro(shortest, times):
        return f"{told}; brief cues are told while the processor keeps up"
    return f"{told}: too few for brief cues, which are not told; raise camera.fps"
