"""Carry orders to the broker, one after the other, on the feed's worker thread."""

from __future__ import annotations

import json
import logging
import queue
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError
from cuelight.tell.access import Access
from cuelight.tell.broker_state import BrokerState
from cuelight.tell.command import PauseOrder, Resend, read_command
from cuelight.tell.discovery import HOME_ASSISTANT_STATUS
from cuelight.tell.link import (
    Acked,
    Broken,
    Connected,
    Link,
    Lost,
    Message,
    Opened,
    Refused,
    Subscribed,
    Unreachable,
)
from cuelight.tell.order import Leave, Order, Say, SayHealth
from cuelight.tell.outbox import Outbox
from cuelight.tell.store_fault import StoreFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.settings import MqttSettings
    from cuelight.tell.link import Event
    from cuelight.tell.spool import Spool
    from cuelight.tell.topics import Topics

_log = logging.getLogger(__name__)

ACK_SECONDS: Final = 1.5
"""How long a clean close waits for the broker's PUBACKs; the service must be gone within 2 s."""

_DROPS_BEFORE_OTHER_PROTOCOL: Final = 2
"""Old brokers may hang up on MQTT 5 without a word; after so many times the other one is tried."""

_ANSWER_SECONDS: Final = 3.0
"""A broker that is silent for so long after CONNECT may be stuck in an MQTT that it does not know;
doubled with every further silence."""


class Courier:
    """Works off the feed's queue: speaks to the broker, marks what it acknowledged in the spool.

    All of this runs on one thread, so nothing here needs a lock. `say` are the retained messages to
    begin with; `mqtt5` says which protocol is tried first; `become` is told each change of state.
    `announcement` tells Home Assistant of this box, again whenever it has started; "" tells it
    nothing. `pause` takes each order to pause or resume, or raises InputError.
    Raises SettingsError for a password or CA file that cannot be read.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        topics: Topics,
        spool: Spool,
        say: Mapping[str, str],
        announcement: str,
        mqtt5: bool,
        backoff_seconds: tuple[float, float],
        orders: queue.Queue[Order],
        become: Callable[[BrokerState], None],
        pause: Callable[[PauseOrder], None],
    ) -> None:
        self._settings = settings
        self._access = Access.read(settings)
        self._topics = topics
        self._spool = spool
        self._said = dict(say)
        self._health = ""
        self._listens = [topics.set]
        if announcement:
            self._said[topics.discovery] = announcement
            self._listens.append(HOME_ASSISTANT_STATUS)
        self._backoff = backoff_seconds
        self._orders = orders
        self._tell_state = become
        self._pause = pause
        self._where = f"{settings.host}:{settings.port}"
        self._state = BrokerState("connecting")
        self._mqtt5 = mqtt5
        self._drops = 0
        self._changes = 0  # of protocol, since we were last let in
        self._alarm: tuple[float, Callable[[], None]] | None = None
        self._closing = False
        self._store = StoreFault()
        self._closing_mid: int | None = None
        self._outbox = Outbox(spool, topic=topics.counts, who=f"user {settings.username!r}")
        self._link = self._open()

    def run(self) -> None:
        """Connect, then work until told to leave."""
        self._link.start()
        while not isinstance(order := self._next(), Leave):
            self._carry_out(order)
        self._closing = True
        if self._state.name == "connected":
            self._closing_mid = self._link.publish(
                self._topics.availability, "stopped", qos=1, retain=True
            )
            self._wait_for_acks()
        self._become(BrokerState("closed"))
        self._link.close()

    def _next(self) -> Order:
        while self._alarm is not None:
            due, ring = self._alarm
            try:
                return self._orders.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                self._alarm = None
                ring()
        return self._orders.get()

    def _open(self) -> Link:
        return Link(
            self._settings,
            access=self._access,
            client_id=f"cuelight-{self._topics.site}-{self._topics.device}",
            will_topic=self._topics.availability,
            mqtt5=self._mqtt5,
            backoff_seconds=self._backoff,
            report=self._report,
        )

    def _report(self, link: Link, event: Event) -> None:
        # On paho's thread. A flood of commands is dropped; what else happens must not get lost.
        try:
            self._orders.put((link, event), timeout=0.0 if isinstance(event, Message) else 5.0)
        except queue.Full:
            _log.warning("broker %s: %s not heard, too much at once", self._where, event)

    def _wait_for_acks(self) -> None:
        end = time.monotonic() + ACK_SECONDS
        while self._state.name == "connected" and (
            self._closing_mid is not None or self._outbox.is_waiting
        ):
            try:
                self._carry_out(self._orders.get(timeout=max(0.0, end - time.monotonic())))
            except queue.Empty:
                _log.info("not all was acknowledged in time; the rest waits on disk")
                return

    def _carry_out(self, order: Order) -> None:
        try:
            match order:
                case Say(topic, payload):
                    self._said[topic] = payload
                    self._say(topic, payload, qos=1)
                case SayHealth(values):
                    self._outbox.try_again()
                    self._say_health({**values, "waiting": self._waiting_count()})
                case (link, event) if link is self._link:
                    self._on_event(event)
                case _:
                    pass
            if self._state.name == "connected" and not self._closing:
                self._outbox.resend(now=time.monotonic())
                self._outbox.send(self._link)
                self._store.works()
        except sqlite3.Error as error:
            self._store.fails(error)

    def _waiting_count(self) -> int | None:
        try:
            return self._spool.waiting_count()
        except sqlite3.Error as error:
            self._store.fails(error)
            return None

    def _say(self, topic: str, payload: str, *, qos: int) -> None:
        if self._state.name == "connected":
            self._link.publish(topic, payload, qos=qos, retain=True)

    def _say_health(self, health: Mapping[str, object]) -> None:
        try:  # default=float: a stray numpy number is a number
            text = json.dumps(health, default=float, allow_nan=False)
        except (TypeError, ValueError) as error:
            _log.error("health is not sent: %s", error)
        else:
            self._health = text
            self._say(self._topics.health, text, qos=0)

    def _on_event(self, event: Event) -> None:
        match event:
            case Acked(mid, refusal, nobody_listens):
                if mid == self._closing_mid:
                    self._closing_mid = None
                self._outbox.acked(mid, refusal=refusal, nobody_listens=nobody_listens)
            case Subscribed(refusal):
                self._on_subscribed(refusal)
            case Message(topic=topic, payload=payload) if topic == HOME_ASSISTANT_STATUS:
                if payload == b"online":
                    self._say(self._topics.discovery, self._said[self._topics.discovery], qos=1)
            case Message(payload=payload, retained=retained):
                self._on_command(payload, retained=retained)
            case _:
                self._alarm = None  # the broker is not silent
                self._on_link(event)

    def _on_link(self, event: Opened | Connected | Refused | Unreachable | Lost | Broken) -> None:
        match event:
            case Opened():
                silence = min(_ANSWER_SECONDS * 2**self._changes, max(self._backoff[1], 60.0))
                self._alarm = (time.monotonic() + silence, self._on_silence)
            case Connected():
                self._on_connected()
            case Refused(_, old_protocol=True):
                self._try_other_protocol()
            case Refused(reason):
                self._become(BrokerState.refused(self._settings, reason=reason))
            case Unreachable(reason, tls):
                self._become(BrokerState.unreachable(self._settings, reason=reason, tls=tls))
            case Lost(reason):
                self._on_lost(reason)
            case Broken(error):
                _log.warning("broker %s sent nonsense: %s", self._where, error)
                self._try_other_protocol()

    def _on_connected(self) -> None:
        self._drops = self._changes = 0
        self._become(BrokerState.connected(self._settings, mqtt5=self._mqtt5))
        for topic, payload in self._said.items():
            self._say(topic, payload, qos=1)
        if self._health:  # it fell due before the broker was there, at most 30 s ago
            self._say(self._topics.health, self._health, qos=0)
        for topic in self._listens:
            self._link.subscribe(topic)

    def _on_lost(self, reason: str) -> None:
        if self._state.name == "connected":
            self._become(BrokerState.lost(self._settings, reason=reason))
        elif self._state.name != "refused":
            self._drops += 1
            self._become(BrokerState.hung_up(self._settings))
            if self._drops >= _DROPS_BEFORE_OTHER_PROTOCOL:
                self._try_other_protocol()

    def _on_silence(self) -> None:
        self._become(BrokerState.silent(self._settings))
        self._try_other_protocol()

    def _try_other_protocol(self) -> None:
        # The first change is made at once; a broker that likes neither is not hurried.
        shortest, longest = self._backoff
        pause = min(shortest * 2**self._changes, longest) if self._changes else 0.0
        self._drops = 0
        self._changes = min(self._changes + 1, 16)
        self._mqtt5 = not self._mqtt5
        _log.info("broker %s: trying MQTT %s", self._where, "5" if self._mqtt5 else "3.1.1")
        old, self._link = self._link, self._open()
        self._outbox.reset()
        threading.Thread(target=old.close, name="cuelight-feed-leaves", daemon=True).start()
        self._alarm = (time.monotonic() + pause, self._link.start)

    def _on_subscribed(self, refusal: str | None) -> None:
        if refusal is not None:
            _log.warning(
                "the broker lets user %r not read %s (%s): what is said there does not arrive.",
                self._settings.username,
                " or ".join(self._listens),
                refusal,
            )

    def _on_command(self, payload: bytes, *, retained: bool) -> None:
        try:
            match read_command(payload, retained=retained):
                case Resend(seq):
                    self._outbox.resend_from(seq, now=time.monotonic())
                case PauseOrder() as order:
                    self._pause(order)
        except InputError as error:
            _log.warning("%s: %s", self._topics.set, error)

    def _become(self, state: BrokerState) -> None:
        if state == self._state:
            return
        self._state = state
        level = logging.INFO if state.name in ("connected", "closed") else logging.WARNING
        _log.log(level, "broker: %s", f"{state.name} {state.detail}".strip())
        self._tell_state(state)
