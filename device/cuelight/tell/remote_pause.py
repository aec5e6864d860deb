"""Obey the broker's pause and resume, each once, only while fresh and where settings allow it."""

from __future__ import annotations

import logging
import queue
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cuelight.clock import boot_seconds
from cuelight.errors import InputError
from cuelight.tell.buttons import Press
from cuelight.tell.wall_clock import clock_is_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.tell.command import PauseOrder
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

ORDERED: Final = "order"
"""Key under which the spool keeps the time of the last order that was obeyed."""

FRESH: Final = timedelta(seconds=60)
"""An order older than this is a surprise: it was held up, or somebody plays it again."""

_QUEUE_ORDERS: Final = 32


class RemotePause:
    """Takes orders on the feed's thread and hands them to the loop as presses.

    An order must be younger than a minute by its own time `at`, and later than the last one obeyed,
    which is kept on disk: so neither a message that was held up or sent twice nor one that somebody
    recorded does anything. While the wall clock is not set, nobody can tell how old an order is:
    then a pause is obeyed, and a resume is not. What a resume may end is for `pause.after` to say.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        allowed: bool,
        now: Callable[[], float] = boot_seconds,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_is_set: Callable[[], bool] = clock_is_set,
    ) -> None:
        self._spool = spool
        self._allowed = allowed
        self._now = now
        self._utc = utc
        self._clock_is_set = clock_is_set
        self._presses: queue.Queue[Press] = queue.Queue(maxsize=_QUEUE_ORDERS)

    def take(self, order: PauseOrder) -> None:
        """Take an order. Raises InputError, with a line fit for a log, where it is not obeyed."""
        if not self._allowed:
            raise InputError("command ignored: mqtt.pause is false, so nobody pauses from afar")
        if self._clock_is_set():
            self._refuse_stale(order)
        elif not order.pause:
            raise InputError("command ignored: the clock is not set, so no resume can be trusted")
        if order.pause:  # the safe way first, whatever the disk does
            self._hear(order)
            self._note(order)
        else:
            self._note(order)
            self._hear(order)

    def drain(self) -> list[Press]:
        """Take the orders since the last call, oldest first; never waits."""
        presses = []
        with suppress(queue.Empty):
            while True:
                presses.append(self._presses.get_nowait())
        return presses

    def _refuse_stale(self, order: PauseOrder) -> None:
        late = self._utc() - order.at
        if abs(late) > FRESH:
            raise InputError(
                f"command ignored: its time is {late.total_seconds():.0f} s from now; give the "
                "present one"
            )
        last = _last(self._spool.load(ORDERED))
        if last is not None and order.at <= last:
            raise InputError("command ignored: one as late as this was obeyed already")

    def _note(self, order: PauseOrder) -> None:
        if not self._clock_is_set():
            return
        try:
            self._spool.save(ORDERED, order.at.isoformat())
        except (OSError, sqlite3.Error) as error:
            if not order.pause:
                raise InputError(f"command ignored: the disk does not keep it: {error}") from error
            _log.error("the order to pause cannot be kept on disk: %s", error)

    def _hear(self, order: PauseOrder) -> None:
        name = "pause_ordered" if order.pause else "resume_ordered"
        try:
            self._presses.put_nowait(Press(name, self._now()))
        except queue.Full:
            raise InputError("command ignored: too many at once") from None


def _last(kept: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(kept) if isinstance(kept, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else None
