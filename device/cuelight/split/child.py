"""Start the sensing process, hear it, and know for certain when it is gone."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

from cuelight.split.line import UP_MAX, read_up, write_down
from cuelight.split.trickle import Trickle
from cuelight.split.wire import PACKET_MAX, Wire, WireError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cuelight.split.line import Down, Up
    from cuelight.split.wire import Record
    from cuelight.split.words import Words

_log = logging.getLogger(__name__)

PROGRAM: Final = (sys.executable, "-P", "-m", "cuelight.split.sensing")

_KEPT_BACK: Final = ("CREDENTIALS_", "NOTIFY_", "WATCHDOG_", "STATE_", "RUNTIME_", "INVOCATION_")
"""What systemd tells this process of its own, and a sensing process need not know."""

_LINE_MAX: Final = 300
"""Characters of a log line that pass."""

_GONE_SECONDS: Final = 3.0


class Child:
    """One sensing process; whatever it sends that is not exactly a record or a message, is refused.

    Nothing here waits but `poll` and `kill`. Its log lines are passed on, short, printable and few.
    """

    def __init__(self, program: Sequence[str] = PROGRAM, *, log: TextIO | None = None) -> None:
        line, far_line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        queue, far_queue = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(_KEPT_BACK)
        }
        with far_line, far_queue:
            far = (far_line.fileno(), far_queue.fileno())
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [*program, *map(str, (*far, os.getpid()))],
                env=environ,
                pass_fds=far,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        queue.shutdown(socket.SHUT_WR)  # it leads one way
        assert self.process.stdout is not None
        self._line, self._queue, self._log = line, queue, self.process.stdout
        self._gone = os.pidfd_open(self.process.pid)
        self._poll = select.poll()
        for each in (line, queue, self._log):
            os.set_blocking(each.fileno(), False)
            self._poll.register(each, select.POLLIN)
        self._poll.register(self._gone, select.POLLIN)
        self._out = log
        self._rest = b""
        self._lines = Trickle(at_once=60, a_second=0.5)
        self._messages = Trickle(at_once=200, a_second=30)
        self._records = Trickle(at_once=100, a_second=10)

    def poll(self, seconds: float) -> None:
        """Wait until it says something or is gone, or time is up."""
        self._poll.poll(1000.0 * seconds)

    @property
    def is_gone(self) -> bool:
        """Whether it has ended, so that the kernel has closed whatever it held open."""
        return self.process.poll() is not None

    def send(self, message: Down) -> None:
        """Say something; a process that is gone or does not listen is no fault of this one."""
        with suppress(OSError):
            self._line.send(write_down(message), socket.MSG_NOSIGNAL)

    def messages(self) -> Iterator[Up]:
        """Take what came along the line. Raises WireError for anything that has no business."""
        for packet in _packets(self._line, UP_MAX):
            if not self._messages.lets(time.monotonic()):
                raise WireError("more messages than a loop has")
            yield read_up(packet)

    def records(self, words: Words) -> list[Record]:
        """Take what came through the queue. Raises WireError, too."""
        packets = list(_packets(self._queue, PACKET_MAX))
        if packets and not self._records.lets(time.monotonic(), pieces=len(packets)):
            raise WireError("more records than faces can give")
        return [Wire(words).decode(packet) for packet in packets]

    def pass_log_on(self) -> None:
        """Write its log lines into our own log: one a line, printable, cut, and not too many."""
        try:
            found = os.read(self._log.fileno(), 65_536)
        except BlockingIOError:
            return
        if not found:
            with suppress(KeyError):
                self._poll.unregister(self._log)
        *lines, self._rest = (self._rest + found).split(b"\n")
        self._rest = self._rest[:_LINE_MAX]
        for line in lines:
            if line and self._lines.lets(time.monotonic()):
                text = line[:_LINE_MAX].decode("utf-8", "replace")
                text = "".join(letter if letter.isprintable() else "?" for letter in text)
                print(text, file=self._out or sys.stderr, flush=True)

    def kill(self) -> bool:
        """End it now; False where even the kernel cannot, as in a driver that hangs."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._gone, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GONE_SECONDS)
        return self.is_gone

    def close(self) -> None:
        """Give the sockets back; the process must be gone."""
        self.pass_log_on()
        for each in (self._line, self._queue, self._log):
            each.close()
        os.close(self._gone)


def _packets(source: socket.socket, most: int) -> Iterator[bytes]:
    with suppress(BlockingIOError, ConnectionError):
        while packet := source.recv(most + 1):
            yield packet
