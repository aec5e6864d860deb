"""Grade what was told of a known clip: which cues were found, how exactly and how soon."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from cuelight.match import match

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cuelight.known import KnownClip, KnownEvent
    from cuelight.records import Cue

LEAST_OVERLAP: Final = 0.5
"""Overlap over union from which a cue is the event: the MEGC spotting challenges' rule."""


@dataclass(frozen=True, slots=True)
class Told:
    """A cue and when it was told, in seconds of the clip with the frame's own work added.

    `at` is None for a cue that was told only because the clip ended.
    """

    cue: Cue
    at: float | None


@dataclass(slots=True)
class CueGrade:
    """One cue in one clip: how many were owed, found and false; errors and delays in seconds."""

    owed: int = 0
    false: int = 0
    onset_errors: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)

    @property
    def hits(self) -> int:
        """How many were found."""
        return len(self.onset_errors)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision; None where none was owed."""
        return f1_of([self])

    @property
    def recall(self) -> float | None:
        """The share that was found; None where none was owed."""
        return self.hits / self.owed if self.owed else None

    @property
    def onset_error(self) -> float | None:
        """By how much onsets were told too late, in the median; below 0: too early."""
        return median(self.onset_errors) if self.onset_errors else None

    @property
    def delay(self) -> float | None:
        """From the definition met to the cue told, in the median."""
        return median(self.delays) if self.delays else None


def f1_of(grades: Iterable[CueGrade]) -> float | None:
    """Give F1 over all cues together; None where none was owed."""
    owed = told = hits = 0
    for grade in grades:
        owed, told, hits = owed + grade.owed, told + grade.hits + grade.false, hits + grade.hits
    return 2 * hits / (owed + told) if owed else None


def grade(clip: KnownClip, told: Sequence[Told]) -> dict[str, CueGrade]:
    """Grade every cue that the clip owes or that was told, by its name.

    A cue that an event of another name truly shows is neither right nor wrong.
    """
    owed = [event for event in clip.events if event.owed is not None]
    names = {event.name for event in owed} | {one.cue.name for one in told}
    grades = {name: _grade(name, owed, clip.events, told) for name in sorted(names)}
    return {name: one for name, one in grades.items() if one.owed or one.false}


def _grade(
    name: str, owed: Iterable[KnownEvent], events: Sequence[KnownEvent], told: Iterable[Told]
) -> CueGrade:
    mine = [event for event in owed if event.name == name]
    found = [one for one in told if one.cue.name == name]
    pairs = match(
        [event.owed for event in mine if event.owed is not None],
        [(one.cue.onset, one.cue.offset) for one in found],
        least=LEAST_OVERLAP,
    )
    result = CueGrade(owed=len(mine))
    for number, place in pairs:
        event, one = mine[number], found[place]
        result.onset_errors.append(one.cue.onset - event.onset)
        if one.at is not None and event.met is not None:
            result.delays.append(one.at - event.met)
    used = {place for _, place in pairs}
    rest = (one for place, one in enumerate(found) if place not in used)
    result.false = sum(not _shown(one.cue, events) for one in rest)
    return result


def _shown(cue: Cue, events: Iterable[KnownEvent]) -> bool:
    return any(cue.name in e.also and e.onset <= cue.apex <= e.offset for e in events)
