"""The statement says that this build has no lab mode: nothing that could keep what it sees.

A lab mode would keep pictures or landmarks for work on the models. These tests look for every way
to one: a setting, an argument, an environment variable, code on the sensing side that writes.
"""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from cuelight.cli import main
from cuelight.privacy import NO_LAB_MODE, statement
from cuelight.settings import Settings

PACKAGE = Path(__file__).resolve().parents[1] / "device" / "cuelight"

SEEING = sorted(
    path
    for part in ("sense", "read", "split", "loop.py", "sensing.py", "compose.py", "seats.py")
    for path in ([PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).rglob("*.py"))
)
"""All code through which pictures, landmarks or movements pass."""

WRITING = frozenset(
    {
        *("imwrite", "imencode", "VideoWriter", "save", "savez", "savez_compressed", "savetxt"),
        *("tofile", "write_bytes", "write_text", "memmap", "NamedTemporaryFile", "mkstemp"),
        *("TemporaryFile", "dump", "mkdir", "touch"),
        *("start_recording", "capture_file", "start_encoder", "FfmpegOutput"),
    }
)

ENVIRONMENT = {
    *("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"),  # systemd
    *("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CREDENTIALS_DIRECTORY"),  # systemd
    *("LG_WD", "XDG_DATA_HOME"),  # lgpio's pipe; where practice keeps its scores
    "CUELIGHT_QUICK",  # the unit's: where the alert budget's newest copy may lie
    *("OPENCV_FFMPEG_LOGLEVEL", "OPENCV_LOG_LEVEL", "OPENCV_FFMPEG_THREADS"),
    *("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "SC_CLK_TCK"),  # the latter is no variable
}
"""Every environment variable that this package names."""

WORDS = ("lab", "record", "dump", "capture", "debug", "keep_frames", "save", "research")


def writes(tree: ast.AST) -> list[str]:
    """Name every call that could put something into a file."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if any(ast.unparse(one) == "os.devnull" for one in node.args):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        given = [*node.args, *(one.value for one in node.keywords)]
        texts = {one.value for one in given if isinstance(one, ast.Constant)}
        modes = {one for one in texts if isinstance(one, str) and set(one) <= set("rwaxbt+")}
        to_write = name in {"open", "fdopen"} and any(set(one) & set("wax+") for one in modes)
        flags = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
        to_write |= name in WRITING and (name != "touch" or isinstance(called, ast.Attribute))
        if to_write or flags & {"O_WRONLY", "O_RDWR", "O_CREAT"}:
            found.append(f"line {node.lineno}: {name}")
    return found


@pytest.mark.parametrize(
    "leak",
    [
        "cv2.imwrite('/tmp/x.png', frame.image)",
        "np.save(path, landmarks)",
        "open(path, 'ab').write(frame)",
        "path.open(mode='w')",
        "os.open(path, os.O_RDWR | os.O_CREAT)",
        "frame.image.tofile(path)",
        "path.touch()",
        "camera.start_recording(encoder, path)",
    ],
)
def test_the_scan_finds_what_writes(leak):
    assert writes(ast.parse(leak))


@pytest.mark.parametrize("path", SEEING, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_on_the_sensing_side_can_write_a_file(path):
    assert writes(ast.parse(path.read_text(encoding="utf-8"))) == []


def named_variables():
    """Give every text that looks like an environment variable, beside any use of `environ`."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "environ" not in text and "getenv" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                word = node.value
                if word.isupper() and "_" in word.rstrip("_") and word.replace("_", "").isalnum():
                    yield word


def test_no_environment_variable_but_the_known_ones_is_read():
    assert set(named_variables()) <= ENVIRONMENT


def test_no_setting_is_a_lab_mode():
    names = {
        f"{section.name}.{entry.name}"
        for section in fields(Settings)
        for entry in fields(section.default_factory)
    }
    assert len(names) > 40
    assert {name for name in names for word in WORDS if word in name} == set()


def test_no_argument_of_the_service_is_a_lab_mode(capsys):
    for command in ("run", "watch"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        told = capsys.readouterr().out
        assert "--config" in told
        assert [word for word in WORDS if f"--{word}" in told] == []


def test_so_the_statement_may_say_that_there_is_none():
    said = statement(Settings(), model_sha256="")
    assert (said["lab_mode"], said["lab_mode_why"]) == (False, NO_LAB_MODE)
