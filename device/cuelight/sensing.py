"""The sensing half: from a frame to what the reader says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cuelight.records import Cue, Reading, Signal, VisitTally
from cuelight.sense.records import LANDMARKS, Box, Face, Frame
from cuelight.sense.track import CROP_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.read.budget import AlertBudget
    from cuelight.read.reader import Reader
    from cuelight.sense.expression import ExpressionModel
    from cuelight.sense.face import FaceFinder
    from cuelight.sense.records import Expression

Event = Cue | Reading | Signal | VisitTally


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame gave: the expressions of the faces read, and what the reader says of them.

    `occupied` says whether anybody is in the customer zone, read or not.
    """

    timestamp: float
    expressions: tuple[Expression, ...]
    events: tuple[Event, ...]
    occupied: bool = False


class Sensing:
    """From a frame to what the reader says: find faces, read expressions, judge them.

    `lap` is called with a stage's name when that stage of a frame is over; `bench` passes a
    stopwatch. It reads no clock itself, so the same frames give the same events at any speed.
    """

    def __init__(
        self,
        *,
        finder: FaceFinder,
        model: ExpressionModel,
        reader: Reader,
        lap: Callable[[str], object] | None = None,
    ) -> None:
        self._finder = finder
        self._model = model
        self._reader = reader
        self._lap = lap or (lambda _stage: None)

    def update(self, frame: Frame) -> Seen:
        """Read one frame."""
        faces = self._finder.update(frame)
        self._lap("find")
        expressions = []
        for face in faces:
            expression = self._model.read(face, frame)
            self._finder.follow(face.track, expression)
            expressions.append(expression)
            self._lap("express")
        occupied = self._finder.occupied
        events = self._reader.update(frame.timestamp, expressions, occupied=occupied)
        self._lap("read")
        return Seen(frame.timestamp, tuple(expressions), tuple(events), occupied)

    def mark_price(self, timestamp: float, *, on_box: bool = False) -> None:
        """Say that the price was mentioned; `on_box` if by a tap that shakes the camera."""
        self._reader.mark_price(timestamp, on_box=on_box)

    def warm_up(self) -> None:
        """Run the model once on a blank crop, so that its first real face is not its slowest."""
        blank = np.zeros((CROP_SIDE, CROP_SIDE), np.uint8)
        box = Box(0.0, 0.0, CROP_SIDE, CROP_SIDE)
        here = np.array([[CROP_SIDE, 0, 0], [0, CROP_SIDE, 0]], np.float32)
        points = np.zeros((len(LANDMARKS), 2), np.float32)
        self._model.read(Face(0, box, points, blank, here, 0.0), Frame(blank, 0.0))

    def flush(self, timestamp: float) -> tuple[Event, ...]:
        """Close what is open at a clip's end."""
        return tuple(self._reader.flush(timestamp))

    def reset(self) -> None:
        """Forget the faces, as after a pause; visits and the alert budget stay."""
        self._finder.reset()

    def forget(self) -> None:
        """Forget the faces and the visit under way, which is not counted; signals stay counted."""
        self._finder.reset()
        self._reader.reset()

    @property
    def model_sha256(self) -> str:
        """Hash of the expression model's file."""
        return self._model.card.sha256

    @property
    def countable(self) -> frozenset[str]:
        """Names of all cells that a visit can add to."""
        return self._reader.countable

    @property
    def budget(self) -> AlertBudget:
        """The alert budget, whose memory the box keeps across restarts."""
        return self._reader.budget
