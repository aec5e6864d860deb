"""A whole box as two processes: this one tells, and starts and watches the one that senses."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Self

from cuelight.clock import boot_seconds
from cuelight.errors import CuelightError, ModelError, SettingsError
from cuelight.records import SeatLedger, Signal, Status
from cuelight.split.camera_light import CameraLight
from cuelight.split.child import PROGRAM, Child
from cuelight.split.line import (
    Answer,
    Ask,
    Beat,
    Begin,
    Failed,
    Hello,
    Keep,
    LampOut,
    Press,
    SetUp,
    Stop,
)
from cuelight.split.wire import WireError
from cuelight.split.words import Words
from cuelight.telling import SensingFacts, Telling
from cuelight.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cuelight.records import Reading, VisitTally
    from cuelight.settings import Settings
    from cuelight.split.line import Up
    from cuelight.split.wire import Record

_log = logging.getLogger(__name__)

_SENSED: Final = ("camera", "zone", "model", "read", "privacy")
"""Sections of the settings that sensing is told; it knows neither broker nor disk nor pins."""

_LOOK_SECONDS: Final = 0.025
"""How often buttons and lamp are looked at; what sensing says is heard at once."""

_START_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_STOP_SECONDS: Final = 9.0
"""A clean stop waits for one frame (3 s) and a camera that is given back (5 s)."""

_ERRORS: Final = {"ModelError": ModelError, "SettingsError": SettingsError}


class SplitBox:
    """Telling, with a sensing process of its own that can neither reach a network nor write a file.

    The arguments are those of `Box`; `program` is what senses. The camera lamp is lit before the
    sensing process may open its camera, and goes out once that says it is closed, or once the
    kernel says that the process is gone. A sensing process that ends is started again, sooner or
    later; what it may not send ends it. Belongs to one thread, which must live as long as it.
    Raises what `Box` raises.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        program: Sequence[str] = PROGRAM,
        publish: bool = True,
        mqtt5: bool = True,
        mock_allowed: bool = False,
        heard: Callable[[Signal | Reading | VisitTally], object] | None = None,
        stop: threading.Event | None = None,
        ready: Callable[[], object] | None = None,
        settings_fault: str = "",
    ) -> None:
        self._settings = settings
        self._program = program
        self._stop = stop or threading.Event()
        self._light: CameraLight | None = None
        self._alerts_kept = self._begun = False
        self._child: Child | None = None
        self._began, self._failures = boot_seconds(), 0
        with ExitStack() as stack:
            self._watchdog = stack.enter_context(Watchdog())
            stack.callback(self._end_child)
            hello = self._start(self._settings)
            self._words, self._hello = Words(hello.cells), hello
            self._telling = Telling(
                settings,
                SensingFacts(hello.model_sha256, hello.models, frozenset(hello.cells), hello.apart),
                publish=publish,
                mqtt5=mqtt5,
                mock_allowed=mock_allowed,
                heard=heard,
                ready=ready,
                settings_fault=settings_fault,
                watchdog=self._watchdog,
            )
            stack.enter_context(self._telling)
            self._light = CameraLight(self._telling)
            # last in, first out: no lamp is closed while the other process may hold the camera
            stack.callback(self._end_child)
            self._opened = stack.pop_all()
        self.panel, self.spool, self.feed = (
            self._telling.panel,
            self._telling.spool,
            self._telling.feed,
        )
        self.teller = self._telling.teller

    @property
    def sensing_process(self) -> int | None:
        """The number of the sensing process, while there is one."""
        return None if self._child is None else self._child.process.pid

    def run(self) -> None:
        """Run until stopped, or until the sensing process has seen the end of a clip."""
        try:
            while not self._stop.is_set():
                if self._child is None:
                    self._start_again()
                    continue
                self._begin()
                self._attend()
                child = self._child
                if child.is_gone:
                    code = child.process.returncode
                    self._bury()
                    if code == 0:
                        break
                    self._pause_for(f"the sensing process ended ({_how(code)}); it is started anew")
        finally:
            self._telling.stopping()
            self._end_child()
            self._telling.report(Status("stopped"))

    def identify(self) -> None:
        """Blink, so that a person finds this box; from any thread, and never during a signal."""
        self._telling.identify()

    def close(self) -> None:
        """Close the camera, put the lamps out, keep the sums, leave the broker."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # one process after the other

    def _start(self, settings: Settings) -> Hello:
        """Start a sensing process and wait until it is locked in."""
        self._child = child = Child(self._program)
        self._begun, self._began = False, boot_seconds()
        sections = {name: asdict(getattr(settings, name)) for name in _SENSED}
        child.send(SetUp(sections, logging.getLogger().getEffectiveLevel()))
        until = boot_seconds() + _START_SECONDS
        gone = False
        while not (gone or self._stop.is_set()) and boot_seconds() < until:
            child.poll(0.25)
            gone = child.is_gone
            child.pass_log_on()
            match self._first_word(child):
                case Hello() as hello:
                    return hello
                case Failed(kind, text):
                    self._bury(wait=True)
                    raise _ERRORS.get(kind, CuelightError)(text)
            self._signs_of_life()
        how = _how(child.process.returncode) if child.is_gone else "it hangs"
        self._end_child()
        raise ModelError(
            f"the sensing process did not start ({how}); its log is above. Try it with "
            "sandbox.split = false in device.toml."
        )

    def _first_word(self, child: Child) -> Up | None:
        try:
            return next(child.messages(), None)
        except WireError as error:
            _log.error("the sensing process said what it may not: %s", error)
            child.kill()
            return None

    def _signs_of_life(self) -> None:
        """Say to systemd that this process gets on while the other one is not there to say so."""
        if self._light is not None:  # and so there is a telling half by now
            self._telling.progress()
        else:
            self._watchdog.starting(boot_seconds())

    def _begin(self) -> None:
        """Let a new process begin, with what the disk kept."""
        assert self._child is not None
        if self._begun:
            return
        alerts = self._telling.alerts
        kept = None if alerts is None else list(alerts)
        self._child.send(Begin(self._telling.paused, kept, self._telling.seats))
        self._begun = True

    def _start_again(self) -> None:
        try:
            hello = self._start(self._settings)
        except CuelightError as error:
            self._end_child()
            self._pause_for(str(error))
            return
        if (hello.model_sha256, hello.cells) != (self._hello.model_sha256, self._hello.cells):
            raise ModelError("the model was exchanged while this box ran; it is started anew")

    def _pause_for(self, fault: str) -> None:
        """Say why there is no sensing, and wait a little longer each time."""
        if self._stop.is_set():
            return
        _log.warning("%s", fault)
        self._telling.report(Status("stopped", fault))
        lasted = boot_seconds() - self._began
        self._failures = self._failures + 1 if lasted < _RETRY_SECONDS[-1] else 1
        seconds = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS)) - 1]
        until = boot_seconds() + seconds
        while boot_seconds() < until and not self._stop.wait(0.1):
            self._signs_of_life()

    def _bury(self, *, wait: bool = False) -> None:
        """Put the lamp out for a process that is gone, and let go of it."""
        child, self._child = self._child, None
        if child is None:
            return
        if wait:
            child.kill()
        if self._begun:
            self._hear(child)  # its last words
        if self._light is not None:
            self._light.go_dark()
        child.close()

    def _end_child(self) -> None:
        """Have the camera closed and the process ended, kindly or not, or end with its lamp lit."""
        child = self._child
        if child is None:
            return
        child.send(Stop())
        until = boot_seconds() + _STOP_SECONDS
        while not child.is_gone and boot_seconds() < until:
            child.poll(0.1)
            if self._light is not None:
                self._attend()
            self._signs_of_life()
        if not child.is_gone and not child.kill():
            _log.critical(
                "the sensing process cannot be ended and may hold the camera; ending at once, so "
                "that no lamp goes out before it"
            )
            os._exit(1)
        self._bury()

    # what it says

    def _attend(self) -> None:
        """Hear the sensing process once, and tell it what it must know."""
        child = self._child
        assert child is not None
        child.poll(_LOOK_SECONDS)
        child.pass_log_on()
        self._hear(child)
        if self._begun:
            for press in self._telling.presses():
                child.send(Press(press.name, press.timestamp))
        if self._light is not None and self._light.went_out():
            child.send(LampOut())

    def _hear(self, child: Child) -> None:
        try:
            records = child.records(self._words)
            # what must be kept before a signal was sent before it, and so is here by now
            for message in child.messages():
                self._take(child, message)
            for record in records:
                self._tell(record)
        except WireError as error:
            _log.error("the sensing process is ended, since it sent what it may not: %s", error)
            child.kill()

    def _take(self, child: Child, message: Up) -> None:
        assert self._light is not None
        match message:
            case Ask("light"):
                child.send(Answer(message.number, self._light.go_bright()))
            case Ask():
                self._light.go_dark()
                child.send(Answer(message.number))
            case Keep("alerts"):
                self._alerts_kept = self._telling.remember(message.kept)
            case Keep():
                self._telling.tell(SeatLedger(message.kept))
            case Status():
                self._telling.report(message)
            case Beat():
                self._telling.progress()
            case _:
                raise WireError(f"a {type(message).__name__} comes once, at the beginning")

    def _tell(self, record: Record) -> None:
        if isinstance(record, Signal) and not self._alerts_kept:
            return
        self._telling.tell(record)


def _how(code: int | None) -> str:
    if code is None:
        return "running"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
