"""Load what each cue looks like from `looks.toml`, the file beside the cue book."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cuelight.errors import ModelError
from cuelight.read.cue import RULES
from cuelight.read.likeness import FEATURES, Looks

if TYPE_CHECKING:
    from pathlib import Path

LOOKS_FILE: Final = "looks.toml"

_KNOWN: Final = frozenset(rule.name for rule in RULES)
_KEYS: Final = {"least", "bias", "means", "spreads", "weights", "bends"}


def load_looks(path: Path) -> dict[str, Looks]:
    """Read and check the weights of each cue that has any; none where there is no such file.

    Raises ModelError with file, key, given and wanted if it is no TOML, was fitted to other
    features, names an unknown cue, or holds other than finite numbers.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"Cannot read the cues' looks from {path}: {error}. Restore it, or set model.folder."
        ) from None
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError is a ValueError
        raise ModelError(f"{path} is not TOML: {error}. Mend that line.") from None
    if table.get("features") != list(FEATURES):
        raise ModelError(
            f"{path}: features are not the {len(FEATURES)} that this version measures. Take the "
            "file that came with it, or run scripts/fit-looks."
        )
    cues = table.get("cue")
    if not isinstance(cues, dict) or not cues.keys() <= _KNOWN:
        raise ModelError(f"{path}: cue must be a table of {', '.join(sorted(_KNOWN))}.")
    return {name: _looks(path, f"cue.{name}", row) for name, row in cues.items()}


def _looks(path: Path, where: str, row: object) -> Looks:
    if not isinstance(row, dict) or row.keys() != _KEYS:
        raise ModelError(f"{path}: {where} must have {', '.join(sorted(_KEYS))} and no more.")
    least, bias = (_numbers(path, f"{where}.{key}", row[key], ()) for key in ("least", "bias"))
    if not 0.0 <= least <= 1.0:
        raise ModelError(f"{path}: {where}.least is {float(least)}; wanted a number from 0 to 1.")
    means, spreads, weights, bends = (
        _numbers(path, f"{where}.{key}", row[key], (len(FEATURES),))
        for key in ("means", "spreads", "weights", "bends")
    )
    if not (spreads > 0.0).all():
        raise ModelError(f"{path}: {where}.spreads must be above 0, all of them.")
    return Looks(float(least), float(bias), means, spreads, weights, bends)


def _numbers(path: Path, where: str, given: object, shape: tuple[int, ...]) -> Any:  # noqa: ANN401 - an array or, of shape (), a number
    try:
        values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.array(np.nan)
    if values.shape != shape or not np.isfinite(values).all() or isinstance(given, bool):
        wanted = f"{shape[0]} finite numbers" if shape else "a finite number"
        raise ModelError(f"{path}: {where} must be {wanted}.")
    return values
