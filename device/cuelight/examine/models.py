"""Examine the models against their cards, and how many frames a second they can keep up with."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

from cuelight.compose import book_paths, build_sensing, cues_path, movement_times
from cuelight.errors import CuelightError
from cuelight.examine.finding import Finding
from cuelight.places import models_folder
from cuelight.read.rate import claims_micro, min_detectable_seconds
from cuelight.sense.card import load_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.sensing import Sensing
    from cuelight.settings import Settings

_RUNS: Final = 15
"""Runs of the model whose median is taken; a few tens of milliseconds on a Pi."""


def examine_models(settings: Settings) -> tuple[Finding, Sensing | None]:
    """Open detector, model and cue book; returns what was opened, to time it."""
    try:
        card = load_card(models_folder(settings.model.folder))
        sensing = build_sensing(settings)
    except CuelightError as error:
        return Finding.of_error("models", error), None
    text = (
        f"{card.name} {card.version} and the detector open, SHA-256 as in their cards; "
        f"{cues_path(settings).name} is in order"
    )
    figures = {"model": card.name, "model_version": card.version, "model_sha256": card.sha256}
    if "looks" in book_paths(settings):
        return Finding("models", "good", text, figures=figures), sensing
    text += "; looks.toml is missing beside it, so every cue is told by stated limits"
    fix = f"Restore looks.toml, which {cues_path(settings).name} was measured with: install again."
    return Finding("models", "warning", text, fix, figures=figures), sensing


def examine_rate(
    settings: Settings,
    *,
    sensing: Sensing | None,
    camera_fps: float | None,
    now: Callable[[], float] = perf_counter,
) -> Finding:
    """Say which movements the frames can tell: camera and processor, whichever is slower.

    `camera_fps` is what the camera really gave, or None when it was not opened; the setting is
    taken then. `now` is a clock in seconds.
    """
    times = movement_times(settings)
    wanted = settings.camera.fps
    camera = min(wanted, camera_fps or wanted)
    work = None if sensing is None else _work_seconds(sensing, now)
    fps = camera if work is None else min(camera, 1.0 / work)
    shortest = min_detectable_seconds(1.0 / fps, times)
    micro = claims_micro(shortest, times)
    figures: dict[str, object] = {
        "frames_per_second": round(fps, 1),
        "min_detectable_ms": round(1000.0 * shortest),
        "micro": micro,
        "model_ms": None if work is None else round(1000.0 * work, 2),
    }
    source = "measured" if camera_fps else "as set; the camera was not measured"
    text = f"{fps:.3g} frames a second ({source}) tell movements from {1000 * shortest:.0f} ms on"
    model = "" if work is None else f"; the model takes {1000.0 * work:.1f} ms a face and frame"
    if micro:
        text += f": brief cues are told{model}"
        return Finding("frame_rate", "good", text, figures=figures)
    needed = times.micro_min_frames / times.micro_claim_seconds
    slow = work is not None and 1.0 / work < camera
    fix = (
        "Stop what else runs on this machine, or cool it: the processor is what is slow."
        if slow
        else f"Raise camera.fps to {needed:.3g} or more (30 is usual), with enough light for it."
    )
    text += f": too few for brief cues{model}"
    return Finding("frame_rate", "warning", text, fix, figures)


def _work_seconds(sensing: Sensing, now: Callable[[], float]) -> float:
    sensing.warm_up()
    laps = []
    for _ in range(_RUNS):
        began = now()
        sensing.warm_up()
        laps.append(now() - began)
    return max(median(laps), 1e-6)
