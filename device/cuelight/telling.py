"""The telling half of a box: lamps, buttons, sums, disk, broker and the line to systemd."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from cuelight import __version__
from cuelight.clock import boot_seconds
from cuelight.declaration import Declaration
from cuelight.errors import LampError
from cuelight.gathering import open_gatherer, open_spending
from cuelight.moved import MOVED
from cuelight.open_spool import open_spool
from cuelight.opening_hours import OpeningHours, named_zone
from cuelight.pause import after, reasons
from cuelight.privacy import is_zone_confirmed, statement
from cuelight.records import AlertLedger, SeatLedger
from cuelight.sandbox import sandbox_of
from cuelight.seats import fingerprint
from cuelight.statement_log import STATEMENTS, StatementLog
from cuelight.tell.closing_time import ClosingTime
from cuelight.tell.discovery import announcement
from cuelight.tell.feed import Feed
from cuelight.tell.ledger import ALERTS, LedgerFile, quick_folder
from cuelight.tell.panel import Panel
from cuelight.tell.pause_keeper import PauseKeeper
from cuelight.tell.player import Player
from cuelight.tell.remote_pause import RemotePause
from cuelight.tell.signal import IDENTIFY, ZONE
from cuelight.tell.teller import SEATS, Teller
from cuelight.tell.topics import Topics
from cuelight.tell.zone_flag import ZoneFlag
from cuelight.vitals import SYS, vitals
from cuelight.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cuelight.records import Reading, Signal, Status, VisitTally
    from cuelight.settings import Settings
    from cuelight.tell.buttons import Press

_log = logging.getLogger(__name__)

_REMIND_SECONDS: Final = 300.0
"""How often the lamp says that the zone wants a look."""


@dataclass(frozen=True, slots=True)
class SensingFacts:
    """What telling must know of sensing before anything is seen: what runs, what it can count."""

    model_sha256: str
    models: Mapping[str, str]
    countable: frozenset[str]
    apart: Mapping[str, bool] = field(default_factory=dict)
    """How far a sensing process of its own is locked in; empty where it is not one."""


class Telling:
    """Everything of a box that lights, keeps, counts or sends; it never sees a picture.

    Opened with the facts about the sensing half, wherever that runs. `ready` is called once the
    lamps' pins could be had. The other arguments are those of `Box`. Raises SettingsError, or
    StoreError when the store folder cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        facts: SensingFacts,
        *,
        publish: bool = True,
        mqtt5: bool = True,
        mock_allowed: bool = False,
        heard: Callable[[Signal | Reading | VisitTally], object] | None = None,
        ready: Callable[[], object] | None = None,
        settings_fault: str = "",
        now: Callable[[], float] = boot_seconds,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        watchdog: Watchdog | None = None,
        sys: Path = SYS,
    ) -> None:
        self._facts = facts
        self._heard = heard
        self._now = now
        self._utc = utc
        self._ready = ready
        self._is_ready = False
        self._text = "starting"
        self._remind_due = now()
        with ExitStack() as stack:
            self._watchdog = watchdog or stack.enter_context(Watchdog())
            folder = settings.store_folder
            self.spool = stack.enter_context(open_spool(folder / "windows.sqlite"))
            self._ledger = LedgerFile(folder / ALERTS, quick=quick_folder())
            self._zone = fingerprint(settings)
            log = StatementLog(folder / STATEMENTS)
            self._spending = open_spending(settings, log, today=utc())
            self._declaration = Declaration(
                statement(
                    settings,
                    model_sha256=facts.model_sha256,
                    models=facts.models,
                    sandbox=_sandbox(facts.apart),
                    zone_confirmed=is_zone_confirmed(self.seats, zone=self._zone),
                    epsilon_spent=self._spending.spent(utc()) if self._spending else None,
                ),
                log,
                utc=utc,
            )
            self.panel = stack.enter_context(
                Panel(
                    settings.lamp,
                    mock_allowed=mock_allowed,
                    consent=settings.privacy.asks_first,
                    clock=now,
                )
            )
            self._zone_flag = ZoneFlag(folder, clock=now)
            zone = named_zone(settings.site.time_zone)
            hours = OpeningHours.parse(settings.site.opening_hours, zone)
            self._closing_time = ClosingTime(hours, utc=utc)
            self._remote_pause = RemotePause(
                self.spool, allowed=settings.mqtt.pause, now=now, utc=utc
            )
            self._pause = PauseKeeper(
                self.spool,
                off=settings.lamp.off_switch,
                closed=self._closing_time.closed,
                utc=utc,
            )
            self._player = player = stack.enter_context(Player(self.panel))
            self.feed = self._open_feed(settings, stack, mqtt5=mqtt5) if publish else None
            self.teller = stack.enter_context(
                Teller(
                    player=player,
                    gatherer=open_gatherer(
                        settings,
                        names=facts.countable,
                        start=utc(),
                        spool=self.spool,
                        charge=self._charge,
                    ),
                    spool=self.spool,
                    ledger=self._ledger,
                    feed=self.feed,
                    settings=settings.release,
                    remind_minutes=settings.lamp.remind_minutes,
                    now=now,
                    utc=utc,
                    health=lambda: {
                        **vitals(sys),
                        "model_sha256": facts.model_sha256,
                        "settings_fault": settings_fault,
                    },
                )
            )
            self._opened = stack.pop_all()

    @property
    def paused(self) -> dict[str, bool]:
        """Why the camera must be closed now; a switch counts as off until it was heard."""
        return asdict(self._pause.state)

    @property
    def alerts(self) -> tuple[dict[str, Any], bool] | None:
        """What the alert budget kept, and whether its clock still runs; None if nothing."""
        return self._ledger.load()

    @property
    def seats(self) -> object:
        """Where faces sat, as it was last kept, whatever the disk makes of it; None if nothing."""
        return self.spool.load(SEATS)

    def presses(self) -> list[Press]:
        """Take the presses since the last call, and what counts as one: broker, hours, zone."""
        presses = [
            *self.panel.presses(),
            *self._zone_flag.presses(),
            *self._remote_pause.drain(),
            *self._closing_time.drain(self._now()),
        ]
        for press in presses:  # on disk before anybody acts upon it, and whoever hangs meanwhile
            self._pause.keep(after(self._pause.state, press.name))
        return presses

    def camera_lit(self) -> AbstractContextManager[None]:
        """Light the camera lamp for as long as the block lasts. Raises LampError.

        No lamp, no block; nor is there any while the box is paused, whoever asks for it.
        """
        if why := reasons(self._pause.state):
            raise LampError(f"the box is paused {why}, so its camera stays closed")
        return self.panel.camera_lit()

    @property
    def camera_lamp_is_lit(self) -> bool:
        """Whether the camera lamp's pin is on."""
        return self.panel.camera_lamp_is_lit

    def remember(self, alerts: Mapping[str, Any]) -> bool:
        """Keep the alert budget's memory, ahead of the signal that it counts; False if it is not.

        Nothing waits: it goes into the teller's queue, and the signal after it.
        """
        return self.teller.tell(AlertLedger(alerts))

    def tell(self, event: Signal | Reading | SeatLedger | VisitTally) -> None:
        """Hand on what the reader said, without waiting."""
        self.teller.tell(event)
        if isinstance(event, SeatLedger):
            self._declaration.amend(zone_confirmed=is_zone_confirmed(event.kept, zone=self._zone))
        if self._heard is not None and not isinstance(event, SeatLedger):
            self._heard(event)

    def report(self, status: Status) -> None:
        """Take how the sensing half is doing, for broker, health and systemd."""
        self.teller.tell(status)
        self._text = status.state + (f": {status.fault}" if status.fault else "")
        if status.backs_off:
            self._text += f" (cools down: {status.fps_read:g} frames a second)"
        self._watchdog.status(self._text)
        self._pause.retry()
        if status.fault == MOVED and self._now() >= self._remind_due:
            self._remind_due = self._now() + _REMIND_SECONDS
            self._player.play(ZONE.name)

    def progress(self) -> None:
        """Pass on that the loop got on; a box that tells nothing any more wants a restart."""
        if not self.teller.is_alive:
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

    def stopping(self) -> None:
        """Say that a clean stop has begun."""
        self._watchdog.stopping()

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
            privacy=self._declaration.text,
            announcement=announcement(topics, version=__version__)
            if settings.mqtt.discovery
            else "",
            availability="stopped",
            mqtt5=mqtt5,
            pause=self._remote_pause.take,
        )
        self._declaration.publish_with(feed.restate)
        return stack.enter_context(feed)

    def _charge(self, period: int) -> bool:
        """Charge a release with noise to the privacy budget, and state what is spent now."""
        assert self._spending is not None
        is_charged = self._spending.charge(period)
        self._declaration.amend(epsilon_spent=self._spending.spent(self._utc()))
        return is_charged


def _sandbox(apart: Mapping[str, bool]) -> dict[str, bool] | None:
    """Say how far this process is locked in, and a sensing process of its own beside it."""
    own = sandbox_of()
    return own if own is None else {**own, **apart}
