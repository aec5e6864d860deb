"""Time every stage of the real loop on a clip, in this process, as fast as it goes."""

from __future__ import annotations

import json
import os
import resource
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cuelight.compose import build_sensing
from cuelight.sense.clip import open_clip
from cuelight.settings import ModelSettings, Settings, ZoneSettings

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("clip", type=Path, help="a video file or a folder of pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--loops", type=int, default=3, help="play the clip so often (default 3)")
    parser.add_argument("--runtime", choices=("auto", "litert", "tflite-runtime"), default="auto")


class Stopwatch:
    """Share time out over stages: `lap` gives what passed since the last call to a stage."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = defaultdict(list)
        self._last = time.perf_counter()

    def restart(self) -> None:
        """Begin now, giving what passed to no stage."""
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Give the time since the last call to this stage."""
        now = time.perf_counter()
        self.stages[stage].append((now - self._last) * 1000.0)
        self._last = now


def main(args: argparse.Namespace) -> int:
    """Print per-stage p50, p95 and p99 in milliseconds, frames a second and peak memory."""
    result = measure(args.clip, loops=args.loops, runtime=args.runtime)
    print(json.dumps(result) if args.json else as_table(result))
    return 0


def measure(clip_path: Path, *, loops: int, runtime: str) -> dict[str, object]:
    """Play the clip `loops` times through a fresh loop each and return the figures.

    Decoding is timed as a stage of its own and left out of the frame rate and the CPU time; FFmpeg
    must not decode ahead in other threads for that (OPENCV_FFMPEG_THREADS=1).
    """
    os.environ.setdefault("OPENCV_FFMPEG_THREADS", "1")
    settings = Settings(model=ModelSettings(runtime=runtime), zone=ZoneSettings())
    watch = Stopwatch()
    frames = faces = 0
    cpu = 0.0
    first = 0.0
    for _ in range(loops):
        sensing = build_sensing(settings, lap=watch.lap)
        with open_clip(clip_path) as clip:
            watch.restart()
            for frame in clip:
                watch.lap("decode")
                began, cpu_began = time.perf_counter(), time.process_time()
                seen = sensing.update(frame)
                cpu += time.process_time() - cpu_began
                watch.stages["all but decode"].append((time.perf_counter() - began) * 1000.0)
                first = first or seconds_since_start()
                frames += 1
                faces += len(seen.expressions)
                watch.restart()
    stages = {stage: _percentiles(times) for stage, times in watch.stages.items()}
    spent = sum(watch.stages["all but decode"]) / 1000.0
    return {
        "type": "bench",
        "clip": clip_path.name,
        "machine": os.uname().machine,
        "frames": frames,
        "faces": faces,
        "stages_ms": stages,
        "fps": round(frames / spent, 1) if spent else 0.0,
        "cpu_ms_per_frame": round(cpu / max(frames, 1) * 1000.0, 3),
        "first_frame_seconds": round(first, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1),
    }


def as_table(result: dict[str, object]) -> str:
    """Write the figures as a table for people."""
    stages = result["stages_ms"]
    assert isinstance(stages, dict)
    lines = [f"{'stage':<16}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"]
    for stage, row in stages.items():
        lines.append(f"{stage:<16}" + "".join(f"{row[key]:9.3f}" for key in ("p50", "p95", "p99")))
    names = ("frames", "fps", "cpu_ms_per_frame", "first_frame_seconds", "peak_memory_mb")
    lines += [f"{name.replace('_', ' ')}: {result[name]}" for name in ("machine", *names)]
    return "\n".join(lines)


def seconds_since_start() -> float:
    """Return how long this process has lived, its imports included, to a hundredth of a second."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): starttime, since boot
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def _percentiles(times: list[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return {"p50": round(p50, 3), "p95": round(p95, 3), "p99": round(p99, 3)}
