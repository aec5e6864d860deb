"""Find a secret's file: where systemd put it, else where the installation keeps it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDENTIALS_FOLDER: Final = Path("/etc/cuelight/credentials")
"""Where scripts/install-pi keeps what the unit loads as credentials; readable by root only."""


def credential_path(
    name: str,
    *,
    environ: Mapping[str, str] = os.environ,
    installed: Path = CREDENTIALS_FOLDER,
) -> Path:
    """Return the path of the secret that a setting names.

    A path (anything with a `/`, or `~`) is taken as it is. A plain name is a credential: it lies in
    `$CREDENTIALS_DIRECTORY` for the service (systemd's LoadCredential), and in the `installed`
    folder for a person who runs a command as root. Where neither has it, it is a file right here.
    """
    if "/" in name or name.startswith("~"):
        return Path(name).expanduser()
    given = environ.get("CREDENTIALS_DIRECTORY")
    folders = ([Path(given)] if given else []) + [installed]
    return next((folder / name for folder in folders if _has(folder / name)), Path(name))


def _has(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return True  # it may well be there: opening it says what is wrong
