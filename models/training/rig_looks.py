"""Draw how a render looks: skin, hair, eyes, folds that follow the face, light, glasses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rig_render import Look

if TYPE_CHECKING:
    from collections.abc import Mapping

Uniforms = dict[str, float | tuple[float, ...]]


def draw_look(moves: Mapping[str, float], chance: np.random.Generator) -> Look:
    """Draw paint, light, hair and extras for a face that moves by these rig coefficients."""
    uniforms: Uniforms = {}
    tone = float(np.exp(chance.uniform(np.log(0.07), np.log(0.75))))
    dark = float(chance.uniform(0.01, 0.06))
    _skin(uniforms, tone, dark, chance)
    _folds(uniforms, moves, chance)
    hair_tone = float(
        chance.choice(
            (dark, chance.uniform(0.05, 0.3), chance.uniform(0.3, 0.8)), p=(0.55, 0.3, 0.15)
        )
    )
    style = chance.choice(("short", "long", "cap", "bald"), p=(0.5, 0.27, 0.11, 0.12))
    amount = 0.0 if style == "bald" else 1.0
    streaks = 0.0 if style == "cap" else float(chance.uniform(0.3, 1.2))
    uniforms["hair"] = (hair_tone, amount, float(chance.uniform(-0.35, 0.35)), streaks)
    thickness = 0.0 if style == "bald" else float(chance.uniform(0.2, 2.6))
    _light(uniforms, tone, chance)
    extras: dict[str, float] = {}
    if chance.random() < 0.18:
        extras |= {
            "glasses": 1.0,
            "width": float(chance.uniform(4.4, 5.4)),
            "height": float(chance.uniform(2.8, 4.8)),
            "square": float(chance.uniform(0.5, 1.0)),
            "thick": float(chance.uniform(0.08, 0.4)),
        }
    if style == "long":
        extras |= {
            "curtain": 1.0,
            "length": float(chance.uniform(9, 26)),
            "spread": float(chance.uniform(-0.5, 2.5)),
            "reach": float(chance.uniform(1.5, 2.25)),
        }
    drop = float(chance.uniform(0.05, 0.5))
    return Look(uniforms, drop, thickness, extras)


def albedo(look: Look) -> float:
    """Tell how light a look's skin is, 0 to 1."""
    skin = look.uniforms["skin"]
    assert isinstance(skin, tuple)
    return skin[0]


def side_light(look: Look) -> float:
    """Tell how far a look's light comes from one side: 0 not at all, 1 all of it."""
    way, light = look.uniforms["key_way"], look.uniforms["light"]
    assert isinstance(way, tuple)
    assert isinstance(light, tuple)
    return abs(way[0]) * light[0] / (light[0] + light[1])


def _skin(uniforms: Uniforms, tone: float, dark: float, chance: np.random.Generator) -> None:
    uniforms["skin"] = (
        tone,
        float(chance.uniform(0, 0.35)),
        float(chance.uniform(0, 0.25) * (0.4 + tone)),
        float(chance.uniform(0.1, 0.55)),
    )
    brow_tone = min(dark * chance.uniform(0.8, 3), tone * 0.8)
    strength = float(chance.uniform(0.25, 1.0))
    uniforms["brow"] = (
        strength, float(brow_tone), float(chance.uniform(0.3, 0.72)), float(chance.uniform(0, 0.6)),
    )  # fmt: skip
    bearded = chance.random()
    beard = 0.0 if bearded < 0.6 else float(chance.uniform(0.1, 0.4 if bearded < 0.82 else 1.0))
    made_up = chance.random() < 0.3
    uniforms["face_paint"] = (
        float(chance.uniform(0.35, 0.7) if made_up else chance.uniform(0.6, 1.05)),
        float(chance.uniform(0.4, 0.95) if made_up else chance.uniform(0.1, 0.6)),
        beard,
        float(chance.uniform(0, 0.4)),
    )
    uniforms["more_paint"] = (
        float(chance.uniform(-0.1, 0.2)),
        float(chance.uniform(0.4, 0.95)),
        min(dark * 1.5, tone * 0.7),
        float(chance.uniform(0.1, 0.5) if chance.random() < 0.15 else 0.0),
    )
    iris = float(np.exp(chance.uniform(np.log(0.02), np.log(0.35))))
    uniforms["eye"] = (
        iris, float(chance.uniform(0.105, 0.128)), float(chance.uniform(0.03, 0.07)),
        # A camera's gain lifts the whites in a dark face less than it would here.
        min(float(chance.uniform(0.4, 0.8)), 0.2 + 2 * tone),
    )  # fmt: skip
    uniforms["mouth"] = (
        float(chance.uniform(0.5, 0.9)),
        float(chance.uniform(0.25, 0.8)),
        float(np.exp(chance.uniform(np.log(0.02), np.log(0.8)))),
        float(chance.uniform(-16, -11)),
    )
    uniforms["noise_scale"] = float(chance.uniform(1.5, 4.0))
    uniforms["noise_shift"] = (float(chance.random()), float(chance.random()))


def _folds(uniforms: Uniforms, moves: Mapping[str, float], chance: np.random.Generator) -> None:
    """Deepen creases with the movement that makes them, by an amount that differs between people.

    Some faces show no crease at all and some have them at rest, so that a line alone says little.
    """

    def deepen(
        name: str, rest: float, gain: float, *movers: tuple[str, float], least: float = 0.0
    ) -> None:
        lasting = float(chance.uniform(0, rest)) if chance.random() < 0.5 else 0.0
        depth = float(chance.uniform(least, gain))
        uniforms[name] = tuple(
            lasting
            + depth
            * min(sum(share * max(moves.get(f"{of}_{s}", 0.0), 0) for of, share in movers), 1.3)
            for s in "LR"
        )

    deepen("sneer", 0.12, 0.85, ("noseSneer", 1.0), least=0.2)
    deepen("furrow", 0.3, 0.9, ("browDown", 1.0), ("noseSneer", 0.15))
    deepen("forehead", 0.25, 0.5, ("browInnerUp", 0.6), ("browOuterUp", 0.6))
    deepen(
        "crow",
        0.25,
        0.5,
        ("cheekSquint", 0.6),
        ("cheekRaiser", 0.6),
        ("mouthSmile", 0.3),
        ("eyeSquint", 0.3),
    )
    deepen(
        "fold",
        0.45,
        0.5,
        ("mouthSmile", 0.8),
        ("noseSneer", 0.5),
        ("mouthUpperUp", 0.5),
        ("mouthDimple", 0.2),
    )
    deepen("dimple", 0.12, 0.6, ("mouthDimple", 1.0), ("mouthSmile", 0.3))
    deepen("cheekfold", 0.15, 0.4, ("cheekSquint", 0.8), ("cheekRaiser", 0.8), ("mouthSmile", 0.2))
    uniforms["chin"] = float(chance.uniform(0, 0.5)) * moves.get("mouthShrugLower", 0.0)


def _light(uniforms: Uniforms, tone: float, chance: np.random.Generator) -> None:
    kind = chance.choice(3, p=(0.45, 0.35, 0.2))
    if kind == 0:
        # A room: light from above and in front, much of it from all sides.
        azimuth, height = chance.normal(0, 35), chance.uniform(5, 60)
        key, ambient, wrap = (
            chance.uniform(0.4, 1.0),
            chance.uniform(0.4, 0.9),
            chance.uniform(0, 0.4),
        )
    elif kind == 1:
        # A showroom's window or spot: strongly from one side.
        azimuth = chance.choice((-1, 1)) * chance.uniform(45, 110)
        height = chance.uniform(-10, 50)
        key, ambient, wrap = (
            chance.uniform(0.8, 1.6),
            chance.uniform(0.08, 0.4),
            chance.uniform(0, 0.25),
        )
    else:
        azimuth, height = chance.uniform(-180, 180), chance.uniform(-45, 85)
        key, ambient, wrap = (
            chance.uniform(0.3, 1.4),
            chance.uniform(0.2, 0.8),
            chance.uniform(0, 0.5),
        )
    a, h = np.radians((azimuth, height))
    uniforms["key_way"] = (
        float(np.sin(a) * np.cos(h)),
        float(np.sin(h)),
        float(np.cos(a) * np.cos(h)),
    )
    uniforms["light"] = (float(key), float(ambient), float(chance.uniform(0, 0.9)), float(wrap))
    # Automatic exposure makes up for most of the skin's tone, not for all.
    exposure = 0.30 / (tone * (0.6 * key + ambient)) ** chance.uniform(0.5, 0.95)
    exposure *= np.exp(chance.normal(0, 0.25))
    uniforms["tone"] = (
        float(np.clip(exposure, 0.2, 6)), float(chance.uniform(1.7, 2.5)),
        float(chance.choice((0.02, 0.1, 0.5))), float(chance.uniform(0, 0.15)),
    )  # fmt: skip
