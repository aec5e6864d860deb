"""Say what a session is to be: its kind, what is told apart, by whom and how hard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError
from cuelight.practice.guide import FAMILIES
from cuelight.practice.logbook import KINDS
from cuelight.practice.staircase import LONGEST_MS, SHORTEST_MS, STEPS, Level

if TYPE_CHECKING:
    from cuelight.practice.guide import Family
    from cuelight.practice.logbook import Kind

MOST_PLAYERS: Final = 2
MOST_NAME: Final = 24


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is: `level` is the chosen one of a `chosen` exercise, else None."""

    kind: Kind
    family: Family
    players: tuple[str, ...]
    level: Level | None = None

    def __post_init__(self) -> None:
        """Raise InputError for what a session cannot be."""
        if self.kind not in KINDS:
            raise InputError(f"kind is {self.kind!r}; one of {', '.join(KINDS)} is wanted.")
        if self.family not in FAMILIES:
            raise InputError(f"family is {self.family!r}; expressions or cues is wanted.")
        if not 1 <= len(self.players) <= MOST_PLAYERS:
            raise InputError(f"{len(self.players)} players are given; one or two are wanted.")
        self._check_names()
        self._check_level()

    def _check_names(self) -> None:
        for name in self.players:
            if not (name.strip() and name.isprintable() and len(name) <= MOST_NAME):
                raise InputError(
                    f"a player is named {name!r}; 1 to {MOST_NAME} printable letters are wanted."
                )
        if len(set(self.players)) < len(self.players):
            raise InputError("both players have the same name; two different ones are wanted.")

    def _check_level(self) -> None:
        if (self.kind == "chosen") != (self.level is not None):
            raise InputError("a level is wanted for a chosen exercise, and for none else.")
        if self.level is not None:
            if not SHORTEST_MS <= self.level.ms <= LONGEST_MS:
                raise InputError(
                    f"the flash is to take {self.level.ms} ms; {SHORTEST_MS} to {LONGEST_MS} is "
                    "wanted."
                )
            if not 1 <= self.level.steps <= STEPS:
                raise InputError(f"strength is {self.level.steps}; 1 to {STEPS} is wanted.")

    @property
    def is_test(self) -> bool:
        """Whether answers are told only at the end."""
        return self.kind.endswith("test")
