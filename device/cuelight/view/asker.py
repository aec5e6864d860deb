"""Ask devices to send again what is missing, as long as the broker lets us."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.view.gaps import Gaps
    from cuelight.view.wire import Wire

_log = logging.getLogger(__name__)

_REMEMBERED: Final = 1000


class Asker:
    """Publishes `resend_from` commands, and stops for good once the broker turns one down.

    `allowed` False asks nobody. Not safe for threads: the collector's owns it.
    """

    def __init__(self, gaps: Gaps, wire: Wire, *, every_seconds: float, allowed: bool) -> None:
        self._gaps = gaps
        self._wire = wire
        self._every = every_seconds
        self._allowed = allowed
        self._due = 0.0
        self._asked: dict[int, str] = {}
        self._aggregate_refused = False

    def update(self, now: float, *, utc: float) -> int:
        """Ask whom it is time to ask; returns how many. Clocks as in `Gaps.due`; StoreError."""
        self._hear_refusals()
        if not self._allowed or now < self._due:
            return 0
        self._due = now + self._every
        due = self._gaps.due(now, utc=utc)
        for (site, device), seq in due:
            topic = f"cuelight/{site}/{device}/set"
            mid = self._wire.publish(topic, f'{{"resend_from": {seq}}}', retain=False)
            self._asked = dict([*self._asked.items(), (mid, topic)][-_REMEMBERED:])
            _log.info("%s/%s asked to send again from window %d", site, device, seq)
        return len(due)

    def _hear_refusals(self) -> None:
        while not self._wire.refused.empty():
            mid, reason = self._wire.refused.get()
            topic = self._asked.pop(mid, None)
            if topic is None and not self._aggregate_refused:
                self._aggregate_refused = True
                _log.warning(
                    "the broker turned down the sums that we publish (%s). Allow this user to "
                    "write cuelight/+/aggregate/#.",
                    reason,
                )
            elif topic is not None and self._allowed:
                self._allowed = False
                _log.warning(
                    "the broker does not let us write %s (%s): missing windows are not asked for. "
                    "Allow this user to write cuelight/+/+/set, or set resend = false.",
                    topic,
                    reason,
                )
