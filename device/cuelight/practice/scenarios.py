"""Read the scripted sales moments in which the right move depends on sign and context."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuelight.errors import InputError
from cuelight.practice.guide import BY_NAME, MOVES
from cuelight.practice.staircase import LONGEST_MS, SHORTEST_MS, STEPS, Level

SCENARIOS: Final = Path(__file__).with_name("scenarios.toml")


@dataclass(frozen=True, slots=True)
class Beat:
    """What the rep says, and the sign that flashes at it, or None."""

    say: str
    sign: str | None
    level: Level


@dataclass(frozen=True, slots=True)
class Scenario:
    """A sales moment: beats, the right move, and why."""

    title: str
    setting: str
    beats: tuple[Beat, ...]
    right: str
    why: str


def read_scenarios(path: Path = SCENARIOS) -> tuple[Scenario, ...]:
    """Read them. Raises InputError, with what is wrong and where."""
    try:
        page = tomllib.loads(path.read_text(encoding="utf-8"))
        found = tuple(
            Scenario(
                one["title"],
                one["setting"],
                tuple(_beat(beat) for beat in one["beat"]),
                one["right"],
                one["why"],
            )
            for one in page["scenario"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot read {path}: {error!r}. Install cuelight again.") from error
    for one in found:
        if one.right not in {move.name for move in MOVES}:
            raise InputError(f"{path}: {one.title!r} has the move {one.right!r}, which is none.")
    return found


def _beat(page: dict[str, object]) -> Beat:
    sign = page.get("sign")
    ms, steps = page.get("ms", LONGEST_MS), page.get("steps", STEPS)
    if sign is not None and sign not in BY_NAME:
        raise ValueError(f"sign is {sign!r}, which is none")
    if not (isinstance(ms, int) and SHORTEST_MS <= ms <= LONGEST_MS):
        raise ValueError(f"ms is {ms!r}; {SHORTEST_MS} to {LONGEST_MS} is wanted")
    if not (isinstance(steps, int) and 1 <= steps <= STEPS):
        raise ValueError(f"steps is {steps!r}; 1 to {STEPS} is wanted")
    return Beat(str(page["say"]), None if sign is None else str(sign), Level(ms, steps))
