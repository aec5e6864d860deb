"""Play one clip through the real loop and keep what it said, and when."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from cuelight.commands.replay import replay
from cuelight.compose import build_sensing
from cuelight.records import Cue, Reading, Signal, VisitTally
from cuelight.sense.clip import open_clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cue_bench.clips import BenchClip
    from cuelight.sensing import Seen
    from cuelight.settings import Settings


@dataclass(frozen=True, slots=True)
class Told:
    """A cue and the time `at` of the frame with which it was told; `last` at the clip's end.

    A cue that is told only because the clip ends has no delay.
    """

    cue: Cue
    at: float
    last: bool = False


@dataclass(frozen=True, slots=True)
class Play:
    """What came of one clip; `frames` seen and how many of them with a face that was read."""

    frames: int
    faced: int
    cues: tuple[Told, ...]
    readings: tuple[Reading, ...]
    signals: tuple[Signal, ...]
    counted: frozenset[str]


def play_clip(clip: BenchClip, settings: Settings) -> Play:
    """Run a fresh loop over every frame of a clip, price marks in their place."""
    with open_clip(clip.film) as film:
        return gather(replay(build_sensing(settings), film, clip.marks))


def gather(seen: Iterable[Seen]) -> Play:
    """Sum up a replay, whose last item is what the clip's end gave."""
    frames = faced = 0
    cues: list[Told] = []
    readings: list[Reading] = []
    signals: list[Signal] = []
    counted: frozenset[str] = frozenset()
    for one, following in pairwise(chain(seen, (None,))):
        assert one is not None
        last = following is None
        frames += not last
        faced += bool(one.expressions)
        for event in one.events:
            match event:
                case Cue():
                    cues.append(Told(event, one.timestamp, last))
                case Reading():
                    readings.append(event)
                case Signal():
                    signals.append(event)
                case VisitTally():
                    counted |= event.cells
    return Play(frames, faced, tuple(cues), tuple(readings), tuple(signals), counted)
