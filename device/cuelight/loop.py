"""The one loop that joins sense, read and tell."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from cuelight.errors import CuelightError
from cuelight.pace import Pace
from cuelight.read.movement import MovementTimes
from cuelight.records import Cue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cuelight.records import Availability, Reading, Signal, Status, VisitTally
    from cuelight.sense.records import Frame
    from cuelight.sensing import Event, Seen, Sensing
    from cuelight.tell.buttons import Press

_log = logging.getLogger(__name__)

RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts to open a camera or lamp that failed; the last one repeats."""

REPORT_SECONDS: Final = 5.0
"""How often an unchanged state is reported."""


def end_process(reason: str) -> NoReturn:
    """End this process without closing anything; the unit's ExecStopPost puts the lamps out."""
    _log.critical("%s; ending at once, so that no lamp goes out before its camera", reason)
    os._exit(1)


class FrameSource(Protocol):
    """A camera, or a clip that plays like one."""

    @property
    def skipped(self) -> int:
        """Frames that came and went unread."""

    def read(self) -> Frame:
        """Wait for the newest frame; EOFError when there will be none, CameraError on a fault."""

    def close(self) -> None:
        """Give the camera back."""


class Loop:
    """Take the newest frame, read it, tell what came of it; keep going whatever breaks.

    Everything that waits or fails is handed in: `open_camera` gives a FrameSource, `camera_lamp` a
    context that is lit while the camera is open, `presses` the rep's presses since the last call,
    `tell` takes each event and `report` the state, both without blocking; `see` takes what each
    frame gave (for live views); `progress` feeds the watchdog; `wait` sleeps for at most so many
    seconds; `now` reads the sensor's clock in seconds; `stopping` says when to end. `give_up` ends
    the process at once: it is called, the camera lamp still lit, when the camera will not close.
    `movement_times` says from which rate on brief movements are claimed. A visit that is under way
    when the loop is stopped is not counted.
    """

    def __init__(
        self,
        *,
        sensing: Sensing,
        open_camera: Callable[[], FrameSource],
        camera_lamp: Callable[[], AbstractContextManager[object]],
        presses: Callable[[], Sequence[Press]],
        tell: Callable[[Signal | Reading | VisitTally], object],
        report: Callable[[Status], object],
        progress: Callable[[], object],
        now: Callable[[], float],
        wait: Callable[[float], object],
        stopping: Callable[[], bool],
        give_up: Callable[[str], NoReturn] = end_process,
        see: Callable[[Seen], object] | None = None,
        camera_fps: float,
        movement_times: MovementTimes | None = None,
        paused: bool = False,
    ) -> None:
        self._sensing = sensing
        self._open_camera = open_camera
        self._camera_lamp = camera_lamp
        self._presses = presses
        self._tell = tell
        self._report = report
        self._progress = progress
        self._now = now
        self._wait = wait
        self._stopping = stopping
        self._give_up = give_up
        self._see = see
        self._pace = Pace(camera_fps, movement_times or MovementTimes())
        self._last_report: Status | None = None
        self._report_due = 0.0
        self.paused = paused

    def run(self) -> None:
        """Run until stopped or until a clip has ended; every fault is said once and retried."""
        self._measure_work()
        failures = 0
        fault = ""
        while not self._stopping():
            if self.paused:
                self._idle("paused", "", seconds=3600.0)
                continue
            frames = self._pace.frames
            try:
                self._watch()
            except EOFError:
                self._tell_all(self._sensing.flush(self._now()))
                break
            except Exception as error:  # noqa: BLE001 - the next attempt may succeed
                if str(error) != fault:
                    known = isinstance(error, CuelightError)
                    _log.warning("%s", error, exc_info=None if known else error)
                fault = str(error)
                failures = failures + 1 if self._pace.frames == frames else 1
                wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
                self._idle("stopped", fault, seconds=wait)
        self._say("stopped")

    def _measure_work(self) -> None:
        began = self._now()
        self._sensing.warm_up()
        work = self._now() - began
        self._pace.update(work=work, latency=work)

    def _watch(self) -> None:
        """Keep the camera open until a pause, the end or a fault; its lamp is lit all the while."""
        with ExitStack() as stack:
            stack.enter_context(self._camera_lamp())
            camera = self._open_camera()
            stack.callback(self._close, camera)
            self._sensing.reset()
            _log.info("camera open")
            while not (self.paused or self._stopping()):
                self._step(camera)
                self._take_presses()
        _log.info("camera closed")

    def _close(self, camera: FrameSource) -> None:
        """Close the camera, or end the process: nobody may see the lamp go out before."""
        self._pace.close(skipped=camera.skipped)
        try:
            camera.close()
        except Exception as error:  # noqa: BLE001 - vendors raise what they like
            self._give_up(f"the camera cannot be closed: {error}")

    def _step(self, camera: FrameSource) -> None:
        frame = camera.read()
        began = self._now()
        seen = self._sensing.update(frame)
        self._tell_all(seen.events)
        if seen.expressions:
            ended = self._now()
            self._pace.update(work=ended - began, latency=ended - frame.timestamp)
        read = bool(seen.expressions)
        self._pace.step(frame.timestamp, read=read, skipped=camera.skipped)
        if self._see is not None:
            self._see(seen)
        self._say("online")

    def _tell_all(self, events: Sequence[Event]) -> None:
        for event in events:
            if not isinstance(event, Cue):
                self._tell(event)

    def _take_presses(self) -> None:
        for press in self._presses():
            if press.name == "price":
                self._sensing.mark_price(press.timestamp, on_box=True)
            else:
                self.paused = not self.paused
                _log.info("paused" if self.paused else "resumed")

    def _idle(self, state: Availability, fault: str, *, seconds: float) -> None:
        """Wait with the camera closed, until time is up or a press changes the pause."""
        until = self._now() + seconds
        paused = self.paused
        while (left := until - self._now()) > 0 and self.paused == paused and not self._stopping():
            self._say(state, fault)
            self._wait(min(left, 0.25))
            self._take_presses()

    def _say(self, state: Availability, fault: str = "") -> None:
        """Feed the watchdog; report the state when it changed or is due again."""
        self._progress()
        now = self._now()
        last = self._last_report
        changed = last is None or (state, fault) != (last.state, last.fault)
        if changed or now >= self._report_due:
            self._report_due = now + REPORT_SECONDS
            self._last_report = self._pace.status(state, fault, now=now)
            self._report(self._last_report)
