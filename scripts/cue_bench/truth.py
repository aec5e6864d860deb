"""Load what truly happens in a clip from its `truth.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cue_bench.plan import load_plan
from cuelight.errors import InputError
from cuelight.read.budget import PRIORITY, SIGNAL_OF
from cuelight.read.cue import CUES, MACRO, MICRO
from cuelight.read.movement import MovementTimes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

LASTING: Final = "lasting"
SPANS: Final = (MICRO, MACRO, LASTING)
KINDS: Final = ("cues", "distractors", "neutral", "visits")
VISITS: Final = KINDS[3]
SPLITS: Final = ("tune", "test")
SOURCES: Final = ("rig", "portrait", "film")
"""Rendered heads; real portraits moved by warps; film labelled by eye. Only the last is real."""

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """One true movement, times in seconds.

    `strength` is quarter, half, full or unknown; `span` goes by duration, as the reader's own kinds
    do. `also` names the cues that the same movement rightly shows besides its own.
    """

    name: str
    onset: float
    apex: float
    offset: float
    strength: str
    span: str
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A named time from `start` to `end` in seconds: a distractor, a blink, a face's presence.

    `shows` names the cues that are truly there in it, whenever exactly.
    """

    name: str
    start: float
    end: float
    shows: frozenset[str] = frozenset()

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class TruePattern:
    """Movements that together mean one thing, times in seconds, and the signal due for them.

    They last from `start` to `end`; with the one that is complete at `met` all are.
    """

    reading: str
    signal: str
    start: float
    met: float
    end: float


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is known of a clip.

    `scene` is the same for one clip at several frame rates. `judged` names the cues whose events
    are all in `events`; what else is found in the clip is neither right nor wrong.
    """

    scene: str
    split: str
    kind: str
    source: str
    fps: float
    seconds: float
    events: tuple[Event, ...]
    marks: tuple[float, ...]
    distractors: tuple[Stretch, ...]
    blinks: tuple[Stretch, ...]
    faces: tuple[Stretch, ...]
    judged: frozenset[str] = CUES
    patterns: tuple[TruePattern, ...] = ()

    @property
    def face_seconds(self) -> float:
        """How long a face is there to be read."""
        return sum(face.seconds for face in self.faces)


def load_truth(path: Path) -> Truth:
    """Read and check a truth.json of schema 1.

    `source` may be left out (rig), so may an event's strength (unknown), `judged` (all), and
    `patterns` (none).
    Raises InputError with file, key, given and wanted.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"Cannot read the truth from {path}: {error}. Make the clip anew."
        ) from None
    check = _Check(path)
    if not isinstance(table, dict) or table.get("schema") != 1:
        raise InputError(f"{path}: schema 1 is wanted. Make the clip anew.")
    seconds = check.number(table, "seconds", least=0.0)
    faces = check.stretches(table, "face") or (Stretch("face", 0.0, seconds),)
    identity = json.dumps(table.get("identity"), sort_keys=True)
    split, kind = check.one(table, "split", SPLITS), check.one(table, "kind", KINDS)
    source = check.one({"source": SOURCES[0]} | table, "source", SOURCES)
    return Truth(
        scene=f"{source} {split} {kind} {table.get('seed')} {identity}",
        split=split,
        kind=kind,
        source=source,
        fps=check.number(table, "fps", least=1.0),
        seconds=seconds,
        events=tuple(
            check.event(row, number) for number, row in enumerate(table.get("events", ()))
        ),
        marks=tuple(sorted(float(mark) for mark in table.get("price_marks", ()))),
        distractors=check.stretches(table, "distractors"),
        blinks=check.stretches(table, "blinks", keys=("onset", "offset")),
        faces=faces,
        judged=check.cues(table.get("judged", CUES), "judged"),
        patterns=tuple(
            check.pattern(row, number) for number, row in enumerate(table.get("patterns", ()))
        ),
    )


def span_of(seconds: float) -> str:
    """Name how long a movement lasts: micro, macro or lasting (DESIGN section 2)."""
    times = MovementTimes()
    if seconds <= times.micro_max_seconds:
        return MICRO
    return MACRO if seconds < times.sustained_seconds else LASTING


class _Check:
    """Takes values out of the table, and names file and key where one is off."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def number(self, table: Mapping[str, Any], key: str, *, least: float, where: str = "") -> float:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
            raise self._off(where + key, value, f"a number from {least:g}")
        return float(value)

    def one(
        self, table: Mapping[str, Any], key: str, known: tuple[str, ...], where: str = ""
    ) -> str:
        value = table.get(key)
        if value not in known:
            raise self._off(where + key, value, f"one of {', '.join(known)}")
        return str(value)

    def stretches(
        self, table: Mapping[str, Any], key: str, keys: tuple[str, str] = ("from", "to")
    ) -> tuple[Stretch, ...]:
        found = []
        for number, row in enumerate(table.get(key, ())):
            where = f"{key}[{number}]."
            start = self.number(row, keys[0], least=0.0, where=where)
            end = self.number(row, keys[1], least=start, where=where)
            shows = self.cues(row.get("shows", ()), where + "shows")
            found.append(Stretch(str(row.get("name", key)), start, end, shows))
        return tuple(found)

    def event(self, row: Mapping[str, Any], number: int) -> Event:
        where = f"events[{number}]."
        name = self.one(row, "name", tuple(sorted(CUES)), where)
        onset = self.number(row, "onset", least=0.0, where=where)
        apex = self.number(row, "apex", least=onset, where=where)
        offset = self.number(row, "offset", least=apex, where=where)
        given = row.get("strength")
        strength = UNKNOWN
        if given is not None:
            value = self.number(row, "strength", least=0.0, where=where)
            known = load_plan().strengths
            strength = min(known, key=lambda label: abs(known[label] - value))
        also = self.cues(row.get("also", ()), where + "also")
        return Event(name, onset, apex, offset, strength, span_of(offset - onset), also)

    def pattern(self, row: Mapping[str, Any], number: int) -> TruePattern:
        where = f"patterns[{number}]."
        reading = self.one(row, "reading", PRIORITY, where)
        signal = self.one(row, "signal", (SIGNAL_OF[reading],), where)
        start = self.number(row, "from", least=0.0, where=where)
        end = self.number(row, "to", least=start, where=where)
        met = self.number(row, "met", least=start, where=where)
        return TruePattern(reading, signal, start, met, end)

    def cues(self, names: Iterable[str], where: str) -> frozenset[str]:
        for name in names:
            if name not in CUES:
                raise self._off(where, name, "the name of a cue")
        return frozenset(names)

    def _off(self, where: str, given: object, wanted: str) -> InputError:
        return InputError(f"{self._path}: {where} is {given!r}; {wanted} is wanted.")
