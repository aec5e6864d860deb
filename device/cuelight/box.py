"""One whole box: everything that `run` and `demo` open, owned in one place."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from cuelight.clock import boot_seconds
from cuelight.compose import build_sensing, movement_times
from cuelight.errors import StoreError
from cuelight.loop import Loop
from cuelight.privacy import statement
from cuelight.records import AlertLedger, Signal, VisitTally
from cuelight.tell.feed import Feed
from cuelight.tell.ledger import LedgerFile
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import OPEN_SUMS, Spool
from cuelight.tell.teller import PAUSED, Teller
from cuelight.vitals import vitals
from cuelight.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cuelight.loop import FrameSource
    from cuelight.records import Reading, Status
    from cuelight.sensing import Seen
    from cuelight.settings import Settings

_log = logging.getLogger(__name__)


class Box:
    """The loop with its lamp, sums and broker; `run` works until `stop` is set or a clip ends.

    `open_camera` gives the frames; `publish` False keeps everything on this machine; `mock_allowed`
    lets mock pins serve; `see` takes what each frame gave and `heard` what is told; `mqtt5` False
    begins with MQTT 3.1.1. Raises ModelError or SettingsError when it cannot be put together, or
    StoreError when the store folder cannot be written; missing pins, camera or broker are retried.
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
    ) -> None:
        self._stop = stop or threading.Event()
        self._heard = heard
        self._ready = False
        with ExitStack() as stack:
            self._watchdog = stack.enter_context(Watchdog())
            self.sensing = build_sensing(settings)
            folder = settings.store_folder
            self.spool = stack.enter_context(_open_spool(folder / "windows.sqlite"))
            self._ledger = LedgerFile(folder / "alerts.json")
            self._restore_alerts()
            self.panel = stack.enter_context(Panel(settings.lamp, mock_allowed=mock_allowed))
            player = stack.enter_context(Player(self.panel))
            self.feed = self._open_feed(settings, stack, mqtt5=mqtt5) if publish else None
            self.teller = stack.enter_context(
                Teller(
                    player=player,
                    gatherer=self._open_gatherer(settings),
                    spool=self.spool,
                    ledger=self._ledger,
                    feed=self.feed,
                    settings=settings.release,
                    now=boot_seconds,
                    health=lambda: {**vitals(), "model_sha256": self.sensing.model_sha256},
                )
            )
            self.loop = Loop(
                sensing=self.sensing,
                open_camera=open_camera,
                camera_lamp=self.panel.camera_lit,
                presses=self.panel.presses,
                tell=self._tell,
                report=self._report,
                progress=self._progress,
                now=boot_seconds,
                wait=self._stop.wait,
                stopping=self._stop.is_set,
                see=see,
                camera_fps=settings.camera.fps,
                movement_times=movement_times(settings),
                paused=bool(self.spool.load(PAUSED)),
            )
            self._opened = stack.pop_all()

    def run(self) -> None:
        """Run the loop until it is stopped or its clip has ended."""
        try:
            self.loop.run()
        finally:
            self._watchdog.stopping()

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
            kept = self.teller.tell(AlertLedger(self.sensing.budget.snapshot()))
            if isinstance(event, Signal) and not kept:
                return
        self.teller.tell(event)
        if self._heard is not None:
            self._heard(event)

    def _progress(self) -> None:
        if self.teller.is_alive:  # a box that tells nothing any more wants a restart
            self._watchdog.progress(boot_seconds())

    def _report(self, status: Status) -> None:
        self.teller.tell(status)
        text = status.state + (f": {status.fault}" if status.fault else "")
        if not self._ready:
            self._ready = True
            self._watchdog.ready(text)
        self._watchdog.status(text)

    def _restore_alerts(self) -> None:
        kept = self._ledger.load()
        if kept is None:
            return
        try:
            self.sensing.budget.restore(kept[0], same_clock=kept[1])
        except ValueError as error:
            _log.warning("the alert budget on disk makes no sense (%s); starting anew", error)

    def _open_feed(self, settings: Settings, stack: ExitStack, *, mqtt5: bool) -> Feed | None:
        if not settings.mqtt.host:
            _log.info("mqtt.host is empty: nothing is published")
            return None
        about = statement(settings, model_sha256=self.sensing.model_sha256)
        feed = Feed(
            settings.mqtt,
            site=settings.site.name,
            device=settings.site.device,
            spool=self.spool,
            privacy=json.dumps(about),
            availability="stopped",
            mqtt5=mqtt5,
        )
        return stack.enter_context(feed)

    def _open_gatherer(self, settings: Settings) -> Gatherer:
        gatherer = Gatherer(
            settings.release,
            site=settings.site.name,
            device=settings.site.device,
            start=datetime.now(UTC),
            names=self.sensing.countable,
        )
        kept = self.spool.load(OPEN_SUMS)
        if kept is not None and (refused := gatherer.restore(kept)):
            _log.warning("open sums not taken over: %s", ", ".join(refused))
        return gatherer


def _open_spool(path: Path) -> Spool:
    """Open the spool; a file that is no sound database is put aside, and counting starts anew."""
    try:
        return Spool(path)
    except sqlite3.DatabaseError as error:
        if not path.is_file() or isinstance(error, sqlite3.OperationalError):
            raise StoreError(
                f"Cannot keep windows in {path}: {error}. Check the disk, or store.folder in "
                "device.toml."
            ) from error
        aside = path.with_suffix(".broken")
        path.replace(aside)  # SQLite drops a log that lies beside an empty new file
        _log.warning("%s is no sound database (%s); put aside as %s", path, error, aside.name)
        return Spool(path)
    except OSError as error:
        raise StoreError(
            f"Cannot keep windows in {path}: {error}. Check the disk, or store.folder in "
            "device.toml."
        ) from error
