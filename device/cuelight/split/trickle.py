"""Hold a flow of messages, records or log lines to a trickle."""

from __future__ import annotations

import math


class Trickle:
    """Lets so many pieces through at once and so many a second after; `now` in seconds."""

    def __init__(self, *, at_once: float, a_second: float) -> None:
        self._at_once, self._a_second = at_once, a_second
        self._left, self._before = at_once, math.inf

    def lets(self, now: float, *, pieces: float = 1.0) -> bool:
        """Take some pieces if there are as many left."""
        passed = max(0.0, now - self._before)
        self._left = min(self._at_once, self._left + self._a_second * passed)
        self._before = now
        if self._left < pieces:
            return False
        self._left -= pieces
        return True
