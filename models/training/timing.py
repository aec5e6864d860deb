"""Time the model beside Face Landmarker's two models and BlazeFace, in turn in one run."""

from __future__ import annotations

import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from intervals import figure, resamples
from quantised import open_interpreter
from teacher import task_file

if TYPE_CHECKING:
    from collections.abc import Callable

TEACHER = ("face_landmarks_detector", "face_blendshapes")
ROUNDS, CALLS = 60, 6


def _caller(path: Path) -> Callable[[], object]:
    interpreter = open_interpreter(path, threads=1)
    for tensor in interpreter.get_input_details():
        interpreter.set_tensor(tensor["index"], np.zeros(tensor["shape"], tensor["dtype"]))
    invoke: Callable[[], object] = interpreter.invoke
    return invoke


def _milliseconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(CALLS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken) * 1e3)


def times(model: Path, detector: Path | None, task: Path | None, seed: int) -> dict[str, Any]:
    """Give milliseconds an invoke, and our share of Face Landmarker's: medians over rounds.

    Each round calls every model a few times in turn, on one thread, input all zeros: whatever else
    the machine does meets all alike. Shares are taken within a round; 95 % interval over rounds.
    """
    work = {"expression": _caller(model)}
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(task_file(task)) as packed:
        for name in TEACHER:
            work[name] = _caller(Path(packed.extract(f"{name}.tflite", folder)))
        if detector is not None and detector.exists():
            work["blazeface_short_range"] = _caller(detector)
        for call in work.values():
            _milliseconds(call)
        rounds = [[_milliseconds(call) for call in work.values()] for _ in range(ROUNDS)]
    taken = np.array(rounds)
    names = list(work)
    theirs = taken[:, [names.index(name) for name in TEACHER]].sum(1)
    drawn = resamples(ROUNDS, 500, seed).astype(int)

    def median(values: Any) -> list[float]:  # noqa: ANN401 - an array of any float type
        return figure(np.array([np.median(np.repeat(values, row)) for row in drawn]))

    return {
        "milliseconds": {name: median(taken[:, place]) for place, name in enumerate(names)},
        "share": median(taken[:, 0] / theirs),
    }
