"""Play rhythms on lamp and motor from one thread of its own, so that the loop never waits."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, Self

from cuelight.errors import LampError
from cuelight.tell.signal import Rhythm, rhythm

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.tell.signal import Colour

    _Wanted = tuple[Rhythm, Callable[[], object] | None]

_log = logging.getLogger(__name__)

CLOSE_SECONDS: Final = 1.0
"""A write to a pin takes microseconds; past this the worker hangs and is left behind."""


class Shows(Protocol):
    """Anything that can show a level: the signal lamp, the haptic motor."""

    def show(self, level: float, *, colour: Colour) -> None:
        """Show `level` (0 dark to 1 full) in `colour` until told otherwise."""


class Player:
    """Plays one rhythm at a time on every output; what comes while one plays is dropped.

    A hint that comes late is worse than none, so nothing is kept for later: the queue behind `play`
    holds one rhythm. `wait` sleeps up to so many seconds and returns True when playing must end,
    as `threading.Event.wait` does; `now` is the clock (s) that `wait` goes by. Tests replace both
    by a clock of their own. The outputs belong to the caller and outlive the player.
    """

    def __init__(
        self,
        *outputs: Shows,
        wait: Callable[[float], bool] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outputs = outputs
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self._now = now
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self._said = set[str]()
        self._queue: queue.Queue[_Wanted | None] = queue.Queue(maxsize=1)
        self._worker = threading.Thread(target=self._work, name="cuelight-player", daemon=True)
        self._worker.start()

    def play(self, signal: str, *, lit: Callable[[], object] | None = None) -> bool:
        """Start a signal's rhythm without waiting; False when it was dropped.

        `lit` is called on the player's thread once the first light is written to an output, and
        not at all when no output takes it. Nothing is logged: a log of signals would be a record of
        visits. Raises InputError for an unknown name.
        """
        wanted = rhythm(signal)
        with self._lock:
            if self._stop.is_set() or not self._idle.is_set():
                return False
            self._idle.clear()
            self._queue.put_nowait((wanted, lit))
        return True

    def wait_idle(self, *, timeout_seconds: float) -> bool:
        """Wait until nothing plays; False when that takes longer than `timeout_seconds`."""
        return self._idle.wait(timeout_seconds)

    def close(self) -> None:
        """Stop at once, in the middle of a pulse if need be, and leave every output dark."""
        with self._lock:
            if not self._stop.is_set():
                self._stop.set()
                with suppress(queue.Full):  # a rhythm is waiting: the worker wakes for that one
                    self._queue.put_nowait(None)
        self._worker.join(CLOSE_SECONDS)
        if self._worker.is_alive():
            _log.warning("the lamp's thread hangs in a write to its pins; leaving it behind")
        self._show(0.0, colour=(0.0, 0.0, 0.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while (wanted := self._queue.get()) is not None:
            try:
                self._perform(*wanted)
            finally:
                self._idle.set()
            if self._stop.is_set():
                return

    def _perform(self, wanted: Rhythm, lit: Callable[[], object] | None) -> None:
        # Each step ends at a time counted from the start, so that late wake-ups do not add up.
        due = self._now()
        try:
            for seconds, level in wanted.steps:
                if self._stop.is_set():
                    return
                if self._show(level, colour=wanted.colour) and level > 0 and lit is not None:
                    lit()
                    lit = None
                due += seconds
                if self._wait(max(0.0, due - self._now())):
                    return
        finally:
            self._show(0.0, colour=wanted.colour)

    def _show(self, level: float, *, colour: Colour) -> bool:
        """Show a level on every output that takes it; False when none does."""
        taken = False
        for output in self._outputs:
            try:
                output.show(level, colour=colour)
                taken = True
            except LampError as error:  # one broken output does not silence the other
                if str(error) not in self._said:  # with each rhythm it would be a log of signals
                    self._said.add(str(error))
                    _log.warning("%s", error)
        return taken
