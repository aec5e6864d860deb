"""What stands for the telling half in the sensing process, and hands everything on."""

from __future__ import annotations

import logging
import os
import select
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from cuelight.errors import LampError
from cuelight.records import SeatLedger
from cuelight.split.line import (
    UP_MAX,
    Answer,
    Ask,
    Beat,
    Begin,
    Keep,
    LampOut,
    Press,
    SetUp,
    Stop,
    read_down,
    write_up,
)
from cuelight.split.wire import Wire, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cuelight.records import Reading, Signal, Status, VisitTally
    from cuelight.split.line import Up
    from cuelight.split.words import Words

_log = logging.getLogger(__name__)

_BEAT_SECONDS: Final = 0.2
_PATIENCE_SECONDS: Final = 10.0
"""A telling half that is silent for so long hangs; this process ends, and its camera with it."""

_Message = TypeVar("_Message", SetUp, Begin)


class Counterpart:
    """The telling half as `sensing_half.Tells` wants it, at the other end of a line and a queue.

    Both are packet sockets, given by their file descriptors. When the other half is gone, this
    process ends at once, and the kernel closes its camera.
    """

    def __init__(self, line: int, queue: int) -> None:
        self._line, self._queue = line, queue
        os.set_blocking(line, False)
        os.set_blocking(queue, False)
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._wire: Wire | None = None
        self._presses: deque[Press] = deque(maxlen=64)
        self._answers: dict[int, Answer] = {}
        self._first: list[SetUp | Begin] = []
        self._begin = Begin(paused=False, alerts=None, seats=None)
        self._asked = 0
        self._lamp_out = False
        self._beat_due = 0.0
        self._refused = False
        self.is_stopping = False

    def wait_for(self, kind: type[_Message]) -> _Message:
        """Wait for the first message of a kind, which says what to begin with."""
        while True:
            for message in self._first:
                if isinstance(message, kind):
                    if isinstance(message, Begin):
                        self._begin = message
                    return message
            self.wait(_PATIENCE_SECONDS)

    def agree(self, words: Words) -> None:
        """Take the words of the queue."""
        self._wire = Wire(words)

    def send(self, message: Up, *, patient: bool = True) -> bool:
        """Send a message; where the line is full, wait (a while) or drop it."""
        packet = write_up(message)
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                os.write(self._line, packet)
            except BlockingIOError:
                if not patient:
                    return False
                if time.monotonic() > end:
                    _end("the telling half hangs")
                select.select((), (self._line,), (), 0.1)
            except OSError:
                _end("the telling half is gone")
            else:
                return True

    # what the loop asks of the telling half

    @property
    def paused(self) -> Any:  # noqa: ANN401 - see Tells
        """The pause as it was last kept."""
        return self._begin.paused

    @property
    def alerts(self) -> tuple[dict[str, Any], bool] | None:
        """What the alert budget kept, and whether its clock still runs."""
        kept = self._begin.alerts
        return None if kept is None else (kept[0], kept[1])

    @property
    def seats(self) -> object:
        """Where faces sat, as it was last kept."""
        return self._begin.seats

    @property
    def camera_lamp_is_lit(self) -> bool:
        """Whether the camera lamp stayed on since it was lit; the other half reads its pin."""
        return not self._lamp_out

    @contextmanager
    def camera_lit(self) -> Iterator[None]:
        """Have the camera lamp lit for as long as the block lasts; no lamp, no block. LampError."""
        self._lamp_out = False
        if fault := self._ask("light"):
            raise LampError(fault)
        try:
            yield
        finally:
            self._ask("dark")

    def presses(self) -> list[Press]:
        """Take the presses since the last call."""
        self.wait(0.0)
        presses = list(self._presses)
        self._presses.clear()
        return presses

    def remember(self, alerts: Mapping[str, Any]) -> bool:
        """Have the alert budget's memory kept, ahead of what is told next."""
        return self.send(Keep("alerts", dict(alerts)), patient=False)

    def tell(self, event: Signal | Reading | SeatLedger | VisitTally) -> None:
        """Put a record into the queue; one that finds it full is dropped: late hints are none."""
        if isinstance(event, SeatLedger):
            self.send(Keep("seats", dict(event.kept)))
            return
        assert self._wire is not None
        try:
            os.write(self._queue, self._wire.encode(event))
        except BlockingIOError:
            pass
        except WireError as error:
            if not self._refused:
                _log.error("something cannot be told: %s", error)
            self._refused = True
        except OSError:
            _end("the telling half is gone")

    def report(self, status: Status) -> None:
        """Tell how sensing is doing."""
        self.send(status, patient=False)

    def progress(self) -> None:
        """Say that the loop got on, a few times a second."""
        if time.monotonic() >= self._beat_due:
            self._beat_due = time.monotonic() + _BEAT_SECONDS
            self.send(Beat(), patient=False)

    def stopping(self) -> None:
        """Say that the loop has ended."""
        self.send(Beat(last=True))

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until the other half says something."""
        if not self._poll.poll(1000.0 * seconds):
            return
        with suppress(BlockingIOError):
            while True:
                try:
                    packet = os.read(self._line, UP_MAX)
                except ConnectionError:
                    packet = b""
                if not packet:
                    _end("the telling half is gone")
                self._take(packet)

    def _take(self, packet: bytes) -> None:
        match read_down(packet):
            case SetUp() | Begin() as message:
                self._first.append(message)
            case Press() as press:
                self._presses.append(press)
            case Answer() as answer:
                self._answers[answer.number] = answer
            case LampOut():
                self._lamp_out = True
            case Stop():
                self.is_stopping = True

    def _ask(self, what: str) -> str:
        """Ask for the camera lamp and wait until it is so; returns what was wrong."""
        self._asked += 1
        self.send(Ask(what, self._asked))
        end = time.monotonic() + _PATIENCE_SECONDS
        while (answer := self._answers.pop(self._asked, None)) is None:
            if time.monotonic() > end:
                _end("the telling half hangs")
            self.wait(1.0)
        return answer.fault


def _end(why: str) -> NoReturn:
    """End at once: the kernel closes the camera, and whoever is left sees to the lamp."""
    with suppress(OSError):
        os.write(2, f"CRITICAL {__name__}: {why}; ending at once\n".encode())
    os._exit(1)
