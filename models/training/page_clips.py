"""Lay out what was measured along clips, and of a face that keeps still."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from bars import GROUP_LEAST, group_figure
from channels import GAZE, HEAD, UNITS
from tables import number, numbers, prose, table

Found: TypeAlias = dict[str, Any]


def _channels(found: Found) -> list[str]:
    clips, channels = found["clips"], found["channels"]
    lines = [
        "## Along clips never trained on: correlation with Face Landmarker",
        "",
        *prose(
            "On the teacher's own scale (no gain, no bend), crops cut by its points; `own "
            "tracking` cuts them by the model's own landmarks of the frame before, as the device "
            "does. A channel counts where the teacher moves it (sd "
            f"{found['edges']['moving_spread']} or more, gaze {found['edges']['moving_degrees']} "
            "degrees); its figure is the median over such clips. `Compared`: the relative units, "
            "by which the device compares a face with its own neutral."
        ),
    ]
    if found["missing_clips"]:
        lines += [f"Not there, so not measured: {', '.join(found['missing_clips'])}.", ""]
    lines += table(
        ("channel", "clips", "median r", "compared", "lowest r", "own tracking, median r",
         "lost by int8"),
        [
            (
                name, score["clips"], number(score["median"]),
                number(found["compared"][name]["median"]),
                f"{score['lowest']:.2f} ({score['lowest_clip']})", number(score["followed"]),
                number(score["loss"], 3),
            )
            for name, score in channels.items()
        ],
    )  # fmt: skip
    still = [name for name in UNITS if name not in channels]
    lines += [
        f"The teacher moves these in no clip, or is blind to them: {', '.join(still)}.",
        "",
        "Groups, by their worst channel: "
        + "; ".join(
            f"{group} {got[1]:.2f}"
            for group in GROUP_LEAST
            if (got := group_figure(found, group)) is not None
        )
        + ".",
        "",
        "![Along a clip](report/clip.png)",
        "",
        *prose(
            "Two units and gaze along the first seconds of a clip (the teacher's units with gain "
            "and bend, as trained)."
        ),
    ]
    return lines + _by_clip(clips)


def _by_clip(clips: Found) -> list[str]:
    names = list(clips)
    gaze = [f"gaze {axis}" for axis in GAZE]
    lines = ["r by clip; the teacher's sd in brackets:", ""]
    lines += table(
        ("channel", *names),
        [
            (name, *(_with_spread(clips[clip], name) for clip in names))
            for name in (*UNITS, *gaze)
            if any(name in clips[clip]["r"] for clip in names)
        ],
    )
    head = (
        "clip", "frames", "head r y/p/r", "head off", "gaze off y/p", "landmarks (crop)",
        "own tracking off, median / worst (eye distances)", "started", "jitter ours / teacher",
        "happiness / contempt while smiling",
    )  # fmt: skip
    rows = []
    for name in names:
        clip, followed = clips[name], clips[name]["followed"]
        seen = [unit for unit in UNITS if not math.isnan(clip["teacher_jitter"][unit])]
        jitter = [
            sum(clip[which][unit] for unit in seen) / len(seen)
            for which in ("jitter", "teacher_jitter")
        ]
        rows.append(
            (
                name, clip["frames"], numbers(clip["head_r"], 2), numbers(clip["head_off_degrees"]),
                numbers(clip["gaze_off_degrees"]), number(clip["landmarks_off_crop"], 3),
                numbers(
                    (
                        followed["off_share_of_eye_distance_median"],
                        followed["off_share_of_eye_distance_worst"],
                    ),
                    3,
                ),
                followed["starts"], numbers(jitter, 4),
                numbers((clip["happiness_while_smiling"], clip["contempt_while_smiling"]), 2),
            )
        )  # fmt: skip
    lines += table(head, rows)
    return [
        *lines,
        *prose(
            "Own tracking starts from the teacher's points and again where it missed a frame or "
            "the clip is cut (`started`). Jitter: mean change from frame to frame over the units "
            "that the teacher sees."
        ),
    ]


def _with_spread(clip: Found, name: str) -> str:
    return f"{number(clip['r'].get(name))} ({clip['teacher_spread'][name]:.2f})"


def _noise(found: Found) -> list[str]:
    noise, stills = found["noise"], found["stills"]
    sources = list(stills)
    lines = [
        "## Units one by one",
        "",
        *prose(
            "Still noise: standard deviation over what tracking jitter and sensor noise do to a "
            "still portrait. Stills r: with the teacher's targets on real held-out faces, with "
            "the truth on renders. Renders AUC: how well those that show a unit (0.3 or more) "
            "rank above those without."
        ),
    ]
    last = sources[-1]
    lines += table(
        ("unit", "still noise", *(f"{name} r" for name in sources), f"{last} AUC"),
        [
            (
                unit,
                number(noise[unit], 4),
                *(number(stills[name]["int8"]["r"].get(unit)) for name in sources),
                number(stills[last]["int8"]["strong_auc"].get(unit)),
            )
            for unit in UNITS
        ],
    )
    head = numbers([noise[f"head_{axis}"] for axis in HEAD], 2)
    gaze = numbers([noise[f"gaze_{axis}"] for axis in GAZE], 2)
    return [*lines, f"Still noise of head {head}, of gaze {gaze} degrees.", ""]


def clip_sections(found: Found) -> list[str]:
    """Give the sections on clips and still faces."""
    return [*(_channels(found) if found["clips"] else []), *_noise(found)]
