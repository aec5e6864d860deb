"""The telling half: take what sensing sends and bring it to lamp, sums and broker."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self, assert_never

from cuelight.records import AlertLedger, Reading, SeatLedger, Signal, Status, VisitTally
from cuelight.tell.reminder import Reminder
from cuelight.tell.signal import REMINDER
from cuelight.tell.spool import OPEN_SUMS
from cuelight.tell.store_watch import StoreWatch
from cuelight.tell.wall_clock import WallClock, clock_is_set

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.records import CountWindow
    from cuelight.settings import ReleaseSettings
    from cuelight.tell.feed import Feed
    from cuelight.tell.ledger import LedgerFile
    from cuelight.tell.noised import NoisedGatherer
    from cuelight.tell.player import Player
    from cuelight.tell.release import Gatherer
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

Told = Reading | Signal | AlertLedger | SeatLedger | VisitTally | Status

SEATS: Final = "seats"
"""Key under which the spool keeps where faces sit, and whether the box counts as moved."""

_OF_SOMEBODY: Final = frozenset(
    kind.__name__ for kind in (Reading, Signal, AlertLedger, SeatLedger, VisitTally)
)

_QUEUE: Final = 256
"""Hours of signals and tallies; it fills only when the disk hangs."""

CLOSE_SECONDS: Final = 3.0
"""How long `close` waits for a disk that hangs."""

_TICK_SECONDS: Final = 0.5
"""How late health and the end of a window may come."""


class Teller:
    """A thread behind one bounded queue; `tell` never waits, so the loop never does.

    Windows are closed by this thread; call `close_window` only after `close`. A window's length is
    measured on `now`, a steady clock in seconds; its times are those of the wall clock `utc`. While
    `clock_is_set` says no, windows are held open; when the wall clock is put, open sums move along.

    `health` gives the box's own health (temperature, versions), to which the sensing half's last
    status is added. `feed` is None when nothing is published; windows then wait in the spool. A
    pause by hand is reminded of every `remind_minutes` (0: never).
    """

    def __init__(
        self,
        *,
        player: Player,
        gatherer: Gatherer | NoisedGatherer,
        spool: Spool,
        ledger: LedgerFile,
        feed: Feed | None,
        settings: ReleaseSettings,
        now: Callable[[], float],
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_is_set: Callable[[], bool] = clock_is_set,
        health: Callable[[], Mapping[str, object]] = dict,
        remind_minutes: float = 0.0,
    ) -> None:
        self._player = player
        self._gatherer = gatherer
        self._spool = spool
        self._ledger = ledger
        self._feed = feed
        self._settings = settings
        self._now = now
        self._utc = utc
        self._clock_is_set = clock_is_set
        self._wall_clock = WallClock(now=now, utc=utc)
        self._store_watch = StoreWatch(spool)
        self._health = health
        self._status = Status("stopped")
        self._reminder = Reminder(remind_minutes)
        self._ledger_kept = False
        self._seats: SeatLedger | None = None
        self._unspooled: CountWindow | None = None
        self._held = False
        self._faults: dict[str, str] = {}
        self._closing = threading.Event()
        self._queue: queue.Queue[Told | None] = queue.Queue(maxsize=_QUEUE)
        self._window_ends = now() + 60.0 * settings.window_minutes
        self.signal_latencies: list[float] = []
        self._thread = threading.Thread(target=self._work, name="cuelight-teller", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether its thread still works; it ends with `close` and, unless broken, not before."""
        return self._thread.is_alive()

    def tell(self, told: Told) -> bool:
        """Hand over one record without waiting; False when it was dropped."""
        try:
            self._queue.put_nowait(told)
        except queue.Full:
            if isinstance(told, Status):  # it comes every few seconds, whoever is there
                _log.error("the disk hangs, and what is told meanwhile is dropped")
            return False
        return True

    def close(self) -> None:
        """Tell what is still queued, keep the open sums, and end; waits at most three seconds."""
        self._closing.set()
        with suppress(queue.Full):  # then there is enough to wake it
            self._queue.put_nowait(None)
        self._thread.join(CLOSE_SECONDS)
        if self.is_alive:
            _log.error("the disk hangs; what was not told yet is lost")

    def close_window(self) -> CountWindow | None:
        """End the window now and release what is safe.

        A window that the disk does not take is kept here and tried again at every tick and before
        anything else is written, since its cells have already started again from nothing: the sums
        on disk still hold them. Raises OSError or sqlite3.Error.
        """
        self._follow_wall_clock()
        self._window_ends = self._now() + 60.0 * self._settings.window_minutes
        if self._unspooled is None:
            self._unspooled = self._gatherer.close_window(self._utc())
            if self._unspooled is None:  # which cells were asked outlives a restart
                self._spool.save(OPEN_SUMS, self._gatherer.snapshot())
        return self._spool_window()

    def _spool_window(self) -> CountWindow | None:
        if self._unspooled is None:
            return None
        window = self._spool.put(self._unspooled, open_sums=self._gatherer.snapshot())
        self._unspooled = None
        if self._feed is not None:
            self._feed.released()
        _log.info("window %d released with %d cells", window.seq, len(window.cells))
        self._spool.prune(window.end, keep_days=self._settings.keep_days)
        return window

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            try:
                told = self._queue.get(timeout=_TICK_SECONDS)
            except queue.Empty:  # so no signal waits for the disk
                self._guard(AlertLedger.__name__, self._ledger.settle)
            else:
                if told is not None:
                    self._guard(type(told).__name__, self._take, told)
            self._guard("window", self._watch_window)
            self._guard("health", self._tick_feed)
            self._guard("reminder", self._remind)
            self._guard(SeatLedger.__name__, self._keep_seats)
        self._guard(AlertLedger.__name__, self._ledger.settle)

    def _guard(self, what: str, work: Callable[..., None], *told: Told) -> None:
        """Do one piece of work; whatever it raises, say so once and go on with the next one.

        A disk that fails when somebody's record comes is said by the store's own watch, on its own
        schedule: said at once, it would tell in the log that somebody was there.
        """
        try:
            work(*told)
        except (OSError, sqlite3.Error) as error:
            if self._is_new(what, error) and what not in _OF_SOMEBODY:
                _log.error("%s cannot be kept on disk: %s. Going on without.", what, error)
        except Exception as error:  # noqa: BLE001 - one failure must not end the thread
            if self._is_new(what, error):
                _log.exception("%s failed. Going on without.", what)
        else:
            if self._faults.pop(what, None) is not None and what not in _OF_SOMEBODY:
                _log.info("%s works again", what)

    def _is_new(self, what: str, error: Exception) -> bool:
        fault = f"{type(error).__name__}: {error}"
        known = self._faults.get(what) == fault
        self._faults[what] = fault
        return not known

    def _take(self, told: Told) -> None:
        match told:
            case Signal():
                self._take_signal(told)
            case AlertLedger():
                self._ledger_kept = False
                self._ledger.write(told.kept)
                self._ledger_kept = True
            case SeatLedger():
                self._seats = told
                self._keep_seats()
            case VisitTally():
                self._gatherer.add(told)
                self._spool_window()
                self._spool.save(OPEN_SUMS, self._gatherer.snapshot())
            case Status():
                self._take_status(told)
            case Reading():
                pass  # readings are for the live view; only visits are counted
            case _:
                assert_never(told)

    def _take_signal(self, signal: Signal) -> None:
        # The budget is a guarantee across restarts: a signal that a restart would forget is none.
        if not self._ledger_kept:
            return
        self._ledger_kept = False
        self._player.play(signal.name, lit=lambda: self._lit(signal))
        self._ledger.sync()

    def _keep_seats(self) -> None:
        """Keep the last of them, until the disk takes it: a moved box stays one over a restart."""
        if self._seats is not None:
            self._spool.save(SEATS, self._seats.kept)
            self._seats = None

    def _lit(self, signal: Signal) -> None:
        self.signal_latencies.append(self._now() - signal.timestamp)

    def _take_status(self, status: Status) -> None:
        changed = status.state != self._status.state
        self._status = status
        if changed and self._feed is not None:
            self._feed.available(status.state)

    def _remind(self) -> None:
        if self._reminder.update(self._now(), by_hand=self._status.by_hand):
            self._player.play(REMINDER.name)

    def _watch_window(self) -> None:
        is_set = self._clock_is_set()  # before the jump, so that one that set it is seen below
        self._follow_wall_clock()
        self._spool_window()
        if self._now() < self._window_ends:
            return
        if is_set:
            self._held = False
            self.close_window()
        elif not self._held:
            self._held = True
            _log.warning(
                "the clock is not set, so windows wait. Let this box reach a time server, or stop "
                "systemd-timesyncd where something else sets the clock."
            )

    def _follow_wall_clock(self) -> None:
        if jump := self._wall_clock.update():
            _log.info("the wall clock was put by %.0f s", jump.total_seconds())
            self._gatherer.shift(jump)

    def _tick_feed(self) -> None:
        self._store_watch.update(self._now())
        if self._feed is not None:
            self._feed.tick(self._now(), self._full_health)

    def _full_health(self) -> dict[str, object]:
        status = self._status
        return {
            **self._health(),
            "fps_capability": status.fps_capability,
            "skipped": status.skipped,
            "latency_p95_ms": status.latency_p95_ms,
            "min_detectable_ms": status.min_detectable_ms,
            "micro": status.micro,
            "fps_read": status.fps_read,
            "backs_off": status.backs_off,
            "fault": status.fault,
            "store": self._store_watch.fault,
        }
