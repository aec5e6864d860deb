"""Open the box's store, or say in a sentence why it cannot be used."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from cuelight.errors import StoreError
from cuelight.tell.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


def open_spool(path: Path) -> Spool:
    """Open the spool; a file that is no sound database is put aside, and counting starts anew.

    Raises StoreError when the folder cannot be used.
    """
    try:
        return Spool(path)
    except sqlite3.DatabaseError as error:
        if not path.is_file() or isinstance(error, sqlite3.OperationalError):
            raise StoreError(
                f"Cannot keep windows in {path}: {error}. Check the disk, or store.folder in "
                "device.toml."
            ) from error
        aside = path.with_suffix(".broken")
        path.replace(aside)  # SQLite drops a log that lies beside an empty new file
        _log.warning("%s is no sound database (%s); put aside as %s", path, error, aside.name)
        return Spool(path)
    except OSError as error:
        raise StoreError(
            f"Cannot keep windows in {path}: {error}. Check the disk, or store.folder in "
            "device.toml."
        ) from error
