"""Hear, by a file, that somebody at this machine confirmed the zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cuelight.clock import boot_seconds
from cuelight.tell.buttons import Press

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZONE_CONFIRMED: Final = "zone.confirmed"
"""Its name in the store folder. It is empty: that it is there is all that it says."""

_LOOK_SECONDS: Final = 1.0


class ZoneFlag:
    """Looks once a second for the file, takes it away and gives it as a press.

    A file needs no port, outlives a service that does not run just now, and only root and the
    service's own user can make one in the store.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = boot_seconds) -> None:
        self._path = folder / ZONE_CONFIRMED
        self._clock = clock
        self._due = clock()

    def presses(self) -> list[Press]:
        """Take the confirmation, if there is one; never waits. A disk that fails gives none."""
        now = self._clock()
        if now < self._due:
            return []
        self._due = now + _LOOK_SECONDS
        try:
            self._path.unlink()
        except OSError:
            return []
        return [Press("zone", now)]


def confirm_zone(folder: Path) -> None:
    """Leave the file for the service to find, which made the folder. Raises OSError."""
    (folder / ZONE_CONFIRMED).touch(mode=0o600)
