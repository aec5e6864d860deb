"""Put what MediaPipe's Face Landmarker says into the reader's own terms.

Blendshapes become units by the recipe's own table, head and gaze by its formulas, so that both
sides speak of the same scale. Where there is a choice it falls in the peer's favour: thresholds
come from the very clips that are measured, and its emotions, which it does not give, follow from
its units at once.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import numpy as np
from channels import POINTS
from targets import gaze_degrees, head_degrees
from targets import units as units_of

from cue_bench.rows import Row
from cuelight.read.reader import UnitThresholds
from cuelight.sense.records import EMOTIONS, LANDMARKS, UNITS, Box, Expression, Gaze, Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

INDICES: Final = tuple(POINTS[name] for name in LANDMARKS)
"""The mesh points that are kept of a face, in the order of our landmarks."""

_MESH: Final = 478
_HALF: Final = 0.1  # a rise above its rest at which an expression is as likely as not
_SHOWS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "happiness": (("AU12L",), ("AU12R",)),
    "surprise": (("AU01", "AU02L", "AU02R"), ("AU05", "AU26")),
    "sadness": (("AU01", "AU04L", "AU04R"), ("AU15",)),
    "anger": (("AU04L", "AU04R"),),
    "disgust": (("AU10",),),
    "fear": (("AU01", "AU02L", "AU02R"), ("AU04L", "AU04R"), ("AU05", "AU20")),
}
"""By which units the peer's expressions are told (DESIGN section 3); contempt by its sides."""


class PeerRows:
    """What the peer's process wrote of one clip, as the reader's rows.

    `path` is a .npz with `times` (N,), `height` of the picture, `found` (N,) and for the F frames
    with a face `points` (F,32,3) in pixels, `shapes` (F,52) and `pose` (F,3,3).
    """

    def __init__(self, path: Path, recipe: Path) -> None:
        table = tomllib.loads(recipe.read_text(encoding="utf-8"))["targets"]
        with np.load(path) as held:
            self._times, self._found = held["times"], held["found"]
            self._height = float(held["height"])
            self._points, shapes, pose = held["points"], held["shapes"], held["pose"]
        mesh = np.zeros((len(shapes), _MESH, 3), np.float32)
        mesh[:, INDICES] = self._points
        units = units_of(mesh, shapes, pose, table)
        self.live = {name: name in table["units"] or name == "AU25" for name in UNITS}
        self.units = np.nan_to_num(units).astype(np.float32)
        # a face at rest is no expression, though none of its units is quite zero
        rest = np.median(self.units, axis=0) if len(self.units) else 0.0
        self._emotions = emotions_of(np.clip(self.units - rest, 0.0, 1.0))
        self._head = head_degrees(pose)
        self._gaze = gaze_degrees(mesh, shapes, pose, table["gaze"])

    def __iter__(self) -> Iterator[Row]:
        """Give every frame in its order."""
        row = 0
        for timestamp, found in zip(self._times.tolist(), self._found.tolist(), strict=True):
            if found:
                yield Row(timestamp, (self._expression(row, timestamp),), occupied=True)
                row += 1
            else:
                yield Row(timestamp, (), occupied=False)

    def _expression(self, row: int, timestamp: float) -> Expression:
        points = self._points[row, :, :2]
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        yaw, pitch, roll = self._head[row].tolist()
        gaze_yaw, gaze_pitch = self._gaze[row].tolist()
        return Expression(
            track=1,
            timestamp=timestamp,
            action_units=self.units[row],
            relative_units=self.units[row],
            emotions=self._emotions[row],
            head=Head(yaw, pitch, roll, (bottom - top) / self._height),
            gaze=Gaze(gaze_yaw, gaze_pitch),
            landmarks=points,
            box=Box(left, top, right, bottom),
            quality=1.0,
        )


def emotions_of(units: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give probabilities (N,8) of the expressions that units (N,24), less their rest, show.

    An expression's score is that of the least shown of its groups of units; it is as likely as not
    at 0.1. What is over after the likeliest is neutral.
    """
    scores = np.zeros((len(units), len(EMOTIONS)), np.float32)
    for name, groups in _SHOWS.items():
        shown = [_columns(units, group).mean(axis=1) for group in groups]
        scores[:, EMOTIONS.index(name)] = np.min(shown, axis=0)
    smile, dimple = _columns(units, ("AU12L", "AU12R")), _columns(units, ("AU14L", "AU14R"))
    aside = np.abs(smile[:, 0] - smile[:, 1]) + np.abs(dimple[:, 0] - dimple[:, 1])
    scores[:, EMOTIONS.index("contempt")] = aside
    likely = scores / (scores + _HALF)
    likely /= np.maximum(likely.sum(axis=1, keepdims=True), 1.0)
    likely[:, 0] = 1.0 - likely[:, 1:].sum(axis=1)
    return np.asarray(likely, np.float32)


def thresholds_of(rows: Sequence[PeerRows]) -> dict[str, UnitThresholds]:
    """Set the peer's thresholds from clips, most of whose frames must be calm.

    Noise is the robust deviation from frame to frame (over the root of two), the neutral the
    median; a movement begins at 4.5 deviations, but at 0.05 at least and 0.25 at most, as in the
    recipe of our own card, and ends at half of that.
    """
    units = [clip.units for clip in rows if len(clip.units) > 1]
    steps = np.abs(np.concatenate([np.diff(some, axis=0) for some in units]))
    noise = 1.4826 / np.sqrt(2.0) * np.median(steps, axis=0)
    prior = np.median(np.concatenate(units), axis=0)
    enter = np.clip(4.5 * noise, 0.05, 0.25)
    return {
        name: UnitThresholds(
            enter=float(enter[i]),
            leave=float(enter[i]) / 2.0,
            noise=float(np.clip(noise[i], 0.002, 1.0)),
            prior=float(np.clip(prior[i], 0.0, 1.0)),
            live=rows[0].live[name],
        )
        for i, name in enumerate(UNITS)
    }


def _columns(units: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    return units[:, [UNITS.index(name) for name in names]]
