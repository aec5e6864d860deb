"""Find the smallest movement that is told from none, and how much of a movement is reported."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from channels import UNITS
from responses import CUES, STRENGTHS

if TYPE_CHECKING:
    from crop import Floats
    from responses import Responses

PROOFS: dict[str, tuple[str, ...]] = {
    "AU01": ("inner_up",), "AU02L": ("outer_up_l",), "AU02R": ("outer_up_r",),
    "AU04L": ("brow_down_l",), "AU04R": ("brow_down_r",), "AU05": ("wide",), "AU06": ("cheeks",),
    "AU07": ("tight",), "AU09": ("sneer", "sneer_held"), "AU10": ("lip_up",),
    "AU12L": ("smile_l",), "AU12R": ("smile_r",), "AU14L": ("dimple_l",), "AU14R": ("dimple_r",),
    "AU15": ("frown",), "AU17": ("chin_low",), "AU18": ("pucker",), "AU20": ("stretch",),
    "AU24": ("press",), "AU28": ("roll",), "AU25": ("jaw",), "AU26": ("jaw",),
    "AU45L": ("blink",), "AU45R": ("blink",),
}  # fmt: skip
"""The movements by which each unit has to show that it works."""
FALSE_ALARMS = 0.01
SMALL = 0.5
"""Strengths up to here count for the slope: what brief cues are like."""


def alarm(answers: Responses, move: str) -> float:
    """Give the score that one in a hundred faces which did not move passes."""
    return float(np.quantile(answers.score(move, answers.none), 1 - FALSE_ALARMS))


def told(answers: Responses, move: str) -> dict[str, Any]:
    """Say for each strength which share of faces is told from none, and from where on half are."""
    edge, shares, means, faces = alarm(answers, move), [], [], 0
    for strength in STRENGTHS:
        rows = answers.rows(move, strength)
        scores = answers.score(move, answers.change[rows])
        shares.append(float((scores > edge).mean()) if len(rows) else float("nan"))
        means.append(float(scores.mean()) if len(rows) else float("nan"))
        faces = max(faces, len(rows))
    return {
        "faces": faces,
        "alarm": edge,
        "share": shares,
        "mean": means,
        "half": _smallest(shares, 0.5),
        "most": _smallest(shares, 0.9),
        "slope": _slope(answers, move),
    }


def _smallest(shares: list[float], wanted: float) -> float | None:
    """Give the smallest strength from which on all that were tried are told often enough."""
    pairs = zip(STRENGTHS, shares, strict=True)
    tried = [(size, share) for size, share in pairs if not math.isnan(share)]
    found = None
    for size, share in reversed(tried):
        if share < wanted:
            break
        found = size
    return found


def _slope(answers: Responses, move: str) -> float:
    """Fit what the movement's own units gain against what they should, through the origin."""
    rows = answers.rows(move)
    rows = rows[answers.strength[rows] <= SMALL]
    ours, known = (answers.score(move, part[rows]) for part in (answers.change, answers.known))
    good = np.isfinite(known)
    size = float((known[good] ** 2).sum())
    return float((ours[good] * known[good]).sum() / size) if size > 0 else float("nan")


def sensitivity(answers: Responses) -> dict[str, Any]:
    """Do so for every movement there is."""
    return {move: told(answers, move) for move in CUES if len(answers.rows(move))}


def proofs(warped: Responses, swept: Responses | None, table: dict[str, Any]) -> dict[str, Any]:
    """Say for each unit how often its own output tells its movements, and on what faces.

    On warped real faces where a warp shows the movement, else on the rig's sweeps; `table` is the
    recipe's [card].
    """
    found: dict[str, Any] = {}
    strength = table["told_strength"]
    for row, (unit, moves) in enumerate((unit, PROOFS[unit]) for unit in UNITS):
        found[unit] = {}
        for move in moves:
            shown = len(warped.rows(move)) and move not in table["by_renders"]
            kind = "warped" if shown else "swept"
            answers = warped if kind == "warped" else swept
            if answers is None or not len(rows := answers.rows(move, strength)):
                continue
            edge = np.quantile(answers.none[:, row], 1 - FALSE_ALARMS)
            share = float((answers.change[rows, row] > edge).mean())
            found[unit][move] = {"on": kind, "faces": len(rows), "share": share}
    return found


def spill(answers: Responses, strength: float) -> dict[str, list[Any]]:
    """Name for each movement the other unit that gains most at a strength, and by how much."""
    found = {}
    for move in CUES:
        rows = answers.rows(move, strength)
        if not len(rows):
            continue
        gained: Floats = answers.change[rows].mean(0)
        known = np.nan_to_num(answers.known[rows].mean(0), nan=1.0)
        other = np.where(np.abs(known) < 0.01, gained, -np.inf)
        found[move] = [UNITS[int(other.argmax())], float(other.max())]
    return found


def by_mark(
    answers: Responses, marks: dict[str, list[float]], moves: dict[str, float]
) -> dict[str, Any]:
    """Say what share of faces is told by bucket of a mark, such as skin tone: edges by mark."""
    found: dict[str, Any] = {}
    for mark, edges in marks.items():
        if mark not in answers.mark:
            continue
        bucket = np.digitize(answers.mark[mark], edges)
        found[mark] = [
            {
                move: _share_of(answers, move, strength, bucket == number)
                for move, strength in moves.items()
            }
            for number in range(len(edges) + 1)
        ]
    return found


def _share_of(answers: Responses, move: str, strength: float, faces: Any) -> list[float]:  # noqa: ANN401
    rows = answers.rows(move, strength)
    rows = rows[faces[answers.face[rows]]]
    if not len(rows):
        return [0, float("nan")]
    scores = answers.score(move, answers.change[rows])
    return [len(rows), float((scores > alarm(answers, move)).mean())]
