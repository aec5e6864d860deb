"""Lay figures out as rows and cells of Markdown tables."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def row(cells: Iterable[object]) -> str:
    """Give one row."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Give a table's lines and an empty one."""
    return [row(head), row(["---"] * len(head)), *(row(cells) for cells in rows), ""]


def number(value: float | None, places: int = 2) -> str:
    """Give a number, or a dash where there is none."""
    return "-" if value is None or math.isnan(value) else f"{value:.{places}f}"


def numbers(values: Iterable[float | None], places: int = 1) -> str:
    """Give several numbers in one cell."""
    return " / ".join(number(value, places) for value in values)


def ranged(figure: Sequence[float], places: int = 2) -> str:
    """Give a figure with its interval."""
    value, low, high = figure
    return f"{number(value, places)} ({number(low, places)} to {number(high, places)})"


def percent(share: float | None) -> str:
    """Give a share in per cent."""
    return "-" if share is None or math.isnan(share) else f"{100 * share:.0f}"


def between(edges: Sequence[float], number_of: int, unit: str = "") -> str:
    """Name a bucket by its edges."""
    if number_of == 0:
        return f"below {edges[0]:g}{unit}"
    if number_of == len(edges):
        return f"{edges[-1]:g}{unit} or more"
    return f"{edges[number_of - 1]:g} to {edges[number_of]:g}{unit}"


def prose(text: str) -> list[str]:
    """Give a paragraph's lines and an empty one."""
    return [*textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False), ""]
