"""Say what a flawless cue finder would have the device tell of true movements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cue_bench.definition import due
from cuelight.read.budget import PRIORITY
from cuelight.read.cue import GESTURES, PRICE_GAZE
from cuelight.read.pattern import Pattern
from cuelight.read.price import PriceTimes
from cuelight.records import Cue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cue_bench.truth import Event
    from cuelight.read.book import CueBook
    from cuelight.records import Reading

STRENGTH: Final = 0.5
CONFIDENCE: Final = 0.95
"""Those of a clear movement: three times its threshold or more."""


def ideal_readings(
    events: Sequence[Event], marks: Sequence[float], book: CueBook, *, fps: float = 30.0
) -> list[Reading]:
    """Give the readings that a cue book makes of events, each found as soon as it is over.

    Every cue that an event shows is found, surely and at the true times, those it shows besides its
    own as well. A price mark covers what it covers on the device. Of one time, what goes first on
    the device comes first.
    """
    times = PriceTimes()
    cues: list[tuple[float, Cue]] = []
    for event in events:
        duty = due(event, fps=fps, marks=marks)
        if duty is None:
            continue
        onset, offset = duty.interval
        apex = (onset + offset) / 2 if event.name in GESTURES else min(event.apex, offset)
        price = event.name == PRICE_GAZE or any(
            mark - times.before_seconds <= apex <= mark + times.after_seconds for mark in marks
        )
        cues += [
            (duty.ended, Cue(name, 1, onset, apex, offset, STRENGTH, CONFIDENCE, price=price))
            for name in (event.name, *sorted(event.also))
        ]
    pattern = Pattern(book)
    found: list[Reading] = []
    for told, cue in sorted(cues, key=lambda row: row[0]):
        found += pattern.update(told, [cue])
    return sorted(found, key=lambda r: (r.timestamp, PRIORITY.index(r.name)))
