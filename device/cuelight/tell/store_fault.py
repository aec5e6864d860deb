"""Say once that the store of released windows fails, and once that it works again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_log = logging.getLogger(__name__)


class StoreFault:
    """Remembers what was said last, so that a full disk does not fill the log as well."""

    def __init__(self) -> None:
        self._said = ""

    def fails(self, error: sqlite3.Error) -> None:
        """Take note of a failure; the same one again is not said again."""
        if self._said != str(error):
            self._said = str(error)
            _log.error(
                "cannot use the store of released windows: %s. What is in it waits there. Free "
                "space on the disk, or replace the card.",
                error,
            )

    def works(self) -> None:
        """Take note that it works."""
        if self._said:
            self._said = ""
            _log.info("the store of released windows works again")
