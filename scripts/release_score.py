"""Score an observer of released counts: how much more often right than without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

SURE: Final = 0.95
"""From this probability on the observer is said to have found a visitor out."""


@dataclass
class Score:
    """How the observer did at one kind of gate; `points` has an entry a table and cell."""

    visits: int = 0
    points: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    even: list[float] = field(default_factory=list)
    certain: int = 0
    showed: int = 0
    found_out: int = 0

    def take(self, guesses: Sequence[Guess]) -> None:
        """Add one table's guesses about one cell."""
        self.points += gained(guesses)
        self.alone += gained([guess for guess in guesses if guess.alone])
        self.even += evenly(guesses)
        self.visits += len(guesses)
        self.certain += sum(guess.chance in (0.0, 1.0) for guess in guesses)
        self.showed += sum(guess.showed for guess in guesses)
        self.found_out += sum(guess.showed and guess.chance >= SURE for guess in guesses)

    def line(self, name: str) -> dict[str, object]:
        """Sum up; points are percentage points over the best guess without windows."""
        return {
            "gate": name,
            "visits": self.visits,
            "points": interval(self.points),
            "points_alone_in_their_hour": interval(self.alone),
            "points_at_even_odds": interval(self.even),
            "certain_percent": round(100.0 * self.certain / self.visits, 2),
            "found_out_percent": round(100.0 * self.found_out / self.showed, 2),
        }


@dataclass(frozen=True)
class Guess:
    """One visit: what it showed, how likely the observer took that for before and after."""

    showed: bool
    before: float
    chance: float
    alone: bool

    @property
    def hint(self) -> float:
        """1 where the windows speak for what was so, -1 where against it, 0 where for neither."""
        more = self.chance - self.before
        return 0.0 if abs(more) < 1e-12 else 1.0 if (more > 0.0) == self.showed else -1.0

    @property
    def gain(self) -> int:
        """1 where the windows put a wrong guess right, -1 where they put a right one wrong."""
        return ((self.chance > 0.5) == self.showed) - ((self.before > 0.5) == self.showed)


def gained(guesses: Sequence[Guess]) -> list[float]:
    """Give the points gained over guesses without windows, as a list of one; empty without any."""
    return [100.0 * sum(one.gain for one in guesses) / len(guesses)] if guesses else []


def evenly(guesses: Sequence[Guess]) -> list[float]:
    """Give the points over a coin's toss for a visitor of whom nothing at all is known before.

    Those who showed it and those who did not weigh the same, and only what the windows add is
    asked; where they add nothing a coin decides.
    """
    sides = [[one.hint for one in guesses if one.showed is side] for side in (True, False)]
    if not all(sides):
        return []
    return [100.0 * sum(sum(side) / len(side) for side in sides) / 4.0]


def interval(points: Sequence[float]) -> tuple[float, float, float]:
    """Give the mean and its 95 % interval."""
    mean = float(np.mean(points))
    half = 1.96 * float(np.std(points, ddof=1)) / len(points) ** 0.5
    return round(mean, 2), round(mean - half, 2), round(mean + half, 2)


def words(line: dict[str, object]) -> str:
    """Write a finding as one line for a reader."""
    points, low, high = line["points"]
    alone, alone_low, alone_high = line["points_alone_in_their_hour"]
    even, even_low, even_high = line["points_at_even_odds"]
    return (
        f"{line['gate']}: {line['visits']} guesses, {points:+} points ({low} to {high}), alone in "
        f"their hour {alone:+} ({alone_low} to {alone_high}), at even odds {even:+} ({even_low} to "
        f"{even_high}); certain of {line['certain_percent']} %; found out "
        f"{line['found_out_percent']} % of those who showed it"
    )
