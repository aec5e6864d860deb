"""Remind whoever is near that the box is paused, every half hour or as settings say."""

from __future__ import annotations


class Reminder:
    """Says when a reminder is due: whenever a pause by hand has lasted `minutes` longer.

    0 minutes never remind. Outside opening hours no pause counts as by hand (see `Status.by_hand`),
    so nothing blinks at night. Times are seconds of any steady clock.
    """

    def __init__(self, minutes: float) -> None:
        self._seconds = 60.0 * minutes
        self._due: float | None = None

    def update(self, now: float, *, by_hand: bool) -> bool:
        """Take how things stand; True when it is time to remind, once each time."""
        if not by_hand or self._seconds <= 0.0:
            self._due = None
        elif self._due is None:
            self._due = now + self._seconds
        elif now >= self._due:
            self._due = now + self._seconds
            return True
        return False
