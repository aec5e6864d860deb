"""Move held-out faces by known amounts and keep what the model says before and after.

Real faces are moved by a warp; the rig's are rendered anew (`sweeps/sweeps.npz`: each face without
and with each movement, at several strengths). Both sides of a change are seen with the unrest of a
video's next frame, so that a difference holds what a device would meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from channels import ABSOLUTE, UNITS
from movements import WARPED, gain_of, moves_of
from steady import Unrest, see_again
from tqdm import tqdm

if TYPE_CHECKING:
    from pathlib import Path

    from crop import Floats
    from held_out import Movable
    from quantised import Quantised
    from shards import Rows

TIMES = 10
"""How often each neutral render is seen again."""
TOP = 0.99
"""Slopes are taken where an intensity gained most: from this quantile on."""
STRENGTHS = (0.03, 0.06, 0.125, 0.25, 0.5, 1.0)
CUES: dict[str, tuple[str, ...]] = {
    "inner_up": ("AU01",), "outer_up": ("AU02L", "AU02R"), "outer_up_l": ("AU02L",),
    "outer_up_r": ("AU02R",), "brows_up": ("AU01", "AU02L", "AU02R"),
    "brows_down": ("AU04L", "AU04R"), "brow_down_l": ("AU04L",), "brow_down_r": ("AU04R",),
    "wide": ("AU05",), "cheeks": ("AU06",), "cheeks_up": ("AU06",), "tight": ("AU07",),
    "sneer": ("AU09",), "sneer_held": ("AU09",), "lip_up": ("AU10",),
    "smile": ("AU12L", "AU12R"), "smile_l": ("AU12L",), "smile_r": ("AU12R",),
    "dimple": ("AU14L", "AU14R"), "dimple_l": ("AU14L",), "dimple_r": ("AU14R",),
    "frown": ("AU15",), "chin_low": ("AU17",), "chin": ("AU17",), "pucker": ("AU18",),
    "stretch": ("AU20",), "press": ("AU24",), "roll": ("AU28",), "roll_low": ("AU28",),
    "lip_down": ("AU25",), "jaw": ("AU26",), "blink": ("AU45L", "AU45R"),
}  # fmt: skip
"""The units by which a movement is told: the mean of what they gain."""

MARKS = ("tone", "key_side", "pitch", "glasses")
"""What the sweeps say of each face."""


@dataclass(frozen=True, slots=True)
class Responses:
    """What the model said of moved faces, row by row, against the same faces unmoved.

    By row: `move`, `strength` 0..1, `face` (its row in `base`), `said` (R,24) the units, `change`
    (R,24) what they gained over the face's own unmoved ones, `known` (R,24) what they should have,
    NaN where unknown. `base` (F,24): the unmoved faces; `none` (K,24): changes of faces that were
    only seen again. `mark`: by face, what else is known of it.
    """

    move: npt.NDArray[np.str_]
    strength: Floats
    face: Rows
    said: Floats
    change: Floats
    known: Floats
    base: Floats
    none: Floats
    mark: dict[str, Floats]

    def rows(self, move: str, strength: float | None = None) -> Rows:
        """Give the rows of a movement, at one strength or at all."""
        kept = self.move == move
        if strength is not None:
            kept &= np.abs(self.strength - strength) < 0.005
        return np.flatnonzero(kept)

    def score(self, move: str, values: Floats) -> Floats:
        """Give the mean of a movement's own units out of values (...,24)."""
        return np.asarray(values[..., [UNITS.index(unit) for unit in CUES[move]]].mean(-1))


def calm(units: Floats, move: str, most: float) -> npt.NDArray[np.bool_]:
    """Say which faces (N,) show less than `most` of what a movement adds, as the teacher has it."""
    gained = np.nan_to_num(gain_of(move, 1.0)) > 0
    return np.asarray(np.nan_to_num(units[:, gained]).max(1, initial=0) < most)


def warped_responses(
    model: Quantised, faces: Movable, table: dict[str, Any], still: dict[str, Any], seed: int
) -> Responses:
    """Warp real held-out faces by each movement at each strength."""
    unrest, dice = Unrest.read(still), torch.Generator().manual_seed(seed)
    base = model.many(see_again(faces.crop, 1, unrest, dice))[0]
    again = model.many(see_again(faces.crop, table["times"], unrest, dice))[0]
    none = (again.reshape(len(faces), -1, len(UNITS)) - base[:, None]).reshape(-1, len(UNITS))
    parts: dict[str, list[Any]] = {
        name: [] for name in ("move", "strength", "face", "said", "known")
    }
    for move in tqdm(WARPED, desc="warped faces", disable=None):
        which = np.flatnonzero(calm(faces.units, move, table["calm"]))[: table["faces"]]
        for strength in STRENGTHS:
            crops = faces.see(which, [moves_of(move, strength)] * len(which), unrest, dice)
            parts["said"].append(model.many(crops)[0])
            parts["known"].append(np.tile(gain_of(move, strength), (len(which), 1)))
            parts["face"].append(which)
            parts["move"].append(np.full(len(which), move))
            parts["strength"].append(np.full(len(which), strength))
    return _gathered(parts, base, none, {})


def swept_responses(
    model: Quantised, cache: Path, still: dict[str, Any], seed: int
) -> Responses | None:
    """Read the rig's sweeps of unseen identities, if there are any."""
    kept = cache / "sweeps" / "sweeps.npz"
    if not kept.exists():
        return None
    with np.load(kept) as held:
        crops, strength = held["crop"], held["strength"].astype(np.float32)
        units = held["units"].astype(np.float32)
        move, names = held["move"].astype(str), held["face"]
        marks = {name: held[name] for name in MARKS if name in held}
    unrest, dice = Unrest.read(still), torch.Generator().manual_seed(seed)
    said = model.many(see_again(crops, 1, unrest, dice))[0]
    at_rest = np.flatnonzero(strength == 0)
    _, first = np.unique(names[at_rest], return_index=True)
    rest = at_rest[first]
    face = np.searchsorted(names[rest], names)
    # All neutral pictures of a face: they differ by their own grain.
    again = model.many(see_again(crops[at_rest], TIMES, unrest, dice))[0]
    none = again - np.repeat(said[rest][face[at_rest]], TIMES, 0)
    told = np.flatnonzero(np.isin(move, list(CUES)) & (strength > 0))
    parts = {
        "move": [move[told]],
        "strength": [strength[told]],
        "face": [face[told]],
        "said": [said[told]],
        "known": [units[told] - units[rest][face[told]]],
    }
    return _gathered(parts, said[rest], none, {name: mark[rest] for name, mark in marks.items()})


def _gathered(
    parts: dict[str, list[Any]], base: Floats, none: Floats, mark: dict[str, Floats]
) -> Responses:
    whole = {name: np.concatenate(each) for name, each in parts.items()}
    change = whole["said"] - base[whole["face"]]
    return Responses(**whole, change=change, base=base, none=none, mark=mark)


def slopes(absolute: Responses, relative: Responses) -> dict[str, float]:
    """Give, for each unit, relative units gained for each of intensity; 0 where it has no relative.

    Both read the same rows. A slope is taken where the intensity gained most.
    """
    return {
        unit: 0.0 if unit in ABSOLUTE else _slope(absolute.change[:, row], relative.change[:, row])
        for row, unit in enumerate(UNITS)
    }


def _slope(absolute: Floats, relative: Floats) -> float:
    most = absolute >= np.quantile(absolute, TOP)
    return float(np.median(relative[most]) / max(float(np.median(absolute[most])), 1e-6))
