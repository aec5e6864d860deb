"""Measure the benchmark's parts; each gives plain figures, as they are kept and written."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from cuelight.clock import boot_seconds
from cuelight.places import models_folder, sample_clip
from cuelight.sense.detect import DETECTOR_FILE
from cuelight.sense.paced import PacedClip
from loop_bench import counts
from loop_bench.contest import CUELIGHT, FER, LANDMARKER, LIMIT, Running, play
from loop_bench.latency import measure
from loop_bench.live import live_camera
from loop_bench.scene import clip_scene, made_scene
from loop_bench.start_up import start_in_turn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from loop_bench.scene import Scene

_SIZES: Final = ((320, 240), (640, 480), (1280, 720))
_RATES: Final = (15.0, 60.0, 120.0)
_RATE: Final = 30.0


def play_clips(folder: Path, *, quick: bool, cpu: int) -> list[dict[str, Any]]:
    """Play the sample clips as they are."""
    scenes = [
        clip_scene("actress.mp4", folder, faces=1),
        clip_scene("smile.mp4", folder, faces=1),
        clip_scene("no_face.mp4", folder, faces=0),
    ]
    return _played(scenes, quick=quick, cpu=cpu, rounds=10, frames=48)


def play_growth(folder: Path, *, quick: bool, cpu: int) -> list[dict[str, Any]]:
    """Play one and three faces at several sizes, and one face at several rates."""
    wanted = [(width, height, faces, _RATE) for width, height in _SIZES for faces in (1, 3)]
    wanted += [(640, 480, 1, rate) for rate in _RATES]
    if quick:
        wanted = [wanted[0], wanted[-1]]
    scenes = (
        made_scene(folder, width=width, height=height, faces=faces, rate=rate)
        for width, height, faces, rate in wanted
    )
    return _played(scenes, quick=quick, cpu=cpu, rounds=8, frames=36)


def _played(
    scenes: Iterable[Scene], *, quick: bool, cpu: int, rounds: int, frames: int
) -> list[dict[str, Any]]:
    if quick:
        rounds, frames = 2, 8
    with ExitStack() as stack:
        runners = [
            stack.enter_context(Running(one, cpu=cpu)) for one in (CUELIGHT, LIMIT, LANDMARKER, FER)
        ]
        return [
            _of(scene)
            | {
                "played": {
                    name: asdict(one)
                    for name, one in play(runners, scene, rounds=rounds, frames=frames).items()
                }
            }
            for scene in scenes
        ]


def _of(scene: Scene) -> dict[str, Any]:
    return {key: getattr(scene, key) for key in ("name", "rate", "width", "height", "faces")}


def time_starts(folder: Path, *, quick: bool, cpu: int) -> dict[str, Any]:
    """Start every contender anew, some times over; time our stages."""
    scene = clip_scene("actress.mp4", folder, faces=1)
    started = start_in_turn(
        (CUELIGHT, LANDMARKER, FER),
        scene,
        rounds=1 if quick else 5,
        frames=8 if quick else 48,
        cpu=cpu,
    )
    words = [sys.executable, "-m", "cuelight", "bench", str(sample_clip("actress.mp4")), "--json"]
    stages = subprocess.run(
        [*words, "--loops", "1" if quick else "5"],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return {
        "started": {name: asdict(one) for name, one in started.items()},
        "stages": json.loads(stages.stdout.splitlines()[-1]),
    }


def measure_latency(folder: Path, *, quick: bool) -> list[dict[str, Any]]:
    """Measure from sensor to pin on a clip and on a live camera."""
    seconds = 3.0 if quick else 45.0
    clip = sample_clip("actress.mp4")
    found = [
        measure(
            "clip",
            lambda: PacedClip(clip, loops=9, now=boot_seconds, wait=time.sleep),
            fps=24.0,
            seconds=seconds,
        )
    ]
    scene = made_scene(folder, width=640, height=480, faces=1, rate=_RATE)
    for fps in (30.0,) if quick else (30.0, 60.0):
        with live_camera(scene, folder, fps=fps) as open_camera:
            found.append(measure("live", open_camera, fps=fps, seconds=seconds))
    return [asdict(one) for one in found]


def count_instructions(folder: Path, *, quick: bool) -> dict[str, Any]:
    """Count those of the models and of the loop, in emulation."""
    models = models_folder("")
    names = {
        "expression": models / "expression.tflite",
        "detector": models / "fetched" / DETECTOR_FILE,
    }
    frames = 30 if quick else 120
    scenes = [made_scene(folder, width=640, height=480, faces=1, rate=_RATE)]
    if not quick:
        scenes += [
            made_scene(folder, width=640, height=480, faces=3, rate=_RATE),
            clip_scene("actress.mp4", folder, faces=1),
            clip_scene("no_face.mp4", folder, faces=0),
        ]
    return {
        "models": dict(zip(names, counts.models(list(names.values())), strict=True)),
        "loops": [_of(scene) | asdict(counts.loop(scene, frames=frames)) for scene in scenes],
    }
