"""Faces made of numbers: expressions over time, for tests of the reader."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cuelight.cuebook import load_cuebook
from cuelight.read.reader import Event, Reader
from cuelight.read.thresholds import UnitThresholds
from cuelight.sense.records import EMOTIONS, UNITS, Box, Expression, Gaze, Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cuelight.read.book import CueBook
    from cuelight.records import Cue, Reading, Signal

FULL = 2.5
"""An intensity of 0.4 is a full movement: what a relative unit is of the intensity."""
_PLAIN = UnitThresholds()
_RELATIVE = UnitThresholds(
    FULL * _PLAIN.enter, FULL * _PLAIN.leave, FULL * _PLAIN.noise, _PLAIN.prior, slope=FULL
)
THRESHOLDS = {
    name: _PLAIN if name in {"AU25", "AU26", "AU45L", "AU45R"} else _RELATIVE for name in UNITS
}
TRUSTED = (
    ("pressed_lips", "hesitation", 9.0),
    ("nose_wrinkle", "discomfort", 9.0),
    ("brief_frown", "discomfort", 7.0),
    ("one_sided_smile", "scepticism", 10.0),
)
POSES = ("yaw", "pitch", "roll", "scale", "gaze_yaw", "gaze_pitch")


@cache
def book() -> CueBook:
    """The cue parameters that ship, as if the model read every cue well.

    What the shipped model reads badly is kept from the lamp there; the reader is tested with all.
    These faces are drawn with a few strokes: what real ones look like while they move says nothing
    of them, so the stated limits judge.
    """
    shipped = load_cuebook(Path(__file__).parents[1] / "models" / "cues.toml")
    # Two make a visit's cell, whatever was measured of false alarms.
    cues = {
        name: replace(cue, visit_threshold=min(cue.visit_threshold, 2), after_price_threshold=1)
        for name, cue in shipped.cues.items()
    }
    for name, reading, ratio in TRUSTED:
        likelihood = {**cues[name].likelihood, reading: ratio}
        cues[name] = replace(cues[name], signal=True, likelihood=likelihood)
    return replace(shipped, cues=cues, looks={})


@dataclass(frozen=True)
class Move:
    """One movement: rises from `start`, is whole at `start + rise`, is gone at `end`.

    `parts` says how far each unit, emotion or pose goes (units and emotions 0 to 1, degrees; scale
    as a part of itself). An end of None: it is kept.
    """

    start: float
    end: float | None
    parts: Mapping[str, float]
    rise: float = 0.2

    def part(self, t: float) -> float:
        up = _ease((t - self.start) / self.rise)
        down = 1.0 if self.end is None else _ease((self.end - t) / self.rise)
        return min(up, down)


def _ease(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return 0.5 - 0.5 * math.cos(math.pi * x)


@dataclass(frozen=True)
class Actor:
    """A face that performs moves; at rest it shows the usual neutral, or what `rest` says."""

    moves: Sequence[Move] = ()
    rest: Mapping[str, float] = field(default_factory=dict)
    track: int = 1
    seed: int = 7
    noise: float = 0.01
    left: float = 200.0
    extra: Callable[[float], Mapping[str, float]] | None = None

    def values(self, t: float) -> dict[str, float]:
        values = dict.fromkeys(UNITS, 0.03) | {"scale": 0.3} | dict(self.rest)
        for move in self.moves:
            part = move.part(t)
            for name, amount in move.parts.items():
                values[name] = values.get(name, 0.0) + part * amount
        for name, amount in (self.extra(t) if self.extra else {}).items():
            values[name] = values.get(name, 0.0) + amount
        return values

    def show(self, t: float) -> Expression:
        values = self.values(t)
        # Noise hangs on the time alone, so that every frame rate sees the same face.
        dice = np.random.default_rng([self.seed, round(t * 1e4)])
        units = np.array([values[name] for name in UNITS]) + dice.normal(0, self.noise, len(UNITS))
        units = np.clip(np.round(units * 256) / 256, 0, 1)
        told = np.array([values.get(name, 0.0) for name in EMOTIONS[1:]])
        told = told / max(told.sum(), 1.0)
        emotions = np.array([1.0 - told.sum(), *told])
        turn = dice.normal(0, 30 * self.noise, 6)
        turn[3] = 0.1 * self.noise * dice.normal()
        pose = [values.get(name, 0.0) + t for name, t in zip(POSES, turn, strict=True)]
        return Expression(
            track=self.track,
            timestamp=t,
            action_units=units.astype(np.float32),
            relative_units=(FULL * units).astype(np.float32),
            emotions=emotions.astype(np.float32),
            head=Head(*pose[:4]),
            gaze=Gaze(*pose[4:]),
            landmarks=np.zeros((32, 2), np.float32),
            box=Box(self.left, 100.0, self.left + 150.0, 250.0),
            quality=1.0,
        )


def times(start: float, end: float, fps: float = 30.0) -> list[float]:
    """Frame times from `start` to before `end`."""
    count = int(np.ceil((end - start) * fps - 1e-9))
    return [start + i / fps for i in range(count)]


def reader(**choices: Any) -> Reader:
    """A reader with the shipped cue parameters."""
    given = {"units": THRESHOLDS, "cues": book(), **choices}
    return Reader(**given)


def play(
    actors: Actor | Sequence[Actor],
    seconds: float,
    *,
    fps: float = 30.0,
    start: float = 0.0,
    marks: Iterable[float] = (),
    into: Reader | None = None,
    flush: bool = True,
    **choices: Any,
) -> list[Event]:
    """Show actors to a reader and give all that it said."""
    eye = into or reader(**choices)
    cast = [actors] if isinstance(actors, Actor) else list(actors)
    waiting, said = sorted(marks), []
    for t in times(start, start + seconds, fps):
        while waiting and waiting[0] <= t:
            eye.mark_price(waiting.pop(0))
        said += eye.update(t, [actor.show(t) for actor in cast], occupied=bool(cast))
    return said + (eye.flush(start + seconds) if flush else [])


def named(events: Iterable[Event], kind: type[Cue | Reading | Signal]) -> list[str]:
    """The names of the events of one kind, in order."""
    return [event.name for event in events if isinstance(event, kind)]


def iou(one: Cue, other: Cue) -> float:
    """How far two cues' intervals agree: their overlap over their union."""
    both = min(one.offset, other.offset) - max(one.onset, other.onset)
    return max(both, 0.0) / (max(one.offset, other.offset) - min(one.onset, other.onset))


SMILE = {"AU12L": 0.5, "AU12R": 0.5, "AU06": 0.4, "happiness": 0.8}
BROWS = {"AU01": 0.4, "AU02L": 0.4, "AU02R": 0.4}
FROWN = {"AU04L": 0.4, "AU04R": 0.4}
PRESS = {"AU24": 0.5, "AU28": 0.5}
WRINKLE = {"AU09": 0.4}
SMIRK = {"AU12L": 0.4, "AU12R": 0.12, "contempt": 0.5}
