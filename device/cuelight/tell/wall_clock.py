"""Watch the wall clock: whether it is set, and how far it jumps against the steady one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMESYNC: Final = Path("/run/systemd/timesync")

_FIRST_YEAR: Final = 2025
"""cuelight is no older; a Pi that does not know the time wakes up before this."""

_STEP: Final = timedelta(seconds=2)
"""NTP slews smaller differences away (at most 0.5 ms a second), which no window needs to know."""


def clock_is_set(
    *, timesync: Path = _TIMESYNC, utc: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> bool:
    """Say whether the wall clock can be believed; a Pi has no time of its own until NTP.

    systemd-timesyncd keeps its folder `timesync` while it runs and writes `synchronized` into it at
    the first answer of a time server (systemd-timesyncd.service(8)). Where it does not run, the
    clock is left to somebody else (chrony, a real-time clock, a container's host) and believed from
    2025 on. The kernel's own flag (adjtimex) is out of reach of a service with ProtectClock.
    """
    if timesync.is_dir():
        return (timesync / "synchronized").exists()
    return utc().year >= _FIRST_YEAR


class WallClock:
    """The wall clock `utc` beside the steady clock `now` (seconds), to notice when it is put."""

    def __init__(self, *, now: Callable[[], float], utc: Callable[[], datetime]) -> None:
        self._now = now
        self._utc = utc
        self._started = self._start()

    def update(self) -> timedelta:
        """Return how far the wall clock has jumped since the last call; 0 for less than 2 s."""
        before, self._started = self._started, self._start()
        jump = self._started - before
        return jump if abs(jump) >= _STEP else timedelta(0)

    def _start(self) -> datetime:
        """When the steady clock began, as the wall clock sees it now."""
        return self._utc() - timedelta(seconds=self._now())
