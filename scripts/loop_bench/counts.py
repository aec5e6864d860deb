"""Count instructions: of the models, and of everything else that the loop does with a frame."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loop_bench.contest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loop_bench.scene import Scene

_COUNTER: Final = ROOT / "scripts" / "count-instructions"
_STAGES: Final = ROOT / "scripts" / "loop_bench" / "contenders" / "stages.py"

SETTLING: Final = 4
"""Frames before anything is counted: the first ones fill caches and look everything up."""


@dataclass(frozen=True, slots=True)
class StageCounts:
    """Instructions by stage over the counted frames, of which `searches` asked the detector.

    `looks` is how often the expression model was asked; `usual_find` what finding costs in a frame
    without a search.
    """

    frames: int
    looks: int
    searches: int
    stages: dict[str, int]
    usual_find: float


def models(paths: Sequence[Path]) -> list[int]:
    """Give the instructions of one invoke of each model, on an emulated Cortex-A72."""
    done = subprocess.run(
        [str(_COUNTER), *map(str, paths)], check=True, stdout=subprocess.PIPE, text=True
    )
    return [int(line.split("\t")[0]) for line in done.stdout.splitlines()]


def loop(scene: Scene, *, frames: int) -> StageCounts:
    """Run the loop over a scene's first frames in emulation."""
    words = (scene.grey, scene.picture_fps, scene.rate, frames + SETTLING)
    done = subprocess.run(
        [str(_COUNTER), "--program", str(_STAGES), *map(str, words)],
        check=True,
        capture_output=True,
        text=True,
    )
    counted = [
        int(number) for number in re.findall(r"^instructions (\d+)$", done.stderr, re.MULTILINE)
    ]
    return staged(counted, json.loads(done.stdout.splitlines()[-1]))


def staged(counted: Sequence[int], told: dict[str, Any]) -> StageCounts:
    """Share the counted instructions out over the stages whose ends were marked.

    A frame that asks the detector costs several times the usual in `find`; that is how searches
    are told. Raises ValueError unless there is a count for each mark.
    """
    marks = told["marks"]
    if len(marks) != len(counted):
        raise ValueError(f"{len(counted)} counts for {len(marks)} marks; one for each is wanted.")
    stages: dict[str, int] = {}
    finds: list[int] = []
    frame = -1
    for name, before, after in zip(marks[1:], counted, counted[1:], strict=False):
        frame += name == "camera"
        if frame < SETTLING or name == "camera":
            continue
        stages[name] = stages.get(name, 0) + after - before
        if name == "find":
            finds.append(after - before)
    usual = float(np.median(finds))
    return StageCounts(
        frames=len(finds),
        looks=sum(told["faces"][SETTLING:]),
        searches=sum(one > 3.0 * usual for one in finds),
        stages=stages,
        usual_find=usual,
    )
