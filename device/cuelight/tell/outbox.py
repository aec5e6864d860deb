"""Send waiting windows a few at a time, and strike off what the broker acknowledged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.tell.link import Link
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

_IN_FLIGHT: Final = 10
"""Windows sent and not yet acknowledged at one time; below paho's 20, so that it queues none."""


class Outbox:
    """The order in which windows of the spool go out over one link after another.

    What paho has under way survives a lost connection: paho sends it again by itself, so it is not
    taken from the spool a second time. A window that the broker turns down stays in the spool and
    holds up the rest until `try_again`. `topic` is where windows go, `who` the user in log lines.
    """

    def __init__(self, spool: Spool, *, topic: str, who: str) -> None:
        self._spool = spool
        self._topic = topic
        self._who = who
        self._in_flight: dict[int, int] = {}  # the message's number on the link -> seq
        self._sent_through = 0
        self._turned_down = False

    @property
    def is_waiting(self) -> bool:
        """Whether something was sent that the broker has not acknowledged."""
        return bool(self._in_flight)

    def send(self, link: Link) -> None:
        """Hand the next waiting windows to a link that is connected."""
        room = _IN_FLIGHT - len(self._in_flight)
        if self._turned_down or room <= 0:
            return
        for window in self._spool.waiting(after=self._sent_through, limit=room):
            self._sent_through = window.seq
            if window.seq in self._in_flight.values():
                continue
            mid = link.publish(self._topic, window.body, qos=1, retain=False)
            if mid is not None:
                self._in_flight[mid] = window.seq

    def acked(self, mid: int, *, refusal: str | None) -> None:
        """Take note that the broker took message `mid`, or turned it down for `refusal`."""
        seq = self._in_flight.pop(mid, None)
        if seq is None:
            return
        if refusal is None:
            self._spool.acked(seq)
            return
        self._sent_through = min(self._sent_through, seq - 1)
        if not self._turned_down:
            self._turned_down = True
            _log.warning(
                "the broker turned a window down (%s); it waits on disk. Allow %s to write %s.",
                refusal,
                self._who,
                self._topic,
            )

    def try_again(self) -> None:
        """Send what was turned down once more."""
        self._turned_down = False

    def resend_from(self, seq: int) -> None:
        """Send all kept windows from number `seq` on again."""
        _log.info("resending %d windows, from number %d on", self._spool.wait_again(seq), seq)
        self._sent_through = min(self._sent_through, max(0, seq - 1))

    def reset(self) -> None:
        """Begin anew on a new link; what the old one had under way waits in the spool still."""
        self._in_flight.clear()
        self._sent_through = 0
