"""Find the rendered faces that come with the package: people, strips, moving parts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cuelight.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent / "frames"


@dataclass(frozen=True, slots=True)
class Mark:
    """An ellipse round a part that moves: middle and half axes, as shares of a picture."""

    part: str
    x: float
    y: float
    across: float
    down: float


@dataclass(frozen=True, slots=True)
class Strip:
    """One person's movement: a file of square pictures side by side, neutral first."""

    file: str
    person: int
    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Stills:
    """All strips; `cell` is a picture's side in pixels, `steps` the pictures after neutral."""

    folder: Path
    cell: int
    steps: int
    strips: Mapping[tuple[int, str], Strip]

    @classmethod
    def open(cls, folder: Path = FOLDER) -> Self:
        """Read the list of strips. Raises InputError when it or a picture is missing or broken."""
        try:
            page = json.loads((folder / "strips.json").read_text(encoding="utf-8"))
            strips = [
                Strip(
                    str(one["file"]),
                    int(one["person"]),
                    str(one["name"]),
                    tuple(Mark(str(m["part"]), *map(float, m["at"])) for m in one["marks"]),
                )
                for one in page["strips"]
            ]
            cell, steps = int(page["cell"]), int(page["steps"])
            missing = [one.file for one in strips if not (folder / one.file).is_file()]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"cannot read the practice faces in {folder}: {error}. Install cuelight again, or "
                "render them with scripts/make-practice."
            ) from error
        if missing or not strips:
            raise InputError(
                f"{len(missing)} of {len(strips)} practice faces are missing in {folder}; install "
                "cuelight again, or render them with scripts/make-practice."
            )
        return cls(folder, cell, steps, {(one.person, one.name): one for one in strips})

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of those who are shown; nobody of them exists."""
        return tuple(sorted({person for person, _ in self.strips}))

    def strip(self, person: int, name: str) -> Strip:
        """Give one strip."""
        return self.strips[person, name]
