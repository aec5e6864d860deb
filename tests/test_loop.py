"""The loop: newest frame, lamp before camera, faults retried, pauses kept. Time is virtual."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from cuelight.errors import CameraError, LampError
from cuelight.loop import RETRY_SECONDS, Loop
from cuelight.records import Cue, PauseState, Signal, VisitTally
from cuelight.sense.records import Frame
from cuelight.sensing import Seen
from cuelight.tell.buttons import Press

IMAGE = np.zeros((4, 4), np.uint8)
SIGNAL = Signal("go", "interest", 0.0)
CUE = Cue("happiness", 1, 0.0, 0.1, 0.2, 0.5, 0.9)


class ProcessEndedError(BaseException):
    """Stands for the end of the process, after which nothing more happens."""


class World:
    """A box's surroundings with a clock of their own, and a diary of what happened in order."""

    def __init__(
        self, *, frames=10, faults=(), lamp_faults=0, presses=None, stop_at=None, hangs=False
    ):
        self.time = 100.0
        self.diary = []
        self.told = []
        self.reports = []
        self.waits = []
        self.marks = []
        self.skipped = 0
        self.frames = frames
        self.faults = list(faults)
        self.lamp_faults = lamp_faults
        self.press_at = presses or {}
        self.stop_at = stop_at
        self.hangs = hangs
        self.ticks = 0
        self.work = 0.02

    # the camera and its lamp
    @contextmanager
    def lamp(self):
        if self.lamp_faults:
            self.lamp_faults -= 1
            raise LampError("no lamp")
        self.diary.append("lamp on")
        try:
            yield
        finally:
            self.diary.append("lamp off")

    def open(self):
        if self.faults and self.faults[0] == "open":
            self.faults.pop(0)
            raise CameraError("no camera")
        self.diary.append("camera open")
        return self

    def read(self):
        if self.faults and self.faults[0] in {"read", "bug"}:
            if self.faults.pop(0) == "bug":
                raise ValueError("nobody thought of this")
            raise CameraError("camera stopped")
        if not self.frames:
            raise EOFError
        self.frames -= 1
        self.time += 0.04
        return Frame(IMAGE, self.time - 0.01)

    def close(self):
        if self.hangs:
            raise CameraError("the device hangs")
        self.diary.append("camera closed")

    def give_up(self, reason):
        self.diary.append(f"process ended: {reason}")
        raise ProcessEndedError

    # the sensing half
    def update(self, frame):
        return Seen(frame.timestamp, (), (CUE, SIGNAL) if self.frames == 3 else ())

    def flush(self, _timestamp):
        return (VisitTally(frozenset({"happiness"}), price=False),)

    def warm_up(self):
        self.time += self.work

    def reset(self):
        self.diary.append("faces forgotten")

    def mark_price(self, timestamp, *, on_box):
        self.marks.append((timestamp, on_box))

    # time and the rep
    def wait(self, seconds):
        self.time += seconds
        self.waits.append(seconds)

    def presses(self):
        self.ticks += 1
        return self.press_at.get(self.ticks, [])

    def loop(self, **more):
        return Loop(
            sensing=self,
            open_camera=self.open,
            camera_lamp=self.lamp,
            presses=self.presses,
            tell=self.told.append,
            report=self.reports.append,
            progress=lambda: None,
            now=lambda: self.time,
            wait=self.wait,
            stopping=lambda: self.frames == self.stop_at,
            give_up=self.give_up,
            camera_fps=30.0,
            **more,
        )


def test_a_clip_runs_to_its_end_and_closes_the_visit():
    world = World()
    world.loop().run()
    assert world.diary == ["lamp on", "camera open", "faces forgotten", "camera closed", "lamp off"]
    assert world.told == [SIGNAL, VisitTally(frozenset({"happiness"}), price=False)]
    assert [report.state for report in world.reports] == ["online", "stopped"]


@pytest.mark.parametrize("faults", [["open"], ["read"], ["bug"], ["open", "read", "bug", "open"]])
def test_the_lamp_is_lit_whenever_the_camera_is_open_whatever_breaks(faults):
    world = World(faults=faults)
    world.loop().run()
    lit = opened = False
    for event in world.diary:
        lit = {"lamp on": True, "lamp off": False}.get(event, lit)
        opened = {"camera open": True, "camera closed": False}.get(event, opened)
        assert lit or not opened
    assert not lit
    assert not opened
    assert world.frames == 0  # it came back after every fault


def test_faults_are_retried_ever_more_slowly_and_said_once(caplog):
    world = World(faults=["open"] * 7)
    world.loop().run()
    idle = sum(world.waits)
    assert idle == pytest.approx(sum(RETRY_SECONDS) + 2 * RETRY_SECONDS[-1])
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == ["no camera"]
    assert ("stopped", "no camera") in {(r.state, r.fault) for r in world.reports}


def test_a_camera_that_breaks_off_again_and_again_is_opened_ever_more_seldom():
    world = World(frames=100)
    read = world.read

    def breaks_off():
        if world.frames % 10 == 1:
            world.frames -= 1
            raise CameraError("camera stopped")
        return read()

    world.read = breaks_off
    world.loop().run()
    assert sum(world.waits) == pytest.approx(sum(RETRY_SECONDS) + 5 * RETRY_SECONDS[-1])


def test_a_camera_that_worked_for_long_is_opened_again_at_once():
    world = World(frames=4000)
    read = world.read

    def breaks_off():
        if world.frames % 1000 == 1:
            world.frames -= 1
            raise CameraError("camera stopped")
        return read()

    world.read = breaks_off
    world.loop().run()
    assert sum(world.waits) == pytest.approx(4 * RETRY_SECONDS[0])


def test_without_a_lamp_the_camera_stays_closed():
    world = World(lamp_faults=3)
    world.loop().run()
    assert world.diary.count("camera open") == 1
    assert world.diary[0] == "lamp on"
    assert world.reports[0].fault == "no lamp"


def test_a_pause_closes_the_camera_until_the_next_press():
    pause, price = Press("pause", 1.0), Press("price", 2.0)
    world = World(presses={3: [price, pause], 9: [pause]})
    world.loop().run()
    assert world.diary.count("camera open") == 2
    assert world.marks == [(2.0, True)]
    states = [report.state for report in world.reports]
    assert states[:3] == ["online", "paused", "online"]


def test_a_box_that_was_paused_starts_paused():
    world = World(presses={4: [Press("pause", 1.0)]})
    world.loop(pause=PauseState(pressed=True)).run()
    assert world.reports[0].state == "paused"
    assert world.frames == 0


def test_frames_that_come_seldom_are_said_to_tell_no_brief_cues():
    world = World(frames=60)  # one in 40 ms
    world.loop().run()
    assert (world.reports[-1].min_detectable_ms, world.reports[-1].micro) == (100, True)
    world = World(frames=60)
    world.work = 0.1
    world.loop().run()
    assert (world.reports[-1].min_detectable_ms, world.reports[-1].micro) == (300, False)


def test_an_unchanged_state_is_reported_every_five_seconds():
    world = World(frames=25 * 11)
    world.loop().run()
    assert [report.state for report in world.reports] == ["online", "online", "online", "stopped"]


def test_a_stop_counts_no_unfinished_visit():
    world = World(stop_at=5)
    world.loop().run()
    assert world.told == []
    assert world.diary[-2:] == ["camera closed", "lamp off"]


def test_a_camera_that_will_not_close_ends_the_process_with_its_lamp_lit():
    world = World(hangs=True)
    with pytest.raises(ProcessEndedError):
        world.loop().run()
    ended = world.diary.index("process ended: the camera cannot be closed: the device hangs")
    assert "lamp off" not in world.diary[:ended]


def test_ending_the_process_says_why_and_closes_nothing():
    program = (
        "import atexit; atexit.register(print, 'lamp off');"
        "from cuelight.loop import end_process; end_process('the camera hangs')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "the camera hangs; ending at once" in done.stderr
    assert done.stdout == ""
