"""The box's own health: temperature, throttling, versions. Nothing about who is there."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from cuelight import __version__

_TEMPERATURE: Final = Path("/sys/class/thermal/thermal_zone0/temp")  # thousandths of a degree C
_THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")  # hex flags


def vitals() -> dict[str, object]:
    """Read temperature (degrees C) and throttling now; None where this machine has neither."""
    temperature = _read(_TEMPERATURE)
    throttled = _read(_THROTTLED)
    return {
        "temperature": round(int(temperature) / 1000.0, 1) if temperature else None,
        "throttled": int(throttled, 16) != 0 if throttled else None,
        "version": __version__,
        "python": platform.python_version(),
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
