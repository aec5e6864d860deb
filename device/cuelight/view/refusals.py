"""Log what was refused, and let nobody flood the log with it."""

from __future__ import annotations

import logging
from typing import Final

_log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60
_TOPICS_MAX: Final = 1000


class Refusals:
    """One line a topic and minute; the rest is counted and told with the next line."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int]] = {}

    def say(self, topic: str, why: str, *, now: int) -> None:
        """Say that something on `topic` was refused."""
        since, silent = self._last.get(topic, (-EVERY_SECONDS, 0))
        if now - since < EVERY_SECONDS:
            self._last[topic] = (since, silent + 1)
            return
        if len(self._last) >= _TOPICS_MAX:
            self._last.clear()
        self._last[topic] = (now, 0)
        more = f" ({silent} more like it before)" if silent else ""
        _log.warning("refused: %s%s", why.encode("unicode_escape").decode(), more)
