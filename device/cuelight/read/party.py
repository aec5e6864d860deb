"""The faces at the table, each with its own neutral, kept while lost."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cuelight.read.sitter import Sitter
    from cuelight.records import Cue
    from cuelight.sense.records import Box, Expression


@dataclass(frozen=True, slots=True)
class PartyLimits:
    """When a new track takes over the neutral of one just lost.

    It must begin within `inherit_seconds`, its box's centre within `inherit_widths` box widths of
    where the lost one was last seen, and its size within a factor of `inherit_size`. Who it is
    plays no part: no identity is looked at. Raising these hands neutrals on more freely, also
    between two people who change places. `most` is how many lost faces are remembered.
    """

    inherit_seconds: float = 10.0
    inherit_widths: float = 0.8
    inherit_size: float = 1.35
    most: int = 12


class Party:
    """Hands each expression to its sitter; makes new ones, and lets new tracks inherit old ones."""

    def __init__(self, make: Callable[[], Sitter], limits: PartyLimits) -> None:
        self._make, self._limits = make, limits
        self._sitters: dict[int, Sitter] = {}

    def update(
        self, timestamp: float, expressions: Sequence[Expression], interval: float
    ) -> list[tuple[Sitter, Cue]]:
        """Take one frame's expressions, at most one a track; give the cues with their sitters."""
        found: list[tuple[Sitter, Cue]] = []
        here = {expression.track: expression for expression in reversed(expressions)}
        for track in sorted(here):
            if track not in self._sitters:
                self._welcome(track, here, timestamp)
        for track, sitter in self._sitters.items():
            if track in here:
                found += [(sitter, cue) for cue in sitter.update(here[track], interval)]
            elif sitter.lost(timestamp):
                found += [(sitter, cue) for cue in sitter.close(interval)]
        return found

    def close(self, interval: float) -> list[tuple[Sitter, Cue]]:
        """End what every face has under way."""
        return [(s, cue) for s in self._sitters.values() for cue in s.close(interval)]

    def tap(self, timestamp: float) -> None:
        """Tell every face of a tap on the box."""
        for sitter in self._sitters.values():
            sitter.tap(timestamp)

    def reset(self) -> None:
        """Forget every face."""
        self._sitters.clear()

    def _welcome(self, track: int, here: dict[int, Expression], timestamp: float) -> None:
        lost = [
            (distance, old)
            for old, sitter in self._sitters.items()
            if old not in here
            and sitter.seen is not None
            and sitter.box is not None
            and timestamp - sitter.seen <= self._limits.inherit_seconds
            and (distance := _apart(sitter.box, here[track].box, self._limits)) is not None
        ]
        if lost:
            _, old = min(lost)
            self._sitters[track] = self._sitters.pop(old)
            return
        self._sitters[track] = self._make()
        if len(self._sitters) > self._limits.most:
            gone = [(s.seen or 0.0, old) for old, s in self._sitters.items() if old not in here]
            if gone:
                del self._sitters[min(gone)[1]]


def _apart(old: Box, new: Box, limits: PartyLimits) -> float | None:
    """Give how far two boxes lie apart in widths, or None if they cannot be the same seat."""
    wide, wider = sorted((max(old.right - old.left, 1e-6), max(new.right - new.left, 1e-6)))
    if wider > wide * limits.inherit_size:
        return None
    across = (old.left + old.right - new.left - new.right) / 2.0
    down = (old.top + old.bottom - new.top - new.bottom) / 2.0
    distance = hypot(across, down) / wide
    return distance if distance <= limits.inherit_widths else None
