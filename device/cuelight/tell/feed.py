"""Feed the broker with state, health and released windows, and never get in the loop's way."""

from __future__ import annotations

import logging
import queue
import random
import threading
from typing import TYPE_CHECKING, Final, Self

from cuelight.errors import InputError, SettingsError
from cuelight.tell.broker_state import BrokerState
from cuelight.tell.courier import ACK_SECONDS, Courier
from cuelight.tell.order import Leave, Order, Say, SayHealth, SendWindows
from cuelight.tell.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.settings import MqttSettings
    from cuelight.tell.command import PauseOrder
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

CLOSE_SECONDS: Final = ACK_SECONDS + 0.4
"""How long `close` waits at most."""

HEALTH_SECONDS: Final = 30.0
"""DESIGN section 5: a fixed schedule, which does not show whether someone is there."""

AVAILABILITIES: Final = ("online", "paused", "covered", "stopped")
"""What a box says of itself; `offline` is its last will and said by the broker only."""


class Feed:
    """Everything that this box says to the broker, from a worker thread of its own.

    The loop's calls only put an order into a bounded queue. Connecting, retrying and the spool's
    disk work happen on the worker and on paho's thread; no trouble with the broker ever raises into
    the loop: it shows in `state`, and as one line in the log each time it changes. MQTT 5 is tried
    first, 3.1.1 when the broker refuses that, hangs up or stays silent; `mqtt5=False` turns this
    round, for a broker known to be old.

    `privacy` is the statement published beside the counts, `announcement` what tells Home Assistant
    of this box ("" tells it nothing). `backoff_seconds` (shortest, longest
    pause between attempts) is drawn at random when None, so that a fleet does not come back in step
    after a broker's restart. `pause` takes orders to pause or resume, on the worker's thread; None
    refuses them. Raises SettingsError for names, password or CA file of no use.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        site: str,
        device: str,
        spool: Spool,
        privacy: str,
        announcement: str = "",
        availability: str = "online",
        mqtt5: bool = True,
        backoff_seconds: tuple[float, float] | None = None,
        pause: Callable[[PauseOrder], None] | None = None,
    ) -> None:
        self._topics = Topics(site, device)
        _check_availability(availability)
        self._where = f"{settings.host}:{settings.port}"
        _check_host(settings.host)
        self._health_due: float | None = None
        self._state = BrokerState("connecting")
        self._changed = threading.Condition()
        self._orders: queue.Queue[Order] = queue.Queue(maxsize=1024)
        chance = random.SystemRandom()
        courier = Courier(
            settings,
            topics=self._topics,
            spool=spool,
            announcement=announcement,
            say={self._topics.availability: availability, self._topics.privacy: privacy},
            mqtt5=mqtt5,
            backoff_seconds=backoff_seconds or (chance.uniform(1, 3), chance.uniform(45, 75)),
            orders=self._orders,
            become=self._become,
            pause=pause or _refuse_pause,
        )
        self._worker = threading.Thread(target=courier.run, name="cuelight-feed", daemon=True)
        self._worker.start()

    @property
    def state(self) -> BrokerState:
        """How it stands with the broker now."""
        return self._state

    def wait_for(self, name: str, *, timeout_seconds: float) -> bool:
        """Wait until `state.name` is `name`; False when it takes longer than `timeout_seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._state.name == name, timeout_seconds)

    def available(self, state: str) -> None:
        """Say what the box does now; retained, and said again after every reconnect.

        Raises InputError for a state that is none of `AVAILABILITIES`.
        """
        _check_availability(state)
        self._order(Say(self._topics.availability, state))

    def restate(self, privacy: str) -> None:
        """Say the privacy statement, which has changed; retained, and again after a reconnect."""
        self._order(Say(self._topics.privacy, privacy))

    def released(self) -> None:
        """Say that the spool holds a new window."""
        self._order(SendWindows())

    def tick(self, timestamp: float, health: Callable[[], Mapping[str, object]]) -> bool:
        """Publish health when it is due: every 30 s from the first tick on, whatever goes on.

        Call it as often as you like; `health` is only called when due, and must give plain JSON.
        `timestamp` is in seconds of any steady clock. `waiting` (windows that the broker has not
        acknowledged) is added. Returns whether it was due.
        """
        if self._health_due is None:
            self._health_due = timestamp
        if timestamp < self._health_due:
            return False
        missed = (timestamp - self._health_due) // HEALTH_SECONDS
        self._health_due += (missed + 1) * HEALTH_SECONDS
        self._order(SayHealth(dict(health())))
        return True

    def close(self) -> None:
        """Publish `stopped`, wait for outstanding PUBACKs at most 1.5 s, and leave the broker.

        Returns within 2 s even where an attempt to connect hangs; its thread dies with the process.
        """
        if self._worker.is_alive():
            self._order(Leave())
            self._worker.join(CLOSE_SECONDS)
        if self._worker.is_alive():
            _log.info("left while still trying to reach broker %s", self._where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _order(self, order: Order) -> None:
        try:
            self._orders.put_nowait(order)
        except queue.Full:
            _log.warning("a message to broker %s was dropped: disk or network hangs", self._where)

    def _become(self, state: BrokerState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()


def _refuse_pause(_: PauseOrder) -> None:
    raise InputError("command ignored: nobody pauses this box from afar")


def _check_availability(state: str) -> None:
    if state not in AVAILABILITIES:
        names = ", ".join(AVAILABILITIES)
        raise InputError(f"availability is {state!r}; wanted one of {names}.")


def _check_host(host: str) -> None:
    try:
        if not host or any(character.isspace() for character in host):
            raise UnicodeError  # noqa: TRY301 - one message for all that is no host name
        host.encode("idna")
    except UnicodeError as error:
        raise SettingsError(
            f"mqtt.host is {host!r}, which is no host name or address. Edit device.toml."
        ) from error
