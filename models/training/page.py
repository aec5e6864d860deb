"""Lay measured results out as the report's page."""

from __future__ import annotations

from typing import Any, TypeAlias

from bars import bars_of
from channels import EMOTIONS
from page_buckets import bucket_sections
from page_clips import clip_sections
from page_moves import movement_sections
from tables import number, numbers, prose, ranged, table

Found: TypeAlias = dict[str, Any]

RULE_WORDS = {
    "majority": "**majority**, FER+'s own (the paper's 0.8499 uses it): lone votes dropped, then "
    "an expression with more than half of all votes, `unknown` and `not a face` counted among them",
    "plurality": "**plurality**: five raw votes or more for the eight expressions, one alone ahead",
}


def _bars(found: Found) -> list[str]:
    bars = bars_of(found)
    words = {True: "yes", False: "**no**", None: "not measured"}
    reached, known = (sum(bar.reached is want for bar in bars) for want in (True, False))
    return [
        "## Bars",
        "",
        f"{reached} of {reached + known} reached.",
        "",
        *table(
            ("bar", "wanted", "the int8 file stands at", "reached"),
            [(bar.what, bar.wanted, bar.stands, words[bar.reached]) for bar in bars],
        ),
        *prose(
            "Intervals are 95 %, from 2,000 resamples of the faces (of timing rounds for time); "
            "`reached` goes by the figure itself. FER+ faces of even index chose the checkpoint, "
            "odd ones are reported. Warped faces are real but their movement is not: see below. "
            "Renders are synthetic."
        ),
    ]


def _expressions(found: Found) -> list[str]:
    lines = [
        "## Expressions: FER+ valid, reported half",
        "",
        *prose(
            "One checkpoint. As it is, the file says what its largest probability says. "
            "`Adjusted back` divides out the part of the expressions' shares that the file's "
            "logits hold (see `convert.py`), so that all eight count as equally common. Two "
            "rules make votes a label:"
        ),
        *(f"- {words}" for words in RULE_WORDS.values()),
        "",
    ]
    rows = [
        (
            rule, form, score["faces"], ranged(score["accuracy"], 3), ranged(score["auc"], 3),
            ranged(score["mean_recall"], 3),
        )
        for rule, forms in found["expressions"].items()
        for form, score in forms.items()
    ]  # fmt: skip
    lines += table(("label rule", "form", "faces", "accuracy", "macro AUC", "mean recall"), rows)
    scores = found["expressions"]["majority"]
    plain, back = scores["int8"], scores["int8, adjusted back"]
    faces = [sum(row) for row in plain["confusion"]]
    lines += ["Recall by expression, int8, majority label:", ""]
    lines += table(
        ("expression", "faces", "recall", "recall, adjusted back", "AUC"),
        [
            (
                name,
                count,
                ranged(plain["recall"][name]),
                ranged(back["recall"][name]),
                number(plain["auc_each"][name], 3),
            )
            for name, count in zip(EMOTIONS, faces, strict=True)
        ],
    )
    return [*lines, "![Confusion of expressions](report/confusion.png)", ""]


def _stills(found: Found) -> list[str]:
    rows = [
        (
            source, form, score["rows"], number(score["landmarks_off"], 3),
            numbers(score["head_off_degrees"]), numbers(score["gaze_off_degrees"]),
            number(score.get("present_auc"), 3),
        )
        for source, forms in found["stills"].items()
        for form, score in forms.items()
    ]  # fmt: skip
    return [
        "## Held-out stills: landmarks, head, gaze",
        "",
        *prose(
            "Real faces against Face Landmarker, the teacher: how well it is copied, not how "
            "right it is. Portraits: every twentieth; its people may be in the training part "
            "too. Renders (`rig`, `strips`): identities never trained on, against the truth. "
            "Landmarks: median over faces of the mean distance, in eye distances. Head and gaze: "
            "mean degrees off."
        ),
        *table(
            (
                "source",
                "form",
                "faces",
                "landmarks",
                "head y/p/r",
                "gaze y/p",
                "face or not, AUC",
            ),
            rows,
        ),
    ]


def _time(found: Found) -> list[str]:
    took = found["timing"]
    return [
        "## Size and time",
        "",
        *prose(
            f"{found['parameters']:,} parameters, {found['bytes'] / 1e6:.2f} MB. One thread, "
            "LiteRT with XNNPACK, x86 (no Pi at hand); the models take turns in one run."
        ),
        *table(
            ("model", "ms an invoke, median of rounds"),
            [(name, ranged(value, 3)) for name, value in took["milliseconds"].items()],
        ),
        f"Ours over Face Landmarker's two models, within a round: {ranged(took['share'], 3)}.",
        "",
    ]


def write_page(found: Found) -> str:
    """Give the report as Markdown."""
    lines = [
        "# The expression model: what was measured",
        "",
        "Made by `models/training/report.py` from the shipped int8 file, SHA-256",
        f"`{found['sha256']}`.",
        "Angles in degrees as yaw / pitch / roll. Strengths: 1 is a movement in full.",
        "",
        *_bars(found),
        *_expressions(found),
        *movement_sections(found),
        *clip_sections(found),
        *_stills(found),
        *bucket_sections(found),
        *_time(found),
        "## How this file came about",
        "",
    ]
    for paragraph in found["came_about"]:
        lines += [paragraph.strip(), ""]
    return "\n".join(lines)
