"""Publish what the history may show of each site, and announce the sites to Home Assistant."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from cuelight.view.aggregate import aggregates
from cuelight.view.discovery import announce_site, site_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cuelight.view.history import History

SETTLE_SECONDS: Final = 2.0
"""Where several publish, everyone's figures come once more so long after a change."""

EVERY_SECONDS: Final = 900.0
"""Everything is published so often even where nothing changed: its periods move."""


class Publisher:
    """Keeps the broker's retained sums up to date, at most every `pause_seconds`.

    `publish(topic, payload)` hands a message over, to be retained. `discovery` says whether sites
    are announced as well. Where the store is `shared`, another collector may have read it before
    our change and reach the broker after us; so what changed is published once more, when both are
    through. `now` is a steady clock. Not safe for threads: the collector's owns it.
    """

    def __init__(
        self,
        history: History,
        publish: Callable[[str, str], object],
        *,
        pause_seconds: float,
        discovery: bool,
        shared: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._history = history
        self._publish = publish
        self._pause = pause_seconds
        self._discovery, self._shared = discovery, shared
        self._now = now
        self._changed: set[str] = set()
        self._settling: dict[str, float] = {}
        self._announced: dict[str, str] = {}
        self._all_due = self._due = now()

    def changed(self, sites: Iterable[str]) -> None:
        """Take note that these sites' figures changed."""
        self._changed |= set(sites)

    def again(self) -> None:
        """Publish everything with the next `update`: the broker or Home Assistant is new."""
        self._announced.clear()
        self._all_due = self._now()

    def update(self, utc: float) -> None:
        """Publish what is due; `utc` is in seconds since 1970. Raises StoreError."""
        now = self._now()
        whole = now >= self._all_due
        changed = self._changed if whole or now >= self._due else set()
        settled = {site for site, due in self._settling.items() if now >= due}
        if not (whole or changed or settled):
            return
        sites = self._history.sites() if whole else sorted(changed | settled)
        moment = datetime.fromtimestamp(utc, UTC)
        for site in sites:
            for topic, payload in aggregates(self._history, site, now=moment):
                self._publish(topic, payload)
        if self._discovery:
            self._announce(sites)
        for site in settled:
            del self._settling[site]
        if self._shared:
            self._settling |= dict.fromkeys(changed, now + SETTLE_SECONDS)
        if changed or whole:
            self._changed.clear()
            self._due = now + self._pause
        self._all_due = now + EVERY_SECONDS if whole else self._all_due

    def _announce(self, sites: Iterable[str]) -> None:
        cells = self._history.cell_names()
        for site in sites:
            payload = announce_site(site, cells=cells, version=version("cuelight"))
            if self._announced.get(site) != payload:
                self._announced[site] = payload
                self._publish(site_topic(site), payload)
