"""When a shop is open, so that a silent night alarms nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Final, Self

from cuelight.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")

DEFAULT: Final = "mo-sa 09:00-19:00"

_PART: Final = re.compile(
    r"(?P<first>[a-z]{2})(?:-(?P<last>[a-z]{2}))?\s+"
    r"(?P<opens>\d{1,2}:\d{2})-(?P<closes>\d{1,2}:\d{2})"
)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Spans (day of the week from Monday 0, opens, closes) in the shop's own time zone."""

    text: str
    spans: tuple[tuple[int, time, time], ...]
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone: tzinfo) -> Self:
        """Read `mo-fr 09:00-18:30, sa 10:00-16:00`, or `always`. Raises InputError."""
        if text.strip().lower() == "always":
            return cls("always", tuple((day, time.min, time.max) for day in range(7)), zone)
        spans: list[tuple[int, time, time]] = []
        for part in text.lower().split(","):
            found = _PART.fullmatch(part.strip())
            try:
                if found is None:
                    raise ValueError  # noqa: TRY301 - one message for whatever is wrong
                first = DAYS.index(found["first"])
                last = DAYS.index(found["last"] or found["first"])
                opens, closes = (_time(found[name]) for name in ("opens", "closes"))
                if first > last or opens >= closes:
                    raise ValueError  # noqa: TRY301 - ditto
            except ValueError:
                raise InputError(
                    f"--opening-hours: {part.strip()!r} is no span of hours; wanted like "
                    f"'mo-fr 09:00-18:30, sa 10:00-16:00', days of {', '.join(DAYS)}, or always."
                ) from None
            spans += [(day, opens, closes) for day in range(first, last + 1)]
        return cls(", ".join(part.strip() for part in text.split(",")), tuple(spans), zone)

    @property
    def a_week(self) -> float:
        """Open hours a week."""
        return sum(_hours(closes) - _hours(opens) for _, opens, closes in self.spans)

    def are_on(self, now: datetime) -> bool:
        """Whether the shop is open at this moment, whatever zone the moment is told in."""
        here = now.astimezone(self.zone)
        clock = here.time().replace(tzinfo=None)
        return any(
            day == here.weekday() and opens <= clock < closes for day, opens, closes in self.spans
        )


def _hours(clock: time) -> float:
    return clock.hour + clock.minute / 60.0 + (1.0 / 60.0 if clock == time.max else 0.0)


def _time(text: str) -> time:
    hour, minute = text.split(":")
    return time.max if (hour, minute) == ("24", "00") else time(int(hour), int(minute))
