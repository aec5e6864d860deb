"""Load the known clips: what is to be seen in them, and what was measured on them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cuelight.match import Interval

EXPECTED: Final = "expected.toml"
"""What was measured on the clips beside it, and how far below that still passes."""


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """One movement in a clip, times in seconds.

    `owed` is what should be reported of it and `met` when its cue's definition is met; both are
    None where the cue's rule does not mean it. `also` names the other cues that it truly shows.
    """

    name: str
    onset: float
    offset: float
    owed: Interval | None
    met: float | None
    also: frozenset[str]


@dataclass(frozen=True, slots=True)
class Expected:
    """What was measured on a clip, and what still passes: least F1, most false cues.

    F1 is None where nothing is to be found.
    """

    measured_f1: float | None
    least_f1: float | None
    measured_false: int
    most_false: int

    def met(self, f1: float | None, false: int) -> bool:
        """Say whether this is as good, or so little worse that another processor may explain it."""
        found = self.least_f1 is None or (f1 is not None and f1 >= self.least_f1 - 1e-9)
        return found and false <= self.most_false


@dataclass(frozen=True, slots=True)
class KnownClip:
    """One clip, what there is to be seen, and what is expected of who looks."""

    name: str
    film: Path
    shows: str
    events: tuple[KnownEvent, ...]
    expected: Expected


def load_known(folder: Path) -> list[KnownClip]:
    """Load every clip that `expected.toml` names, in its order.

    Raises InputError when the file, a film or its truth is missing or not whole.
    """
    path = folder / EXPECTED
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        expected = {name: _expected(table, row) for name, row in table["clip"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not whole: {error!r}. Install cuelight again.") from None
    return [load_clip(folder, name, one) for name, one in expected.items()]


def load_clip(folder: Path, name: str, expected: Expected) -> KnownClip:
    """Load one clip from its film and its truth, a JSON file. Raises InputError."""
    path, film = folder / f"{name}.json", folder / f"{name}.mkv"
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
        events = tuple(_event(row) for row in truth["events"])
        shows = str(truth["shows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not whole: {error!r}. Install cuelight again.") from None
    if not film.is_file():
        raise InputError(f"No film at {film}. Install cuelight again.")
    return KnownClip(name, film, shows, events, expected)


def _expected(table: Mapping[str, Any], row: Mapping[str, Any]) -> Expected:
    f1 = float(row["f1"]) if "f1" in row else None
    least = None if f1 is None else max(f1 - float(table["f1_tolerance"]), 0.0)
    false = int(row["false"])
    return Expected(f1, least, false, false + int(table["false_tolerance"]))


def _event(row: Mapping[str, Any]) -> KnownEvent:
    owed = row["owed"]
    return KnownEvent(
        name=str(row["name"]),
        onset=float(row["onset"]),
        offset=float(row["offset"]),
        owed=None if owed is None else (float(owed[0]), float(owed[1])),
        met=None if owed is None else float(row["met"]),
        also=frozenset(row["also"]),
    )
