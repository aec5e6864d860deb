"""Know where a face's points lie in its crop, and so find the crop from points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cuelight.sense.geometry import Fit
from cuelight.sense.records import LANDMARKS, Box

if TYPE_CHECKING:
    from cuelight.sense.card import Card
    from cuelight.sense.geometry import Similarity
    from cuelight.sense.records import Floats


class FaceShape:
    """The card's template: fitted to landmarks, or to the detector's four front points."""

    def __init__(self, card: Card) -> None:
        self._template = card.template
        self._stable = np.array(card.stable)
        self._fit = Fit(card.template[self._stable])
        self._fit_detection = Fit(detector_points(card.template))
        low, high = card.template.min(axis=0), card.template.max(axis=0)
        self._centre = tuple(((low + high) / 2).tolist())
        self._half = tuple(((high - low) / 2).tolist())

    def fit(self, landmarks: Floats) -> Similarity:
        """Fit the crop to landmarks (32, 2) in frame pixels, by those that no expression moves."""
        return self._fit(landmarks.take(self._stable, axis=0))

    def fit_detection(self, points: Floats) -> Similarity:
        """Fit the crop to a detection's points (6, 2): its eyes, nose tip and mouth."""
        return self._fit_detection(points[:4])

    def landmarks(self, similarity: Similarity) -> Floats:
        """Give the template's points (32, 2) in frame pixels, as a first guess."""
        return similarity.points(self._template)

    def box(self, similarity: Similarity) -> Box:
        """Give the face's upright box, brows to chin; an open mouth does not change it."""
        x, y = similarity.point(*self._centre)
        width, height = self._half[0] * similarity.side, self._half[1] * similarity.side
        return Box(x - width, y - height, x + width, y + height)


def detector_points(template: Floats) -> Floats:
    """Give where the detector's right eye, left eye, nose tip and mouth lie in the template."""
    at = {name: template[index] for index, name in enumerate(LANDMARKS)}
    return np.stack(
        (
            (at["eye_r_outer"] + at["eye_r_inner"]) / 2,
            (at["eye_l_outer"] + at["eye_l_inner"]) / 2,
            at["nose_tip"],
            (at["mouth_r"] + at["mouth_l"]) / 2,
        )
    )
