"""Follow how many visits passed since each device last released each cell.

The rates need it: what was *not* released over so many visits says how rare a thing is
(view/rates.py). Only sums over devices ever leave the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cuelight.view.schema import AFTER_PRICE, DROPPED, WHOLE_SITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cuelight.view.database import Transaction
    from cuelight.view.window import Window

_DAY: Final = 86400
_DROP_SECONDS: Final = 28 * _DAY
"""DESIGN section 5: a cell unreleased for so long is dropped. Settings may shorten it."""

SumRow = tuple[tuple[str, str, int, str, int], tuple[int, int, int, int]]


class OpenGathers:
    """The gathers of some devices, for the length of one transaction."""

    def __init__(self, change: Transaction, tables: Iterable[tuple[str, str]]) -> None:
        self._change = change
        self._known: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._changed: set[tuple[str, str, str]] = set()
        names = sorted(tables)
        for start in range(0, len(names), 500):
            part = names[start : start + 500]
            marks = ", ".join(["(?, ?)"] * len(part))
            for site, device, cell, since, visits in change.execute(
                "SELECT site, device, cell, since, visits_then FROM gathers"  # noqa: S608 - marks only
                f" WHERE (site, device) IN (VALUES {marks})",
                [name for table in part for name in table],
            ):
                self._known[site, device, cell] = (since, visits)

    def update(self, window: Window, visits: int, priced: int) -> Iterator[SumRow]:
        """Start the gathers of released cells anew; gives what was dropped before, to be summed.

        `visits` and `priced` are the device's visits so far, this window's included. A release that
        began over a day after the last one ended follows a gather that was thrown away.
        """
        for name, cell in window.cells.items():
            key = (window.site, window.device, name)
            passed = priced if name.startswith(AFTER_PRICE) else visits
            since, then = self._known.get(key, (cell.start, 0))
            if window.end < since:
                continue  # a late one: what came after it is known already
            if (gap := cell.start - since) > _DAY:
                dropped = max(1, round(gap / _DROP_SECONDS))
                during = max(0, passed - then - cell.visits)
                place = (window.site, WHOLE_SITE, window.hour, name, DROPPED)
                yield place, (0, during, dropped, since)
            self._known[key] = (window.end, passed)
            self._changed.add(key)

    def save(self) -> None:
        """Write what changed."""
        self._change.execute_many(
            "INSERT INTO gathers (site, device, cell, since, visits_then) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (site, device, cell) DO UPDATE SET"
            " since = excluded.since, visits_then = excluded.visits_then",
            [(*key, *self._known[key]) for key in sorted(self._changed)],
        )
