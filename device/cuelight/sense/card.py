"""Read the card that travels with the expression model, and check that it describes this file."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cuelight.errors import ModelError
from cuelight.sense.records import EMOTIONS, LANDMARKS, UNITS
from cuelight.sense.runtime import check_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cuelight.sense.records import Floats

CARD_FILE: Final = "expression.toml"

OUTPUTS: Final[Mapping[str, Sequence[str]]] = {
    "units": UNITS,
    "emotions": EMOTIONS,
    "head": ("yaw", "pitch", "roll"),
    "gaze": ("yaw", "pitch"),
    "landmarks": LANDMARKS,
    "quality": ("present", "clear"),
    "relative": UNITS,
}
"""The model's outputs and what each one's values are called, in order."""

_KINDS: Final = {
    dict: "a table",
    list: "a list",
    str: "a text",
    float: "a number",
    int: "a whole number",
    bool: "true or false",
}


@dataclass(frozen=True, slots=True)
class UnitCard:
    """How one action unit is judged.

    A movement begins `enter` above the visitor's own neutral and ends below `leave`; `noise` is the
    frame-to-frame standard deviation on a still face: all three in relative units, if the unit has
    any. `prior` is the intensity of most people's neutral, `slope` how many relative units one of
    intensity is, 0 where there are none. A unit that is not `live` has not been shown to work and
    must not be used.
    """

    enter: float
    leave: float
    noise: float
    prior: float
    slope: float
    live: bool


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to know about one model file.

    `outputs` gives each output's position in the model; `scales` float32 (24,) what one of each
    relative unit's output is worth, a full movement being 1; `template` is float32 (32, 2), where
    the landmarks of a frontal face lie in crop units; `stable` are the positions of the points that
    a face is followed by; `units` has an entry for each of `UNITS`.
    """

    name: str
    version: str
    file: Path
    sha256: str
    height: int
    width: int
    outputs: Mapping[str, int]
    scales: Floats
    template: Floats
    stable: tuple[int, ...]
    units: Mapping[str, UnitCard]


def load_card(folder: Path) -> Card:
    """Read and check `expression.toml` in `folder`, and that the model's SHA-256 is the card's.

    Raises ModelError with file, key, given and wanted when either is missing or off.
    """
    path = folder / CARD_FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"Cannot read the model's card {path}: {error}. Point model.folder at the folder that "
            "holds the model and its card."
        ) from error
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
        raise ModelError(f"{path} is not valid TOML: {error}. Take the card anew.") from error
    reader = _Reader(path, table)
    file = folder / reader.file_name("model.file")
    sha256 = reader.value("model.sha256", str)
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise reader.error("model.sha256", sha256, "64 hexadecimal digits")
    card = Card(
        name=reader.value("model.name", str),
        version=str(reader.value("model.version", str)),
        file=file,
        sha256=sha256,
        height=reader.value("input.height", int),
        width=reader.value("input.width", int),
        outputs={output: reader.output(output, names) for output, names in OUTPUTS.items()},
        scales=reader.scales(),
        template=reader.template(),
        stable=reader.stable(),
        units={unit: reader.unit(unit) for unit in UNITS},
    )
    if sorted(card.outputs.values()) != list(range(len(OUTPUTS))):
        given = dict(card.outputs)
        raise reader.error("outputs.*.index", given, f"each of 0 to {len(OUTPUTS) - 1} once")
    check_hash(file, sha256=sha256)
    return card


class _Reader:
    """Take values out of the card's tables; every complaint names the key that it is about."""

    def __init__(self, path: Path, table: Mapping[str, Any]) -> None:
        self._path = path
        self._table = table

    def value(self, key: str, kind: type) -> Any:  # noqa: ANN401 - of the kind that is asked for
        value: Any = self._table
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise ModelError(
                    f"{self._path}: {key} is missing; {_KINDS[kind]} is wanted. "
                    "Take the card that was made with this model."
                )
            value = value[part]
        # TOML's whole numbers know no bounds; one that no float holds is refused as none.
        if kind is float and type(value) is int and abs(value) <= sys.float_info.max:
            value = float(value)
        if type(value) is not kind:
            raise self.error(key, value, _KINDS[kind])
        return value

    def file_name(self, key: str) -> str:
        name: str = self.value(key, str)
        if not name.isprintable() or "/" in name:
            raise self.error(key, repr(name), "the name of a file beside the card")
        return name

    def output(self, output: str, names: Sequence[str]) -> int:
        given = self.value(f"outputs.{output}.names", list)
        if tuple(given) != tuple(names):
            raise self.error(f"outputs.{output}.names", given, list(names))
        index: int = self.value(f"outputs.{output}.index", int)
        return index

    def scales(self) -> Floats:
        wanted = f"{len(UNITS)} numbers above 0"
        scales = self._floats("outputs.relative.scales", (len(UNITS),), wanted)
        if not (scales > 0.0).all():
            raise self.error("outputs.relative.scales", scales.tolist(), wanted)
        return scales

    def template(self) -> Floats:
        return self._floats("crop.template", (len(LANDMARKS), 2), f"{len(LANDMARKS)} points [x, y]")

    def _floats(self, key: str, shape: tuple[int, ...], wanted: str) -> Floats:
        given = self.value(key, list)
        try:
            values = np.array(given, dtype=np.float32)
        except (TypeError, ValueError, OverflowError):
            values = np.empty(0, np.float32)
        if values.shape != shape or not np.isfinite(values).all():
            raise self.error(key, given, wanted)
        return values

    def stable(self) -> tuple[int, ...]:
        given = self.value("crop.stable", list)
        unknown = [name for name in given if name not in LANDMARKS]
        if unknown or len(set(given)) < 3:
            raise self.error("crop.stable", given, "at least 3 names of landmarks")
        return tuple(LANDMARKS.index(name) for name in given)

    def unit(self, unit: str) -> UnitCard:
        card = UnitCard(
            **{
                name: self.value(f"units.{unit}.{name}", float)
                for name in ("enter", "leave", "noise", "prior", "slope")
            },
            live=self.value(f"units.{unit}.live", bool),
        )
        if not 0.0 < card.leave <= card.enter < 1.0:
            wanted = "0 < leave <= enter < 1"
            raise self.error(f"units.{unit}", f"enter {card.enter}, leave {card.leave}", wanted)
        if not (card.noise >= 0.0 and card.slope >= 0.0 and 0.0 <= card.prior <= 1.0):
            given = f"noise {card.noise}, slope {card.slope}, prior {card.prior}"
            raise self.error(f"units.{unit}", given, "noise >= 0, slope >= 0, prior from 0 to 1")
        return card

    def error(self, key: str, given: object, wanted: object) -> ModelError:
        text = str(given) if len(str(given)) <= 120 else f"{str(given)[:117]}..."
        return ModelError(
            f"{self._path}: {key} is {text}; wanted: {wanted}. "
            "Take the card that was made with this model."
        )
