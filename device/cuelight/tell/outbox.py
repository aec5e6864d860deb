"""Send waiting windows a few at a time, and strike off what the broker acknowledged."""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.tell.link import Link
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

_IN_FLIGHT: Final = 10
"""Windows sent and not yet acknowledged at one time; below paho's 20, so that it queues none."""

RESEND_SECONDS: Final = 30.0
"""A command that comes sooner after another waits so long: a replayed one must not wear the card
out, which is written for every window that is sent again."""


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
        self._acked: set[int] = set()  # by the broker, and not yet marked on disk
        self._sent_through = 0
        self._turned_down = False
        self._nobody_listens = False
        self._wanted: int | None = None  # from this number on, by command
        self._resend_due = -inf

    @property
    def is_waiting(self) -> bool:
        """Whether something was sent that the broker has not acknowledged."""
        return bool(self._in_flight)

    def send(self, link: Link) -> None:
        """Hand the next waiting windows to a link that is connected. Raises sqlite3.Error."""
        self._mark()
        room = _IN_FLIGHT - len(self._in_flight)
        if self._turned_down or room <= 0:
            return
        for window in self._spool.take(after=self._sent_through, limit=room):
            self._sent_through = window.seq
            if window.seq in self._in_flight.values():
                continue
            mid = link.publish(self._topic, window.body, qos=1, retain=False)
            if mid is not None:
                self._in_flight[mid] = window.seq

    def acked(self, mid: int, *, refusal: str | None, nobody_listens: bool = False) -> None:
        """Take note that the broker took message `mid`, or turned it down for `refusal`.

        Raises sqlite3.Error when the disk does not take it; the next `send` tries again.
        """
        seq = self._in_flight.pop(mid, None)
        if seq is None:
            return
        if refusal is None:
            self._note_listeners(nobody=nobody_listens)
            self._acked.add(seq)
            self._mark()
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

    def resend_from(self, seq: int, *, now: float) -> None:
        """Send all kept windows from number `seq` on again; soon, if it was just asked for.

        `now` is in seconds of any steady clock. Raises sqlite3.Error.
        """
        self._wanted = seq if self._wanted is None else min(seq, self._wanted)
        self.resend(now=now)

    def resend(self, *, now: float) -> None:
        """Send again what was asked for, if it is time. Raises sqlite3.Error."""
        if self._wanted is None or now < self._resend_due:
            return
        self._mark()
        count = self._spool.wait_again(self._wanted)
        _log.info("resending %d windows, from number %d on", count, self._wanted)
        self._sent_through = min(self._sent_through, max(0, self._wanted - 1))
        self._wanted = None
        self._resend_due = now + RESEND_SECONDS

    def reset(self) -> None:
        """Begin anew on a new link; what the old one had under way waits in the spool still."""
        self._in_flight.clear()
        self._sent_through = 0

    def _note_listeners(self, *, nobody: bool) -> None:
        if nobody and not self._nobody_listens:
            _log.warning(
                "the broker took a window that nobody subscribes to. Start the collector; it can "
                "have it again with resend_from while this box keeps it."
            )
        self._nobody_listens = nobody

    def _mark(self) -> None:
        if self._acked:
            self._spool.acked(*self._acked)
            self._acked.clear()
