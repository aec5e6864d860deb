"""Draw small known changes of an expression: what a training strip's faces do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from rig_faces import CLASHES, MOST_HELD, Face, Plan, add_lids, draw_face, draw_gaze, moved
from rig_moves import LIP_OF_SNEER, MOVES

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANGES = 3
SIDES: tuple[tuple[tuple[str, ...], float], ...] = (
    (("smile", "smile_l", "smile_r"), 0.5), (("dimple", "dimple_l", "dimple_r"), 0.26),
    (("brows_down", "brow_down_l", "brow_down_r"), 0.12),
    (("outer_up", "outer_up_l", "outer_up_r"), 0.12),
)  # fmt: skip
"""Movements of both sides, of the left and of the right, and how often each is drawn."""
RIVALS: tuple[tuple[str, ...], ...] = (
    ("sneer", "lip_up", "brows_down"), ("sneer", "lip_up", "cheeks"),
    ("sneer", "brows_down", "tight"),
    ("press", "roll", "chin_low", "frown"), ("press", "roll", "stretch", "dimple"),
    ("inner_up", "outer_up", "brows_down"), ("wide", "inner_up", "outer_up", "brows_up"),
    ("cheeks", "tight", "blink"), ("smile", "dimple", "stretch", "cheeks"),
    ("frown", "chin_low", "stretch", "press"), ("smile_l", "dimple_l", "lip_up"),
    ("smile_r", "dimple_r", "lip_up"),
)  # fmt: skip
"""Movements that are taken for one another."""
SEEN = 0.1
"""From this strength on a movement counts as shown by the base."""
NEARLY_FULL = 0.75
"""Past this strength a movement can only be made less."""
SHUT = 0.4
"""Past this much lid closure, widened or tightened eyes cannot be seen."""


def draw_strip(chance: np.random.Generator, table: Mapping[str, Any]) -> list[Face]:
    """Draw a base expression and `CHANGES` small changes of it, by the recipe's [strips]."""
    base = draw_face(chance, "neutral" if chance.random() < table["neutral_share"] else None)
    kind, plans = _draw_plans(base.moves, chance, table)
    bare = chance.random() < table["bare_sneer"]
    held = 0.0 if bare else float(chance.uniform(0.2, MOST_HELD))
    still = chance.random() < table["still_eyes"]
    faces = [replace(base, mode=kind)]
    for plan in plans:
        moves, gaze = _changed(base.moves, plan, held, chance), base.gaze
        if not still:
            which = chance.integers(3)
            gaze = draw_gaze(chance) if which != 1 else gaze
            if which != 0 and "blink" not in plan:
                moves["eyeBlink_L"] = moves["eyeBlink_R"] = 0.0
                add_lids(moves, chance)
        faces.append(Face(moves, gaze, None, kind))
    return faces


def _draw_plans(
    base: Mapping[str, float], chance: np.random.Generator, table: Mapping[str, Any]
) -> tuple[str, list[Plan]]:
    """Draw signed changes by movement that a face which moves like `base` can make."""
    kinds = table["kinds"]
    weight = np.array(list(kinds.values())) / sum(kinds.values())
    while True:
        kind = str(chance.choice(list(kinds), p=weight))
        plans = _plans(kind, base, chance, table)
        for plan in plans:
            if kind != "sides" and chance.random() < table["two_share"]:
                second = _pick(base, chance, table, 1)[0]
                plan.setdefault(second, _signed(second, _size(chance, table), base, chance, table))
        if all(_fits(plan, base) for plan in plans):
            return kind, plans


def _plans(
    kind: str,
    base: Mapping[str, float],
    chance: np.random.Generator,
    table: Mapping[str, Any],
) -> list[Plan]:
    size = _size(chance, table)
    if kind == "sides":
        odds = np.array([share for _, share in SIDES])
        names = SIDES[chance.choice(len(SIDES), p=odds / odds.sum())][0]
        sizes = np.full(CHANGES, _signed(names[0], size, base, chance, table))
        if chance.random() < table["unlike_share"]:
            sizes *= chance.uniform(0.4, 1.0, CHANGES)
        both = list(zip(names, sizes, strict=True))
        return [{both[i][0]: float(both[i][1])} for i in chance.permutation(CHANGES)]
    if kind == "ladder":
        if chance.random() < table["long_share"]:
            size = float(chance.uniform(table["most"], 1.0))
        name = _pick(base, chance, table, 1)[0]
        sizes = _signed(name, size, base, chance, table) * chance.permutation((0.25, 0.5, 1.0))
        return [{name: float(each)} for each in sizes]
    if kind == "rivals":
        family = RIVALS[chance.integers(len(RIVALS))]
        names = tuple(str(name) for name in chance.choice(family, CHANGES, replace=False))
    else:
        names = _pick(base, chance, table, CHANGES)
    return [{name: _signed(name, size, base, chance, table)} for name in names]


def _size(chance: np.random.Generator, table: Mapping[str, Any]) -> float:
    if chance.random() < table["large_share"]:
        return float(chance.uniform(table["most"], table["largest"]))
    return float(np.exp(chance.uniform(np.log(table["least"]), np.log(table["most"]))))


def _level(move: str, base: Mapping[str, float]) -> float:
    return float(np.mean([base.get(shape, 0.0) for shape in MOVES[move]]))


def _signed(
    move: str,
    size: float,
    base: Mapping[str, float],
    chance: np.random.Generator,
    table: Mapping[str, Any],
) -> float:
    """Make a change one for less at times, where the base shows the movement."""
    level = _level(move, base)
    if level > SEEN and (level > NEARLY_FULL or chance.random() < table["down_share"]):
        return -min(size, level)
    return size


def _pick(
    base: Mapping[str, float], chance: np.random.Generator, table: Mapping[str, Any], count: int
) -> tuple[str, ...]:
    """Pick movements by the recipe's emphasis, those that the base shows thrice as often."""
    emphasis = table["emphasis"]
    weight = np.array([each * (1 + 2 * (_level(m, base) > SEEN)) for m, each in emphasis.items()])
    names = chance.choice(list(emphasis), count, replace=False, p=weight / weight.sum())
    return tuple(str(name) for name in names)


def _fits(plan: Plan, base: Mapping[str, float]) -> bool:
    """Tell whether a face can make these movements at once, and over the base's."""
    shown = {move for move in MOVES if _level(move, base) > SEEN}
    for first, second in CLASHES:
        for one, other in ((first, second), (second, first)):
            if one & plan.keys() and other & (shown | plan.keys()):
                return False
    shut = max(base.get(f"eyeBlink_{side}", 0.0) for side in "LR") > SHUT
    return not (shut and {"wide", "tight", "blink"} & plan.keys())


def _changed(
    base: Mapping[str, float], plan: Plan, held: float, chance: np.random.Generator
) -> dict[str, float]:
    """Add a plan to a base; `held` is the lip raise taken back for each noseSneer added."""
    moves = dict(base)
    for move, size in plan.items():
        for shape, part in moved({move: abs(size)}, chance).items():
            moves[shape] = float(np.clip(moves.get(shape, 0.0) + np.sign(size) * part, -0.6, 1))
            if not shape.startswith("mouthUpperUp"):
                moves[shape] = max(moves[shape], 0.0)
    for side in "LR":
        sneer, lip = f"noseSneer_{side}", f"mouthUpperUp_{side}"
        before, after = base.get(sneer, 0.0), moves.get(sneer, 0.0)
        share = held
        if after < before:
            share = max(-base.get(lip, 0.0), 0.0) / before
        if after != before:
            moves[lip] = moves.get(lip, 0.0) - share * (after - before)
        if sneer in moves:
            # Lip raise of both origins together goes no further than `rig_faces` lets it.
            moves[lip] = min(moves.get(lip, 0.0), 1.1 - LIP_OF_SNEER * after)
    return moves
