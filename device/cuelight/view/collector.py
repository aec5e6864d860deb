"""Collect what devices say into the history, and publish the sums: nothing lost, nothing twice."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from cuelight.errors import InputError, StoreError
from cuelight.view.asker import Asker
from cuelight.view.database import open_database
from cuelight.view.discovery import HOME_ASSISTANT_STATUS
from cuelight.view.gaps import Gaps
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import KINDS, read_news
from cuelight.view.publisher import Publisher
from cuelight.view.refusals import Refusals
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules, Window
from cuelight.view.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.view.collector_settings import CollectorSettings
    from cuelight.view.news import News
    from cuelight.view.wire import Heard

_log = logging.getLogger(__name__)

BATCH: Final = 2000
"""Most messages in one transaction."""

_HEALTH_SECONDS: Final = 1.0
"""How long health may wait for more of it; windows are stored at once."""

_TICK_SECONDS: Final = 0.2
_STATE_SECONDS: Final = 10.0
_PRUNE_SECONDS: Final = 3600.0
_RETRY_SECONDS: Final = (0.5, 30.0)


@dataclass(slots=True)
class Counts:
    """What a collector did since it started."""

    windows: int = 0
    repeated: int = 0
    refused: int = 0
    asked: int = 0
    batches: int = 0


class Collector:
    """Listens to devices through a session that the broker keeps, and stores what they say.

    A message is acknowledged once it is committed, so whatever ends this process, the broker sends
    the rest again, and the history knows each window's id. What never came is seen by its missing
    sequence number and asked for. Works on threads of its own between `start` and `close`; trouble
    with broker or store is logged once and retried for ever. `utc` is the wall clock in seconds.
    Raises SettingsError, StoreError, InputError on construction.
    """

    def __init__(
        self, settings: CollectorSettings, *, utc: Callable[[], float] = time.time
    ) -> None:
        self.counts = Counts()
        self._settings = settings
        self._utc = utc
        self._rules = Rules(settings.least_k, settings.least_floor, settings.keep_days)
        self._refusals = Refusals()
        self._connected = False
        self._heard_at: int | None = None
        self._store_fault = self._fault = ""
        self._next: dict[str, float] = {}
        self._closing = threading.Event()
        self._is_new_link = threading.Event()
        self._progress = threading.Condition()
        self._base = open_database(settings.store, schema=TABLES)
        try:
            self.history = History(self._base)
            self._intake = Intake(self._base)
            self._gaps = Gaps(
                self._base,
                grace_seconds=settings.grace_seconds,
                pause_seconds=settings.pause_seconds,
                share=bool(settings.share),
            )
            self._wire = Wire(
                settings.mqtt,
                client_id=settings.session,
                topics=_topics(settings),
                changed=self._on_link,
                mqtt5=settings.mqtt5,
            )
        except BaseException:
            self._base.close()
            raise
        self._asker = Asker(
            self._gaps,
            self._wire,
            every_seconds=min(1.0, settings.grace_seconds or 1.0),
            allowed=settings.resend,
        )
        self._publisher = Publisher(
            self.history,
            lambda topic, payload: self._wire.publish(topic, payload, retain=True),
            pause_seconds=settings.publish_seconds,
            shared=bool(settings.share),
            discovery=settings.discovery,
        )
        self._thread = threading.Thread(target=self._work, name="cuelight-collector", daemon=True)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has let us in."""
        return self._connected

    @property
    def is_alive(self) -> bool:
        """Whether its thread works; it ends with `close` and not before."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start collecting; returns at once."""
        self._thread.start()
        self._wire.start()

    def wait_for(self, ready: Callable[[Counts], object], *, timeout_seconds: float) -> bool:
        """Wait until `ready(counts)` is true; False when it takes longer."""
        with self._progress:
            return bool(self._progress.wait_for(lambda: ready(self.counts), timeout_seconds))

    def close(self) -> None:
        """Store what is in hand, leave the broker, which keeps the rest, and close the store."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._wire.close()
        self._base.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while True:
            batch = self._gather()
            if batch and not self._store(batch):
                return  # closed while the store was out of order: the broker has it all
            if self._closing.is_set() and not batch:
                self._connected = False
                with suppress(StoreError):
                    self._say_state()
                return
            try:
                self._look_after()
            except StoreError as error:
                self._complain(error)
            except Exception:  # noqa: BLE001 - one failure must not end the collecting
                _log.exception("the collector's upkeep failed; going on")

    def _gather(self) -> list[Heard]:
        """Take what has come: windows at once, the rest after a second at most."""
        batch: list[Heard] = []
        end = time.monotonic() + _HEALTH_SECONDS
        while len(batch) < BATCH and not self._closing.is_set():
            try:
                heard = self._wire.heard.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                break
            batch.append(heard)
            if heard.topic.endswith("/counts"):
                end = 0.0
            if time.monotonic() >= end and self._wire.heard.empty():
                break
        return batch

    def _store(self, batch: list[Heard]) -> bool:
        """Write a batch down and acknowledge it; tries until it is done or we are closed."""
        now = int(self._utc())
        news = [one for heard in batch if (one := self._read(heard, now)) is not None]
        pause, longest = _RETRY_SECONDS
        while True:
            try:
                taken = self._intake.take(news, now=now)
                break
            except StoreError as error:
                self._complain(error)
            if self._closing.wait(pause):
                return False
            pause = min(2.0 * pause, longest)
        if self._store_fault:
            self._store_fault = ""
            _log.info("the store works again")
        self._wire.ack(batch)
        self._heard_at = now
        self._publisher.changed(taken.sites)
        try:
            self._gaps.heard_again(taken.repeated)
        except StoreError as error:
            self._complain(error)
        with self._progress:
            self.counts.windows += taken.counted
            self.counts.repeated += len(taken.repeated)
            self.counts.batches += 1
            self._progress.notify_all()
        return True

    def _read(self, heard: Heard, now: int) -> News | None:
        if heard.topic == HOME_ASSISTANT_STATUS:
            if heard.payload == b"online":
                self._publisher.again()
            return None
        try:
            one = read_news(
                heard.topic, heard.payload, retained=heard.retained, now=now, rules=self._rules
            )
        except InputError as error:
            self.counts.refused += 1
            self._refusals.say(heard.topic, str(error), now=now)
            return None
        if isinstance(one, Window):
            _log.debug("window %d of %s/%s", one.seq, one.site, one.device)
        return one

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._is_new_link.is_set():
            self._is_new_link.clear()
            self._publisher.again()
        if self._connected:
            self.counts.asked += self._asker.update(now, utc=self._utc())
            self._publisher.update(self._utc())
        if self._is_due("prune", now, _PRUNE_SECONDS):
            self._intake.prune(now=int(self._utc()), keep_days=self._settings.keep_days)
        if self._is_due("state", now, _STATE_SECONDS):
            self._say_state()

    def _say_state(self) -> None:
        self._intake.say_collector(
            self._settings.session,
            connected=self._connected,
            now=int(self._utc()),
            heard_at=self._heard_at,
            batches=self.counts.batches,
        )

    def _is_due(self, what: str, now: float, every: float) -> bool:
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every
        return True

    def _on_link(self, connected: bool, detail: str) -> None:  # noqa: FBT001 - wire.py calls it so
        if connected:
            self._is_new_link.set()
            _log.info("collecting from %s:%d", self._settings.mqtt.host, self._settings.mqtt.port)
        elif self._connected or detail != self._fault:
            _log.warning("%s. Trying again.", detail)
        self._fault = detail
        self._connected = connected
        self._next.pop("state", None)

    def _complain(self, error: StoreError) -> None:
        if str(error) != self._store_fault:
            self._store_fault = str(error)
            _log.error("%s Trying again; the broker keeps what comes.", error)


def _topics(settings: CollectorSettings) -> list[str]:
    """Name the topics to listen to; windows through the group that shares the load, if any."""
    share = f"$share/{settings.share}/" if settings.share else ""
    devices = [
        f"{share if kind == 'counts' else ''}cuelight/{site}/+/{kind}"
        for site in settings.sites or ("+",)
        for kind in KINDS
    ]
    return [*devices, HOME_ASSISTANT_STATUS] if settings.discovery else devices
