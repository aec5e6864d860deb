"""The telling half: take what sensing sends and bring it to lamp, sums and broker."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self, assert_never

from cuelight.records import AlertLedger, Reading, Signal, Status, VisitTally
from cuelight.tell.spool import OPEN_SUMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.records import CountWindow
    from cuelight.settings import ReleaseSettings
    from cuelight.tell.feed import Feed
    from cuelight.tell.ledger import LedgerFile
    from cuelight.tell.player import Player
    from cuelight.tell.release import Gatherer
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

Told = Reading | Signal | AlertLedger | VisitTally | Status

PAUSED: Final = "paused"
"""Key under which the spool keeps whether the rep has paused the box."""

_QUEUE: Final = 256
"""Hours of signals and tallies; it fills only when the disk hangs."""

_TICK_SECONDS: Final = 0.5
"""How late health and the end of a window may come."""


class Teller:
    """A thread behind one bounded queue; `tell` never waits, so the loop never does.

    Windows are closed by this thread; call `close_window` only after `close`.

    `now` reads a steady clock in seconds, `utc` the wall clock. `health` gives the box's own health
    (temperature, versions), to which the sensing half's last status is added. `feed` is None when
    nothing is published; windows then wait in the spool.
    """

    def __init__(
        self,
        *,
        player: Player,
        gatherer: Gatherer,
        spool: Spool,
        ledger: LedgerFile,
        feed: Feed | None,
        settings: ReleaseSettings,
        now: Callable[[], float],
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        health: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        self._player = player
        self._gatherer = gatherer
        self._spool = spool
        self._ledger = ledger
        self._feed = feed
        self._settings = settings
        self._now = now
        self._utc = utc
        self._health = health
        self._status = Status("stopped")
        self._unspooled: CountWindow | None = None
        self._disk_fault = ""
        self._queue: queue.Queue[Told | None] = queue.Queue(maxsize=_QUEUE)
        self._window_ends = utc() + timedelta(minutes=settings.window_minutes)
        self.signal_latencies: list[float] = []
        self._thread = threading.Thread(target=self._work, name="cuelight-teller", daemon=True)
        self._thread.start()

    def tell(self, told: Told) -> None:
        """Hand over one record without waiting."""
        try:
            self._queue.put_nowait(told)
        except queue.Full:
            _log.error("a %s was dropped: the disk hangs", type(told).__name__)

    def close(self) -> None:
        """Tell what is still queued, keep the open sums, and end."""
        self._queue.put(None)
        self._thread.join(5.0)

    def close_window(self) -> CountWindow | None:
        """End the window now and release what is safe.

        A window that the disk does not take is kept here and tried again before the next one is
        made, since its cells have already started again from nothing. Raises OSError or
        sqlite3.Error.
        """
        moment = self._utc()
        self._window_ends = moment + timedelta(minutes=self._settings.window_minutes)
        self._unspooled = self._unspooled or self._gatherer.close_window(moment)
        if self._unspooled is None:
            return None
        window = self._spool.put(self._unspooled, open_sums=self._gatherer.snapshot())
        self._unspooled = None
        self._spool.prune(moment, keep_days=self._settings.keep_days)
        if self._feed is not None:
            self._feed.released()
        _log.info("window %d released with %d cells", window.seq, len(window.cells))
        return window

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        going = True
        while going:
            try:
                told = self._queue.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                self._guard(self._tick)
                continue
            going = told is not None
            if told is not None:
                self._guard(self._take, told)
                self._guard(self._tick)

    def _guard(self, work: Callable[..., None], *told: Told) -> None:
        """Do one piece of work; a disk that fails is reported when it begins and when it ends."""
        try:
            work(*told)
        except (OSError, sqlite3.Error) as error:
            if str(error) != self._disk_fault:
                _log.error("state cannot be kept on disk: %s. Going on without.", error)
            self._disk_fault = str(error)

    def _take(self, told: Told) -> None:
        match told:
            case Signal():
                self._player.play(told.name)
                self.signal_latencies.append(self._now() - told.timestamp)
                self._ledger.sync()
            case AlertLedger():
                self._ledger.write(told.kept)
            case VisitTally():
                self._gatherer.add(told)
                self._spool.save(OPEN_SUMS, self._gatherer.snapshot())
            case Status():
                self._take_status(told)
            case Reading():
                pass  # readings are for the live view; only visits are counted
            case _:
                assert_never(told)

    def _take_status(self, status: Status) -> None:
        if status.state != self._status.state:
            if self._feed is not None:
                self._feed.available(status.state)
            if status.state in {"online", "paused"}:  # a stop is neither: the next start decides
                self._spool.save(PAUSED, status.state == "paused")
        self._status = status

    def _tick(self) -> None:
        if self._utc() >= self._window_ends:
            self.close_window()
        if self._feed is not None:
            self._feed.tick(self._now(), self._full_health)

    def _full_health(self) -> dict[str, object]:
        status = self._status
        return {
            **self._health(),
            "fps_capability": status.fps_capability,
            "skipped": status.skipped,
            "latency_p95_ms": status.latency_p95_ms,
            "fault": status.fault,
        }
