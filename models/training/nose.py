"""Measure the nose wrinkle, AU09: on the rig, against what looks like it, and on real faces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from channels import EMOTIONS, UNITS
from intervals import auc, aucs, figure, resamples
from movements import moves_of
from responses import STRENGTHS
from steady import Unrest, see_again
from validate import correlation

if TYPE_CHECKING:
    from crop import Floats
    from held_out import Movable
    from movements import Moves
    from quantised import Quantised
    from responses import Responses
    from shards import Shard

NOSE = UNITS.index("AU09")
RIVALS = ("lip_up", "brows_down")
STRENGTH = 0.5
DISGUST_VOTES = 0.4
STILL_MOUTH = 0.1
MOUTH = [
    UNITS.index(name)
    for name in (
        "AU12L", "AU12R", "AU14L", "AU14R", "AU15", "AU17", "AU18", "AU20", "AU24", "AU28", "AU26",
    )
]  # fmt: skip


def swept_nose(answers: Responses, times: int, seed: int) -> dict[str, Any]:
    """Follow AU09 along the rig's nose sneer and along its rivals, mouth otherwise at rest."""
    rows = answers.rows("sneer")
    rest = np.zeros(len(answers.base), np.float32)
    sneer: Floats = np.concatenate((rest, answers.strength[rows]))
    said = np.concatenate((answers.base[:, NOSE], answers.said[rows, NOSE]))
    face = np.concatenate((np.arange(len(answers.base)), answers.face[rows]))
    drawn = resamples(len(answers.base), times, seed)[:, face]
    every = np.concatenate((rest, (answers.move == "sneer") * answers.strength))
    return {
        "faces": len(answers.base),
        "r": figure(np.array([_weighed_r(said, sneer, weight) for weight in drawn])),
        "r, all other movements too": correlation(
            np.concatenate((answers.base[:, NOSE], answers.said[:, NOSE])), every
        ),
        "at": list(STRENGTHS),
        "rest": _spread(answers.base[:, NOSE]),
        "said": {move: _along(answers, move, answers.said) for move in ("sneer", *RIVALS)},
        "change": {move: _along(answers, move, answers.change) for move in ("sneer", *RIVALS)},
    }


def _weighed_r(said: Floats, known: Floats, weight: Floats) -> float:
    table = np.cov(said, known, aweights=weight, ddof=0)
    return float(table[0, 1] / np.sqrt(table[0, 0] * table[1, 1]))


def _spread(values: Floats) -> list[float]:
    return [float(values.mean()), float(np.percentile(values, 95))] if len(values) else []


def _along(answers: Responses, move: str, values: Floats) -> list[list[float]]:
    return [_spread(values[answers.rows(move, strength), NOSE]) for strength in STRENGTHS]


def rendered_nose(said: Floats, known: Floats) -> dict[str, Any]:
    """Correlate AU09 with the truth over held-out renders whose mouth is otherwise at rest."""
    still = np.nan_to_num(known[:, MOUTH]).max(1) < STILL_MOUTH
    return {"faces": int(still.sum()), "r": correlation(said[still, NOSE], known[still, NOSE])}


def warped_nose(
    model: Quantised, faces: Movable, table: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Rank real faces warped to wrinkle their nose above other persons who do not.

    Every other face gets a wrinkle, with all the lip raise the rig's brings along or half of it;
    a third each of the rest a lip raise, lowered brows, nothing.
    """
    unrest, dice = Unrest.read(table["still"]), torch.Generator().manual_seed(seed)
    which = np.arange(min(len(faces), table["nose_faces"]))
    shown = which % 2 == 0
    wrinkles, others = ("sneer", "sneer_held"), (*RIVALS, "")
    names = [wrinkles[face // 2 % 2] if face % 2 == 0 else others[face // 2 % 3] for face in which]
    moves: list[Moves] = [moves_of(name, STRENGTH) if name else {} for name in names]
    base = model.many(see_again(faces.crop[which], 1, unrest, dice))[0][:, NOSE]
    said = model.many(faces.see(which, moves, unrest, dice))[0][:, NOSE]
    drawn = resamples(len(which), table["resamples"], seed)
    kinds = np.array(names)
    return {
        "faces": len(which),
        "auc": figure(aucs(said, shown, drawn)),
        "auc over own neutral": figure(aucs(said - base, shown, drawn)),
        "by kind": {
            (name or "unmoved"): [
                float(said[kinds == name].mean()),
                float((said - base)[kinds == name].mean()),
            ]
            for name in (*wrinkles, *others)
        },
    }


def voted_nose(said: Floats, shard: Shard, times: int, seed: int) -> dict[str, Any]:
    """Rank faces with at least four disgust votes in ten above the rest: few, so a hint."""
    votes = shard.fields["emotions"][:, EMOTIONS.index("disgust")]
    seen = np.isfinite(votes)
    shown = votes[seen] >= DISGUST_VOTES
    happy = shard.fields["emotions"][seen, EMOTIONS.index("happiness")] >= 0.5
    values = said[seen, NOSE]
    drawn = resamples(len(values), times, seed)
    kept = shown | happy
    return {
        "faces": int(shown.sum()),
        "auc": figure(aucs(values, shown, drawn)),
        "auc against smiles": auc(values[kept], shown[kept]),
    }
