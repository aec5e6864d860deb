"""Keep one face's crop on the face, from look to look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from cuelight.sense.geometry import Similarity
    from cuelight.sense.records import Box, Expression, Luma
    from cuelight.sense.shape import FaceShape

CROP_SIDE: Final = 112
"""Pixels a side of `Face.crop`."""


@dataclass(frozen=True, slots=True)
class Following:
    """How faces are looked for and followed. Times in seconds, lengths in parts of the crop's side.

    `search_empty_seconds`: between searches while nobody is read; raising it saves power and finds
    a face later. `search_seconds`: while someone is read and another could be; also how often a
    followed face is confirmed. `search_full_seconds`: the same when no further face would be read.
    `quality_min`: below this quality (0 to 1) the landmarks are in doubt, and the crop stays
    where it is. `doubt_seconds`: how long that may last before the detector is asked.
    `unseen_seconds`: a face that the detector has not confirmed for so long is dropped, whatever
    the model says.

    A crop trembles with its landmarks, and the model reads the trembling as movement; so shifts up
    to `still` are smoothed with the time constant `settle_seconds`, while shifts from `moving` up
    are followed at once, and those between in proportion. `jump` is the shift beyond which the
    detector is believed rather than the landmarks.
    """

    search_empty_seconds: float = 0.5
    search_seconds: float = 1.0
    search_full_seconds: float = 2.0
    doubt_seconds: float = 0.2
    quality_min: float = 0.25
    unseen_seconds: float = 5.0
    settle_seconds: float = 0.12
    still: float = 0.01
    moving: float = 0.04
    jump: float = 0.35


class Track:
    """One face over time: where its crop lies, and who vouched for it when.

    `confirmed` is when the detector last found it, `doubted` since when the model has not seen a
    face in the crop (None: it does), `is_read` whether it is being read. Times in seconds.
    """

    def __init__(
        self,
        number: int,
        *,
        similarity: Similarity,
        shape: FaceShape,
        following: Following,
        now: float,
    ) -> None:
        self.number = number
        self.crop: Luma = np.empty((CROP_SIDE, CROP_SIDE), np.uint8)
        self.shrink = 1
        self.is_read = False
        self._shape = shape
        self._following = following
        self.place(similarity, now=now)

    def place(self, similarity: Similarity, *, now: float) -> None:
        """Believe the detector: put the crop where it says."""
        self.confirmed = now
        self.doubted: float | None = None
        self._looked: float | None = None
        self.landmarks = self._shape.landmarks(similarity)
        self._move(similarity)

    def confirm(self, similarity: Similarity, *, now: float) -> None:
        """Take in that the detector found this face; believe the landmarks unless they are off."""
        drifted = self.similarity.distance(similarity) > self._following.jump
        if drifted or self.is_doubtful(now) or not self.is_read:
            self.place(similarity, now=now)
        self.confirmed = now

    def look(self, expression: Expression, *, now: float) -> None:
        """Take in what the model saw in the crop: move it to the landmarks, or begin to doubt."""
        seen = self._shape.fit(expression.landmarks)
        growth = seen.side / max(self.similarity.side, 1e-6)
        shift = self.similarity.distance(seen)
        good = expression.quality >= self._following.quality_min
        # landmarks that are no numbers fail these comparisons, too
        if not (good and 0.7 < growth < 1.4 and shift < 0.5):
            self.doubted = now if self.doubted is None else self.doubted
            return
        self.doubted = None
        self.landmarks = expression.landmarks
        share = 1.0 if self._looked is None else self._share(shift, now - self._looked)
        self._looked = now
        self._move(self.similarity.moved_towards(seen, share))

    def is_doubtful(self, now: float) -> bool:
        """Say whether the doubt has lasted long enough to ask the detector."""
        return self.doubted is not None and now - self.doubted >= self._following.doubt_seconds

    def _share(self, shift: float, seconds: float) -> float:
        """Say how much of a shift to follow at once (0 to 1), the same at any frame rate."""
        following = self._following
        settled = 1.0 - math.exp(-seconds / following.settle_seconds)
        part = (shift - following.still) / (following.moving - following.still)
        return settled + (1.0 - settled) * min(max(part, 0.0), 1.0)

    def _move(self, similarity: Similarity) -> None:
        self.similarity = similarity
        self.box: Box = self._shape.box(similarity)
