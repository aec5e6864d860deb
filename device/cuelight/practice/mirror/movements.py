"""The movements that the mirror measures, in words of geometry, and their figures in one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cuelight.sense.records import Expression


@dataclass(frozen=True, slots=True)
class Movement:
    """One part and one way that it goes.

    `name` is an action unit, or `yaw`, `roll`, `gaze` in degrees (above 0: to the person's left);
    `whole` is the figure at which a bar is full.
    """

    name: str
    words: str
    whole: float = 1.0

    @property
    def is_angle(self) -> bool:
        """Whether its figure is in degrees."""
        return self.name not in UNITS


MOVEMENTS: Final = (
    Movement("AU01", "inner ends of the brows, up"),
    Movement("AU02L", "left outer brow, up"),
    Movement("AU02R", "right outer brow, up"),
    Movement("AU04L", "left brow, down and in"),
    Movement("AU04R", "right brow, down and in"),
    Movement("AU05", "upper lids, up"),
    Movement("AU06", "cheeks, up"),
    Movement("AU07", "lids, tight"),
    Movement("AU45L", "left lid, down"),
    Movement("AU45R", "right lid, down"),
    Movement("AU09", "sides of the nose, up"),
    Movement("AU10", "upper lip, up"),
    Movement("AU12L", "left lip corner, up"),
    Movement("AU12R", "right lip corner, up"),
    Movement("AU14L", "left lip corner, tucked in"),
    Movement("AU14R", "right lip corner, tucked in"),
    Movement("AU15", "lip corners, down"),
    Movement("AU20", "lips, stretched sideways"),
    Movement("AU18", "lips, pushed forward"),
    Movement("AU24", "lips, pressed"),
    Movement("AU28", "lips, rolled in"),
    Movement("AU25", "lips, apart"),
    Movement("AU26", "jaw, down"),
    Movement("AU17", "chin, up"),
    Movement("yaw", "head, turned", 30.0),
    Movement("roll", "head, tilted", 30.0),
    Movement("gaze", "eyes, turned", 30.0),
)

_AT: Final = {name: index for index, name in enumerate(UNITS)}


def shown_movements(live: Mapping[str, bool]) -> tuple[Movement, ...]:
    """Give those that the model's card calls shown to work; heads and eyes always do."""
    return tuple(one for one in MOVEMENTS if one.is_angle or live.get(one.name, False))


def figures_of(expression: Expression, movements: Sequence[Movement]) -> tuple[float, ...]:
    """Give each movement's figure in one frame, in their order: 0 to 1, or degrees.

    Only action units and directions are read; the emotions of `expression` never are.
    """
    angles = {
        "yaw": expression.head.yaw,
        "roll": expression.head.roll,
        "gaze": expression.gaze.yaw,
    }
    units = expression.action_units
    return tuple(
        round(angles[one.name], 1) if one.is_angle else round(float(units[_AT[one.name]]), 3)
        for one in movements
    )


def amounts_of(
    figures: Sequence[float], rest: Sequence[float], movements: Sequence[Movement]
) -> tuple[float, ...]:
    """Give how far each part went from its rest: a share (0 to 1) of the way left, or degrees.

    The model's figures at rest differ between people, so only the way from there says anything. The
    page does the same sum (mirror-figures.js).
    """
    return tuple(
        now - then if one.is_angle else min(1.0, max(0.0, (now - then) / max(1.0 - then, 0.05)))
        for now, then, one in zip(figures, rest, movements, strict=True)
    )
