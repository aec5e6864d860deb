"""Tell a price mention from a judgement by how often the rep's button is tapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cuelight.loop import Pressed

BURST_SECONDS: Final = 0.5
"""Two taps at most this far apart belong together, as with a double click."""

_MEANING: Final = {1: "price", 2: "not_useful", 3: "useful"}
"""Of that many taps in a burst; more than three are a nervous hand, and mean nothing."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a press meant: `price`, `tap`, `useful` or `not_useful`, at its first touch."""

    name: str
    timestamp: float


class Taps:
    """Takes the presses of the loop and says what the taps on the rep's button mean.

    `awaits` says whether a signal that a tap at this time (s) may judge was shown shortly before.
    Where none was, every tap is a price mention, at once and as ever. Where one was, taps wait for
    up to half a second until it is clear how many they are: one is a price mention still (with the
    time of its touch), two say "not useful", three "useful". Each tap that waits is given as a
    `tap` at once, since it shakes the box whatever it means. All other presses go through as they
    came.
    """

    def __init__(self, awaits: Callable[[float], bool] = lambda _timestamp: False) -> None:
        self._awaits = awaits
        self._burst: list[Pressed] = []

    def update(self, presses: Sequence[Pressed], now: float) -> list[Pressed]:
        """Take the presses since the last call, oldest first; give what they mean by now."""
        found: list[Pressed] = []
        for press in presses:
            if press.name != "price":
                found.append(press)
                continue
            found += self._end_burst(press.timestamp)
            if self._burst or self._awaits(press.timestamp):
                self._burst.append(press)
                found.append(Meant("tap", press.timestamp))
            else:
                found.append(press)
        return found + self._end_burst(now)

    def _end_burst(self, now: float) -> list[Pressed]:
        if not self._burst or now - self._burst[-1].timestamp <= BURST_SECONDS:
            return []
        first, meaning = self._burst[0], _MEANING.get(len(self._burst))
        self._burst = []
        return [Meant(meaning, first.timestamp)] if meaning else []
