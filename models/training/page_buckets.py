"""Lay out what was measured by skin tone, light, turn and glasses."""

from __future__ import annotations

from typing import Any, TypeAlias

from tables import between, number, numbers, prose, table

Found: TypeAlias = dict[str, Any]

MARKS = {
    "tone": ("skin's albedo", ""),
    "key_side": ("share of light from one side", ""),
    "yaw": ("head turned aside", " degrees"),
    "pitch": ("seen from below", " degrees"),
    "glasses": ("glasses: 0 none, 1 worn", ""),
}
LIGHTS = {"mean": "mean grey", "aside": "difference of the face's halves over the mean"}


def bucket_sections(found: Found) -> list[str]:
    """Give the section on skin tone, light and turn."""
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
                words, unit = MARKS[mark]
                rows.append((words, between(edges, place, unit), *cells))
    return [
        *prose(
            "Share of the sweeps' faces (in brackets: how many) whose movement of a quarter is "
            "told from none at 1 % false alarms, %:"
        ),
        *table(("bucket", "", *moves), rows),
    ]
