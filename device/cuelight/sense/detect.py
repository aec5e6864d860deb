"""Find faces in a part of a picture with MediaPipe's BlazeFace (short range)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.sense.crop import Cropper
from cuelight.sense.geometry import Similarity
from cuelight.sense.records import Box
from cuelight.sense.runtime import open_model

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.sense.records import Floats, Luma

DETECTOR_FILE: Final = "face_detection_short_range.tflite"
DETECTOR_SHA256: Final = "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
"""The one detector file whose anchors and outputs are known here; scripts/fetch fetches it."""

_SIDE = 128
_COLUMNS = 16  # box centre x and y, width, height, then six points
_GREY = 127.5


@dataclass(frozen=True, slots=True)
class Detection:
    """A face: its box (brows to chin), `score` 0 to 1, and `points` float32 (6, 2), all in pixels.

    The points are right eye, left eye, nose tip, mouth centre, right ear, left ear (the person's).
    """

    box: Box
    points: Floats
    score: float


class Detector:
    """BlazeFace short range on grey pictures, from `fetched/` in the models folder.

    `score_min` (0 to 1): raising it finds fewer faces and fewer things that are none. Faces of the
    sample clips score 0.84 and more, what is no face up to 0.58.
    `overlap_min` (0 to 1): detections that overlap by more than this are one face.
    Raises ModelError when the file is missing or another one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        runtime: str = "auto",
        threads: int = 1,
        score_min: float = 0.65,
        overlap_min: float = 0.3,
    ) -> None:
        path = folder / "fetched" / DETECTOR_FILE
        self._model = open_model(path, sha256=DETECTOR_SHA256, runtime=runtime, threads=threads)
        self.runtime_name = self._model.runtime_name
        self._regressors, self._classes = self._positions()
        self._anchors = _anchors()
        # sigmoid(x) >= score_min, without taking 896 of them
        self._logit_min = np.log(score_min / (1.0 - score_min))
        self._overlap_min = overlap_min
        self._cropper = Cropper(_SIDE)
        self._patch = np.empty((_SIDE, _SIDE), np.uint8)
        self._values = np.empty((_SIDE, _SIDE), np.float32)

    def detect(self, image: Luma, region: tuple[int, int, int, int]) -> list[Detection]:
        """Find the faces in `region` (left, top, right, bottom) of `image`, the surest first.

        The region is fitted into the model's square with its proportions kept, the rest of which
        is filled with middle grey; boxes and points come back in pixels of the whole picture.
        """
        left, top, right, bottom = region
        part = image[top:bottom, left:right]
        side = float(max(part.shape))
        # BlazeFace's units run from edge to edge; pixels of a picture count from their centres
        square = Similarity(
            side, 0.0, (part.shape[1] - side - 1) / 2, (part.shape[0] - side - 1) / 2
        )
        half = side / _SIDE / 2
        centred = Similarity(side, 0.0, square.x0 + half, square.y0 + half)
        self._cropper.cut(part, centred, shrink=self._cropper.shrink(centred), out=self._patch)
        np.multiply(self._patch, np.float32(1.0 / _GREY), out=self._values)
        self._values -= 1.0
        self._blank(part.shape)
        for channel in range(3):  # each by itself: numpy is slow at runs of three
            self._model.input[0, :, :, channel] = self._values
        self._model.invoke()
        found = self._decoded()
        return [
            Detection(
                Box(
                    *(float(value) for value in _placed(box[:2], square, left, top)),
                    *(float(value) for value in _placed(box[2:], square, left, top)),
                ),
                _placed(points, square, left, top),
                score,
            )
            for box, points, score in found
        ]

    def _blank(self, shape: tuple[int, ...]) -> None:
        """Fill the part of the square beyond the region with middle grey."""
        height, width = shape
        side = max(shape)
        rows = round((side - height) / 2 / side * _SIDE)
        columns = round((side - width) / 2 / side * _SIDE)
        self._values[:rows] = 0.0
        self._values[_SIDE - rows :] = 0.0
        self._values[:, :columns] = 0.0
        self._values[:, _SIDE - columns :] = 0.0

    def _decoded(self) -> list[tuple[Floats, Floats, float]]:
        """Decode the outputs into boxes (4,), points (6, 2) and scores, in units of the square.

        Weighted non-maximum suppression: a face is the mean, weighted by score, of all detections
        that overlap its surest one (Bazarevsky et al., BlazeFace, 2019).
        """
        logits = self._model.output(self._classes).reshape(-1)
        likely = np.flatnonzero(logits >= self._logit_min)
        if not likely.size:
            return []
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits[likely], -100.0, 100.0)))
        order = np.argsort(-scores, kind="stable")
        likely, scores = likely[order], scores[order]
        raw = self._model.output(self._regressors).reshape(-1, _COLUMNS)[likely] / _SIDE
        centres = raw[:, None, :2] + self._anchors[likely][:, None]
        half = raw[:, None, 2:4] / 2
        points = raw[:, 4:].reshape(-1, 6, 2) + self._anchors[likely][:, None]
        corners = np.concatenate((centres - half, centres + half, points), axis=1)
        found = []
        left_over = np.ones(len(scores), dtype=bool)
        for best in range(len(scores)):
            if not left_over[best]:
                continue
            same = left_over & (_overlaps(corners[:, :2], corners[best, :2]) > self._overlap_min)
            same[best] = True
            left_over &= ~same
            weights = (scores[same] / scores[same].sum()).astype(np.float32)
            mean = np.tensordot(weights, corners[same], axes=1).astype(np.float32)
            found.append((mean[:2].reshape(4), mean[2:], float(scores[best])))
        return found

    def _positions(self) -> tuple[int, int]:
        shapes = [tensor.shape for tensor in self._model.outputs]
        return shapes.index((1, 896, _COLUMNS)), shapes.index((1, 896, 1))


def _anchors() -> Floats:
    """Give the 896 anchor centres (896, 2) in units of the square: 2 per cell of 8, 6 of 16 pixels.

    From MediaPipe's SsdAnchorsCalculator for this model: four layers of strides 8, 16, 16, 16 with
    two anchors each, the layers of one stride merged, all anchors of fixed size 1.
    """
    layers = []
    for stride, count in ((8, 2), (16, 6)):
        cells = _SIDE // stride
        middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        x, y = np.meshgrid(middles, middles)
        layers.append(np.repeat(np.stack((x.ravel(), y.ravel()), axis=1), count, axis=0))
    return np.concatenate(layers)


def _placed(points: Floats, square: Similarity, left: int, top: int) -> Floats:
    """Carry points from units of the square to pixels of the whole picture."""
    placed: Floats = square.points(points.reshape(-1, 2)) + np.array((left, top), np.float32)
    return placed.reshape(points.shape)


def _overlaps(boxes: Floats, box: Floats) -> Floats:
    """Intersection over union of (n, 2, 2) boxes with one (2, 2) box."""
    low, high = np.maximum(boxes[:, 0], box[0]), np.minimum(boxes[:, 1], box[1])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=1)
    areas = np.prod(boxes[:, 1] - boxes[:, 0], axis=1)
    overlap: Floats = shared / np.maximum(areas + np.prod(box[1] - box[0]) - shared, 1e-9)
    return overlap
