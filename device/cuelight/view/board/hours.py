"""When a shop is open, so that a silent night alarms nobody."""

from __future__ import annotations

from typing import Final

from cuelight.opening_hours import DAYS, OpeningHours

__all__ = ["DAYS", "DEFAULT", "OpeningHours"]

DEFAULT: Final = "mo-sa 09:00-19:00"
