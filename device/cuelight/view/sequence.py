"""Keep track of which of a device's windows have come, by their sequence numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.view.database import Transaction
    from cuelight.view.window import Window

_WALK: Final = 1000


class Sequence:
    """One device's sequence numbers: all below `next` have come, `top` is the highest seen.

    A window that the device joined stands for several numbers. A new window under a number that
    another window had says that the device started again from nothing (its card was replaced):
    that is a new `life`, counted from 1.
    """

    def __init__(
        self, change: Transaction, table: tuple[str, str], life: int, next_: int, top: int
    ) -> None:
        self._change = change
        self._table = table
        self.life = life
        self.next = next_
        self.top = top

    def put(self, windows: list[Window]) -> list[Window]:
        """Keep windows of this device whose ids are new; returns those that were not there yet."""
        inserted = []
        came: set[int] = set()
        for window in windows:
            if window.seq in came or (window.first <= self.top and self._has(window.seq)):
                self.life += 1
                self.next, self.top = 1, 0
                came.clear()
            found = self._change.execute(
                "INSERT INTO windows (id, site, device, life, first, seq, hour)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
                (window.id, *self._table, self.life, window.first, window.seq, window.hour),
            )
            if found:
                inserted.append(window)
            came.update(range(window.first, window.seq + 1))
            self.top = max(self.top, window.seq)
        while self.next in came:
            self.next += 1
        self._walk()
        return inserted

    def _walk(self) -> None:
        """Go on over what came earlier, out of order."""
        while self.next <= self.top:
            rows = self._change.execute(
                "SELECT first, seq FROM windows WHERE site = ? AND device = ? AND life = ?"
                " AND seq >= ? ORDER BY seq LIMIT ?",
                (*self._table, self.life, self.next, _WALK),
            )
            before = self.next
            for first, seq in rows:
                if first > self.next:
                    return
                self.next = int(seq) + 1
            if self.next == before:
                return

    def _has(self, seq: int) -> bool:
        return bool(
            self._change.execute(
                "SELECT 1 FROM windows WHERE site = ? AND device = ? AND life = ? AND seq = ?",
                (*self._table, self.life, seq),
            )
        )
