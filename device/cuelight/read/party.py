"""Keep the faces at the table, each with its own neutral, also while they are lost."""

from __future__ import annotations

from collections import Counter
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
    """When a new track takes over the neutral of one that was lost.

    It must begin within `inherit_seconds` (as long as a visit's gap may last), its box's centre
    within `inherit_widths` box widths of where the lost one was last seen, and its size within a
    factor of `inherit_size`; and no other lost or new one may fit as well. Who it is plays no part:
    no identity is looked at. Raising these hands neutrals on more freely, also between two people
    who change places. `most` is how many lost faces are remembered.
    """

    inherit_seconds: float = 120.0
    inherit_widths: float = 0.8
    inherit_size: float = 1.35
    most: int = 12


class Party:
    """Hands each expression to its sitter; makes new ones, and lets new tracks inherit old ones."""

    def __init__(self, make: Callable[[], Sitter], limits: PartyLimits) -> None:
        self._make, self._limits = make, limits
        self._sitters: dict[int, Sitter] = {}

    def update(
        self, timestamp: float, expressions: Sequence[Expression]
    ) -> list[tuple[Sitter, Cue]]:
        """Take one frame's expressions, at most one a track; give the cues with their sitters."""
        found: list[tuple[Sitter, Cue]] = []
        here = {expression.track: expression for expression in reversed(expressions)}
        if not here.keys() <= self._sitters.keys():
            found += self._welcome(here, timestamp)
        for track, sitter in self._sitters.items():
            if track in here:
                found += [(sitter, cue) for cue in sitter.update(here[track])]
            elif sitter.lost(timestamp):
                found += [(sitter, cue) for cue in sitter.close()]
        return found

    def faint(self) -> list[tuple[Sitter, Cue]]:
        """Take what looked too little like a cue to be told, with the sitters, since last time."""
        return [(sitter, cue) for sitter in self._sitters.values() for cue in sitter.faint()]

    def close(self) -> list[tuple[Sitter, Cue]]:
        """End what every face has under way."""
        return [(s, cue) for s in self._sitters.values() for cue in s.close(lost=False)]

    def tap(self, timestamp: float) -> None:
        """Tell every face of a tap on the box."""
        for sitter in self._sitters.values():
            sitter.tap(timestamp)

    def reset(self) -> None:
        """Forget every face."""
        self._sitters.clear()

    def _welcome(self, here: dict[int, Expression], timestamp: float) -> list[tuple[Sitter, Cue]]:
        """Give every new track a sitter: the lost one that it alone fits, and that alone fits it.

        Where there is a choice nobody inherits, and the lost ones in question are closed and
        forgotten: they would stand in the way of the next return to this place.
        """
        arrived = sorted(here.keys() - self._sitters.keys())
        fits = {new: self._fitting(here[new], here, timestamp) for new in arrived}
        wanted = Counter(old for lost in fits.values() for old in lost)
        for new, lost in fits.items():
            only = len(lost) == 1 and wanted[lost[0]] == 1
            self._sitters[new] = self._sitters.pop(lost[0]) if only else self._make()
        cues: list[tuple[Sitter, Cue]] = []
        for old in sorted(wanted):
            if (sitter := self._sitters.pop(old, None)) is not None:
                cues += [(sitter, cue) for cue in sitter.close()]
        gone = sorted((s.seen or 0.0, old) for old, s in self._sitters.items() if old not in here)
        for _, old in gone[: max(len(self._sitters) - self._limits.most, 0)]:
            del self._sitters[old]
        return cues

    def _fitting(self, new: Expression, here: dict[int, Expression], timestamp: float) -> list[int]:
        """Name the lost tracks whose seat this may be."""
        return [
            old
            for old, sitter in self._sitters.items()
            if old not in here
            and sitter.seen is not None
            and sitter.box is not None
            and timestamp - sitter.seen <= self._limits.inherit_seconds
            and _is_seat(sitter.box, new.box, self._limits)
        ]


def _is_seat(old: Box, new: Box, limits: PartyLimits) -> bool:
    """Say whether two boxes are near and alike enough to be the same seat."""
    wide, wider = sorted((max(old.right - old.left, 1e-6), max(new.right - new.left, 1e-6)))
    across = (old.left + old.right - new.left - new.right) / 2.0
    down = (old.top + old.bottom - new.top - new.bottom) / 2.0
    near = hypot(across, down) <= limits.inherit_widths * wide
    return near and wider <= wide * limits.inherit_size
