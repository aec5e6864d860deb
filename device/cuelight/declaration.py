"""Keep the privacy statement true while the box runs: on disk, at the broker, and in memory."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cuelight.statement_log import StatementLog

_log = logging.getLogger(__name__)


class Declaration:
    """What the box says of itself now; each change is noted in the log and said again.

    `utc` is the wall clock. Safe for threads.
    """

    def __init__(
        self, said: Mapping[str, object], log: StatementLog, *, utc: Callable[[], datetime]
    ) -> None:
        self._said = dict(said)
        self._log = log
        self._utc = utc
        self._lock = threading.Lock()
        self._publish: Callable[[str], object] = lambda _: None
        self._note()

    @property
    def text(self) -> str:
        """The statement as JSON, as the broker has it."""
        return json.dumps(self._said)

    def publish_with(self, publish: Callable[[str], object]) -> None:
        """Hand every later change to `publish`, as JSON; it must not wait."""
        self._publish = publish

    def amend(self, **fields: object) -> None:
        """Change fields; nothing happens where they say that already."""
        with self._lock:
            fresh = {**self._said, **fields}
            if fresh == self._said:
                return
            self._said = fresh
            self._note()
            self._publish(self.text)

    def _note(self) -> None:
        try:
            self._log.note(self._said, now=self._utc())
        except OSError as error:
            _log.error("the privacy statement cannot be kept on disk: %s", error)
