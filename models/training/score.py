"""Score predictions for held-out stills against what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from along import EYES
from channels import EMOTIONS, GAZE, HEAD, UNITS, WIDTHS
from crop import CROP, MARGIN, Floats, Grey
from intervals import auc
from validate import correlation

if TYPE_CHECKING:
    import numpy.typing as npt
    from shards import Shard

Scores: TypeAlias = dict[str, Any]

STRONG, NONE = 0.3, 0.05
"""Intensities from which a unit counts as shown, and below which as absent, when ranking faces."""
LEAST_FACES = 15
PLAIN_DEGREES = 15
"""A face turned further does not show the population's neutral."""


def middle(shard: Shard) -> Grey:
    """Give a shard's model crops (N,112,112), as stored."""
    return shard.crop[:, MARGIN : MARGIN + CROP, MARGIN : MARGIN + CROP]


def landmarks_off(said: Floats, known: Floats) -> Floats:
    """Give each face's mean distance from its landmarks (N,32,2 shard pixels), in eye distances."""
    where = (known - MARGIN) / CROP
    right, left = (where[:, rows].mean(1) for rows in EYES)
    off = np.linalg.norm(said.reshape(where.shape) - where, axis=2).mean(1)
    return np.asarray(off / np.linalg.norm(right - left, axis=1))


def stills(said: list[Floats], shard: Shard) -> Scores:
    """Score predictions for a shard's held-out rows: see the report for what each means."""
    units, _, head, gaze, landmarks, quality = said[: len(WIDTHS)]
    known = shard.fields
    scores: Scores = {
        "rows": len(shard),
        "r": unit_r(units, known["units"]),
        "strong_auc": strong_auc(units, known["units"]),
        "landmarks_off": float(np.nanmedian(landmarks_off(landmarks, known["landmarks"]))),
        "head_off_degrees": np.nanmean(np.abs(head - known["head"]), 0).tolist(),
        "head_r": [correlation(head[:, row], known["head"][:, row]) for row in range(len(HEAD))],
        "gaze_off_degrees": np.nanmean(np.abs(gaze - known["gaze"]), 0).tolist(),
        "gaze_r": [correlation(gaze[:, row], known["gaze"][:, row]) for row in range(len(GAZE))],
    }
    present = np.isfinite(known["present"])
    if 0 < known["present"][present].mean() < 1:
        scores["present_auc"] = auc(quality[present, 0], known["present"][present] > 0.5)
    return scores


def unit_r(said: Floats, known: Floats) -> dict[str, float]:
    """Correlate each unit with what is known of it, where anything is."""
    found = {name: correlation(said[:, row], known[:, row]) for row, name in enumerate(UNITS)}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def strong_auc(said: Floats, known: Floats) -> dict[str, float]:
    """Say how well each unit ranks faces that show it (0.3 or more) above those that do not."""
    found = {}
    for row, name in enumerate(UNITS):
        shown, none = known[:, row] >= STRONG, known[:, row] < NONE
        if min(shown.sum(), none.sum()) >= LEAST_FACES:
            both = shown | none
            found[name] = auc(said[both, row], shown[both])
    return found


def neutral(said: list[Floats], shard: Shard, share: float) -> Scores:
    """Give the median of each unit over faces voted neutral."""
    votes = shard.fields["emotions"][:, EMOTIONS.index("neutral")]
    turned = np.abs(shard.fields["head"][:, :2]).max(1)
    plain = (votes >= share) & (turned < PLAIN_DEGREES)
    prior = np.median(said[0][plain], 0)
    return dict(zip(UNITS, prior.tolist(), strict=True))


def light(crops: Grey) -> dict[str, Floats]:
    """Describe the light on model crops (N,112,112): mean grey, and how far one side is brighter.

    Of the face's inner part: `mean` 0..255, `aside` the difference of the halves over their mean.
    """
    face = crops[:, 20:100, 20:92].astype(np.float32)
    mean = face.mean((1, 2))
    aside = np.abs(face[:, :, :36].mean((1, 2)) - face[:, :, 36:].mean((1, 2)))
    return {"mean": mean, "aside": aside / np.maximum(mean, 1)}


def by_light(said: list[Floats], shard: Shard, edges: dict[str, list[float]]) -> Scores:
    """Score real held-out faces by buckets of their light: units, landmarks, expressions."""
    there = shard.fields["present"] == 1
    found: Scores = {}
    for name, values in light(middle(shard)).items():
        bucket = np.digitize(values, edges[name])
        found[name] = [
            _light_scores(said, shard, there & (bucket == number))
            for number in range(len(edges[name]) + 1)
        ]
    return found


def _light_scores(said: list[Floats], shard: Shard, rows: npt.NDArray[np.bool_]) -> Scores:
    known = shard.fields
    each = unit_r(said[0][rows], known["units"][rows])
    off = landmarks_off(said[4][rows], known["landmarks"][rows])
    truth = shard.extras["majority"][rows]
    hit = (said[1][rows].argmax(1) == truth)[truth >= 0]
    return {
        "faces": int(rows.sum()),
        "r": float(np.median(list(each.values()))),
        "landmarks_off": float(np.median(off)),
        "accuracy": float(hit.mean()) if len(hit) else None,
        "accuracy_faces": len(hit),
    }
