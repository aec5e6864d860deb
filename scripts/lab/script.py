"""A clip before it is rendered: who is there, what happens when, and its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.moment import Moment

if TYPE_CHECKING:
    from lab.body import Blinks
    from lab.event import Event, Stretch
    from lab.moment import Layer
    from lab.pattern import Pattern
    from lab.person import Person

SCHEMA = 1
MOST_COEFFICIENT = 1.7
"""No rig coefficient goes past this, however many layers add to it."""


@dataclass(frozen=True, slots=True)
class Script:
    """One clip's script, times in seconds; what it shows at `t` knows no frame rate.

    `layers` play in order, the events after them, the blinks last. `patterns` are those of a visit;
    None: this is none.
    """

    seed: int
    split: str
    kind: str
    seconds: float
    person: Person
    layers: tuple[Layer, ...]
    blinks: Blinks
    events: tuple[Event, ...] = ()
    price_marks: tuple[float, ...] = ()
    distractors: tuple[Stretch, ...] = ()
    face: tuple[Stretch, ...] = ()
    patterns: tuple[Pattern, ...] | None = None

    def at(self, t: float) -> Moment:
        """Give what there is to see at `t` seconds."""
        now = Moment()
        for layer in (*self.layers, *self.events, self.blinks):
            layer.play(t, now)
        now.moves = {
            shape: min(amount, MOST_COEFFICIENT)
            for shape, amount in sorted(now.moves.items())
            if amount
        }
        return now

    def truth(self, fps: float, size: tuple[int, int]) -> dict[str, Any]:
        """Give `truth.json` of the clip rendered at this rate and size."""
        person = self.person
        said = {} if self.patterns is None else {"patterns": [p.truth() for p in self.patterns]}
        return said | {
            "schema": SCHEMA,
            "seed": self.seed,
            "split": self.split,
            "kind": self.kind,
            "fps": float(fps),
            "seconds": float(self.seconds),
            "size": list(size),
            "identity": [list(each) for each in person.identity],
            "camera": {
                "below_degrees": round(person.below_degrees, 2),
                "face_px": round(person.face_px * size[0] / 640, 1),
            },
            "events": [event.truth() for event in self.events],
            "price_marks": list(self.price_marks),
            "distractors": [stretch.truth() for stretch in self.distractors],
            "blinks": [
                {"onset": curve.onset, "offset": curve.offset} for curve in self.blinks.curves
            ],
            "face": [
                {"from": round(stretch.start, 3), "to": round(stretch.end, 3)}
                for stretch in self.face
            ],
        }

    def side_car(self) -> str:
        """Give `events.txt`: the price marks as `cuelight replay --events` reads them."""
        return "".join(f"{mark:.3f},price_mention\n" for mark in self.price_marks)
