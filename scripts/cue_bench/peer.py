"""Have the peer look at a clip, in a process and virtual environment of its own."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Final

from cue_bench.blendshapes import INDICES
from cuelight.errors import InputError

ROOT: Final = Path(__file__).resolve().parents[2]
PEER_PYTHON: Final = ROOT / ".venv-peer" / "bin" / "python"
"""Made by scripts/bench, which measures the same peer's time."""

RECIPE: Final = ROOT / "models" / "training" / "recipe.toml"
_PROGRAM: Final = ROOT / "scripts" / "peer_expressions.py"


def look(film: Path, folder: Path, *, python: Path = PEER_PYTHON) -> Path:
    """Have every frame of a film looked at, unless `folder` holds the answer; give its .npz.

    Raises InputError when there is no peer, or when it fails.
    """
    if film.is_dir():
        raise InputError(f"{film} is a folder; the peer reads videos only. Leave out --peer.")
    stat = film.stat()
    key = f"{film.resolve()} {stat.st_size} {stat.st_mtime_ns}"
    answer = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    if answer.exists():
        return answer
    if not python.exists():
        raise InputError(f"No peer at {python}. Run scripts/bench once: it installs the peer.")
    fresh = answer.with_suffix(".part.npz")
    command = [str(python), str(_PROGRAM), str(film), str(fresh), ",".join(map(str, INDICES))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise InputError(f"The peer could not read {film}: {lines[-1]}")
    fresh.replace(answer)
    return answer
