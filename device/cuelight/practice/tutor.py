"""Answer what the page asks: start a session, take an answer, show progress; all as plain data."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Any

from cuelight.errors import InputError
from cuelight.practice.guide import FAMILIES, MOVES, SIGNS, move_of
from cuelight.practice.plan import Plan
from cuelight.practice.progress import players_of, start_level
from cuelight.practice.scenarios import read_scenarios
from cuelight.practice.session import Session
from cuelight.practice.staircase import LONGEST_MS, SHORTEST_MS, Level
from cuelight.practice.telling import result_page, sum_page, trial_page, way_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.practice.logbook import Logbook
    from cuelight.practice.stills import Stills
    from cuelight.practice.telling import Data


class Tutor:
    """One person's tutor; `now` gives seconds since 1970 and `seed` a number for each session.

    Not safe for threads.
    """

    def __init__(
        self,
        stills: Stills,
        logbook: Logbook,
        *,
        now: Callable[[], float],
        seed: Callable[[], int],
    ) -> None:
        self._stills = stills
        self._logbook = logbook
        self._now = now
        self._seed = seed
        self._scenarios = read_scenarios()
        self._session: Session | None = None

    def guide(self) -> Data:
        """Give what never changes: signs, moves, bounds, the scenarios with their strips."""
        people = self._stills.people
        return {
            "cell": self._stills.cell,
            "steps": self._stills.steps,
            "shortest": SHORTEST_MS,
            "longest": LONGEST_MS,
            "signs": [asdict(sign) | {"move": move_of(sign.name)} for sign in SIGNS],
            "moves": [asdict(move) for move in MOVES],
            "scenarios": [
                asdict(one)
                | {
                    "beats": [
                        {
                            "say": beat.say,
                            "sign": beat.sign,
                            "ms": beat.level.ms,
                            "apex": beat.level.steps,
                            "file": self._stills.strip(
                                people[number % len(people)], beat.sign or "happiness"
                            ).file,
                        }
                        for beat in one.beats
                    ]
                }
                for number, one in enumerate(self._scenarios)
            ],
        }

    def start(self, asked: Mapping[str, Any]) -> Data:
        """Begin a session; what was under way is left."""
        plan = _plan(asked)
        answers = self._logbook.read() if plan.kind == "lesson" else []
        starts = [start_level(answers, player, plan.family) for player in plan.players]
        self._session = Session(
            plan, self._stills, seed=self._seed(), started_at=self._now(), starts=starts
        )
        assert self._session.trial is not None
        return {"trial": trial_page(self._session.trial), "is_test": plan.is_test}

    def answer(self, asked: Mapping[str, Any]) -> Data:
        """Take an answer, write it down, and give the next trial or the sum of the session."""
        session = self._session
        if session is None:
            raise InputError("no session is under way; start one.")
        measured = asked.get("measured_ms")
        if not isinstance(measured, int | float) or not isfinite(measured):
            raise InputError(f"measured_ms is {measured!r}; a number is wanted.")
        told = session.answer(
            str(asked.get("said")),
            str(asked.get("move")),
            measured_ms=float(measured),
            at=self._now(),
        )
        if told.answer is not None:
            self._logbook.add(told.answer)
        over = session.trial is None
        return {
            "late": told.answer is None,
            "result": None if session.plan.is_test or told.answer is None else result_page(told),
            "trial": None if session.trial is None else trial_page(session.trial),
            "sum": [sum_page(session, one) for one in session.plan.players] if over else None,
        }

    def progress(self) -> Data:
        """Give every player's way so far, by family."""
        answers = self._logbook.read()
        return {
            "file": str(self._logbook.path),
            "players": [
                {
                    "name": player,
                    "families": [
                        page
                        for family in FAMILIES
                        if (page := way_page(answers, player, family, now=self._now()))
                    ],
                }
                for player in players_of(answers)
            ],
        }

    def erase(self) -> Data:
        """Delete all scores."""
        self._session = None
        self._logbook.erase()
        return self.progress()


def _plan(asked: Mapping[str, Any]) -> Plan:
    players = asked.get("players")
    if not isinstance(players, list) or not all(isinstance(one, str) for one in players):
        raise InputError(f"players is {players!r}; a list of names is wanted.")
    level = None
    if asked.get("kind") == "chosen":
        ms, steps = asked.get("ms"), asked.get("steps")
        if type(ms) is not int or type(steps) is not int:
            raise InputError("ms and steps of a chosen exercise are wanted as whole numbers.")
        level = Level(ms, steps)
    kind: Any = asked.get("kind")
    family: Any = asked.get("family")
    if not isinstance(kind, str) or not isinstance(family, str):
        raise InputError("kind and family of the session are wanted as words.")
    return Plan(kind, family, tuple(one.strip() for one in players), level)  # type: ignore[arg-type]
