"""The one loop that joins sense, read and tell."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from cuelight.consent import Consent
from cuelight.cooling import Cooling
from cuelight.errors import CameraHeldError, CuelightError, LampError
from cuelight.moved import MOVED
from cuelight.pace import Pace
from cuelight.pause import after, is_by_hand, is_paused, reasons
from cuelight.read.movement import MovementTimes
from cuelight.records import Cue, PauseState, SeatLedger, VisitTally
from cuelight.seats import Seats
from cuelight.sense.covered import Covered
from cuelight.sense.soundness import Soundness
from cuelight.taps import Taps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cuelight.records import Availability, Reading, Signal, Status
    from cuelight.sense.records import Frame
    from cuelight.sensing import Event, Seen, Sensing

_log = logging.getLogger(__name__)

RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts to open a camera or lamp that failed; the last one repeats, and a camera
that worked for longer than that begins again with the first: one that breaks off every few seconds
must not make its lamp blink."""

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


class Pressed(Protocol):
    """A press of a button, or what counts as one; `timestamp` in seconds of the sensor's clock."""

    @property
    def name(self) -> str:
        """Which one."""

    @property
    def timestamp(self) -> float:
        """When."""


class Loop:
    """Take the newest frame, read it, tell what came of it; keep going whatever breaks.

    Everything that waits or fails is handed in: `open_camera` gives a FrameSource, `camera_lamp` a
    context that is lit while the camera is open, `lamp_is_lit` reads that lamp back with every
    frame, `presses` the rep's presses since the last call, `tell` takes each event and `report` the
    state, both without blocking; `see` takes what each frame gave (for live views); `progress`
    feeds the watchdog; `wait` sleeps for at most so many seconds; `now` reads the sensor's clock in
    seconds; `stopping` says when to end. `give_up` ends the process at once: it is called, the
    camera lamp still lit, when the camera will not close; when it is closed, `wipe` overwrites what
    is left of its pictures. `pause` is how it stands with pauses, which whoever gives the presses
    keeps on disk, so that a restart knows of them. `taps` tells what the rep's taps mean, and
    `keep_alerts` is called when one judged a signal. `movement_times` says from which rate on brief
    movements are claimed. A visit that is under way when the loop is stopped is not counted.
    `seats` says when the box was moved: the camera is then closed until somebody confirms the zone,
    and the visit under way is not counted, since nobody knows whose it was. `cooling` says which
    frames are read while the box is hot; without it all are.

    Where `consent` is needed the camera stays closed until it is given, and closes when it ends;
    what the box says and logs is then the same with and without it, so that neither tells when
    somebody agreed (a fault of the camera apart, which shows only once it is opened).
    """

    def __init__(
        self,
        *,
        sensing: Sensing,
        open_camera: Callable[[], FrameSource],
        camera_lamp: Callable[[], AbstractContextManager[object]],
        lamp_is_lit: Callable[[], bool] = lambda: True,
        presses: Callable[[], Sequence[Pressed]],
        tell: Callable[[Signal | Reading | SeatLedger | VisitTally], object],
        report: Callable[[Status], object],
        progress: Callable[[], object],
        now: Callable[[], float],
        wait: Callable[[float], object],
        stopping: Callable[[], bool],
        give_up: Callable[[str], NoReturn] = end_process,
        wipe: Callable[[], object] = lambda: None,
        see: Callable[[Seen], object] | None = None,
        keep_alerts: Callable[[], object] = lambda: None,
        camera_fps: float,
        movement_times: MovementTimes | None = None,
        pause: PauseState | None = None,
        taps: Taps | None = None,
        consent: Consent | None = None,
        seats: Seats | None = None,
        cooling: Cooling | None = None,
    ) -> None:
        self._sensing = sensing
        self._open_camera = open_camera
        self._camera_lamp = camera_lamp
        self._lamp_is_lit = lamp_is_lit
        self._presses = presses
        self._tell = tell
        self._report = report
        self._progress = progress
        self._now = now
        self._wait = wait
        self._stopping = stopping
        self._give_up = give_up
        self._wipe = wipe
        self._see = see
        self._keep_alerts = keep_alerts
        self._pace = Pace(camera_fps, movement_times or MovementTimes())
        self._covered = Covered()
        self._consent = consent or Consent(needed=False)
        self._seats = seats or Seats(zone="")
        self._cooling = cooling or Cooling(camera_fps, health=dict)
        self._last_report: Status | None = None
        self._report_due = 0.0
        self._taps = taps or Taps()
        self.pause = pause or PauseState()

    @property
    def paused(self) -> bool:
        """Whether the camera must be closed, for whatever reason."""
        return is_paused(self.pause)

    def run(self) -> None:
        """Run until stopped or until a clip has ended; every fault is said once and retried."""
        self._measure_work()
        if self._seats.moved:
            _log.warning(MOVED)
        failures = 0
        fault = ""
        self._take_presses()
        while not self._stopping():
            self._consent.update(self._now(), occupied=False)
            if self.paused or self._seats.moved or not self._consent.is_given:
                self._forget()
                state: Availability = "stopped" if self._seats.moved else "online"
                why = MOVED if self._seats.moved else ""
                self._idle("paused" if self.paused else state, why, seconds=3600.0)
                continue
            began = self._now()
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
                lasted = self._now() - began
                failures = failures + 1 if lasted < RETRY_SECONDS[-1] else 1
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
        self._progress()
        with ExitStack() as stack:
            stack.enter_context(self._camera_lamp())
            self._take_presses()  # only now its pins are open: the switch is heard first
            if not self._may_watch:
                return
            try:
                camera = self._open_camera()
            except CameraHeldError as error:
                self._give_up(str(error))
            stack.callback(self._close, camera)
            self._progress()
            self._sensing.reset()
            sound = Soundness()
            self._note("camera open")
            while self._may_watch and not self._stopping():
                self._step(camera, sound)
                self._take_presses()

    def _close(self, camera: FrameSource) -> None:
        """Close the camera, or end the process: nobody may see the lamp go out before."""
        self._progress()
        try:
            camera.close()
        except BaseException as error:  # noqa: BLE001 - vendors raise what they like
            self._give_up(f"the camera cannot be closed: {error}")
        self._wipe()
        self._note("camera closed")
        self._pace.close(skipped=self._skipped(camera))
        self._progress()

    def _step(self, camera: FrameSource, sound: Soundness) -> None:
        frame = camera.read()
        began = self._now()
        sound.check(frame, now=began)
        if not self._lamp_is_lit():
            raise LampError(
                "the camera lamp went out while the camera was open, so that was closed. Does "
                "another program use lamp.camera_pin?"
            )
        if self._cooling.takes(frame.timestamp):
            self._read(frame, began, skipped=self._skipped(camera))
        self._say("covered" if self._covered.now else "online")

    def _read(self, frame: Frame, began: float, *, skipped: int) -> None:
        seen = self._sensing.update(frame)
        self._tell_all(seen.events)
        self._watch_seats(seen)
        if seen.expressions:
            ended = self._now()
            self._pace.update(work=ended - began, latency=ended - frame.timestamp)
        read, every = bool(seen.expressions), self._cooling.every
        self._pace.step(frame.timestamp, read=read, skipped=skipped, every=every)
        over = any(isinstance(event, VisitTally) for event in seen.events)
        self._consent.update(self._now(), occupied=seen.occupied, over=over)
        if self._see is not None:
            self._see(seen)
        if not self._consent.needed:
            self._covered.update(frame)

    def _note(self, what: str) -> None:
        if not self._consent.needed:  # else it would tell when somebody agreed
            _log.info(what)

    def _skipped(self, camera: FrameSource) -> int:
        return 0 if self._consent.needed else camera.skipped  # it counts on while it is open only

    def _forget(self) -> None:
        """Forget who sat there, where they have not agreed or no longer do."""
        if self._consent.needed:
            self._consent.withdraw()
            self._sensing.forget()

    @property
    def _may_watch(self) -> bool:
        return self._consent.is_given and not (self.paused or self._seats.moved)

    def _watch_seats(self, seen: Seen) -> None:
        if self._seats.update(seen.timestamp, seen.places):
            self._sensing.forget()
            _log.warning(MOVED)
        self._keep_seats()

    def _keep_seats(self) -> None:
        if ledger := self._seats.ledger():
            self._tell(ledger)

    def _tell_all(self, events: Sequence[Event]) -> None:
        for event in events:
            if not isinstance(event, Cue):
                self._tell(event)

    def _take_presses(self) -> None:
        for press in self._taps.update(self._presses(), self._now()):
            if press.name == "price":
                if self._consent.is_given:
                    self._sensing.mark_price(press.timestamp, on_box=True)
            elif press.name == "consent":
                if not self.paused:
                    self._consent.press(self._now())
                if not self._consent.is_given:
                    self._sensing.forget()
            elif press.name == "zone":
                self._confirm_zone()
            elif press.name in {"tap", "useful", "not_useful"}:
                self._take_tap(press)
            else:
                self._change_pause(press.name)

    def _confirm_zone(self) -> None:
        if self._seats.moved:
            self._seats.confirm()
            self._keep_seats()
            _log.info("the zone is confirmed")

    def _take_tap(self, press: Pressed) -> None:
        if press.name == "tap":
            self._sensing.tap(press.timestamp)
        elif self._sensing.judge(press.timestamp, useful=press.name == "useful"):
            self._keep_alerts()

    def _change_pause(self, press: str) -> None:
        state = after(self.pause, press)
        if state == self.pause:
            return
        self.pause = state
        self._forget()
        _log.info("paused: %s" if self.paused else "resumed%s", reasons(state))

    def _idle(self, state: Availability, fault: str, *, seconds: float) -> None:
        """Wait with the camera closed, until time is up or a press changes pause or consent."""
        until = self._now() + seconds
        before = (self.paused, self._seats.moved, self._consent.is_given)
        while (left := until - self._now()) > 0 and not self._stopping():
            if (self.paused, self._seats.moved, self._consent.is_given) != before:
                break
            self._say(state, fault)
            self._wait(min(left, 0.25))
            self._take_presses()

    def _say(self, state: Availability, fault: str = "") -> None:
        """Feed the watchdog; report the state when it changed or is due again."""
        self._progress()
        now = self._now()
        self._cooling.update(now)
        last = self._last_report
        changed = last is None or (state, fault) != (last.state, last.fault)
        if changed or now >= self._report_due:
            self._report_due = now + REPORT_SECONDS
            status = self._pace.status(state, fault, now=now, every=self._cooling.every)
            self._last_report = replace(status, by_hand=is_by_hand(self.pause))
            self._report(self._last_report)
