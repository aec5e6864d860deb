"""Why a candidate did or did not become something, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one candidate.

    `stage` is movement, cue, reading, signal, visit or frame; `candidate` names a unit, cue,
    reading or signal; `outcome` is accepted or refused. `track` is its face (-1: none), `onset` and
    `offset` its extent where it has one.
    """

    timestamp: float
    stage: str
    candidate: str
    outcome: str
    reason: str
    track: int = -1
    onset: float | None = None
    offset: float | None = None


Explain = Callable[[Decision], object]
"""Takes every decision as it falls."""
