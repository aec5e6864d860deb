"""One whole box: everything that `run` and `demo` open, owned in one place."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from cuelight import __version__
from cuelight.clock import boot_seconds
from cuelight.compose import build_sensing, model_hashes, movement_times
from cuelight.consent import Consent
from cuelight.loop import Loop
from cuelight.open_spool import open_spool
from cuelight.privacy import statement
from cuelight.records import AlertLedger, Signal, VisitTally
from cuelight.sandbox import sandbox_of
from cuelight.statement_log import STATEMENTS, StatementLog
from cuelight.tell.discovery import announcement
from cuelight.tell.feed import Feed
from cuelight.tell.ledger import LedgerFile
from cuelight.tell.panel import Panel
from cuelight.tell.pauses import count_pause
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.signal import IDENTIFY
from cuelight.tell.spool import OPEN_SUMS
from cuelight.tell.teller import PAUSED, Teller
from cuelight.tell.topics import Topics
from cuelight.vitals import vitals
from cuelight.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.loop import FrameSource
    from cuelight.records import Reading, Status
    from cuelight.sensing import Seen
    from cuelight.settings import Settings

_log = logging.getLogger(__name__)


class Box:
    """The loop with its lamp, sums and broker; `run` works until `stop` is set or a clip ends.

    `open_camera` gives the frames; `publish` False keeps everything on this machine; `mock_allowed`
    lets mock pins serve; `see` takes what each frame gave and `heard` what is told; `mqtt5` False
    begins with MQTT 3.1.1. `ready` is called once settings, model and lamp are found good.
    `settings_fault` says why other settings than the operator's are in use, for health and log.
    Time is `now` (s, the sensor's clock), `wait` and `utc`; all are the machine's own unless given.
    Raises ModelError or SettingsError when it cannot be put together, or StoreError when the store
    folder cannot be written; missing pins, camera or broker are retried.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        open_camera: Callable[[], FrameSource],
        publish: bool = True,
        mqtt5: bool = True,
        mock_allowed: bool = False,
        see: Callable[[Seen], object] | None = None,
        heard: Callable[[Signal | Reading | VisitTally], object] | None = None,
        stop: threading.Event | None = None,
        ready: Callable[[], object] | None = None,
        settings_fault: str = "",
        now: Callable[[], float] = boot_seconds,
        wait: Callable[[float], object] | None = None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._stop = stop or threading.Event()
        self._heard = heard
        self._now = now
        self._utc = utc
        self._ready = ready
        self._is_ready = False
        self._text = "starting"
        with ExitStack() as stack:
            self._watchdog = stack.enter_context(Watchdog())
            self.sensing = build_sensing(settings)
            folder = settings.store_folder
            self.spool = stack.enter_context(open_spool(folder / "windows.sqlite"))
            self._ledger = LedgerFile(folder / "alerts.json")
            self._restore_alerts()
            self._statement = statement(
                settings,
                model_sha256=self.sensing.model_sha256,
                models=model_hashes(settings, self.sensing),
                sandbox=sandbox_of(),
            )
            self._note_statement(StatementLog(folder / STATEMENTS))
            asks_first = settings.privacy.asks_first
            self.panel = stack.enter_context(
                Panel(settings.lamp, mock_allowed=mock_allowed, consent=asks_first)
            )
            self._player = player = stack.enter_context(Player(self.panel))
            self.feed = self._open_feed(settings, stack, mqtt5=mqtt5) if publish else None
            self.teller = stack.enter_context(
                Teller(
                    player=player,
                    gatherer=self._open_gatherer(settings),
                    spool=self.spool,
                    ledger=self._ledger,
                    feed=self.feed,
                    settings=settings.release,
                    now=now,
                    utc=utc,
                    health=lambda: {
                        **vitals(),
                        "model_sha256": self.sensing.model_sha256,
                        "settings_fault": settings_fault,
                    },
                )
            )
            self.loop = Loop(
                sensing=self.sensing,
                open_camera=open_camera,
                camera_lamp=self.panel.camera_lit,
                lamp_is_lit=lambda: self.panel.camera_lamp_is_lit,
                presses=self.panel.presses,
                tell=self._tell,
                report=self._report,
                progress=self._progress,
                now=now,
                wait=wait or self._stop.wait,
                stopping=self._stop.is_set,
                see=see,
                keep_pause=self._keep_pause,
                camera_fps=settings.camera.fps,
                movement_times=movement_times(settings),
                paused=bool(self.spool.load(PAUSED)),
                consent=Consent(needed=asks_first),
            )
            self._opened = stack.pop_all()

    def run(self) -> None:
        """Run the loop until it is stopped or its clip has ended."""
        try:
            self.loop.run()
        finally:
            self._watchdog.stopping()
            self._keep_alerts()

    def identify(self) -> None:
        """Blink, so that a person finds this box; from any thread, and never during a signal."""
        self._player.play(IDENTIFY.name)

    def close(self) -> None:
        """Put the lamps out, keep the sums, leave the broker."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self, event: Signal | Reading | VisitTally) -> None:
        # Ahead of a signal, so that a restart knows of it; at a visit's end, so that its times go.
        if isinstance(event, Signal | VisitTally):
            kept = self._tell_ledger()
            if isinstance(event, Signal) and not kept:
                return
        self.teller.tell(event)
        if self._heard is not None:
            self._heard(event)

    def _progress(self) -> None:
        if not self.teller.is_alive:  # a box that tells nothing any more wants a restart
            return
        if not self._is_ready and self.panel.is_open:
            self._is_ready = True
            self._watchdog.ready(self._text)
            if self._ready is not None:
                self._ready()
        if self._is_ready:
            self._watchdog.progress(boot_seconds())
        else:
            self._watchdog.starting(boot_seconds())

    def _report(self, status: Status) -> None:
        self.teller.tell(status)
        self._text = status.state + (f": {status.fault}" if status.fault else "")
        self._watchdog.status(self._text)

    def _restore_alerts(self) -> None:
        kept = self._ledger.load()
        if kept is None:
            return
        try:
            self.sensing.budget.restore(kept[0], same_clock=kept[1])
        except ValueError as error:
            _log.warning("the alert budget on disk makes no sense (%s); starting anew", error)
            return
        # Signals of an earlier boot count as given now, at the start, and grow old from here on.
        self.sensing.budget.visit_over(self._now())

    def _note_statement(self, log: StatementLog) -> None:
        try:
            log.note(self._statement, now=self._utc())
        except OSError as error:
            _log.error("the privacy statement cannot be kept on disk: %s", error)

    def _keep_pause(self, paused: bool) -> None:  # noqa: FBT001 - one switch
        # At once and not with the next report: what is killed or hangs meanwhile stays paused.
        try:
            self.spool.save(PAUSED, paused)
            if paused:
                count_pause(self.spool, self._utc())
        except (OSError, sqlite3.Error) as error:
            _log.error("the pause cannot be kept on disk: %s. A restart would end it.", error)

    def _tell_ledger(self) -> bool:
        return self.teller.tell(AlertLedger(self.sensing.budget.snapshot()))

    def _keep_alerts(self) -> None:
        """Break off what visit there is and keep the budget as it stands at a clean stop.

        So the next start knows how old its signals are, and none of their times stays on disk for
        longer than it counts.
        """
        self.sensing.budget.visit_over(self._now())
        self._tell_ledger()

    def _open_feed(self, settings: Settings, stack: ExitStack, *, mqtt5: bool) -> Feed | None:
        if not settings.mqtt.host:
            _log.info("mqtt.host is empty: nothing is published")
            return None
        topics = Topics(settings.site.name, settings.site.device)
        feed = Feed(
            settings.mqtt,
            site=settings.site.name,
            device=settings.site.device,
            spool=self.spool,
            privacy=json.dumps(self._statement),
            announcement=announcement(topics, version=__version__)
            if settings.mqtt.discovery
            else "",
            availability="stopped",
            mqtt5=mqtt5,
        )
        return stack.enter_context(feed)

    def _open_gatherer(self, settings: Settings) -> Gatherer:
        gatherer = Gatherer(
            settings.release,
            site=settings.site.name,
            device=settings.site.device,
            start=self._utc(),
            names=self.sensing.countable,
        )
        kept = self.spool.load(OPEN_SUMS)
        if kept is not None and (refused := gatherer.restore(kept)):
            _log.warning("open sums not taken over: %s", ", ".join(refused))
        return gatherer
