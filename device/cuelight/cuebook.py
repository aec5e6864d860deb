"""Load what each cue is worth from `cues.toml`, the file beside the model."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields
from difflib import get_close_matches
from math import inf
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import ModelError
from cuelight.looks import LOOKS_FILE, load_looks
from cuelight.read.book import CueBook, CueEntry, ReadingEntry
from cuelight.read.budget import PRIORITY
from cuelight.read.cue import CUES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NUMBERS: Final = {
    "enter": (0.1, 10.0),
    "strength": (0.0, 1.0),
    "commotion": (0.0, 10.0),
    "refractory_seconds": (0.0, 600.0),
    "prior": (0.001, 0.999),
    "confidence": (0.0, 1.0),
    "odds": (0.001, 1000.0),
    "signal_confidence": (0.0, 1.0),
    "half_life_seconds": (0.1, 3600.0),
    "separate_seconds": (0.0, 600.0),
    "faint": (0.0, 1.0),
    "likelihood": (0.001, 1000.0),
}
"""What each number may be; counts are whole and from 1 on."""

_COUNTS: Final = ("visit_threshold", "after_price_threshold")


def load_cuebook(path: Path) -> CueBook:
    """Read and check the cue parameters.

    Raises ModelError with file, key, given and wanted if the file is missing, is no TOML, names an
    unknown cue, reading or key, leaves one out, or holds a value out of bounds.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"Cannot read cue parameters from {path}: {error}. Restore it, or set model.folder."
        ) from None
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
        raise ModelError(f"{path} is not TOML: {error}. Mend that line.") from None
    check = _Check(path)
    check.names("", table, ("evidence", "reading", "cue"), complete=("reading", "cue"))
    readings, cues = check.table("reading", table["reading"]), check.table("cue", table["cue"])
    check.names("reading", readings, PRIORITY, complete=PRIORITY)
    check.names("cue", cues, CUES, complete=sorted(CUES))
    evidence = check.entry(
        "evidence", table.get("evidence", {}), CueBook, ("cues", "readings", "looks")
    )
    return CueBook(
        cues={
            name: CueEntry(**check.entry(f"cue.{name}", row, CueEntry))
            for name, row in cues.items()
        },
        readings={
            name: ReadingEntry(**check.entry(f"reading.{name}", row, ReadingEntry))
            for name, row in readings.items()
        },
        looks=load_looks(path.with_name(LOOKS_FILE)),
        **evidence,
    )


class _Check:
    """Checks a table's keys and values, and names file and key where one is off."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def table(self, where: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._off(where, value, "a table")
        return value

    def names(
        self, where: str, given: Iterable[str], known: Iterable[str], complete: Iterable[str]
    ) -> None:
        given, known = set(given), sorted(known)
        prefix = f"{where}." if where else ""
        for name in sorted(given - set(known)):
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
            raise ModelError(f"{self._path}: {prefix}{name} is unknown; {hint}")
        for name in complete:
            if name not in given:
                raise ModelError(f"{self._path}: {prefix}{name} is missing; add it.")

    def entry(
        self, where: str, value: object, record: type, apart: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        table = self.table(where, value)
        wanted = [f for f in fields(record) if f.name not in apart]
        needed = [f.name for f in wanted if f.default is MISSING]
        self.names(where, table, [f.name for f in wanted], complete=needed)
        return {key: self._value(f"{where}.{key}", key, item) for key, item in table.items()}

    def _value(self, where: str, key: str, value: object) -> object:
        if key == "likelihood":
            ratios = self.table(where, value)
            self.names(where, ratios, PRIORITY, complete=())
            return {name: self._number(f"{where}.{name}", key, r) for name, r in ratios.items()}
        if key in _COUNTS:
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise self._off(where, value, "a whole number from 1 on")
            return value
        if key in _NUMBERS:
            return self._number(where, key, value)
        if not isinstance(value, bool):
            raise self._off(where, value, "true or false")
        return value

    def _number(self, where: str, key: str, value: object) -> float:
        low, high = _NUMBERS[key]
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else inf
        if not low <= number <= high:
            raise self._off(where, value, f"a number from {low:g} to {high:g}")
        return float(number)

    def _off(self, where: str, value: object, wanted: str) -> ModelError:
        return ModelError(f"{self._path}: {where} is {value!r}; wanted {wanted}.")
