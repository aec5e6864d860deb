"""Load what the benchmark takes for granted from `plan.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAN_FILE: Final = Path(__file__).with_name("plan.toml")


@dataclass(frozen=True, slots=True)
class Plan:
    """The tables of `plan.toml`, where every number is explained."""

    match: Mapping[str, float]
    strengths: Mapping[str, float]
    films: Mapping[str, Any]
    bootstrap: Mapping[str, float]
    worth: Mapping[str, float]
    visit: Mapping[str, float]
    visits: Mapping[str, float]
    good: Mapping[str, Any]
    bars: Mapping[str, float]


@cache
def load_plan(path: Path = PLAN_FILE) -> Plan:
    """Read the plan. Raises OSError, TOMLDecodeError or TypeError when it is not whole."""
    return Plan(**tomllib.loads(path.read_text(encoding="utf-8")))
