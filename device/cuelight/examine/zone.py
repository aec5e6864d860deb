"""Say whether somebody drew the customer zone, and whether the box was moved since."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from cuelight.examine.finding import Finding
from cuelight.moved import MOVED
from cuelight.seat_sums import read_seats
from cuelight.seats import fingerprint
from cuelight.settings import ZoneSettings
from cuelight.tell.teller import SEATS

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.settings import Settings

_DRAW = "Sit in the customer's seat and run: sudo cuelight zone."


def examine_zone(settings: Settings, spool: Path) -> Finding:
    """Look at the settings, and into the store for what the running box noticed."""
    zone = settings.zone
    figures: dict[str, object] = {"corners": len(zone.polygon), "confirmed": True}
    try:
        moved = _was_moved(settings, spool)
    except (OSError, sqlite3.Error, ValueError) as error:
        return Finding(
            "zone",
            "warning",
            f"whether the box was moved cannot be read: {error}",
            "Run this as root, or as the service's user.",
            figures | {"confirmed": None},
        )
    if moved:
        said, _, fix = MOVED.partition(". ")
        return Finding("zone", "failed", said, fix, figures | {"confirmed": False})
    if zone.polygon == ZoneSettings().polygon:
        text = "nobody drew a customer zone: whoever is in the picture is read, the rep too"
        return Finding("zone", "warning", text, _DRAW, figures)
    reach = f"up to {zone.distance_max_m:g} m" if zone.distance_max_m else "at any distance"
    large = f"faces from {zone.smallest_face:.2f} of the picture's height"
    text = f"{len(zone.polygon)} corners, {reach} ({large}); nothing says that the box was moved"
    return Finding("zone", "good", text, figures=figures)


def _was_moved(settings: Settings, spool: Path) -> bool:
    """Look into the store; what was noticed at another zone counts no more."""
    if not spool.exists():
        return False
    with closing(sqlite3.connect(f"{spool.absolute().as_uri()}?mode=ro", uri=True)) as base:
        row = base.execute("SELECT value FROM meta WHERE key = ?", (SEATS,)).fetchone()
    known = read_seats(json.loads(row[0]) if row else None)
    return known is not None and known.moved and known.zone == fingerprint(settings)
