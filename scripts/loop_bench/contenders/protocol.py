"""What every contender speaks: one JSON line in, one JSON line out.

    {"do": "open", "grey": FILE, "colour": FILE, "picture_fps": 24.0, "rate": 30.0, "faces": 1}
    {"do": "play", "count": 48}     -> {"cpu_ms": ..., "wall_ms": [...], "faces": ...}
    {"do": "memory"}                -> {"pss_mb": ...}

It needs numpy and the standard library only, so that each contender can run in a virtual
environment of its own. Answers say how many seconds have passed since the process was started.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STARTED = float(os.environ.get("LOOP_BENCH_STARTED") or time.monotonic())

Message = dict[str, Any]


class Contender(Protocol):
    """What plays the pictures of one scene, from the first on and over again."""

    def play(self, count: int) -> Message:
        """Take the next `count` pictures; give `cpu_ms` for all, `wall_ms` of each, `faces`."""


class Pictures:
    """One scene's pictures, to and fro without end, at `rate` a second.

    The scene itself was taken at `picture_fps`; at another rate pictures are repeated or left out.
    """

    def __init__(self, path: str, *, picture_fps: float, rate: float) -> None:
        self._pictures: np.ndarray[Any, Any] = np.load(path, mmap_mode="r").view(np.ndarray)
        self._step = picture_fps / rate
        self._rate = rate
        self._pictures.reshape(-1)[::4096].max()  # mapped before anything is timed

    def at(self, number: int) -> tuple[np.ndarray[Any, Any], float]:
        """Give the picture with this number from the start, and its time in seconds."""
        count = len(self._pictures)
        place = int(number * self._step + 1e-6) % max(1, 2 * count - 2)
        return self._pictures[min(place, 2 * count - 2 - place)], number / self._rate


def serve(opener: Callable[[Message], Contender]) -> None:
    """Answer until the input ends; `opener` opens the contender for a scene."""
    contender: Contender | None = None
    for message in messages():
        if message["do"] == "open":
            contender = None  # the last one goes first
            contender = opener(message)
            answer({})
        elif message["do"] == "memory":
            answer({"pss_mb": pss_mb()})
        else:
            assert contender is not None, "open comes before play"
            answer(contender.play(message["count"]))


def timed(work: Callable[[int], int], numbers: Iterator[int]) -> Message:
    """Do a piece of work for each number; it gives how many faces it saw."""
    wall, faces = [], 0
    began = time.process_time()
    for number in numbers:
        picture_began = time.perf_counter()
        faces += work(number)
        wall.append(1000.0 * (time.perf_counter() - picture_began))
    cpu = time.process_time() - began
    return {"cpu_ms": 1000.0 * cpu, "wall_ms": wall, "faces": faces}


def messages() -> Iterator[Message]:
    """Give what is asked, after saying that everything is imported."""
    answer({})
    for line in sys.stdin:
        yield json.loads(line)


def answer(message: Message) -> None:
    """Write one answer."""
    line = json.dumps({**message, "since_start": time.monotonic() - _STARTED})
    os.write(_ANSWERS, line.encode() + b"\n")


def pss_mb() -> float:
    """Give this process's proportional share of memory, the mapped scenes apart."""
    total, counts = 0, True
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            counts = not words[-1].endswith(".npy")
        elif words[0] == "Pss:" and counts:
            total += int(words[1])
    return total / 1024.0


# libraries greet on standard output, where the answers go
_ANSWERS = os.dup(1)
os.dup2(2, 1)
