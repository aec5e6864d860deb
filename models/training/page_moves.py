"""Lay out what was measured of movements: the smallest told, the nose, one-sided smiles."""

from __future__ import annotations

from typing import Any, TypeAlias

from responses import CUES, STRENGTHS
from tables import number, percent, prose, ranged, row, table

Found: TypeAlias = dict[str, Any]

SIDES = {"swept": "renders, unseen identities", "warped": "warped real faces"}


def _cue(move: str) -> str:
    return "+".join(CUES[move])


def _sensitivity(found: Found) -> list[str]:
    lines = [
        "## The smallest movement told from none",
        "",
        *prose(
            f"{found['warped_faces']:,} real held-out faces (portraits and FER+'s reported half, "
            "turned less than 20 degrees), warped by the rig's own displacements: shapes move, "
            "but no crease deepens, so a real movement of the same size may be easier or harder. "
            "Each side of a change is seen with the tracking jitter and sensor noise of a "
            "video's next frame. Units are the relative ones, by which the device compares a face "
            "with its own neutral. A movement is told when the gain of its own units passes what 1 "
            "% of faces reach that were only seen again. Faces that show the movement already "
            "are left out. `Half` and `most`: the strength, in % of full, from which on 50 and "
            "90 % of faces are told. Slope: what is reported of each unit of change, up to half "
            "strength. Spill: the other unit that gains most at half strength, and by how much. "
            "A warped blink squeezes the eye but lays no lid over it, so lids are better judged on "
            "the renders."
        ),
        "![Share of faces told, over strength](report/sensitivity.png)",
        "",
    ]
    for kind, words in (("warped", "Warped real faces"), ("swept", "Renders, unseen identities")):
        if kind not in found["sensitivity"]:
            lines += ["No sweeps of the rig were there to measure on.", ""]
            continue
        lines += [f"{words}:", ""]
        lines += table(
            ("movement", "units", "faces", "half", "most",
             *(f"told at {100 * size:g} %" for size in STRENGTHS), "slope", "spill"),
            [
                (
                    move.replace("_", " "), _cue(move), told["faces"], _size(told["half"]),
                    _size(told["most"]), *(percent(share) for share in told["share"]),
                    number(told["slope"]), _spill(found["spill"][kind].get(move)),
                )
                for move, told in found["sensitivity"][kind].items()
            ],
        )  # fmt: skip
    return lines


def _size(strength: float | None) -> str:
    return "-" if strength is None else f"{100 * strength:g}"


def _spill(spill: list[Any] | None) -> str:
    return "-" if not spill or spill[1] < 0.02 else f"{spill[0]} {spill[1]:.2f}"


def _nose(found: Found) -> list[str]:
    nose = found["nose"]
    lines = ["## Nose wrinkle (AU09)", ""]
    swept = nose.get("swept")
    if swept:
        other = swept["r, all other movements too"]
        lines += [
            *prose(
                f"On {swept['faces']} rendered faces of identities never trained on, each with "
                "its nose sneer at known strengths and the mouth otherwise at rest, AU09 "
                f"correlates with the sneer by {ranged(swept['r'])}; with all other movements of "
                f"the sweeps among the rows, at a sneer of 0: {number(other)}. Mean answer, 95th "
                "percentile in brackets (the bar is about the mean answer to a full movement of "
                "the two rivals, not about what it gains):"
            ),
        ]
        known = [place for place, both in enumerate(swept["said"]["sneer"]) if both]
        head = [f"{100 * swept['at'][place]:g} %" for place in known]
        lines += table(
            ("movement alone", "none", *head),
            [
                (
                    move.replace("_", " "),
                    f"{swept['rest'][0]:.2f} ({swept['rest'][1]:.2f})",
                    *(f"{along[place][0]:.2f} ({along[place][1]:.2f})" for place in known),
                )
                for move, along in swept["said"].items()
            ],
        )
        lines += ["![AU09 over the rig's movements](report/nose.png)", ""]
    for source, score in nose.get("rendered", {}).items():
        lines += [
            *prose(
                f"Held-out renders (`{source}`) whose mouth is otherwise at rest, brows and eyes "
                f"doing anything: r {number(score['r'])} over {score['faces']} faces."
            ),
        ]
    warped, voted = nose["warped"], nose["voted"]
    lines += [
        *prose(
            f"Warped real faces, {warped['faces']} persons, half of them with a nose sneer of 0.5 "
            "(with all the lip raise that the rig's brings along, or half of it), the others "
            f"unmoved or with a lip raise or lowered brows of 0.5: AUC {ranged(warped['auc'])}; "
            f"over each face's own neutral {ranged(warped['auc over own neutral'])}."
        ),
        *table(
            ("warped by", *(name.replace("_", " ") for name in warped["by kind"])),
            [
                ("mean answer", *(number(pair[0]) for pair in warped["by kind"].values())),
                ("mean gain", *(number(pair[1]) for pair in warped["by kind"].values())),
            ],
        ),
        *prose(
            f"{voted['faces']} FER+ faces (reported half) with four disgust votes in ten or more, "
            f"against the rest: AUC {ranged(voted['auc'])}; against smiles alone "
            f"{number(voted['auc against smiles'])}."
        ),
    ]
    return lines


def _sides(found: Found) -> list[str]:
    lines = [
        "## One-sided smiles",
        "",
        *prose(
            "Balanced accuracy of a threshold on lopsidedness: how much of the higher AU12's rise "
            "the other side lacks (0 even, 1 alone), each over the same face's own neutral as the "
            "device reads them; chosen on half of the faces, tried on the other half, both ways "
            "round. Apart: its medians. `Right side`: how often the larger gain is on the side "
            "that moved."
        ),
        row(("faces", "strength", "balanced accuracy", "without own neutral", "apart, one-sided",
             "apart, both-sided", "right side")),
        row(["---"] * 7),
    ]  # fmt: skip
    for kind, words in SIDES.items():
        for strength, scores in found["sides"].get(kind, {}).items():
            own, without = scores["own neutral"], scores["no neutral"]
            lines.append(
                row(
                    (
                        f"{own['faces']} {words}", strength, ranged(own["balanced"], 3),
                        number(without["balanced"][0], 3), number(own["apart_one"], 3),
                        number(own["apart_both"], 3), number(scores["right side share"], 3),
                    )
                )
            )  # fmt: skip
    return [*lines, ""]


def movement_sections(found: Found) -> list[str]:
    """Give the sections on movements."""
    return [*_sensitivity(found), *_nose(found), *_sides(found)]
