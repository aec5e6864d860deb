"""Measure the one face before the mirror: the device's own finder and model, their figures only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cuelight.practice.mirror.movements import figures_of, shown_movements
from cuelight.sense.records import Frame

if TYPE_CHECKING:
    from cuelight.sense.expression import ExpressionModel
    from cuelight.sense.face import FaceFinder
    from cuelight.sense.records import Luma

_LOOKS: Final = 3
"""Looks at a still picture: each moves the crop to the landmarks that the one before found."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What one frame gave: how many faces, and of a single one the figures.

    `face` is a number that changes when another face comes; `figures` are in the order of the eye's
    movements, and empty unless there is exactly one face that can be measured.
    """

    faces: int
    face: int = 0
    figures: tuple[float, ...] = ()


class Eye:
    """From a frame to a glance. Not safe for threads.

    A face that the model itself doubts (`least_quality`) is not measured, nor is anybody while a
    second face is there: who did not press the button is none of the mirror's business.
    """

    def __init__(
        self, finder: FaceFinder, model: ExpressionModel, *, least_quality: float = 0.5
    ) -> None:
        self._finder = finder
        self._model = model
        self._least_quality = least_quality
        self.movements = shown_movements({n: u.live for n, u in model.card.units.items()})

    def look(self, frame: Frame) -> Glance:
        """Measure the face of one frame; of the frame itself nothing is kept."""
        faces = self._finder.update(frame)
        glance = Glance(len(faces))
        for face in faces:
            expression = self._model.read(face, frame)
            self._finder.follow(face.track, expression)
            if len(faces) == 1 and expression.quality >= self._least_quality:
                glance = Glance(1, face.track, figures_of(expression, self.movements))
        return glance

    def look_at_still(self, picture: Luma) -> tuple[float, ...]:
        """Measure the face of a still picture; empty where there is none."""
        self.reset()
        glances = [self.look(Frame(picture, number / 30.0)) for number in range(_LOOKS)]
        self.reset()
        return glances[-1].figures

    def reset(self) -> None:
        """Forget the face."""
        self._finder.reset()
