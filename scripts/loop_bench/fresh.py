"""Take a fresh clone to its first picture, as `scripts/run` does, and weigh what it installed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loop_bench.contest import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STEPS: Final = (
    ("fetch: ", "virtual environment and packages"),
    ("DEMO RELEASE", "detector and sample clips, then the box itself"),
)
"""How each step's end is told in what `scripts/run` says, and what came before that."""

_LIMIT_SECONDS: Final = 900.0

# importlib.metadata and the parser that pip itself carries know what belongs to whom
_WEIGH: Final = """
import json, re
from importlib.metadata import distributions
from pip._vendor.packaging.requirements import Requirement
def key(name): return re.sub("[-_.]+", "-", name).lower()
def weigh(one):
    return sum(file.locate().stat().st_size for file in one.files or () if file.locate().is_file())
here = {key(one.metadata["Name"]): one for one in distributions()}
def needed(name, extras):
    found, todo = set(), [(name, extras)]
    while todo:
        name, extras = todo.pop()
        extras = extras or ("",)
        if (name, extras) in found or name not in here:
            continue
        found.add((name, extras))
        for line in map(Requirement, here[name].requires or ()):
            marker = line.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                todo.append((key(line.name), tuple(sorted(line.extras))))
    return sorted({name for name, _ in found})
print(json.dumps({"sizes": {name: weigh(one) for name, one in here.items()},
                  "device": needed("cuelight", ()), "demo": needed("cuelight", ("", "demo"))}))
"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Seconds of each step from nothing to the first picture, and MB by what was installed."""

    steps: list[tuple[str, float]]
    clone_mb: float
    environment_mb: float
    sizes_mb: dict[str, float]
    device: list[str]


def from_nothing() -> Fresh:
    """Clone this repository's last commit into a temporary folder and run it there."""
    with tempfile.TemporaryDirectory(prefix="cuelight-fresh-") as folder:
        clone = Path(folder) / "cuelight"
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)  # noqa: S607
        cloned = time.monotonic() - began
        size = _megabytes(clone)
        steps = [("clone", cloned), *_run(clone, Path(folder) / "no-cache")]
        weighed = _weigh(clone / ".venv" / "bin" / "python")
        sizes = {name: size / 1e6 for name, size in weighed["sizes"].items()}
        return Fresh(steps, size, _megabytes(clone / ".venv"), sizes, weighed["device"])


def timeline(
    lines: Sequence[tuple[float, str]], wanted: Sequence[tuple[str, str]]
) -> list[tuple[str, float]]:
    """Give the seconds of each step, each of which ends with the first line that begins so.

    Raises ValueError when a line never came.
    """
    found, since = [], 0.0
    for start, what in wanted:
        at = next((seconds for seconds, line in lines if line.startswith(start)), None)
        if at is None:
            said = [line for _, line in lines][-3:]
            raise ValueError(f"no line begins with {start!r}; the last ones are {said}")
        found.append((what, at - since))
        since = at
    return found


def _run(clone: Path, cache: Path) -> list[tuple[str, float]]:
    lines: list[tuple[float, str]] = []
    began = time.monotonic()
    process = subprocess.Popen(
        [str(clone / "scripts" / "run"), "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PIP_CACHE_DIR": str(cache)},
    )
    overdue = threading.Timer(_LIMIT_SECONDS, process.kill)
    overdue.start()
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.append((time.monotonic() - began, line))
            if line.startswith(_STEPS[-1][0]):
                break
    finally:
        overdue.cancel()
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.communicate(timeout=30.0)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return timeline(lines, _STEPS)


def _weigh(python: Path) -> Mapping[str, object]:
    done = subprocess.run(
        [str(python), "-c", _WEIGH], check=True, stdout=subprocess.PIPE, text=True
    )
    weighed: dict[str, object] = json.loads(done.stdout)
    return weighed


def _megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6
