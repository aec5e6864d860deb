"""Keep movements until they are seen to their ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.read.movement import Movement

_AFTER_SECONDS: Final = 0.1
"""How long after its end a movement is judged; raising it tells cues surer and later."""


class Endings:
    """Holds what has fallen back until the foot of its flank, and a moment after it, went by.

    A movement is found where it falls below a threshold; that it then comes to rest, and does not
    rise again as lips do in speech, is seen a little later. Only movements of the channels
    `awaited` are held: what stated limits judge is judged as it falls.
    """

    def __init__(self, awaited: frozenset[int]) -> None:
        self._awaited = awaited
        self._waiting: list[Movement] = []

    def update(self, now: float, found: Sequence[Movement]) -> list[Movement]:
        """Take the movements that a frame completes; give those that were seen to their ends."""
        at_once = [_cut(one, now) for one in found if one.channel not in self._awaited]
        self._waiting += [one for one in found if one.channel in self._awaited]
        if not self._waiting:
            return at_once
        over = [one for one in self._waiting if _is_over(one, now)]
        if over:
            self._waiting = [one for one in self._waiting if not _is_over(one, now)]
        return at_once + over

    def close(self, now: float) -> list[Movement]:
        """Give all that waits, as far as it was seen until `now`."""
        left, self._waiting = self._waiting, []
        return [_cut(one, now) for one in left]


def _is_over(movement: Movement, now: float) -> bool:
    return not movement.returned or movement.offset <= now - _AFTER_SECONDS


def _cut(movement: Movement, now: float) -> Movement:
    """End a movement now at the latest, though not before its apex."""
    if movement.offset <= now:
        return movement
    return replace(movement, offset=max(now, movement.apex))
