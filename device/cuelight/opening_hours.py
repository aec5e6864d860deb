"""When a shop is open, by the clock on its own wall."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cuelight.errors import InputError

DAYS: Final = ("mo", "tu", "we", "th", "fr", "sa", "su")

_DAY_MINUTES: Final = 24 * 60

_LOCAL: Final = Path("/etc/localtime")

_PART: Final = re.compile(
    r"(?P<first>[a-z]{2})(?:-(?P<last>[a-z]{2}))?\s+"
    r"(?P<opens>\d{1,2}:\d{2})-(?P<closes>\d{1,2}:\d{2})"
)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Spans (day of the week from Monday 0, opens, closes), the times in minutes from midnight.

    `zone` is the shop's own. A moment is held against what a clock on the shop's wall shows then:
    so an hour that the clock strikes twice in autumn counts both times, one that it leaves out in
    spring never comes, and closing time is closing time on either side of a change.
    """

    text: str
    spans: tuple[tuple[int, int, int], ...]
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone: tzinfo) -> Self:
        """Read `mo-fr 09:00-18:30, sa 10:00-16:00`, or `always`. Raises InputError."""
        if text.strip().lower() == "always":
            return cls("always", tuple((day, 0, _DAY_MINUTES) for day in range(7)), zone)
        spans: list[tuple[int, int, int]] = []
        for part in text.lower().split(","):
            found = _PART.fullmatch(part.strip())
            try:
                if found is None:
                    raise ValueError  # noqa: TRY301 - one message for whatever is wrong
                first = DAYS.index(found["first"])
                last = DAYS.index(found["last"] or found["first"])
                opens, closes = (_minutes(found[name]) for name in ("opens", "closes"))
                if first > last or opens >= closes:
                    raise ValueError  # noqa: TRY301 - ditto
            except ValueError:
                raise InputError(
                    f"{part.strip()!r}, which is no span of hours; wanted like "
                    f"'mo-fr 09:00-18:30, sa 10:00-16:00', days of {', '.join(DAYS)}, or always; "
                    "past midnight is the next day's: 'fr 18:00-24:00, sa 00:00-02:00'."
                ) from None
            spans += [(day, opens, closes) for day in range(first, last + 1)]
        return cls(", ".join(part.strip() for part in text.split(",")), tuple(spans), zone)

    @property
    def are_always(self) -> bool:
        """Whether it never closes, so that no clock is needed."""
        return self.text == "always"

    @property
    def a_week(self) -> float:
        """Open hours a week, overlaps counted twice."""
        return sum(closes - opens for _, opens, closes in self.spans) / 60.0

    def are_on(self, now: datetime) -> bool:
        """Whether the shop is open at this moment, whatever zone the moment is told in."""
        here = now.astimezone(self.zone)
        clock = here.hour * 60 + here.minute
        return any(
            day == here.weekday() and opens <= clock < closes for day, opens, closes in self.spans
        )


def named_zone(name: str) -> tzinfo:
    """Find a time zone by its name (Europe/Berlin), or this machine's own for no name.

    Raises InputError where this system knows no such zone.
    """
    if not name:
        return _own_zone()
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise InputError(
            f"{name!r}, which is no time zone that this system knows; wanted like Europe/Berlin."
        ) from None


def _own_zone() -> tzinfo:
    # from its file, with all changes of the clock; `datetime` alone gives today's offset only
    try:
        with _LOCAL.open("rb") as file:
            return ZoneInfo.from_file(file, key="local")
    except (OSError, ValueError):
        return UTC


def _minutes(text: str) -> int:
    hour, minute = (int(part) for part in text.split(":"))
    if minute >= 60 or (found := 60 * hour + minute) > _DAY_MINUTES:
        raise ValueError(text)
    return found
