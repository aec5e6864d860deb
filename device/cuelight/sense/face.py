"""Find faces in the customer zone, follow them, and cut the levelled crop that the model reads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cuelight.sense.crop import Cropper
from cuelight.sense.records import Face
from cuelight.sense.shape import FaceShape
from cuelight.sense.track import CROP_SIDE, Following, Track
from cuelight.sense.zone import Zone, overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.sense.card import Card
    from cuelight.sense.detect import Detection
    from cuelight.sense.geometry import Similarity
    from cuelight.sense.records import Box, Expression, Frame, Luma
    from cuelight.settings import ZoneSettings

_NEVER = -math.inf
_NOWHERE = 0, 0, CROP_SIDE, CROP_SIDE


class Detects(Protocol):
    """What finds faces from nothing: `Detector`, or a stand-in in tests."""

    def detect(self, image: Luma, region: tuple[int, int, int, int]) -> Sequence[Detection]:
        """Find the faces in `region` (left, top, right, bottom) of `image`."""


class FaceFinder:
    """Follow the faces in the customer zone, with a detector that is asked only now and then.

    Call `update` with a frame, let the expression model read each Face it returns, and tell
    `follow` what the model saw: the next frame's crop is fitted to those landmarks. `occupied` says
    whether anybody is in the zone, read or not: a face on the zone's border, overlapping another's,
    or one more than `faces_max` counts, but is not read.

    Nothing that it finds is logged at any level: a log with times would be a journal of who was
    there when.
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
        self._face = FaceShape(card)
        self._cropper = Cropper(CROP_SIDE)
        self._zone: Zone | None = None
        self._shape = (0, 0)
        self._last_number = 0
        self.reset()

    def reset(self) -> None:
        """Forget everybody; track numbers are never used twice."""
        self._tracks: list[Track] = []
        self._now = self._searched = _NEVER
        self._turn = 0
        self.occupied = False

    def wipe(self) -> None:
        """Forget everybody, and overwrite what is left of them in every buffer."""
        for track in self._tracks:
            track.crop.fill(0)
        self.reset()
        self._cropper.wipe()
        self._detector.detect(np.zeros((CROP_SIDE, CROP_SIDE), np.uint8), _NOWHERE)

    @property
    def boxes(self) -> list[Box]:
        """The boxes of everybody in the zone, read or not, in pixels of the last frame."""
        return [track.box for track in self._tracks]

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
                self._drop(track)
        self._choose(zone)
        self.occupied = bool(self._tracks)
        return [self._cut(track, frame.image) for track in self._tracks if track.is_read]

    def follow(self, track: int, expression: Expression) -> None:
        """Take in what the model saw in a Face of the last update: landmarks and quality."""
        for known in self._tracks:
            if known.number == track:
                known.look(expression, now=self._now)

    def _search_is_due(self) -> bool:
        following, reading = self._following, sum(track.is_read for track in self._tracks)
        since = self._now - self._searched
        if any(track.is_doubtful(self._now) for track in self._tracks):
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
        region = self._region(zone)
        found = [
            (similarity, self._face.box(similarity))
            for detection in self._detector.detect(image, region)
            for similarity in [self._face.fit_detection(detection.points)]
        ]
        pairs = [
            (overlap(track.box, box), track.number, index)
            for track in self._tracks
            for index, (_, box) in enumerate(found)
        ]
        known = {track.number: track for track in self._tracks}
        new = set(range(len(found)))
        for shared, number, index in sorted(pairs, reverse=True):
            if shared > 0.1 and number in known and index in new:
                new.remove(index)
                known.pop(number).confirm(found[index][0], now=self._now)
        for track in known.values():
            if _contains(region, track.box):
                self._miss(track, regions=len(zone.regions))
        for index in sorted(new):
            similarity, box = found[index]
            if (
                self._is_large(box)
                and zone.touches(box)
                and all(overlap(box, track.box) < 0.4 for track in self._tracks)
            ):
                self._begin(similarity)

    def _region(self, zone: Zone) -> tuple[int, int, int, int]:
        """Take the zone's regions in turn, so that no single frame pays for all of them."""
        if any(track.is_doubtful(self._now) for track in self._tracks):
            return zone.regions[0]
        self._turn += 1
        return zone.regions[(self._turn - 1) % len(zone.regions)]

    def _miss(self, track: Track, *, regions: int) -> None:
        """Drop a face that the detector did not find, unless the model is sure of it.

        Of two faces close together it may see one only in some of the `regions`: each gets two
        turns before the other face counts as alone, and is read.
        """
        patience = self._following.unseen_seconds
        if not track.is_read:
            rounds = regions if self._is_crowded(track) else 1
            patience = 2.0 * rounds * self._following.search_empty_seconds
        if track.is_doubtful(self._now) or self._now - track.confirmed > patience:
            self._drop(track)

    def _begin(self, similarity: Similarity) -> None:
        self._last_number += 1
        self._tracks.append(
            Track(
                self._last_number,
                similarity=similarity,
                shape=self._face,
                following=self._following,
                now=self._now,
            )
        )

    def _drop(self, track: Track) -> None:
        track.crop.fill(0)
        self._tracks = [other for other in self._tracks if other is not track]

    def _choose(self, zone: Zone) -> None:
        """Choose whom to read: alone, wholly inside, and the largest and most central."""
        free = [
            track for track in self._tracks if zone.holds(track.box) and not self._is_crowded(track)
        ]
        if len(free) > self._settings.faces_max:
            free.sort(key=lambda track: self._weight(track, zone), reverse=True)
        chosen = {track.number for track in free[: self._settings.faces_max]}
        for track in self._tracks:
            track.is_read = track.number in chosen

    def _is_crowded(self, track: Track) -> bool:
        """Say whether its box crosses that of another face."""
        others = (other for other in self._tracks if other is not track)
        return any(overlap(track.box, other.box) > 0.0 for other in others)

    def _weight(self, track: Track, zone: Zone) -> float:
        height, width = self._shape
        x = (track.box.left + track.box.right) / 2 - zone.centre[0]
        y = (track.box.top + track.box.bottom) / 2 - zone.centre[1]
        central = 1.0 - 0.5 * min(1.0, math.hypot(x / width, y / height))
        # who is being read stays, unless another is clearly better placed
        return track.similarity.side * central * (1.25 if track.is_read else 1.0)

    def _cut(self, track: Track, image: Luma) -> Face:
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

    def _is_large(self, box: Box, share: float = 1.0) -> bool:
        return box.bottom - box.top >= share * self._settings.smallest_face * self._shape[0]

    def _zone_of(self, image: Luma) -> Zone:
        height, width = image.shape
        if self._zone is None or self._shape != (height, width):
            self._shape = (height, width)
            self._zone = Zone(self._settings.polygon, self._shape)
        return self._zone


def _contains(region: tuple[int, int, int, int], box: Box) -> bool:
    """Say whether a box's centre lies in a region."""
    left, top, right, bottom = region
    return left <= (box.left + box.right) / 2 < right and top <= (box.top + box.bottom) / 2 < bottom
