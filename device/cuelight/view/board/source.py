"""What every page asks: the history, with the shop's hours and a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.view.board.hours import OpeningHours
    from cuelight.view.history import History


@dataclass(frozen=True, slots=True)
class Source:
    """The history with the shop's hours; `now` is the wall clock, with a time zone."""

    history: History
    hours: OpeningHours
    notice: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
