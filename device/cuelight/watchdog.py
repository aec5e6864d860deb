"""Tell systemd that the loop is ready, gets on with its work, and stops (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)

_MESSAGES_PER_LIMIT: Final = 8
"""systemd wants a sign of life at least every half limit. The loop's slowest single step, a webcam
that is given back, takes 5 s and may begin just before the next sign is due."""

_START_SECONDS: Final = 20.0
"""So long one more sign keeps a start alive that waits for its lamp."""


class Watchdog:
    """The service's line to systemd, fed by the loop's own progress and by no thread or timer.

    A thread that feeds the watchdog would hide a hung loop. Without NOTIFY_SOCKET in `environ`
    (a terminal, a test) every call does nothing. `environ` is read once.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._last: float | None = None
        self._started: float | None = None
        self._interval_seconds = _interval_seconds(environ)
        self._socket: socket.socket | None = None
        address = environ.get("NOTIFY_SOCKET", "")
        if address.startswith(("/", "@")):
            self._address = "\0" + address[1:] if address.startswith("@") else address
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        elif address:
            _log.warning("NOTIFY_SOCKET is %r, which is no Unix socket; not used", address)

    @property
    def interval_seconds(self) -> float | None:
        """Shortest time between two signs of life; None when systemd does not watch."""
        return self._interval_seconds

    def ready(self, status: str = "") -> None:
        """Say that settings, model and lamp are good and the loop runs; the camera may yet fail."""
        self._send("READY=1", status)

    def status(self, status: str) -> None:
        """Show one line in `systemctl status`."""
        self._send("", status)

    def starting(self, timestamp: float) -> None:
        """Say that a start that is not ready yet still goes on, so that it is not given up.

        Call it as `progress` is called; a start that hangs says nothing and is ended by systemd.
        """
        interval = _START_SECONDS / _MESSAGES_PER_LIMIT
        if self._started is None or not 0 <= timestamp - self._started < interval:
            self._started = timestamp
            self._send(f"EXTEND_TIMEOUT_USEC={_START_SECONDS * 1e6:.0f}")

    def progress(self, timestamp: float) -> None:
        """Say that the loop got on: after a frame, or a tick while paused, covered or retrying.

        Call it as often as you like, at the least twice within the unit's WatchdogSec;
        `timestamp` is in seconds of any steady clock. A clock that runs backwards (a clip that
        starts again) counts as progress.
        """
        if self._interval_seconds is None:
            return
        if self._last is None or not 0 <= timestamp - self._last < self._interval_seconds:
            self._last = timestamp
            self._send("WATCHDOG=1")

    def stopping(self, status: str = "") -> None:
        """Say that a clean stop has begun."""
        self._send("STOPPING=1", status)

    def close(self) -> None:
        """Close the line."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, what: str, status: str = "") -> None:
        if self._socket is None:
            return
        lines = [line for line in (what, _status_line(status)) if line]
        try:
            self._socket.sendto("\n".join(lines).encode(), socket.MSG_DONTWAIT, self._address)
        except OSError as error:  # systemd gone or its queue full: nothing the loop could do
            _log.warning("cannot reach systemd at NOTIFY_SOCKET: %s", error)


def _status_line(status: str) -> str:
    return f"STATUS={' '.join(status.split())}" if status else ""


def _interval_seconds(environ: Mapping[str, str]) -> float | None:
    # WATCHDOG_PID names the process that is watched; a child of it is not
    limit, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not limit.isdecimal() or int(limit) == 0 or (pid and pid != str(os.getpid())):
        return None
    return int(limit) / 1e6 / _MESSAGES_PER_LIMIT
