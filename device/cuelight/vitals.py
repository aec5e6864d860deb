"""The box's own health: temperature, throttling, versions. Nothing about who is there."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from cuelight import __version__

SYS: Final = Path("/sys")
"""Where the kernel shows its devices."""

_TEMPERATURE: Final = "class/thermal/thermal_zone0/temp"
"""Thousandths of a degree C."""

_THROTTLED: Final = "bus/platform/drivers/raspberrypi-firmware/*/get_throttled"
"""Hexadecimal flags. By the driver's name, since the device's own path differs: `soc:firmware` on a
Pi 4, `soc@107c000000:firmware` on a Pi 5 with newer kernels."""

THROTTLED_BITS: Final = {
    1: "under-voltage",
    2: "frequency capped",
    4: "throttled",
    8: "soft temperature limit",
}
"""Bits 0 to 3 say what is so now. The same from bit 16 on say what has happened since boot
(`vcgencmd get_throttled`), and never go out again."""

_DEGREES: Final = 5
"""A face to read warms the processor by a few degrees: a finer figure would show presence."""


def vitals(sys: Path = SYS) -> dict[str, object]:
    """Read temperature (to 5 degrees C) and throttling now; None where nothing sensible is found.

    `sys` is where the kernel shows its devices.
    """
    temperature = _read(sys, _TEMPERATURE, base=10)
    throttled = throttled_flags(sys)
    return {
        "temperature": None
        if temperature is None
        else _DEGREES * round(temperature / 1000.0 / _DEGREES),
        "throttled": None if throttled is None else throttled & sum(THROTTLED_BITS) != 0,
        "version": __version__,
        "python": platform.python_version(),
    }


def throttled_flags(sys: Path = SYS) -> int | None:
    """Read the firmware's flags, those of now and those since boot; None where it is no Pi."""
    return _read(sys, _THROTTLED, base=16)


def _read(sys: Path, pattern: str, *, base: int) -> int | None:
    try:
        path = next(sys.glob(pattern))
        return int(path.read_text(encoding="ascii"), base)
    except (StopIteration, OSError, ValueError):  # UnicodeDecodeError is a ValueError
        return None
