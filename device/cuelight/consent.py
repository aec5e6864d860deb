"""Whether the party at the table has agreed, where the operator promised to ask first."""

from __future__ import annotations

from typing import Final

LAPSE_SECONDS: Final = 120.0
"""An empty seat for as long as ends a visit ends the consent too: who sits there next is new."""

_BOUNCE_SECONDS: Final = 1.0
"""A second press within this is a nervous finger, and not a change of mind."""

_SLACK_SECONDS: Final = 5.0
"""The visit's own end comes first, so that it is counted."""


class Consent:
    """Given by one press on the customer's own button, and gone when they leave or press again.

    Where it is not `needed` (mode `notice`) it is always given and never changes. It is kept in
    memory only: a restart, a pause or a stop ends it. Times are seconds of any steady clock.
    """

    def __init__(self, *, needed: bool) -> None:
        self.needed = needed
        self._is_given = False
        self._seen = 0.0
        self._pressed: float | None = None

    @property
    def is_given(self) -> bool:
        """Whether the camera may be open."""
        return self._is_given or not self.needed

    def press(self, now: float) -> None:
        """Take a press: the first one agrees, the next one takes that back."""
        if self._pressed is not None and 0.0 <= now - self._pressed < _BOUNCE_SECONDS:
            return
        self._pressed = now
        self._is_given = not self._is_given
        self._seen = now

    def update(self, now: float, *, occupied: bool, over: bool = False) -> None:
        """Take what was seen: whether anybody is in the zone, and whether a visit has ended."""
        if occupied:
            self._seen = now
        if over or now - self._seen >= LAPSE_SECONDS + _SLACK_SECONDS:
            self._is_given = False

    def withdraw(self) -> None:
        """End it."""
        self._is_given = False
