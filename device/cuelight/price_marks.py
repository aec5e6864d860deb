"""A clip's side-car events: when the price was mentioned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cuelight.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def load_price_marks(path: Path) -> list[float]:
    """Read a text file of `seconds,price_mention` lines into rising seconds from the clip's start.

    Empty lines and lines that begin with # are passed over. Raises InputError with file, line,
    given and wanted.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read events from {path}: {error}. Name a text file.") from None
    marks = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            marks.append(_mark(text, f"{path}, line {number}"))
    return sorted(marks)


def _mark(text: str, where: str) -> float:
    seconds, _, event = (part.strip() for part in text.partition(","))
    try:
        value = float(seconds)
    except ValueError:
        value = math.nan
    if event != "price_mention" or not math.isfinite(value) or value < 0:
        raise InputError(f"{where} is {text!r}; a line like 12.5,price_mention is wanted.")
    return value
