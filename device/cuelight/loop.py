"""The one loop that joins sense, read and tell."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from cuelight.errors import CameraError, LampError
from cuelight.records import Cue, Reading, Signal, Status, VisitTally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cuelight.read.budget import AlertBudget
    from cuelight.read.reader import Reader
    from cuelight.records import Availability
    from cuelight.sense.expression import ExpressionModel
    from cuelight.sense.face import FaceFinder
    from cuelight.sense.records import Expression, Frame
    from cuelight.tell.buttons import Press

_log = logging.getLogger(__name__)

Event = Cue | Reading | Signal | VisitTally

RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts to open a camera or lamp that failed; the last one repeats."""

REPORT_SECONDS: Final = 5.0
"""How often an unchanged state is reported."""

_TIMES_KEPT: Final = 900  # half a minute at 30 frames a second: one health message


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame gave: the expressions of the faces read, and what the reader says of them."""

    timestamp: float
    expressions: tuple[Expression, ...]
    events: tuple[Event, ...]


class Sensing:
    """From a frame to what the reader says: find faces, read expressions, judge them.

    `lap` is called with a stage's name when that stage of a frame is over; `bench` passes a
    stopwatch. It reads no clock itself, so the same frames give the same events at any speed.
    """

    def __init__(
        self,
        *,
        finder: FaceFinder,
        model: ExpressionModel,
        reader: Reader,
        lap: Callable[[str], object] | None = None,
    ) -> None:
        self._finder = finder
        self._model = model
        self._reader = reader
        self._lap = lap or (lambda _stage: None)

    def update(self, frame: Frame) -> Seen:
        """Read one frame."""
        faces = self._finder.update(frame)
        self._lap("find")
        expressions = []
        for face in faces:
            expression = self._model.read(face, frame)
            self._finder.follow(face.track, expression)
            expressions.append(expression)
            self._lap("express")
        events = self._reader.update(frame.timestamp, expressions, occupied=self._finder.occupied)
        self._lap("read")
        return Seen(frame.timestamp, tuple(expressions), tuple(events))

    def mark_price(self, timestamp: float, *, on_box: bool = False) -> None:
        """Say that the price was mentioned; `on_box` if by a tap that shakes the camera."""
        self._reader.mark_price(timestamp, on_box=on_box)

    def flush(self, timestamp: float) -> tuple[Event, ...]:
        """Close what is open, at a clip's end or when the camera closes."""
        return tuple(self._reader.flush(timestamp))

    def reset(self) -> None:
        """Forget the faces, as after a pause; visits and the alert budget stay."""
        self._finder.reset()

    @property
    def model_sha256(self) -> str:
        """Hash of the expression model's file."""
        return self._model.card.sha256

    @property
    def countable(self) -> frozenset[str]:
        """Names of all cells that a visit can add to."""
        return self._reader.countable

    @property
    def budget(self) -> AlertBudget:
        """The alert budget, whose memory the box keeps across restarts."""
        return self._reader.budget


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
    seconds; `now` reads the sensor's clock in seconds; `stopping` says when to end.
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
        see: Callable[[Seen], object] | None = None,
        camera_fps: float,
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
        self._see = see
        self._pace = Pace(camera_fps)
        self._last_report: Status | None = None
        self._report_due = 0.0
        self.paused = paused

    def run(self) -> None:
        """Run until stopped or until a clip has ended; faults of camera and lamp are retried."""
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
                break
            except (CameraError, LampError) as error:
                if str(error) != fault:
                    _log.warning("%s", error)
                fault = str(error)
                failures = failures + 1 if self._pace.frames == frames else 1
                wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]
                self._idle("stopped", fault, seconds=wait)
        self._tell_all(self._sensing.flush(self._now()))
        self._say("stopped")

    def _watch(self) -> None:
        """Keep the camera open until a pause, the end or a fault; its lamp is lit all the while."""
        with ExitStack() as stack:
            stack.enter_context(self._camera_lamp())
            camera = self._open_camera()
            stack.callback(camera.close)
            self._sensing.reset()
            _log.info("camera open")
            while not (self.paused or self._stopping()):
                self._step(camera)
                self._take_presses()
        _log.info("camera closed")

    def _step(self, camera: FrameSource) -> None:
        frame = camera.read()
        began = self._now()
        seen = self._sensing.update(frame)
        self._tell_all(seen.events)
        if seen.expressions:
            ended = self._now()
            self._pace.update(work=ended - began, latency=ended - frame.timestamp)
        self._pace.skipped = camera.skipped
        self._pace.frames += 1
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
            self._last_report = self._pace.status(state, fault)
            self._report(self._last_report)


class Pace:
    """How fast the work goes, over the last frames in which a face was read.

    Frames without a face are left out and figures are coarse, so that health shows what the box
    can do and not whether someone sits there.
    """

    def __init__(self, camera_fps: float) -> None:
        self._camera_fps = camera_fps
        self._works: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._latencies: deque[float] = deque(maxlen=_TIMES_KEPT)
        self.frames = 0
        self.skipped = 0

    def update(self, *, work: float, latency: float) -> None:
        """Take one frame's work and its latency from the sensor's timestamp, in seconds."""
        self._works.append(work)
        self._latencies.append(latency)

    def status(self, state: Availability, fault: str) -> Status:
        """Sum up: frame rate in whole frames a second, latency up to the next 5 ms."""
        if not self._works:
            return Status(state, fault, skipped=self.skipped)
        capability = min(self._camera_fps, 1.0 / max(float(np.mean(self._works)), 1e-6))
        p95 = float(np.percentile(self._latencies, 95)) * 1000.0
        return Status(state, fault, round(capability), self.skipped, 5.0 * np.ceil(p95 / 5.0))
