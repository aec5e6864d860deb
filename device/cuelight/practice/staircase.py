"""Go from slow and strong to brief and faint at the learner's own pace: a staircase.

Two right answers in a row make it harder, a wrong one easier, so it settles where seven in ten are
right: the transformed up-down method (H. Levitt, "Transformed up-down methods in psychoacoustics",
J. Acoust. Soc. Am. 49, 1971; 2-down 1-up converges on 70.7 %). Until the first wrong answer one
right answer is enough, so that nobody is held up where it is easy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

STEPS: Final = 6
"""Pictures from neutral to apex; a flash at full strength goes through all of them."""

SHORTEST_MS, LONGEST_MS = 40, 500


@dataclass(frozen=True, slots=True)
class Level:
    """How long a flash takes, milliseconds, and how many of the steps to the apex it goes."""

    ms: int
    steps: int


LADDER: Final = tuple(
    Level(ms, steps)
    for ms, steps in (
        *((500, 6), (400, 6), (320, 6)),
        *((260, 5), (210, 5), (170, 5)),
        *((140, 4), (110, 4), (90, 4)),
        *((70, 3), (55, 3), (40, 3)),
    )
)
"""About a quarter shorter each time; half strength is the faintest that the pictures hold."""

TEST_LEVEL: Final = 4
"""Where tests are held: 210 ms is brief to a beginner and long to an expert."""

_RIGHT_TO_GO_DOWN: Final = 2
_LEAST_TURNS: Final = 4
"""Fewer changes of direction say too little about where somebody stands."""


class Staircase:
    """One learner's way down the ladder; level 0 is the easiest."""

    def __init__(self, *, start: int = 0) -> None:
        self.level = min(max(start, 0), len(LADDER) - 1)
        self._right_in_a_row = 0
        self._way = 0
        self._turns: list[int] = []
        self._has_missed = False

    def update(self, *, is_right: bool) -> int:
        """Take an answer at the present level; give the next level."""
        if not is_right:
            self._has_missed = True
            self._right_in_a_row = 0
            self._go(-1)
        else:
            self._right_in_a_row += 1
            if not self._has_missed or self._right_in_a_row == _RIGHT_TO_GO_DOWN:
                self._right_in_a_row = 0
                self._go(1)
        return self.level

    def _go(self, way: int) -> None:
        if self._way and way != self._way:
            self._turns.append(self.level)
        self._way = way
        self.level = min(max(self.level + way, 0), len(LADDER) - 1)

    @property
    def turns(self) -> tuple[int, ...]:
        """The levels at which it changed direction."""
        return tuple(self._turns)

    @property
    def threshold_ms(self) -> float | None:
        """Give the time at which about seven in ten are right; None while it cannot be told.

        It is the mean of the last changes of direction, an even number of them (Levitt 1971).
        """
        even = self._turns[len(self._turns) % 2 :]
        if len(even) < _LEAST_TURNS:
            return None
        last = even[-6:]
        return sum(LADDER[level].ms for level in last) / len(last)


def replayed(answers: Iterable[tuple[int, bool]]) -> Staircase | None:
    """Walk a staircase again through answers as (level, right); None without any."""
    stairs: Staircase | None = None
    for level, is_right in answers:
        stairs = stairs or Staircase(start=level)
        stairs.update(is_right=is_right)
    return stairs


def is_late(asked_ms: float, measured_ms: float) -> bool:
    """Tell whether a screen showed a flash so much too long that the answer must not count.

    Two pictures of a 60 Hz screen, or a quarter for long ones, are let pass.
    """
    return measured_ms > asked_ms + max(34.0, 0.25 * asked_ms)
