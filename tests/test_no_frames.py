"""No picture in anything that the box writes or sends, by a trace of its system calls."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from broker import Broker, Listener
from cuelight.compose import build_model
from cuelight.sense.records import Frame
from cuelight.settings import Settings
from planted_box import TILE, pictures

PROGRAM = Path(__file__).parent / "planted_box.py"
OUT = (
    "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice,vmsplice,tee,"
    "copy_file_range,process_vm_writev,io_uring_setup,mmap"
)
UNSEEN = ("sendfile", "splice", "vmsplice", "tee", "copy_file_range", "process_vm_writev")
"""Calls whose bytes a trace does not show; the box makes none of them, nor any io_uring."""

HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


@pytest.fixture(scope="module", autouse=True)
def traceable(tmp_path_factory):
    program = shutil.which("strace")
    if program is None:
        pytest.fail("no strace here; run scripts/install-test-tools")
    log = tmp_path_factory.mktemp("trace") / "trace"
    tried = subprocess.run([program, "-o", log, "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"this machine lets nobody trace a process: {tried.stderr.decode()[:200]}")


class Trace:
    """What a traced program wrote and sent, and into which files it maps its memory."""

    def __init__(self, text):
        self.payloads, self.mapped, self.unseen, self.cut = [], set(), [], 0
        for line in text.splitlines():
            call = re.match(r"(?:\d+ +)?(?:<\.\.\. )?(\w+)", line)
            name = call[1] if call else ""
            if name == "mmap":
                to = re.search("<(.+)>", line)
                if to and "MAP_SHARED" in line and "PROT_WRITE" in line:
                    path = to[1]
                    coded = path.startswith("\\x")
                    path = bytes.fromhex(path.replace("\\x", "")).decode() if coded else path
                    self.mapped.add(path)
            elif name in UNSEEN or name == "io_uring_setup":
                self.unseen.append(line)
            else:
                found = HEX.findall(line)
                self.payloads.append(bytes.fromhex("".join(t for t, _ in found).replace("\\x", "")))
                self.cut += sum(bool(dots) for _, dots in found)

    def holds(self, patterns):
        """Find a pattern in what went out, be it plain, in hexadecimal or in base64."""
        everything = b"\n".join(self.payloads)
        lower = everything.lower()
        return [
            pattern
            for pattern in patterns
            if pattern in everything
            or pattern.hex().encode() in lower
            or any(each in everything for each in in_base64(pattern))
        ]


def in_base64(pattern):
    """Give what base64 makes of the pattern, wherever it begins among three bytes."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + pattern).rstrip(b"=")
        yield coded[4 if before else 0 : len(coded) - 4]


@pytest.fixture(scope="module")
def planted():
    """The tile, and stretches of what the box itself cuts out of the pictures."""
    finder, _ = build_model(Settings())
    found = {TILE.tobytes()}
    for number, image in enumerate(pictures()):
        found.add(image[170, 150:174].tobytes())
        for face in finder.update(Frame(image, number / 10)):
            found.add(face.crop[len(face.crop) // 2, 30:54].tobytes())
    assert len(found) > 20, "faces were found and cut out"
    return sorted(pattern for pattern in found if len(set(pattern)) > 6)  # a plain wall is no proof


def run(tmp_path, leak=""):
    folder, store = tmp_path / "broker", tmp_path / "store"
    folder.mkdir()
    with Broker(folder) as broker, Listener(broker.port) as listener:
        trace = tmp_path / "trace"
        tracing = ["strace", "-f", "-y", "-xx", "-s", "2000000", "--seccomp-bpf", "-o", trace]
        box = [sys.executable, PROGRAM, store, str(broker.port), folder / "password", leak]
        command = [*tracing, "-e", f"trace={OUT}", *box]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        listener.wait_for(lambda heard: heard.on("/health") and heard.on("/availability"))
    return Trace(trace.read_text())


def test_nothing_that_the_box_writes_or_sends_holds_any_of_a_picture(tmp_path, planted):
    trace = run(tmp_path)
    assert any(b'"model_sha256"' in one for one in trace.payloads), "its messages are in the trace"
    assert any(b"open_sums" in one or b"interest" in one for one in trace.payloads)
    assert trace.cut == 0
    assert trace.holds(planted) == []
    assert trace.unseen == []
    assert {Path(path).name for path in trace.mapped} <= {"windows.sqlite-shm"}


@pytest.mark.parametrize("leak", ["file", "crop", "network", "log"])
def test_a_leak_is_found(tmp_path, planted, leak):
    assert run(tmp_path, leak).holds(planted)


def test_a_leak_through_shared_memory_is_found(tmp_path):
    assert "frame.map" in {Path(path).name for path in run(tmp_path, "mapping").mapped}
