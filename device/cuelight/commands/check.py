"""Check settings and models without starting anything."""

from __future__ import annotations

from math import log
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.compose import build_model, cues_path, movement_times
from cuelight.cuebook import load_cuebook
from cuelight.device_toml import load_settings
from cuelight.looks import LOOKS_FILE
from cuelight.privacy import require_notice
from cuelight.read.rate import claims_micro, min_detectable_seconds
from cuelight.tell.mechanism import DiscreteLaplace, require_noise
from cuelight.tell.spending import MILLION, noise_rule

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
    print(f"cues: {_cues(cues_path(settings))}")
    require_notice(settings.privacy, args.config)
    require_noise(settings.privacy.epsilon)
    print(f"noise: {_noise(settings)}")
    print(f"privacy: mode {settings.privacy.mode}, customers ask {settings.privacy.contact}")
    return 0


def _cues(path: Path) -> str:
    """Say how cues are told."""
    book = load_cuebook(path)
    if book.looks:
        return f"{path} is in order, {len(book.looks)} of them told by what they look like"
    return f"{path} is in order; without {LOOKS_FILE} beside it all are told by stated limits"


def _noise(settings: Settings) -> str:
    """Say what noise the published counts carry."""
    rule = noise_rule(settings.privacy)
    if rule is None:
        return "none; counts are published once k visits and both floors are reached"
    cost = rule.cost / MILLION
    scale = DiscreteLaplace().scale(sensitivity=rule.sensitivity, epsilon=cost)
    return (
        f"every {rule.days} days at an epsilon of {cost:g}, {rule.total / MILLION:g} in 28 days; "
        f"half of the numbers are off by {scale * log(2):.0f} or more, three times as much after a "
        "restart"
    )


def _frame_rate(settings: Settings) -> str:
    """Say what the camera's rate lets this box tell, if the processor keeps up with it."""
    times = movement_times(settings)
    shortest = min_detectable_seconds(1.0 / settings.camera.fps, times)
    told = f"{settings.camera.fps:g} a second tell movements from {1000.0 * shortest:.0f} ms on"
    if claims_micro(shortest, times):
        return f"{told}; brief cues are told while the processor keeps up"
    return f"{told}: too few for brief cues, which are not told; raise camera.fps"
