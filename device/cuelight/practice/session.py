"""Run one session: a test, a lesson or a chosen exercise, for one player or two in turn."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cuelight.errors import InputError
from cuelight.practice.guide import FAMILIES, MOVES, move_of
from cuelight.practice.logbook import Answer
from cuelight.practice.score import NOTHING
from cuelight.practice.staircase import (
    LADDER,
    TEST_LEVEL,
    Level,
    Staircase,
    is_late,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.practice.plan import Plan
    from cuelight.practice.stills import Stills, Strip

TEST_ROUNDS: Final = 2
"""How often a test shows each sign."""

LESSON_TRIALS: Final = 21
"""Three of each sign: about three minutes."""

_WAIT_MS: Final = (700, 1500)
"""How long the face rests before it moves; not always alike, so that nobody can count."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One flash to come: what, of whom, how long and strong, after how long a rest."""

    number: int
    of: int
    player: str
    strip: Strip
    level_index: int
    level: Level
    wait_ms: int


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an answer; `answer` is None where the screen was late, so that none counts."""

    trial: Trial
    answer: Answer | None

    @property
    def is_move_right(self) -> bool:
        """Whether the move was the one that the sign suggests."""
        return self.answer is not None and self.answer.move == move_of(self.answer.shown)


@dataclass
class _Turn:
    """One player's part: what is still to be shown, and their own staircase."""

    player: str
    signs: list[str]
    stairs: Staircase
    last_person: int = -1
    done: list[Answer] = field(default_factory=list)


class Session:
    """Gives trials and takes answers, until it is over; `seed` decides all that is drawn.

    `started_at` is seconds since 1970. `starts` are the levels where the players' lessons begin,
    0 where nothing is said.
    """

    def __init__(
        self,
        plan: Plan,
        stills: Stills,
        *,
        seed: int,
        started_at: float,
        starts: Sequence[int] = (),
    ) -> None:
        self.plan = plan
        self.started_at = started_at
        self._stills = stills
        self._chance = random.Random(seed)  # noqa: S311 - a game's order of cards
        self._turns = [
            _Turn(player, self._deck(), Staircase(start=starts[place] if starts else 0))
            for place, player in enumerate(plan.players)
        ]
        self._all = sum(len(turn.signs) for turn in self._turns)
        self._trial = self._draw()

    @property
    def trial(self) -> Trial | None:
        """The flash that waits for its answer; None when the session is over."""
        return self._trial

    def answers(self, player: str) -> list[Answer]:
        """Give one player's answers that count."""
        return next(turn.done for turn in self._turns if turn.player == player)

    def stairs(self, player: str) -> Staircase:
        """Give one player's staircase."""
        return next(turn.stairs for turn in self._turns if turn.player == player)

    def answer(self, said: str, move: str, *, measured_ms: float, at: float) -> Told:
        """Take the answer to the present trial; raises InputError for one that is none.

        A flash that the screen showed far too long does not count: another one comes for it.
        """
        trial = self._trial
        if trial is None:
            raise InputError("this session is over; start another.")
        if said not in (*FAMILIES[self.plan.family], NOTHING):
            raise InputError(f"the answer {said!r} is none of this exercise's.")
        if move not in {one.name for one in MOVES}:
            raise InputError(f"the move {move!r} is none of the six.")
        if not 0.0 < measured_ms < 60_000.0:
            raise InputError(f"the flash took {measured_ms} ms; 0 to 60000 is wanted.")
        turn = self._turn()
        turn.last_person = trial.strip.person
        if is_late(trial.level.ms, measured_ms):
            self._trial = self._draw()
            return Told(trial, None)
        found = Answer(
            at=at,
            session=self.started_at,
            player=trial.player,
            kind=self.plan.kind,
            family=self.plan.family,
            shown=trial.strip.name,
            said=said,
            move=move,
            level=trial.level_index,
            ms=trial.level.ms,
            steps=trial.level.steps,
            measured_ms=round(measured_ms, 1),
        )
        turn.done.append(found)
        turn.signs.pop()
        if self.plan.kind == "lesson":
            turn.stairs.update(is_right=found.is_right)
        self._trial = self._draw()
        return Told(trial, found)

    def _deck(self) -> list[str]:
        names = list(FAMILIES[self.plan.family])
        rounds = TEST_ROUNDS if self.plan.is_test else LESSON_TRIALS // len(names)
        deck = names * rounds
        self._chance.shuffle(deck)
        return deck

    def _turn(self) -> _Turn:
        """Give whose turn it is: who has the most to do, the first one on a tie."""
        return max(self._turns, key=lambda turn: len(turn.signs))

    def _draw(self) -> Trial | None:
        turn = self._turn()
        if not turn.signs:
            return None
        others = [one for one in self._stills.people if one != turn.last_person]
        person = self._chance.choice(others or list(self._stills.people))
        index, level = self._level(turn)
        left = sum(len(each.signs) for each in self._turns)
        return Trial(
            number=self._all - left + 1,
            of=self._all,
            player=turn.player,
            strip=self._stills.strip(person, turn.signs[-1]),
            level_index=index,
            level=level,
            wait_ms=self._chance.randint(*_WAIT_MS),
        )

    def _level(self, turn: _Turn) -> tuple[int, Level]:
        if self.plan.level is not None:
            return -1, self.plan.level
        index = TEST_LEVEL if self.plan.is_test else turn.stairs.level
        return index, LADDER[index]
