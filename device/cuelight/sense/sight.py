"""Say of every face in a picture what the zone makes of it, without reading any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from cuelight.sense.shape import FaceShape
from cuelight.sense.zone import Zone, overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.sense.card import Card
    from cuelight.sense.detect import Detector
    from cuelight.sense.records import Box, Frame
    from cuelight.settings import ZoneSettings

Verdict = Literal["read", "border", "overlap", "far", "outside"]
"""What becomes of a face: it is read; it crosses the zone's border, or another face's box, and is
not; it is too small, so too far, or outside, and is dropped at detection."""

_WHOLE: Final = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_SAME: Final = 0.3


@dataclass(frozen=True, slots=True)
class Sight:
    """A face's box as parts of the picture's width and height, and what becomes of it."""

    left: float
    top: float
    right: float
    bottom: float
    verdict: Verdict

    @property
    def height(self) -> float:
        """How high it is, as a part of the picture's height."""
        return self.bottom - self.top


class Lookout:
    """Looks for faces in the whole picture, with the detector alone; no crop is cut.

    Judges them by the same rules as `FaceFinder`, which never sees those outside. Nothing is
    followed from frame to frame.
    """

    def __init__(self, detector: Detector, *, card: Card) -> None:
        self._detector = detector
        self._shape = FaceShape(card)

    def look(self, frame: Frame, zone: ZoneSettings) -> list[Sight]:
        """Find the faces of a frame, the largest first, and judge them by `zone`."""
        height, width = frame.image.shape
        boxes: list[Box] = []
        for region in Zone(_WHOLE, (height, width)).regions:
            for detection in self._detector.detect(frame.image, region):
                box = self._shape.box(self._shape.fit_detection(detection.points))
                if all(overlap(box, known) <= _SAME for known in boxes):
                    boxes.append(box)
        boxes.sort(key=lambda box: box.top - box.bottom)
        judged = judge(boxes, zone, (height, width))
        return [
            Sight(
                (box.left + 0.5) / width,
                (box.top + 0.5) / height,
                (box.right + 0.5) / width,
                (box.bottom + 0.5) / height,
                verdict,
            )
            for box, verdict in zip(boxes, judged, strict=True)
        ]


def judge(boxes: Sequence[Box], settings: ZoneSettings, shape: tuple[int, int]) -> list[Verdict]:
    """Say what becomes of each face in a picture of (height, width) pixels.

    More than `faces_max` are never read at once; which of them waits is left open here.
    """
    zone = Zone(settings.polygon, shape)
    here = [
        zone.touches(box) and box.bottom - box.top >= settings.smallest_face * shape[0]
        for box in boxes
    ]

    def verdict(index: int) -> Verdict:
        box = boxes[index]
        if not here[index]:
            return "far" if zone.touches(box) else "outside"
        if not zone.holds(box):
            return "border"
        crossed = any(
            overlap(box, other) > 0.0
            for number, other in enumerate(boxes)
            if number != index and here[number]
        )
        return "overlap" if crossed else "read"

    return [verdict(index) for index in range(len(boxes))]
