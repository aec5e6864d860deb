"""Keep a pause on disk, so that no restart ends it, and count it."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from cuelight.pause import held_over, is_by_hand, is_paused, read_pause
from cuelight.tell.pauses import PAUSED, count_pause

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cuelight.records import PauseState
    from cuelight.tell.spool import Spool

_log = logging.getLogger(__name__)


class PauseKeeper:
    """Writes each change at once: what is killed or hangs meanwhile stays paused.

    Where the disk does not take it that is said once, and `retry` tries again until it does. A
    pause by hand is added to its hour's sum when it begins. What switch (`off`) and hours
    (`closed`) say at a start is given, and never kept.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        off: bool = False,
        closed: bool = False,
        utc: Callable[[], datetime],
    ) -> None:
        self._spool = spool
        self._utc = utc
        self.state = replace(read_pause(spool.load(PAUSED)), off=off, closed=closed)
        self._is_kept = True
        self._is_said = False

    def keep(self, state: PauseState) -> None:
        """Take how the pause stands now."""
        before, self.state = self.state, state
        if held_over(state) != held_over(before):
            self._is_kept = False
            self.retry()
        if is_by_hand(state) and not is_paused(before):
            try:
                count_pause(self._spool, self._utc())
            except (OSError, sqlite3.Error) as error:
                _log.error("a pause is not counted: %s", error)

    def retry(self) -> None:
        """Write what the disk has not taken yet; does nothing otherwise."""
        if self._is_kept:
            return
        try:
            self._spool.save(PAUSED, held_over(self.state))
        except (OSError, sqlite3.Error) as error:
            if not self._is_said:
                _log.error("the pause cannot be kept on disk: %s. Trying again.", error)
            self._is_said = True
            return
        if self._is_said:
            _log.info("the pause is kept on disk again")
        self._is_kept, self._is_said = True, False
