"""The sensing half: from a frame to what the reader says of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cuelight.read.judged import JudgedBudget
from cuelight.records import Cue, Reading, Signal, VisitTally
from cuelight.seat_sums import place_of
from cuelight.sense.records import LANDMARKS, Box, Face, Frame
from cuelight.sense.track import CROP_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.read.budget import AlertBudget
    from cuelight.read.reader import Reader
    from cuelight.seat_sums import Place
    from cuelight.sense.expression import ExpressionModel
    from cuelight.sense.face import FaceFinder
    from cuelight.sense.records import Expression

_log = logging.getLogger(__name__)

Event = Cue | Reading | Signal | VisitTally


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame gave: the expressions of the faces read, and what the reader says of them.

    `occupied` says whether anybody is in the customer zone, read or not; `places` coarsely where.
    """

    timestamp: float
    expressions: tuple[Expression, ...]
    events: tuple[Event, ...]
    occupied: bool = False
    places: tuple[Place, ...] = ()


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
        height, width = frame.image.shape
        places = tuple(place_of(box, (height, width)) for box in self._finder.boxes)
        return Seen(frame.timestamp, tuple(expressions), tuple(events), occupied, places)

    def mark_price(self, timestamp: float, *, on_box: bool = False) -> None:
        """Say that the price was mentioned; `on_box` if by a tap that shakes the camera."""
        self._reader.mark_price(timestamp, on_box=on_box)

    def tap(self, timestamp: float) -> None:
        """Say that the box was tapped, which shakes the camera, whatever the tap meant."""
        self._reader.tap(timestamp)

    def judge(self, timestamp: float, *, useful: bool) -> bool:
        """Take the rep's judgement of the last signal; False where there is none to judge."""
        return isinstance(self.budget, JudgedBudget) and self.budget.judge(timestamp, useful=useful)

    def awaits_judgement(self, timestamp: float) -> bool:
        """Say whether a tap at this time may judge a signal."""
        return isinstance(self.budget, JudgedBudget) and self.budget.awaits(timestamp)

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

    def wipe(self) -> None:
        """Forget the faces, and overwrite what is left of their pictures in memory."""
        self._finder.wipe()
        self.warm_up()

    def forget(self) -> None:
        """Forget the faces and the visit under way, which is not counted; signals stay counted."""
        self._finder.reset()
        self._reader.reset()

    def restore_alerts(self, kept: Mapping[str, Any], *, same_clock: bool, now: float) -> None:
        """Take up what the alert budget kept before a restart; see `AlertBudget.restore`."""
        try:
            self.budget.restore(kept, same_clock=same_clock)
        except ValueError as error:
            _log.warning("the alert budget on disk makes no sense (%s); starting anew", error)
            return
        # Signals of an earlier boot count as given now, at the start, and grow old from here on.
        self.budget.visit_over(now)

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
