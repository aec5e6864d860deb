"""Lay measured results out as the report's page."""

from __future__ import annotations

from typing import Any

from channels import EMOTIONS, UNITS

Found = dict[str, Any]


_CLIP_COLUMNS = (
    "clip", "frames", "head r y/p/r", "head off", "gaze r y/p", "gaze off", "landmarks (crop)",
    "own tracking off, median / worst (eye distances)", "happiness / contempt while smiling",
    "AU12 L-R r",
)  # fmt: skip


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _number(value: float | None, places: int = 2) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def _list(values: list[float], places: int = 1) -> str:
    return " / ".join(_number(value, places) for value in values)


def _stills(found: Found) -> list[str]:
    lines = [
        "## Held-out stills",
        "",
        "FER+ valid carries people's votes; units, head, gaze and landmarks are compared with",
        "Face Landmarker (the teacher): they say how well it is copied, not how right it is.",
        "Portraits: every twentieth; its people may be in the training part too. Rig: renders of",
        "identities never trained on (synthetic).",
        "The same FER+ faces were watched during training, so its figures lean to the bright side.",
        "",
        _row(
            "source",
            "form",
            "faces",
            "accuracy",
            "mean recall",
            "landmarks",
            "head y/p/r",
            "gaze y/p",
            "face found AUC",
        ),
        _row(*["---"] * 9),
    ]
    for source, forms in found["stills"].items():
        for form, score in forms.items():
            lines.append(
                _row(
                    source, form, score["rows"], _number(score.get("accuracy"), 3),
                    _number(score.get("mean_recall"), 3),
                    _number(score["landmarks_off_share_of_eye_distance"], 3),
                    _list(score["head_off_degrees"]), _list(score["gaze_off_degrees"]),
                    _number(score.get("present_auc"), 3),
                )
            )  # fmt: skip
    lines += [
        "",
        "Accuracy: the expression with most votes of eight, ties dropped, all valid faces with",
        "five such votes or more. Landmarks: median over faces of the mean distance, in eye",
        "distances. Head and gaze: mean degrees off.",
        "",
    ]
    score = found["stills"]["ferplus"]["int8"]
    lines += [_row(*EMOTIONS), _row(*["---"] * len(EMOTIONS))]
    lines.append(_row(*(_number(score["recall"].get(name)) for name in EMOTIONS)))
    lines += [
        "",
        "Recall by expression, int8. AU09 (nose wrinkle), which only the rig supervises, ranks",
        "FER+ valid faces with four disgust votes in ten or more above the rest with an AUC of",
        f"{_number(score['nose_wrinkle_on_disgust_auc'])}.",
        "",
    ]
    return lines


def _units(found: Found) -> list[str]:
    clips = found["clips"]
    sources = list(found["stills"])
    head = ["unit", *(f"{name} r" for name in sources)]
    for name in clips:
        head += [f"{name} r", "own tracking r", "teacher sd", "jitter ours/teacher"]
    lines = [
        "## Units: correlation with the teacher (rig: with the truth)",
        "",
        "Along a clip never trained on, crops cut by the teacher's points; `own tracking` cuts",
        "them by the model's own landmarks of the frame before. Where the teacher hardly moves (sd",
        "below 0.05) r means little. Jitter: mean change from frame to frame.",
        "",
        _row(*head, "still noise"),
        _row(*["---"] * (len(head) + 1)),
    ]
    for unit in UNITS:
        cells: list[object] = [unit]
        cells += [_number(found["stills"][name]["int8"]["r"].get(unit)) for name in sources]
        for clip in clips.values():
            cells += [
                _number(clip["r"].get(unit)),
                _number(clip["followed"]["r"].get(unit)),
                _number(clip["teacher_spread"][unit]),
                f"{clip['jitter'][unit]:.3f} / {clip['teacher_jitter'][unit]:.3f}",
            ]
        lines.append(_row(*cells, _number(found["noise"][unit], 3)))
    return [line.replace("nan", "-") for line in lines] + [""]


def _clips(found: Found) -> list[str]:
    lines = [
        "## Clips",
        "",
        _row(*_CLIP_COLUMNS),
        _row(*["---"] * len(_CLIP_COLUMNS)),
    ]
    for name, clip in found["clips"].items():
        followed = clip["followed"]
        lines.append(
            _row(
                name, clip["frames"], _list(clip["head_r"], 2), _list(clip["head_off_degrees"]),
                _list(clip["gaze_r"], 2), _list(clip["gaze_off_degrees"]),
                _number(clip["landmarks_off_crop"], 3),
                f"{followed['off_share_of_eye_distance_median']:.3f} / "
                f"{followed['off_share_of_eye_distance_worst']:.3f}",
                f"{clip['happiness_while_smiling']:.2f} / {clip['contempt_while_smiling']:.2f}",
                _number(clip["smile_sides_r"], 3),
            )
        )  # fmt: skip
    return [*lines, ""]


def write_page(found: Found) -> str:
    """Give the report as Markdown."""
    took = found["milliseconds"]
    lines = [
        "# The expression model: what was measured",
        "",
        "Made by `models/training/report.py` from the shipped int8 file, on x86 (no Pi at hand).",
        "Head and gaze in degrees as yaw / pitch / roll.",
        "",
        f"{found['parameters']:,} parameters, {found['bytes'] / 1e6:.2f} MB, SHA-256",
        f"`{found['sha256']}`.",
        "",
        "## Time",
        "",
        _row("model", "ms an invoke (x86, one thread, LiteRT, median)"),
        _row("---", "---"),
        *(_row(name, _number(value, 3)) for name, value in took.items()),
        "",
    ]
    lines += _stills(found) + _units(found) + _clips(found)
    return "\n".join(lines)
