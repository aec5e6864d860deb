"""What each cue is worth: its thresholds, and how it speaks for or against each reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.read.likeness import Looks


@dataclass(frozen=True, slots=True)
class CueEntry:
    """One cue's parameters.

    `likelihood` gives, per reading, how many times likelier the true movement is when the reading
    holds than when it does not (below 1 speaks against it). `odds` is how many times likelier to be
    true a find is in a customer's visit than its confidence says: raising it makes more of the
    cue. `enter` multiplies the units' enter thresholds: raising it finds fewer cues. A cue weaker
    than `strength` (0 to 1 above neutral) or less sure than `confidence` is dropped; so is one
    while the rest of the face moves, on average, more than `commotion` times as far as the cue's
    own units: raising it finds more cues in busy faces. A visit counts for the cue from
    `visit_threshold` cues on, and for the time after a price mark from `after_price_threshold` on.
    The same cue rests for `refractory_seconds`. A cue that does not `signal`, or is less sure than
    `signal_confidence`, is evidence but never completes a signal by itself. `measured` says whether
    these values come from a benchmark.
    """

    likelihood: Mapping[str, float]
    enter: float = 1.0
    strength: float = 0.0
    confidence: float = 0.0
    odds: float = 1.0
    commotion: float = 10.0
    visit_threshold: int = 1
    after_price_threshold: int = 1
    refractory_seconds: float = 0.5
    signal: bool = True
    signal_confidence: float = 0.0
    measured: bool = False


@dataclass(frozen=True, slots=True)
class ReadingEntry:
    """One reading's parameters: `prior` probability, and the `confidence` from which it is told."""

    prior: float
    confidence: float
    visit_threshold: int = 1
    after_price_threshold: int = 1


@dataclass(frozen=True, slots=True)
class CueBook:
    """All cues and readings, and how evidence counts.

    Cues with `looks` are told by those, the others by the rules and limits of their entries. What
    looks too little like a cue to be told is faint evidence from the probability `faint` on:
    raising it lets fewer movements count that nobody hears of. Evidence fades with
    `half_life_seconds`; raising it lets older cues count. Two movements of the same units are two
    if they peak `separate_seconds` apart.
    """

    cues: Mapping[str, CueEntry]
    readings: Mapping[str, ReadingEntry]
    looks: Mapping[str, Looks] = field(default_factory=dict)
    half_life_seconds: float = 20.0
    separate_seconds: float = 2.0
    faint: float = 1.0
