"""Say how well signs are told apart: hit rate, sensitivity and what is taken for what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from cuelight.practice.guide import BY_NAME, FAMILIES, MIXED_UP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cuelight.practice.guide import Family

NOTHING = "nothing"
"""The answer of somebody who saw no movement."""


@dataclass(frozen=True, slots=True)
class SignScore:
    """One sign: shown so often, named rightly so often, named so often when another was shown."""

    name: str
    shown: int
    hits: int
    others: int
    false: int

    @property
    def sensitivity(self) -> float:
        """Give d': how well it is told from the rest, whatever the habit of naming it.

        Half a trial is added to each count (the log-linear rule of M. J. Hautus, Behavior Research
        Methods 27, 1995), so that it is finite and not too high for few answers. 0 is guessing.
        """
        z = NormalDist().inv_cdf
        hit_rate = (self.hits + 0.5) / (self.shown + 1.0)
        false_rate = (self.false + 0.5) / (self.others + 1.0)
        return z(hit_rate) - z(false_rate)


@dataclass(frozen=True, slots=True)
class MixUp:
    """Two signs that are mixed up: how often each was taken for the other, and how to tell."""

    first: str
    second: str
    taken: int
    shown: int
    tip: str


class Matrix:
    """What was said for what was shown, within one family."""

    def __init__(self, family: Family, pairs: Iterable[tuple[str, str]]) -> None:
        self.family = family
        self.names = FAMILIES[family]
        self._counts = Counter(pair for pair in pairs if pair[0] in self.names)

    def count(self, shown: str, said: str) -> int:
        """Give how often this was said for that."""
        return self._counts[shown, said]

    def row(self, shown: str) -> tuple[int, ...]:
        """Give the answers to one sign, in the family's order, "nothing" last."""
        return tuple(self._counts[shown, said] for said in (*self.names, NOTHING))

    @property
    def answers(self) -> int:
        """How many there are."""
        return self._counts.total()

    @property
    def hit_rate(self) -> float | None:
        """Give the share named rightly, 0 to 1; None without an answer. Guessing gives 1/7."""
        if not self.answers:
            return None
        return sum(self._counts[name, name] for name in self.names) / self.answers

    def of(self, name: str) -> SignScore:
        """Give one sign's score."""
        shown = sum(self.row(name))
        said = sum(self._counts[other, name] for other in self.names)
        hits = self._counts[name, name]
        return SignScore(name, shown, hits, self.answers - shown, said - hits)

    @property
    def sensitivity(self) -> float | None:
        """Give the mean d' over the signs that were shown; None when no other was shown."""
        scores = [self.of(name) for name in self.names]
        found = [one.sensitivity for one in scores if one.shown and one.others]
        return sum(found) / len(found) if found else None

    def mixed_up(self) -> list[MixUp]:
        """Give the known pairs of this family, the most mixed up first."""
        found = [
            MixUp(
                one,
                two,
                self.count(one, two) + self.count(two, one),
                sum(self.row(one)) + sum(self.row(two)),
                tip,
            )
            for one, two, tip in MIXED_UP
            if BY_NAME[one].family == self.family
        ]
        return sorted(found, key=lambda pair: -pair.taken)


def matrix_of(family: Family, pairs: Sequence[tuple[str, str]]) -> Matrix:
    """Count (shown, said) pairs."""
    return Matrix(family, pairs)
