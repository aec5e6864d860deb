"""Find faces in the customer zone, follow them, and cut the levelled crop that the model reads."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from cuelight.sense.crop import Cropper
from cuelight.sense.geometry import Fit, Similarity
from cuelight.sense.records import LANDMARKS, Box, Face
from cuelight.sense.zone import Zone, overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.sense.card import Card
    from cuelight.sense.detect import Detection
    from cuelight.sense.records import Expression, Floats, Frame, Luma
    from cuelight.settings import ZoneSettings

_log = logging.getLogger(__name__)

CROP_SIDE: Final = 112
"""Pixels a side of `Face.crop`."""

_NEVER = -math.inf


class Detects(Protocol):
    """What finds faces from nothing: `Detector`, or a stand-in in tests."""

    def detect(self, image: Luma, region: tuple[int, int, int, int]) -> Sequence[Detection]:
        """Find the faces in `region` (left, top, right, bottom) of `image`."""


@dataclass(frozen=True, slots=True)
class Following:
    """How faces are looked for and followed. Times in seconds, lengths in parts of the crop's side.

    `search_empty_seconds`: between searches while nobody is read; raising it saves power and finds
    a face later. `search_seconds`: while someone is read and another could be; also how often a
    followed face is confirmed. `search_full_seconds`: the same when no further face would be read.
    `quality_min`: below this quality (0 to 1) the model's landmarks are in doubt, and the crop stays
    where it is. `doubt_seconds`: how long that may last before the detector is asked.
    `unseen_seconds`: a face that the detector has not confirmed for so long is dropped, whatever
    the model says.

    A crop trembles with its landmarks, and the model reads the trembling as movement; so shifts up
    to `still` are smoothed with the time constant `settle_seconds`, while shifts from `moving` up
    are followed at once, and those between in proportion. `jump` is the shift beyond which the
    detector is believed rather than the landmarks.
    """

    search_empty_seconds: float = 0.25
    search_seconds: float = 1.0
    search_full_seconds: float = 2.0
    doubt_seconds: float = 0.2
    quality_min: float = 0.25
    unseen_seconds: float = 5.0
    settle_seconds: float = 0.12
    still: float = 0.01
    moving: float = 0.04
    jump: float = 0.35


@dataclass(slots=True)
class _Track:
    """One face over time."""

    number: int
    similarity: Similarity
    landmarks: Floats
    box: Box
    confirmed: float
    crop: Luma = field(default_factory=lambda: np.empty((CROP_SIDE, CROP_SIDE), np.uint8))
    shrink: int = 1
    looked: float = _NEVER
    doubted: float | None = None
    is_read: bool = False


class FaceFinder:
    """Follow the faces in the customer zone, with a detector that is asked only now and then.

    Call `update` with a frame, let the expression model read each Face it returns, and tell
    `follow` what the model saw: the next frame's crop is fitted to those landmarks. `occupied` says
    whether anybody is in the zone, read or not: a face on the zone's border, overlapping another's,
    or one more than `faces_max` counts, but is not read.
    """

    def __init__(
        self,
        detector: Detects,
        *,
        card: Card,
        zone: ZoneSettings,
        following: Following | None = None,
    ) -> None:
        self._detector = detector
        self._settings = zone
        self._following = following or Following()
        self._template = card.template
        self._stable = np.array(card.stable)
        self._fit = Fit(card.template[self._stable])
        self._fit_detection = Fit(_detector_points(card.template))
        self._centre, self._half = _extent(card.template)
        self._cropper = Cropper(CROP_SIDE)
        self._zone: Zone | None = None
        self._shape = (0, 0)
        self._last_number = 0
        self.reset()

    def reset(self) -> None:
        """Forget everybody; track numbers are never used twice."""
        self._tracks: list[_Track] = []
        self._now = self._searched = _NEVER
        self.occupied = False

    def update(self, frame: Frame) -> list[Face]:
        """Return the faces to read in this frame; their crops are overwritten by the next one."""
        if frame.timestamp < self._now:
            self.reset()
        self._now = frame.timestamp
        zone = self._zone_of(frame.image)
        if self._search_is_due():
            self._search(frame.image, zone)
        for track in self._tracks:
            if not (zone.touches(track.box) and self._is_large(track.box, share=0.9)):
                self._drop(track, "left the zone")
        self._choose(zone)
        self.occupied = bool(self._tracks)
        return [self._cut(track, frame.image) for track in self._tracks if track.is_read]

    def follow(self, track: int, expression: Expression) -> None:
        """Take in what the model saw in a Face of the last update: landmarks and quality."""
        known = next((known for known in self._tracks if known.number == track), None)
        if known is None:
            return
        landmarks, quality = expression.landmarks, expression.quality
        seen = self._fit(landmarks[self._stable])
        growth = seen.side / max(known.similarity.side, 1e-6)
        shift = known.similarity.distance(seen)
        # written so that landmarks that are no numbers raise doubt, too
        if not (quality >= self._following.quality_min and 0.7 < growth < 1.4 and shift < 0.5):
            known.doubted = self._now if known.doubted is None else known.doubted
            return
        known.doubted = None
        known.landmarks = landmarks
        share = self._share(shift, self._now - known.looked)
        known.looked = self._now
        self._move(known, known.similarity.moved_towards(seen, share))

    def _share(self, shift: float, seconds: float) -> float:
        """How much of a shift to follow at once (0 to 1), for any frame rate."""
        following = self._following
        settled = 1.0 - math.exp(-seconds / following.settle_seconds)
        part = (shift - following.still) / (following.moving - following.still)
        return settled + (1.0 - settled) * min(max(part, 0.0), 1.0)

    def _search_is_due(self) -> bool:
        following, reading = self._following, sum(track.is_read for track in self._tracks)
        since = self._now - self._searched
        if any(self._is_doubtful(track) for track in self._tracks):
            return since >= following.doubt_seconds
        if reading < len(self._tracks) and reading < self._settings.faces_max:
            return since >= following.search_empty_seconds  # only the detector follows the others
        if not reading:
            return since >= following.search_empty_seconds
        full = reading >= self._settings.faces_max
        return since >= (following.search_full_seconds if full else following.search_seconds)

    def _search(self, image: Luma, zone: Zone) -> None:
        """Ask the detector; confirm, correct, begin and end tracks."""
        self._searched = self._now
        found = [
            (similarity, self._box(similarity))
            for detection in self._detector.detect(image, zone.region)
            for similarity in [self._fit_detection(detection.points[:4])]
        ]
        pairs = [
            (overlap(track.box, box), track.number, index)
            for track in self._tracks
            for index, (_, box) in enumerate(found)
        ]
        known = {track.number: track for track in self._tracks}
        new = set(range(len(found)))
        for shared, number, index in sorted(pairs, reverse=True):
            if shared > 0.2 and number in known and index in new:
                new.remove(index)
                self._confirm(known.pop(number), found[index][0])
        for track in known.values():
            self._miss(track)
        for index in sorted(new):
            similarity, box = found[index]
            if (
                self._is_large(box)
                and zone.touches(box)
                and all(overlap(box, track.box) < 0.4 for track in self._tracks)
            ):
                self._begin(similarity, box)

    def _confirm(self, track: _Track, similarity: Similarity) -> None:
        track.confirmed = self._now
        drifted = track.similarity.distance(similarity) > self._following.jump
        if drifted or self._is_doubtful(track) or not track.is_read:
            track.landmarks = similarity.points(self._template)
            track.looked = _NEVER  # so that the next look moves the crop the whole way
            self._move(track, similarity)

    def _miss(self, track: _Track) -> None:
        """Drop a face that the detector did not find, unless the model is sure of it."""
        patience = self._following.unseen_seconds
        if not track.is_read:
            patience = 2.0 * self._following.search_empty_seconds
        if self._is_doubtful(track) or self._now - track.confirmed > patience:
            self._drop(track, "was lost")

    def _begin(self, similarity: Similarity, box: Box) -> None:
        self._last_number += 1
        landmarks = similarity.points(self._template)
        track = _Track(self._last_number, similarity, landmarks, box, confirmed=self._now)
        self._tracks.append(track)
        _log.info("Face %d found", track.number)

    def _drop(self, track: _Track, why: str) -> None:
        self._tracks = [other for other in self._tracks if other is not track]
        _log.info("Face %d %s", track.number, why)

    def _choose(self, zone: Zone) -> None:
        """Choose whom to read: alone, wholly inside, and the largest and most central."""
        free = [
            track
            for track in self._tracks
            if zone.holds(track.box)
            and not any(
                overlap(track.box, other.box) > 0.0 for other in self._tracks if other is not track
            )
        ]
        free.sort(key=lambda track: self._weight(track, zone), reverse=True)
        chosen = {track.number for track in free[: self._settings.faces_max]}
        for track in self._tracks:
            track.is_read = track.number in chosen

    def _weight(self, track: _Track, zone: Zone) -> float:
        height, width = self._shape
        x = (track.box.left + track.box.right) / 2 - zone.centre[0]
        y = (track.box.top + track.box.bottom) / 2 - zone.centre[1]
        central = 1.0 - 0.5 * min(1.0, math.hypot(x / width, y / height))
        # who is being read stays, unless another is clearly better placed
        return track.similarity.side * central * (1.25 if track.is_read else 1.0)

    def _cut(self, track: _Track, image: Luma) -> Face:
        similarity = track.similarity
        track.shrink = self._cropper.shrink(similarity, track.shrink)
        self._cropper.cut(image, similarity, shrink=track.shrink, out=track.crop)
        return Face(
            track=track.number,
            box=track.box,
            landmarks=track.landmarks,
            crop=track.crop,
            to_frame=similarity.matrix,
            roll_degrees=similarity.roll_degrees,
        )

    def _move(self, track: _Track, similarity: Similarity) -> None:
        track.similarity = similarity
        track.box = self._box(similarity)

    def _box(self, similarity: Similarity) -> Box:
        """Take the upright box from the crop, so that an open mouth does not change it."""
        x, y = similarity.point(*self._centre)
        width, height = self._half[0] * similarity.side, self._half[1] * similarity.side
        return Box(x - width, y - height, x + width, y + height)

    def _is_doubtful(self, track: _Track) -> bool:
        doubted = track.doubted
        return doubted is not None and self._now - doubted >= self._following.doubt_seconds

    def _is_large(self, box: Box, share: float = 1.0) -> bool:
        return box.bottom - box.top >= share * self._settings.face_min * self._shape[0]

    def _zone_of(self, image: Luma) -> Zone:
        height, width = image.shape
        if self._zone is None or self._shape != (height, width):
            self._shape = (height, width)
            self._zone = Zone(self._settings.polygon, self._shape)
        return self._zone


def _detector_points(template: Floats) -> Floats:
    """Where the detector's right eye, left eye, nose tip and mouth lie in the template."""
    at = {name: template[index] for index, name in enumerate(LANDMARKS)}
    return np.stack(
        (
            (at["eye_r_outer"] + at["eye_r_inner"]) / 2,
            (at["eye_l_outer"] + at["eye_l_inner"]) / 2,
            at["nose_tip"],
            (at["mouth_r"] + at["mouth_l"]) / 2,
        )
    )


def _extent(template: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """Give the centre and half the width and height of the template's face, in crop units."""
    low, high = template.min(axis=0), template.max(axis=0)
    (x, y), (width, height) = (low + high) / 2, (high - low) / 2
    return (float(x), float(y)), (float(width), float(height))
