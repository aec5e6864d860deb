"""Hold one short connection to the broker, to ask or say something, and leave."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Final, Self

from cuelight.tell.broker_state import BrokerState
from cuelight.tell.link import Broken, Connected, Link, Lost, Refused, Subscribed, Unreachable

if TYPE_CHECKING:
    from cuelight.settings import MqttSettings
    from cuelight.tell.access import Access
    from cuelight.tell.link import Event

ANSWER_SECONDS: Final = 5.0
"""How long each step may take by default: connecting, and an answer."""

_BACKOFF: Final = (1.0, 2.0)


class Call:
    """One connection under a client id of its own, with no last will; events come one by one.

    After `connect`, `other_protocol` says whether the other MQTT is worth a try: some old brokers
    refuse MQTT 5, hang up on it or stay silent. `link` is the connection, to publish on.
    """

    def __init__(
        self,
        settings: MqttSettings,
        access: Access,
        *,
        client_id: str,
        mqtt5: bool,
        timeout_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._settings = settings
        self._timeout = timeout_seconds
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.other_protocol = False
        self.link = Link(
            settings,
            access=access,
            client_id=client_id,
            will_topic=None,
            mqtt5=mqtt5,
            backoff_seconds=_BACKOFF,
            report=lambda _, event: self._events.put(event),
        )

    def __enter__(self) -> Self:
        self.link.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def deadline(self) -> float:
        """Return when a step that begins now must be over, in seconds of the monotonic clock."""
        return time.monotonic() + self._timeout

    def next(self, end: float) -> Event | None:
        """Wait for the next event until `end`; None when none came."""
        try:
            return self._events.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            return None

    def connect(self) -> BrokerState | None:
        """Wait until the broker lets us in; returns what is wrong where it does not."""
        end = self.deadline()
        while (event := self.next(end)) is not None:
            match event:
                case Connected():
                    return None
                case Refused(reason, old_protocol):
                    self.other_protocol = old_protocol
                    return BrokerState.refused(self._settings, reason=reason)
                case Unreachable(reason, tls):
                    return BrokerState.unreachable(self._settings, reason=reason, tls=tls)
                case Lost() | Broken():  # some old brokers hang up on MQTT 5 without a word
                    self.other_protocol = True
                    return BrokerState.hung_up(self._settings)
                case _:
                    pass
        self.other_protocol = True
        return BrokerState.silent(self._settings)

    def subscribe(self, topic: str) -> str | None:
        """Subscribe, and wait for the answer: None, or why it was turned down."""
        self.link.subscribe(topic)
        end = self.deadline()
        while (event := self.next(end)) is not None:
            if isinstance(event, Subscribed):
                return event.refusal
        return "no answer"
