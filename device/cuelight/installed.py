"""Say whether this machine is an installed unit, whose camera is for the customer's side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MARKS: Final = (
    "opt/cuelight/current",
    "etc/systemd/system/cuelight.service",
    "etc/cuelight/device.toml",
)
"""What scripts/install-pi leaves on a unit: the release in use, its service, its settings."""


def installed_by(root: Path = Path("/")) -> str:
    """Return the first mark of a unit that is found below `root`; empty where there is none.

    A mark that may not be looked at counts as found: only a unit keeps it from us.
    """
    for mark in MARKS:
        try:
            os.lstat(root / mark)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            pass
        return f"/{mark}"
    return ""
