"""The words that both halves know: names of cues, readings and cells, told before any picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

SIGNALS: Final = ("ease", "go", "reassure")

_AFTER_PRICE: Final = "after_price."
_WORD: Final = re.compile(r"(after_price\.)?[a-z][a-z0-9_]{0,39}")
_WORDS_MAX: Final = 250


@dataclass(frozen=True)
class Words:
    """`cells` are what a visit can add to, in order; cues and readings are those without a price.

    Raises ValueError for too many words, or such that are none.
    """

    cells: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is no list of words."""
        wrong = [cell for cell in self.cells if not _WORD.fullmatch(cell)]
        if wrong or len(self.cells) > _WORDS_MAX or list(self.cells) != sorted(set(self.cells)):
            raise ValueError(f"these are no words: {wrong[:1] or len(self.cells)}")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of cues and readings."""
        return tuple(cell for cell in self.cells if not cell.startswith(_AFTER_PRICE))
