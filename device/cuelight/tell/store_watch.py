"""Watch whether the store can be written, on a schedule that shows nobody's coming or going."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)

STORE_SECONDS: Final = 900.0
"""How often it is tried; a fault that showed when a visit ended would say that one did."""


class StoreWatch:
    """Writes a few bytes into the spool every quarter of an hour; `fault` says what came of it."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._due: float | None = None
        self.fault = ""

    def update(self, now: float) -> None:
        """Try the store if it is time; `now` is in seconds of any steady clock."""
        if self._due is not None and now < self._due:
            return
        missed = 0.0 if self._due is None else (now - self._due) // STORE_SECONDS
        self._due = (now if self._due is None else self._due) + (missed + 1) * STORE_SECONDS
        try:
            self._spool.try_write()
        except (OSError, sqlite3.Error) as error:
            fault = f"the store cannot be written: {error}"
        else:
            fault = ""
        if fault != self.fault:
            if fault:
                _log.error("%s. Signals are not shown and visits not kept until it can.", fault)
            else:
                _log.info("the store can be written again")
        self.fault = fault
