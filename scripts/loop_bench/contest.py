"""Let contenders play the same scenes in turn, each in a process that waits for its turn."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loop_bench.scene import Scene

ROOT: Final = Path(__file__).resolve().parents[2]
_PROGRAMS: Final = Path(__file__).parent / "contenders"


@dataclass(frozen=True, slots=True)
class Contender:
    """Who plays: its name, its program and the Python that runs it.

    `share` of a round's pictures is what it plays: a slow one need not play as many.
    """

    name: str
    program: str
    python: Path
    share: float = 1.0


CUELIGHT: Final = Contender("cuelight", "box.py", ROOT / ".venv/bin/python")
LIMIT: Final = Contender("bare invokes", "invokes.py", ROOT / ".venv/bin/python")
LANDMARKER: Final = Contender(
    "Face Landmarker", "face_landmarker.py", ROOT / ".venv-peer/bin/python"
)
FER: Final = Contender("FER", "fer_toolkit.py", ROOT / ".venv-peer-fer/bin/python", share=0.125)


@dataclass(slots=True)
class Played:
    """What one contender did with one scene: a round after the other."""

    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[list[float]] = field(default_factory=list)
    faces: int = 0
    frames: int = 0
    detections: int = 0

    def add(self, told: Mapping[str, Any]) -> None:
        """Take in one round."""
        count = len(told["wall_ms"])
        self.cpu_ms.append(told["cpu_ms"] / count)
        self.wall_ms.append(told["wall_ms"])
        self.faces += told["faces"]
        self.frames += count
        self.detections += told.get("detections", 0)


class Running:
    """A contender's process. Raises RuntimeError when it ends before it was asked to."""

    def __init__(self, contender: Contender, *, cpu: int) -> None:
        self.contender = contender
        self._words = tempfile.TemporaryFile("w+")  # noqa: SIM115 - `close` does; a pipe would fill
        self._process = subprocess.Popen(
            [str(contender.python), str(_PROGRAMS / contender.program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            env=os.environ
            | {
                "LOOP_BENCH_STARTED": repr(time.monotonic()),
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
        # long before it asks how many processors there are; its threads inherit it
        os.sched_setaffinity(self._process.pid, {cpu})
        try:
            self.imported_seconds = float(self._answer()["since_start"])
        except BaseException:
            self._process.kill()
            self.close()
            raise

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for one thing and wait for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while (line := self._process.stdout.readline()) and not line.startswith("{"):
            pass  # a library's greeting
        if not line:
            self._process.wait()
            self._words.seek(0)
            said = self._words.read().strip().splitlines() or ["nothing"]
            raise RuntimeError(f"{self.contender.name} ended; its last words: {said[-1]}")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """Let it end by itself."""
        self._process.communicate()
        self._words.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def play(
    runners: Sequence[Running], scene: Scene, *, rounds: int, frames: int, warm: int = 12
) -> dict[str, Played]:
    """Let every contender play the scene, in turns that begin with another one each round."""
    played = {runner.contender.name: Played() for runner in runners}
    counts = {
        runner.contender.name: max(2, round(frames * runner.contender.share)) for runner in runners
    }
    for runner in runners:
        runner.ask(scene.message)
        runner.ask({"do": "play", "count": min(warm, counts[runner.contender.name])})
    for number in range(rounds):
        first = number % len(runners)
        for runner in [*runners[first:], *runners[:first]]:
            name = runner.contender.name
            played[name].add(runner.ask({"do": "play", "count": counts[name]}))
    return played
