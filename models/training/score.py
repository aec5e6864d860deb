"""Measure the int8 model file: held-out stills, clips, steadiness, population neutral, time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from augment import Place, take
from channels import EMOTIONS, POINTS, UNITS
from clips import Clip, crop_by, frames
from crop import CROP, MARGIN, Floats, Grey, cut, moved
from quantised import Quantised, open_interpreter
from sklearn.metrics import roc_auc_score
from validate import correlation, emotion_scores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shards import Shard

Scores: TypeAlias = dict[str, Any]

STRONG, NONE = 0.3, 0.05
"""Intensities from which a unit counts as shown, and below which as absent, when ranking faces."""
LEAST_FACES = 15
ONE_SIDED, BOTH_SIDED = 0.25, 0.1
"""Difference between AU12's sides from which a smile is one-sided, and below which both-sided."""

_EYES = [
    [row for row, name in enumerate(POINTS) if name.startswith(f"eye_{side}")] for side in "rl"
]


def middle(shard: Shard) -> Grey:
    """Give a shard's model crops (N,112,112), as stored."""
    return shard.crop[:, MARGIN : MARGIN + CROP, MARGIN : MARGIN + CROP]


def stills(said: list[Floats], shard: Shard) -> Scores:
    """Score predictions for a shard's held-out rows: see the report for what each means."""
    units, emotions, head, gaze, landmarks, quality = said
    known = shard.fields
    where = (known["landmarks"] - MARGIN) / CROP
    eyes = [where[:, rows].mean(1) for rows in _EYES]
    apart = np.linalg.norm(eyes[0] - eyes[1], axis=1)
    off = np.linalg.norm(landmarks.reshape(where.shape) - where, axis=2).mean(1)
    scores: Scores = {
        "rows": len(shard),
        "r": _unit_correlations(units, known["units"]),
        "strong_auc": strong_auc(units, known["units"]),
        "smile_sides": smile_sides(units, known["units"]),
        "nose_confusion": nose_confusion(units, known["units"]),
        "landmarks_off_share_of_eye_distance": float(np.nanmedian(off / apart)),
        "head_off_degrees": np.nanmean(np.abs(head - known["head"]), 0).tolist(),
        "head_r": [correlation(head[:, axis], known["head"][:, axis]) for axis in range(3)],
        "gaze_off_degrees": np.nanmean(np.abs(gaze - known["gaze"]), 0).tolist(),
        "gaze_r": [correlation(gaze[:, axis], known["gaze"][:, axis]) for axis in range(2)],
    }
    if np.isfinite(known["emotions"]).any():
        accuracy, recall, each = emotion_scores(emotions, known["emotions"])
        scores |= {"accuracy": accuracy, "mean_recall": recall, "recall": each}
        scores["nose_wrinkle_on_disgust_auc"] = _disgust_auc(units, known["emotions"])
    present = np.isfinite(known["present"])
    if 0 < known["present"][present].mean() < 1:
        scores["present_auc"] = float(roc_auc_score(known["present"][present], quality[present, 0]))
    return scores


def _unit_correlations(said: Floats, known: Floats) -> dict[str, float]:
    found = {name: correlation(said[:, row], known[:, row]) for row, name in enumerate(UNITS)}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def strong_auc(said: Floats, known: Floats) -> dict[str, float]:
    """Say how well each unit ranks faces that show it (0.3 or more) above those that do not."""
    found = {}
    for row, name in enumerate(UNITS):
        shown, none = known[:, row] >= STRONG, known[:, row] < NONE
        if min(shown.sum(), none.sum()) >= LEAST_FACES:
            both = shown | none
            found[name] = float(roc_auc_score(shown[both], said[both, row]))
    return found


def smile_sides(said: Floats, known: Floats) -> Scores:
    """Say how well a one-sided smile is told from a both-sided one, where both occur."""
    left, right = UNITS.index("AU12L"), UNITS.index("AU12R")
    apart, ours = known[:, left] - known[:, right], said[:, left] - said[:, right]
    one = np.abs(apart) > ONE_SIDED
    both = (known[:, [left, right]].min(1) > ONE_SIDED) & (np.abs(apart) < BOTH_SIDED)
    if min(one.sum(), both.sum()) < LEAST_FACES:
        return {}
    return {
        "one_sided": int(one.sum()),
        "both_sided": int(both.sum()),
        "right_side_share": float((np.sign(apart[one]) == np.sign(ours[one])).mean()),
        "difference_one_sided_median": float(np.median(np.abs(ours[one]))),
        "difference_both_sided_median": float(np.median(np.abs(ours[both]))),
    }


def nose_confusion(said: Floats, known: Floats) -> Scores:
    """Give the median AU09 where it is shown, and where only lip raise or brow lowering is."""
    nose = UNITS.index("AU09")
    groups = {"shown (0.5 or more)": known[:, nose] >= 0.5, "absent": known[:, nose] < NONE}
    for name, unit in (("AU10", "AU10"), ("AU04", "AU04L")):
        strong = known[:, UNITS.index(unit)] >= 0.4
        groups[f"absent, {name} 0.4 or more"] = (known[:, nose] < NONE) & strong
    return {
        name: [int(rows.sum()), float(np.median(said[rows, nose]))]
        for name, rows in groups.items()
        if rows.sum() >= LEAST_FACES
    }


def _disgust_auc(units: Floats, votes: Floats) -> float:
    # At least four in ten voters said disgust: few faces, so this is a hint and no more.
    seen = np.isfinite(votes[:, 0])
    disgust = votes[seen, EMOTIONS.index("disgust")] >= 0.4
    return float(roc_auc_score(disgust, units[seen, UNITS.index("AU09")]))


def clip_scores(said: list[Floats], clip: Clip) -> Scores:
    """Compare predictions with the teacher along one clip, on crops from the teacher's points."""
    units, emotions, head, gaze, landmarks, _ = said
    off = np.linalg.norm(landmarks.reshape(clip.landmarks.shape) - clip.landmarks, axis=2)
    smiling = clip.units[:, UNITS.index("AU12L")] > 0.5
    happy, contempt = EMOTIONS.index("happiness"), EMOTIONS.index("contempt")
    left, right = units[:, UNITS.index("AU12L")], units[:, UNITS.index("AU12R")]
    return {
        "frames": len(clip.crop),
        "r": _unit_correlations(units, clip.units),
        "teacher_spread": {name: float(clip.units[:, row].std()) for row, name in enumerate(UNITS)},
        "jitter": {
            name: float(np.abs(np.diff(units[:, row])).mean()) for row, name in enumerate(UNITS)
        },
        "teacher_jitter": {
            name: float(np.abs(np.diff(clip.units[:, row])).mean())
            for row, name in enumerate(UNITS)
        },
        "head_r": [correlation(head[:, axis], clip.head[:, axis]) for axis in range(3)],
        "head_off_degrees": np.abs(head - clip.head).mean(0).tolist(),
        "gaze_r": [correlation(gaze[:, axis], clip.gaze[:, axis]) for axis in range(2)],
        "gaze_off_degrees": np.abs(gaze - clip.gaze).mean(0).tolist(),
        "landmarks_off_crop": float(off.mean()),
        "smiling_frames": int(smiling.sum()),
        "happiness_while_smiling": float(emotions[smiling, happy].mean()),
        "contempt_while_smiling": float(emotions[smiling, contempt].mean()),
        "smile_sides_r": correlation(left, right),
    }


def follow(path: Path, clip: Clip, model: Quantised, template: Floats) -> Scores:
    """Follow the face by the model's own landmarks from its first frame on; say how far off."""
    number = {int(frame): row for row, frame in enumerate(clip.frame)}
    points: Floats | None = None
    off, units, rows = [], [], []
    for frame, picture in enumerate(frames(path)):
        if frame not in number:
            continue
        row = number[frame]
        by = crop_by(template, clip.points[row] if points is None else points)
        said = model(cut(picture, by, CROP))
        back = np.linalg.inv(np.vstack((by, (0, 0, 1))))[:2].astype(np.float32)
        points = moved(said[4].reshape(-1, 2) * CROP, back)
        eyes = [clip.points[row][side].mean(0) for side in _EYES]
        apart = np.linalg.norm(eyes[0] - eyes[1])
        off.append(np.linalg.norm(points - clip.points[row], axis=1).mean() / apart)
        units.append(said[0])
        rows.append(row)
    return {
        "off_share_of_eye_distance_median": float(np.median(off)),
        "off_share_of_eye_distance_worst": float(np.max(off)),
        "r": _unit_correlations(np.stack(units), clip.units[rows]),
    }


def steadiness(model: Quantised, shard: Shard, table: Scores, seed: int) -> dict[str, float]:
    """Give each unit's standard deviation over what tracking and the sensor do to a still face.

    Each held-out picture is seen several times with crop jitter and pixel noise of the recipe's
    size; root mean square over pictures. The same for gaze and head, in degrees.
    """
    good = np.flatnonzero(shard.fields["present"] == 1)[: table["pictures"]]
    times, count = table["times"], len(good)
    dice = torch.Generator().manual_seed(seed)
    crops = torch.from_numpy(np.repeat(shard.crop[good], times, 0))
    total = len(crops)
    place = Place(
        torch.randn(total, generator=dice) * np.radians(table["turn_degrees"]),
        (torch.randn(total, generator=dice) * table["scale"]).exp(),
        torch.randn(total, 2, generator=dice) * table["shift"],
        torch.zeros(total, dtype=torch.bool),
    )
    seen = take(crops, place)[:, 0] * 255
    seen += torch.randn(seen.shape, generator=dice) * table["noise_greys"]
    said = model.many(seen.round().clamp(0, 255).byte().numpy())

    def spread(values: Floats) -> Floats:
        sides = values.reshape(count, times, -1).std(1, ddof=1)
        return np.asarray(np.sqrt((sides**2).mean(0)))

    found = dict(zip(UNITS, spread(said[0]).tolist(), strict=True))
    found |= dict(
        zip(("head_yaw", "head_pitch", "head_roll"), spread(said[2]).tolist(), strict=True)
    )
    return found | dict(zip(("gaze_yaw", "gaze_pitch"), spread(said[3]).tolist(), strict=True))


def neutral(said: list[Floats], shard: Shard, share: float) -> tuple[Scores, Scores]:
    """Give the median of each unit over faces voted neutral, and its 95th percentile over all."""
    votes = shard.fields["emotions"][:, EMOTIONS.index("neutral")]
    turned = np.abs(shard.fields["head"][:, :2]).max(1)
    plain = (votes >= share) & (turned < 15)
    prior = np.median(said[0][plain], 0)
    high = np.percentile(said[0], 95, 0)
    return (
        dict(zip(UNITS, prior.tolist(), strict=True)),
        dict(zip(UNITS, high.tolist(), strict=True)),
    )


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Time one call: the median over `times`, after a tenth as many to warm up."""
    for _ in range(max(times // 10, 3)):
        work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken) * 1e3)


def invoke_milliseconds(path: Path, times: int = 300) -> float:
    """Time one invoke of a model file on one thread, its input all zeros."""
    interpreter = open_interpreter(path, threads=1)
    for tensor in interpreter.get_input_details():
        interpreter.set_tensor(tensor["index"], np.zeros(tensor["shape"], tensor["dtype"]))
    return milliseconds(interpreter.invoke, times)
