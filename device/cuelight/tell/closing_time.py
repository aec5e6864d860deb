"""Tell the loop when the shop closes and opens, by its opening hours."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cuelight.tell.buttons import Press
from cuelight.tell.wall_clock import clock_is_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.opening_hours import OpeningHours

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.0


class ClosingTime:
    """Looks at the wall clock once a second and gives each change as a press.

    `closed` says how it stood at the last look; the first is taken at once. Where the hours are not
    `always` and the clock is not set, nobody knows the hour, and it counts as closed.
    """

    def __init__(
        self,
        hours: OpeningHours,
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock_is_set: Callable[[], bool] = clock_is_set,
    ) -> None:
        self._hours = hours
        self._utc = utc
        self._clock_is_set = clock_is_set
        self._due: float | None = None
        self._unknown = False
        self.closed = self._is_closed()

    def drain(self, now: float) -> list[Press]:
        """Give a press where the shop closed or opened since the last call; `now` is any clock."""
        if self._due is not None and 0.0 <= self._due - now <= _LOOK_SECONDS:
            return []
        self._due = now + _LOOK_SECONDS
        before, self.closed = self.closed, self._is_closed()
        if before == self.closed:
            return []
        return [Press("hours_over" if self.closed else "hours_begun", now)]

    def _is_closed(self) -> bool:
        if self._hours.are_always:
            return False
        unknown = not self._clock_is_set()
        if unknown and not self._unknown:
            _log.warning(
                "the clock is not set, so nobody knows whether it is within site.opening_hours, "
                "and the camera stays closed. Let this box reach a time server."
            )
        self._unknown = unknown
        return unknown or not self._hours.are_on(self._utc())
