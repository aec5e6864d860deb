"""Read the clock that frames, button presses and the loop share."""

from __future__ import annotations

import time


def boot_seconds() -> float:
    """Read the sensor's clock: seconds since boot, sleep included (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
