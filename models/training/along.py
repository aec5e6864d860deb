"""Follow the teacher along clips that were never trained on."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from channels import EMOTIONS, GAZE, HEAD, POINTS, UNITS
from clips import Clip, crop_by, frames
from crop import CROP, Floats, cut, moved
from validate import correlation

if TYPE_CHECKING:
    from pathlib import Path

    from quantised import Quantised

Scores: TypeAlias = dict[str, Any]

EYES = [[row for row, name in enumerate(POINTS) if name.startswith(f"eye_{side}")] for side in "rl"]
LOST = 0.6
"""Eye distances that a face jumps where a clip is cut, so that tracking starts anew."""

GROUPS = {
    "smile": ("AU12L", "AU12R"),
    "lids": ("AU45L", "AU45R"),
    "jaw and lips": ("AU26", "AU25"),
    "upper lip": ("AU10",),
    "brows": ("AU01", "AU02L", "AU02R", "AU04L", "AU04R"),
    "gaze": ("gaze yaw", "gaze pitch"),
}
"""The channels that the bars are about, by group."""


def correlations(units: Floats, gaze: Floats, clip: Clip) -> dict[str, float]:
    """Correlate units with the teacher's on its own scale, and gaze, by name."""
    found = {name: correlation(units[:, row], clip.plain[:, row]) for row, name in enumerate(UNITS)}
    found |= {
        f"gaze {axis}": correlation(gaze[:, row], clip.gaze[:, row])
        for row, axis in enumerate(GAZE)
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def clip_scores(said: list[Floats], clip: Clip) -> Scores:
    """Compare predictions with the teacher along one clip, on crops from the teacher's points."""
    units, emotions, head, gaze, landmarks = said[:5]
    off = np.linalg.norm(landmarks.reshape(clip.landmarks.shape) - clip.landmarks, axis=2)
    spread = dict(zip(UNITS, clip.plain.std(0).tolist(), strict=True))
    spread |= {f"gaze {axis}": float(clip.gaze[:, row].std()) for row, axis in enumerate(GAZE)}
    smiling = clip.plain[:, UNITS.index("AU12L")] > 0.5
    mood = emotions[smiling].mean(0) if smiling.any() else np.full(len(EMOTIONS), np.nan)

    def jitter(values: Floats) -> dict[str, float]:
        return dict(zip(UNITS, np.abs(np.diff(values, axis=0)).mean(0).tolist(), strict=True))

    return {
        "frames": len(clip.crop),
        "r": correlations(units, gaze, clip),
        "teacher_spread": spread,
        "jitter": jitter(units),
        "teacher_jitter": jitter(clip.units),
        "head_r": [correlation(head[:, axis], clip.head[:, axis]) for axis in range(len(HEAD))],
        "head_off_degrees": np.abs(head - clip.head).mean(0).tolist(),
        "gaze_off_degrees": np.abs(gaze - clip.gaze).mean(0).tolist(),
        "landmarks_off_crop": float(off.mean()),
        "smiling_frames": int(smiling.sum()),
        "happiness_while_smiling": float(mood[EMOTIONS.index("happiness")]),
        "contempt_while_smiling": float(mood[EMOTIONS.index("contempt")]),
    }


def _apart(points: Floats) -> float:
    right, left = (points[side].mean(0) for side in EYES)
    return float(np.linalg.norm(right - left))


def follow(path: Path, clip: Clip, model: Quantised, template: Floats) -> Scores:
    """Follow the face by the model's own landmarks; say how far off they are.

    It starts from the teacher's points, as it would from a detector's, and again where the teacher
    missed a frame or its face jumped.
    """
    number = {int(frame): row for row, frame in enumerate(clip.frame)}
    points: Floats | None = None
    off, said, starts = [], [], 0
    for frame, picture in enumerate(islice(frames(path), int(clip.frame[-1]) + 1)):
        if frame not in number:
            points = None
            continue
        row = number[frame]
        if points is not None and row:
            jump = np.linalg.norm(clip.points[row].mean(0) - clip.points[row - 1].mean(0))
            if jump > LOST * _apart(clip.points[row]):
                points = None
        starts += points is None
        by = crop_by(template, clip.points[row] if points is None else points)
        answer = model(cut(picture, by, CROP))
        back = np.linalg.inv(np.vstack((by, (0, 0, 1))))[:2].astype(np.float32)
        points = moved(answer[4].reshape(-1, 2) * CROP, back)
        miss = np.linalg.norm(points - clip.points[row], axis=1).mean()
        off.append(miss / _apart(clip.points[row]))
        said.append((answer[0], answer[3]))
    units, gaze = (np.stack(part) for part in zip(*said, strict=True))
    return {
        "starts": starts,
        "off_share_of_eye_distance_median": float(np.median(off)),
        "off_share_of_eye_distance_worst": float(np.max(off)),
        "r": correlations(units, gaze, clip),
    }


def moving(clips: Scores, channel: str, table: Scores) -> list[str]:
    """Name the clips along which the teacher moves a channel by enough to correlate with."""
    least = table["moving_degrees" if channel.startswith("gaze") else "moving_spread"]
    return [
        name
        for name, clip in clips.items()
        if channel in clip["r"] and clip["teacher_spread"][channel] >= least
    ]


def channel_r(clips: Scores, table: Scores, form: str = "r") -> Scores:
    """Give for each channel the median correlation over the clips in which the teacher moves it.

    Also how many clips these are, the lowest with its clip, and for how much of the median the int8
    file is to blame.
    """
    found: Scores = {}
    for channel in (*UNITS, *(f"gaze {axis}" for axis in GAZE)):
        names = moving(clips, channel, table)
        if not names:
            continue
        values = [clips[name][form][channel] for name in names]
        loose = [clips[name]["float"]["r"][channel] for name in names]
        worst = int(np.argmin(values))
        found[channel] = {
            "clips": len(names),
            "median": float(np.median(values)),
            "lowest": values[worst],
            "lowest_clip": names[worst],
            "followed": float(np.median([clips[name]["followed"]["r"][channel] for name in names])),
            "loss": float(np.median(loose) - np.median(values)),
        }
    return found
