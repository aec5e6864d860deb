"""Damaged videos and pictures: read as far as they go, or refused in a sentence; never a crash.

The decoders are C, so this runs in a process of its own whose death would be seen.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from mutants import spoil_file

PLAY = """
import sys
from pathlib import Path
from cuelight.errors import CuelightError
from cuelight.sense.clip import open_clip
from cuelight.sense.picture import read_image

for name in sys.stdin.read().split():
    path = Path(name)
    print(path.name, end=" ", flush=True)
    try:
        if path.suffix in (".png", ".jpg", ".bmp", ".tiff", ".webp"):
            print("read", read_image(path).ndim, flush=True)
        else:
            with open_clip(path) as clip:
                print("read", sum(1 for _ in clip), flush=True)
    except CuelightError as error:
        assert str(path) in str(error), error
        print("refused", flush=True)
"""

VIDEOS = {"avi": "MJPG", "mp4": "mp4v", "mkv": "MJPG"}
PICTURES = ("png", "jpg", "bmp", "tiff", "webp")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    chance = np.random.default_rng(1)
    frames = [chance.integers(0, 255, (48, 64, 3), np.uint8) for _ in range(8)]
    for ending, code in VIDEOS.items():
        path = folder / f"clip.{ending}"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 25.0, (64, 48))
        for frame in frames:
            writer.write(frame)
        writer.release()
    for ending in PICTURES:
        assert cv2.imwrite(str(folder / f"picture.{ending}"), frames[0])
    return sorted(folder.iterdir())


def play(paths):
    """Return what became of each file; fails when the process died or took too long."""
    done = subprocess.run(
        [sys.executable, "-c", PLAY],
        input="\n".join(str(path) for path in paths),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (done.stdout.splitlines()[-1:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_the_originals_are_read(originals):
    told = play(originals)
    assert {told[f"clip.{ending}"] for ending in VIDEOS} == {"read 8"}
    assert {told[f"picture.{ending}"] for ending in PICTURES} == {"read 2"}


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_read_or_refused(originals, seed, tmp_path):
    chance = random.Random(seed)
    paths = []
    for original in originals:
        for number in range(20):
            path = tmp_path / f"{original.stem}-{number}{original.suffix}"
            path.write_bytes(spoil_file(original.read_bytes(), chance))
            paths.append(path)
    told = play(paths)
    assert len(told) == len(paths)
    kinds = Counter(text.split()[0] for text in told.values())
    assert kinds["read"] > 0, "the damage was so great that nothing behind the headers was tried"
    assert kinds["refused"] > 0


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"ftyp", bytes(range(256)) * 16])
def test_what_is_no_video_at_all_is_refused_by_the_command(content, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "cuelight", "replay", str(path), "--json"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    )
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
