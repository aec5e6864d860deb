"""Say what machine this is, and how busy, in the words that head the page."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_MODEL = Path("/sys/firmware/devicetree/base/model")


def mark() -> str:
    """Give the mark that every cell measured here bears."""
    if _MODEL.exists() and _MODEL.read_text(encoding="ascii").startswith("Raspberry Pi"):
        return "Pi"
    return {"x86_64": "x86", "aarch64": "AArch64"}.get(platform.machine(), platform.machine())


def described() -> dict[str, Any]:
    """Describe processor, system and versions."""
    return {
        "mark": mark(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("ai-edge-litert", "numpy", "gpiozero")},
    }


def load() -> float:
    """Give the load average over the last minute."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    found = re.search(
        r"^(?:model name|Model)\s*:\s*(.+)$",
        Path("/proc/cpuinfo").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return found[1].strip() if found else platform.machine()
