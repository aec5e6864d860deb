"""Lay measured results out as the report's page."""

from __future__ import annotations

from typing import Any, TypeAlias

from bars import bars_of
from channels import EMOTIONS
from page_clips import clip_sections
from page_moves import movement_sections
from tables import between, number, numbers, prose, ranged, table

Found: TypeAlias = dict[str, Any]

RULE_WORDS = {
    "majority": "**majority**, FER+'s own (the paper's 0.8499 uses it): lone votes dropped, then "
    "an expression with more than half of all votes, `unknown` and `not a face` counted among them",
    "plurality": "**plurality**: five raw votes or more for the eight expressions, one alone ahead",
}
MARKS = {
    "tone": ("skin's albedo", ""),
    "key_side": ("share of light from one side", ""),
    "yaw": ("head turned aside", " degrees"),
    "pitch": ("seen from below", " degrees"),
}
LIGHTS = {"mean": "mean grey", "aside": "difference of the face's halves over the mean"}


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


def _buckets(found: Found) -> list[str]:
    lines = [
        "## By skin tone, light and turn",
        "",
        *prose(
            "On renders of identities never trained on, where all of these are known. The last "
            "columns: correlation with the truth."
        ),
    ]
    rows = []
    for mark, (words, unit) in MARKS.items():
        for source, marks in found["rendered"].items():
            if mark not in marks or (source == "rig" and "strips" in found["rendered"]):
                continue
            for place, score in enumerate(marks[mark]):
                if not score["faces"]:
                    continue
                edges = found["edges"]["buckets"][mark]
                rows.append(
                    (
                        words, between(edges, place, unit), score["faces"], numbers(score["head"]),
                        numbers(score["gaze"]), *(number(value) for value in score["r"].values()),
                    )
                )  # fmt: skip
    lines += table(
        ("bucket", "", "faces", "head off y/p/r", "gaze off y/p", "AU12L", "AU09", "AU01"), rows
    )
    if found.get("told_by"):
        lines += _told_by(found)
    lines += [
        *prose(
            "On real held-out faces nobody labelled skin tone, so none is reported; the light is "
            "judged crudely, from the crop's own greys, in which skin and light cannot be told "
            "apart."
        ),
    ]
    rows = [
        (
            source, LIGHTS[name], between(found["edges"]["light"][name], place), score["faces"],
            number(score["r"]), number(score["landmarks_off"], 3),
            number(score["accuracy"], 3), score["accuracy_faces"] or "-",
        )
        for source, marks in found["light"].items()
        for name, scores in marks.items()
        for place, score in enumerate(scores)
    ]  # fmt: skip
    return lines + table(
        ("source", "light", "", "faces", "median r of units", "landmarks", "accuracy", "of faces"),
        rows,
    )


def _told_by(found: Found) -> list[str]:
    moves = list(next(iter(found["told_by"].values()))[0])
    rows = []
    for mark, buckets in found["told_by"].items():
        for place, shares in enumerate(buckets):
            edges = found["edges"]["buckets"][mark]
            cells = [f"{100 * share:.0f} ({count})" for count, share in shares.values() if count]
            if cells:
                rows.append((MARKS[mark][0], between(edges, place), *cells))
    return [
        *prose(
            "Share of the sweeps' faces (in brackets: how many) whose movement of a quarter is "
            "told from none at 1 % false alarms, %:"
        ),
        *table(("bucket", "", *moves), rows),
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
        *_buckets(found),
        *_time(found),
        "## How this file came about",
        "",
    ]
    for paragraph in found["came_about"]:
        lines += [paragraph.strip(), ""]
    return "\n".join(lines)
