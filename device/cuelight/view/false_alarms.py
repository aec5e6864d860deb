"""How often a visit is counted for something that it does not show: the floor under every rate."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from cuelight.view.rates import Gathered, rate_of

if TYPE_CHECKING:
    from collections.abc import Mapping

AFTER_PRICE: Final = "after_price."

STATED: Final = 0.05
"""What DESIGN section 5 allows; taken, and said to be taken, where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The share of visits that false alarms alone are expected to count, and its upper end.

    Measured in `visits` ten-minute visits that did not show it; 0: stated, not measured.
    """

    value: float
    high: float
    visits: int

    @property
    def is_measured(self) -> bool:
        """Whether visits without the cue were watched, rather than a ceiling taken."""
        return self.visits > 0


def floor_of(name: str) -> Floor:
    """Give the floor under a cell's rate: Jeffreys' estimate and the upper end of its interval."""
    return _floor(name, _measured())


def _floor(name: str, measured: Mapping[str, Mapping[str, int]]) -> Floor:
    row = measured.get(name)
    if row is None or not row["visits"]:
        return Floor(STATED, STATED, 0)
    rate = rate_of(Gathered(n=row["counted"], visits=row["visits"], releases=1))
    assert rate is not None
    return Floor(rate.value, rate.high, row["visits"])


@cache
def _measured() -> Mapping[str, Mapping[str, int]]:
    text = files("cuelight.view").joinpath("false_alarms.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    rows: Mapping[str, Mapping[str, int]] = table["visits_without"]
    return rows
