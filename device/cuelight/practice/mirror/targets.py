"""What to try before the mirror: movements of rendered faces, measured as the rep's own are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.errors import InputError
from cuelight.practice.mirror.movements import amounts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cuelight.practice.mirror.movements import Movement
    from cuelight.practice.stills import Stills
    from cuelight.sense.records import Luma


@dataclass(frozen=True, slots=True)
class Target:
    """A movement to try; `words` are geometry alone. `person` and `name` choose its strip."""

    words: str
    person: int
    name: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A target with what the mirror's own model reads in its rendered face, rest to apex."""

    target: Target
    file: str
    amounts: tuple[float, ...]


# Lips pressed together are left out: the model hardly reads them in the rendered faces.
TARGETS: Final = (
    Target("Both brows up", 6, "raised_eyebrows"),
    Target("Brows up, eyes wide, jaw down", 6, "surprise"),
    Target("Brows down and together", 10, "brief_frown"),
    Target("Inner brows up, lips stretched sideways", 8, "fear"),
    Target("Sides of the nose up", 5, "nose_wrinkle"),
    Target("Sides of the nose and upper lip up", 5, "disgust"),
    Target("Both lip corners up", 6, "happiness"),
    Target("Both lip corners a little up, head tilted", 6, "soft_smile_tilt"),
    Target("Left lip corner up", 6, "one_sided_smile"),
    Target("Right lip corner up", 5, "one_sided_smile"),
    Target("Both lip corners down", 2, "sadness"),
    Target("Head and eyes turned aside", 6, "price_gaze_aversion"),
)


def measure_targets(
    stills: Stills,
    movements: Sequence[Movement],
    *,
    read_picture: Callable[[Path], Luma],
    figures: Callable[[Luma], tuple[float, ...]],
) -> tuple[Measured, ...]:
    """Measure every target's strip: its first picture against its last.

    Raises InputError where the model finds no face in one, since nothing could be compared with it.
    """
    found = []
    for target in TARGETS:
        strip = stills.strip(target.person, target.name)
        picture = read_picture(stills.folder / strip.file)
        rest = figures(_framed(picture, 0, stills.cell))
        apex = figures(_framed(picture, stills.steps, stills.cell))
        if not (rest and apex):
            raise InputError(
                f"no face is found in the practice picture {strip.file}, so the mirror has nothing "
                "to show beside you. Install cuelight again."
            )
        found.append(Measured(target, strip.file, amounts_of(apex, rest, movements)))
    return tuple(found)


def _framed(strip: Luma, number: int, cell: int) -> Luma:
    """Cut one picture out of a strip and put room round it, as a detector wants it."""
    picture = strip[:, number * cell : (number + 1) * cell]
    frame = np.full((2 * cell, 2 * cell), int(np.median(picture)), np.uint8)
    frame[cell // 2 : cell // 2 + cell, cell // 2 : cell // 2 + cell] = picture
    return frame
