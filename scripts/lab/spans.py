"""Draw how long movements take, after the published statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab.curve import Curve

if TYPE_CHECKING:
    from collections.abc import Mapping

MICRO, MACRO, LASTING = "micro", "macro", "lasting"
SPANS = (MICRO, MACRO, LASTING)

MICRO_SECONDS = (0.200, 0.392, 0.497)
"""5 %, 50 % and 95 % of brief expressions (published collections; the data's README).

The outer tenth is drawn inside these bounds rather than past them: at 0.5 s a movement is macro.
"""
MACRO_SECONDS = (0.6, 1.1, 2.0)
"""Least, median and most of ordinary ones; their logarithm is normal."""
MACRO_SPREAD = 0.25
LASTING_SECONDS = (2.0, 3.6)
"""Held movements: tilt, lean, softening; a third of a second up and down, and held between."""
APEX_SHARE: Mapping[str, tuple[float, float]] = {MICRO: (0.42, 0.58), MACRO: (0.35, 0.55)}
"""Where the apex lies between onset and offset: about half way (200 of 392 ms)."""


def draw_seconds(span: str, chance: np.random.Generator, *, most: float | None = None) -> float:
    """Draw how long a movement of a span takes from onset to offset, in seconds; at most `most`."""
    if span == MICRO:
        low, median, high = MICRO_SECONDS
        drawn = float(np.interp(chance.random(), (0.05, 0.5, 0.95), (low, median, high)))
    elif span == MACRO:
        low, median, high = MACRO_SECONDS
        drawn = float(np.clip(median * np.exp(chance.normal(0, MACRO_SPREAD)), low, high))
    else:
        drawn = float(chance.uniform(*LASTING_SECONDS))
    return drawn if most is None else min(drawn, most)


def draw_curve(
    span: str, onset: float, chance: np.random.Generator, *, most: float | None = None
) -> Curve:
    """Draw a movement that begins at `onset`, in whole milliseconds."""
    seconds = draw_seconds(span, chance, most=most)
    if span == LASTING:
        rise, fall = (float(each) for each in chance.uniform(0.3, 0.6, 2))
        return rounded(onset, onset + rise, onset + seconds - fall, onset + seconds)
    apex = onset + seconds * float(chance.uniform(*APEX_SHARE[span]))
    return rounded(onset, apex, apex, onset + seconds)


def draw_held(bounds: tuple[float, float], onset: float, chance: np.random.Generator) -> Curve:
    """Draw a movement of `bounds` seconds, short ones oftener, that rises and falls unalike."""
    seconds = float(np.exp(chance.uniform(*np.log(bounds))))
    rise, fall = float(chance.uniform(0.3, 0.8)), float(chance.uniform(0.4, 1.4))
    spare = 0.9 * seconds / (rise + fall)
    rise, fall = rise * min(spare, 1.0), fall * min(spare, 1.0)
    return rounded(onset, onset + rise, onset + seconds - fall, onset + seconds)


def rounded(onset: float, apex: float, release: float, offset: float) -> Curve:
    """Give a curve whose times are whole milliseconds, as they are written down."""
    return Curve(round(onset, 3), round(apex, 3), round(release, 3), round(offset, 3))
