"""A bench for the service as two processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stand_in import STAND_INS, Bench

APART = STAND_INS / "apart"
PROGRAM = Path(__file__).parent / "split_box.py"


class SplitBench(Bench):
    """As `Bench`; `part` names what an acting sensing process does (see `stand_ins/apart`)."""

    def __init__(self, folder, *, part=""):
        super().__init__(folder)
        self.part = part
        (self.pins / "sensor").touch()
        (self.pins / "existing").write_bytes(bytes(8192))
        self.write()

    def write(self, *, more="", **names):
        super().write(more=more + "[sandbox]\nsplit = true\n", **names)

    def environ(self, *, state=True):
        environ = super().environ(state=state)
        environ["PYTHONPATH"] = os.pathsep.join((str(APART), environ["PYTHONPATH"]))
        return environ

    def command(self, *arguments):
        if self.part and arguments[0] == "run":
            return [sys.executable, str(PROGRAM), str(self.config), self.part]
        return super().command(*arguments)

    @property
    def is_camera_open(self):
        """Whether a process holds the camera, as the kernel tells."""
        import fcntl

        with (self.pins / "sensor").open() as sensor:
            try:
                fcntl.flock(sensor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @property
    def was_dark(self):
        """Whether the camera lamp ever went out while the camera was open."""
        return (self.pins / "dark_while_open").exists()


def sensing_process(service):
    """Give the number of a service's sensing process; 0 for none."""
    number = service.process.pid
    try:
        text = Path(f"/proc/{number}/task/{number}/children").read_text()
    except FileNotFoundError:
        return 0
    return int(text.split()[0]) if text.split() else 0
