"""Tell how a player comes along: session by session, and when a later test is due."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from cuelight.practice.guide import FAMILIES, move_of
from cuelight.practice.score import Matrix
from cuelight.practice.session import TEST_ROUNDS
from cuelight.practice.staircase import LADDER, replayed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.practice.guide import Family
    from cuelight.practice.logbook import Answer

RETENTION_DAYS: Final = 7.0
"""A later test says something once practice lies this far back."""

_EASIER_START: Final = 2
"""A lesson starts so many levels above where the last one ended."""

_TEST_ANSWERS: Final = TEST_ROUNDS * len(FAMILIES["cues"])

_LEAST_ANSWERS: Final = 7
"""With fewer, a share says nothing about anybody."""

_DAY_SECONDS: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session of one player: `hit_rate` and `move_rate` 0 to 1, `threshold_ms` of a lesson."""

    at: float
    kind: str
    family: str
    answers: int
    hit_rate: float
    sensitivity: float | None
    move_rate: float
    threshold_ms: float | None

    @property
    def is_whole(self) -> bool:
        """Whether it was not broken off: tests are played to their end, others a while."""
        return self.answers >= (_TEST_ANSWERS if self.kind.endswith("test") else _LEAST_ANSWERS)


def players_of(answers: Sequence[Answer]) -> list[str]:
    """Give who has answers, in the order in which they came."""
    return list(dict.fromkeys(one.player for one in answers))


def sittings_of(answers: Sequence[Answer], player: str, family: Family) -> list[Sitting]:
    """Give one player's sessions of one family, oldest first."""
    mine = [one for one in answers if one.player == player and one.family == family]
    mine.sort(key=lambda one: (one.session, one.at))
    return [
        sitting_of(list(group), family) for _, group in groupby(mine, key=lambda one: one.session)
    ]


def sitting_of(answers: Sequence[Answer], family: Family) -> Sitting:
    """Sum one session of one player up; there is at least one answer."""
    matrix = Matrix(family, [(one.shown, one.said) for one in answers])
    first = answers[0]
    stairs = None
    if first.kind == "lesson":
        stairs = replayed((one.level, one.is_right) for one in answers)
    return Sitting(
        at=first.session,
        kind=first.kind,
        family=family,
        answers=len(answers),
        hit_rate=matrix.hit_rate or 0.0,
        sensitivity=matrix.sensitivity,
        move_rate=sum(one.move == move_of(one.shown) for one in answers) / len(answers),
        threshold_ms=stairs.threshold_ms if stairs else None,
    )


def start_level(answers: Sequence[Answer], player: str, family: Family) -> int:
    """Give the level at which a player's next lesson begins: a little easier than the last."""
    lessons = [
        one
        for one in answers
        if (one.player, one.family, one.kind) == (player, family, "lesson")
        and 0 <= one.level < len(LADDER)
    ]
    return max(0, lessons[-1].level - _EASIER_START) if lessons else 0


def due(sittings: Sequence[Sitting], *, now: float) -> str:
    """Say which kind of session would be best: the first test, a lesson or the later test."""
    whole = [one for one in sittings if one.is_whole]
    if not any(one.kind == "first test" for one in whole):
        return "first test"
    last = max(one.at for one in whole)
    has_learned = any(one.kind in ("lesson", "chosen") for one in whole)
    if has_learned and now - last >= RETENTION_DAYS * _DAY_SECONDS:
        return "retention test"
    return "lesson"


def kept(sittings: Sequence[Sitting]) -> tuple[Sitting, Sitting] | None:
    """Give the first test and the latest later one, to be compared; None before there are both."""
    whole = [one for one in sittings if one.is_whole]
    first = next((one for one in whole if one.kind == "first test"), None)
    later = next((one for one in reversed(whole) if one.kind == "retention test"), None)
    return (first, later) if first and later else None
