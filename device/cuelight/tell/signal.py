"""Say what each signal looks and feels like: three rhythms that nobody can mix up.

The rhythms are DESIGN section 3's: `go` is one 800 ms swell; `ease` two 200 ms pulses, 250 ms
apart; `reassure` three 120 ms pulses, 120 ms apart. "Apart" is the dark time from the end of one
pulse to the start of the next (120 ms from start to start would leave no dark at all). Each is
repeated once, and the 1.5 s before the repeat count from the end of the first performance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cuelight.errors import InputError

Colour = tuple[float, float, float]

REPEAT_SECONDS: Final = 1.5
"""Dark time between a rhythm's first performance and its repeat."""

_SWELL_STEP_SECONDS: Final = 0.02
"""A swell is drawn in steps of 20 ms; 50 a second look smooth and cost little."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One signal as a timeline of (seconds, level) steps; level 0 is dark, 1 full brightness.

    `colour` is (red, green, blue), 0 to 1. Colours only support the rhythm: they are the bluish
    green, orange and sky blue of Okabe and Ito's palette ("Color Universal Design", 2008), which
    the common kinds of colour blindness keep apart, with the brightest channel raised to 1.
    """

    name: str
    steps: tuple[tuple[float, float], ...]
    colour: Colour

    @property
    def duration_seconds(self) -> float:
        """Time from the first light to the end of the repeat."""
        return math.fsum(seconds for seconds, _ in self.steps)

    @property
    def pulses(self) -> tuple[tuple[float, float], ...]:
        """When it is lit, as (start, end) seconds from the beginning; what the eye reads."""
        found: list[tuple[float, float]] = []
        start: float | None = None
        now = 0.0
        for seconds, level in self.steps:
            if level > 0 and start is None:
                start = now
            if level == 0 and start is not None:
                found.append((start, now))
                start = None
            now += seconds
        if start is not None:
            found.append((start, now))
        return tuple(found)


def rhythm(name: str) -> Rhythm:
    """Return the rhythm of a signal (`go`, `ease`, `reassure`), or of what is said of the box.

    Raises InputError for any other name.
    """
    for other in (IDENTIFY, ZONE, REMINDER):
        if name == other.name:
            return other
    try:
        return RHYTHMS[name]
    except KeyError:
        names = ", ".join(RHYTHMS)
        raise InputError(f"signal is {name!r}; wanted one of {names}. Name one of these.") from None


def _swell(seconds: float) -> tuple[tuple[float, float], ...]:
    # sin squared, sampled in the middle of each step: no jump at either end, never dark within
    count = round(seconds / _SWELL_STEP_SECONDS)
    levels = (math.sin(math.pi * (index + 0.5) / count) ** 2 for index in range(count))
    return tuple((seconds / count, level) for level in levels)


def _pulses(
    count: int, *, lit_seconds: float, dark_seconds: float
) -> tuple[tuple[float, float], ...]:
    return (((lit_seconds, 1.0), (dark_seconds, 0.0)) * count)[:-1]


def _twice(steps: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    return (*steps, (REPEAT_SECONDS, 0.0), *steps)


RHYTHMS: Final = {
    "go": Rhythm("go", _twice(_swell(0.8)), (0.0, 1.0, 0.73)),
    "ease": Rhythm(
        "ease", _twice(_pulses(2, lit_seconds=0.2, dark_seconds=0.25)), (1.0, 0.69, 0.0)
    ),
    "reassure": Rhythm(
        "reassure", _twice(_pulses(3, lit_seconds=0.12, dark_seconds=0.12)), (0.37, 0.77, 1.0)
    ),
}
"""Every signal by name."""

IDENTIFY: Final = Rhythm("identify", ((0.2, 1.0), (0.2, 0.0)) * 25, (1.0, 1.0, 1.0))
"""Says "I am this box" to whoever installs it: ten seconds of white, evenly on and off.

No signal has more than three pulses in a row. Two and a half flashes a second stay below the three
that WCAG 2.3.1 allows, for people whom flashes harm.
"""

ZONE: Final = Rhythm("zone", ((3.0, 0.5),), (1.0, 1.0, 1.0))
"""Says that the zone wants to be confirmed: one steady, half-bright white of three seconds.

No hint is white, steady or longer than 0.8 s, and none comes meanwhile.
"""

REMINDER: Final = Rhythm("reminder", ((0.15, 1.0),), (1.0, 1.0, 1.0))
"""Says "I am still paused": one white flash of 150 ms, and nothing after it.

It tells nothing of a customer, since nobody is seen while the box is paused; every hint comes twice
and lasts longer.
"""
