"""Tell a one-sided smile from a both-sided one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from channels import UNITS
from intervals import by_face
from movements import moves_of
from responses import Responses, calm
from steady import Unrest, see_again

if TYPE_CHECKING:
    import numpy.typing as npt
    from crop import Floats
    from held_out import Movable
    from quantised import Quantised
    from shards import Rows

LEFT, RIGHT = UNITS.index("AU12L"), UNITS.index("AU12R")
SMILES = ("smile", "smile_l", "smile_r")
FACES_BELOW = 0.1
LOOKS = 8
"""So often a face at rest is seen for its neutral; the device averages over seconds."""
LEAST = 0.01
"""A smile that raises neither side by more than this is taken for nothing on either."""


def sides(
    apart: Floats, one: npt.NDArray[np.bool_], face: Rows, times: int, seed: int
) -> dict[str, Any]:
    """Give the balanced accuracy of a threshold on how far the sides are apart, `apart` (N,).

    The threshold that is best on every other face is tried on the rest, both ways round; 95 %
    interval over faces.
    """
    odd = np.searchsorted(np.unique(face), face) % 2 == 1
    said, edges = np.zeros(len(apart), bool), []
    for half in (odd, ~odd):
        edges.append(_best_edge(apart[half], one[half]))
        said[~half] = apart[~half] > edges[-1]
    right = (said == one).astype(np.float32)

    def balanced(weight: Floats) -> float:
        parts = [(weight * right)[kind].sum() / weight[kind].sum() for kind in (one, ~one)]
        return float(np.mean(parts))

    return {
        "faces": len(np.unique(face)),
        "balanced": by_face(face, balanced, times, seed),
        "thresholds": edges,
        "apart_one": float(np.median(apart[one])),
        "apart_both": float(np.median(apart[~one])),
    }


def _best_edge(apart: Floats, one: npt.NDArray[np.bool_]) -> float:
    steps = np.unique(apart)
    middle = (steps[1:] + steps[:-1]) / 2
    hits = (apart[one][:, None] > middle).mean(0) + (apart[~one][:, None] <= middle).mean(0)
    return float(middle[hits.argmax()])


def lopsidedness(rise: Floats) -> Floats:
    """Give how much of the higher side's rise the other lacks, 0 even to 1 alone, of rises (N,24).

    The device asks the same (`cuelight.read.sides`): by share, not by difference, since how far a
    unit rises for one strength differs from face to face.
    """
    two = rise[:, [LEFT, RIGHT]]
    high, low = two.max(1), np.maximum(two.min(1), 0)
    return np.asarray((high - low) / np.maximum(high, LEAST), np.float32)


def _both_ways(answers: Responses, strength: float, times: int, seed: int) -> dict[str, Any]:
    rows = np.concatenate([answers.rows(move, strength) for move in SMILES])
    one, face = answers.move[rows] != "smile", answers.face[rows]
    found: dict[str, Any] = {}
    for name, values in (("own neutral", answers.change), ("no neutral", answers.said)):
        found[name] = sides(lopsidedness(values[rows]), one, face, times, seed)
    smiles = rows[one]
    gap = answers.change[smiles, LEFT] - answers.change[smiles, RIGHT]
    found["right side share"] = float(((gap > 0) == (answers.move[smiles] == "smile_l")).mean())
    return found


def swept_sides(answers: Responses, table: dict[str, Any], seed: int) -> dict[str, Any]:
    """Do so on the rig's sweeps, at each of the report's strengths."""
    return {
        str(strength): _both_ways(answers, strength, table["resamples"], seed)
        for strength in table["smile_strengths"]
    }


def warped_sides(
    model: Quantised, faces: Movable, table: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Do so on real faces without a smile, warped."""
    unrest, dice = Unrest.read(table["still"]), torch.Generator().manual_seed(seed)
    which = np.flatnonzero(calm(faces.units, "smile", FACES_BELOW))[: table["smile_faces"]]
    looks = model.many(see_again(faces.crop[which], LOOKS, unrest, dice))[0]
    base = looks.reshape(len(which), LOOKS, -1).mean(1)
    found = {}
    for strength in table["smile_strengths"]:
        said = np.concatenate(
            [
                model.many(faces.see(which, [moves_of(move, strength)] * len(which), unrest, dice))[
                    0
                ]
                for move in SMILES
            ]
        )
        face = np.tile(np.arange(len(which)), len(SMILES))
        answers = Responses(
            np.repeat(SMILES, len(which)),
            np.full(len(said), strength, np.float32),
            face,
            said,
            said - base[face],
            np.full_like(said, np.nan),
            base,
            np.empty((0, len(UNITS)), np.float32),
            {},
        )
        found[str(strength)] = _both_ways(answers, strength, table["resamples"], seed)
    return found
