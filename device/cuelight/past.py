"""Give a history a past: what simulated devices would have said over so many days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cuelight.tell.window import to_json
from cuelight.view.database import open_database
from cuelight.view.intake import Intake
from cuelight.view.news import read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cuelight.neighbours import Neighbour
    from cuelight.view.news import News

_BATCH = 2000


def give_past(
    store: str, neighbours: Iterable[Neighbour], *, days: int, now: datetime | None = None
) -> None:
    """Write their windows of the last days, and that they are well at `now` (default: the clock).

    Goes through the same checks and the same transactions as what a collector hears. Raises
    StoreError when the store cannot be used.
    """
    now = now or datetime.now(UTC)
    seconds = int(now.timestamp())
    base = open_database(store, schema=TABLES)
    try:
        intake = Intake(base)
        batch: list[News] = []
        for one in neighbours:
            for news in _said(one, days=days, now=now):
                batch.append(news)
                if len(batch) == _BATCH:
                    intake.take(batch, now=seconds)
                    batch = []
        intake.take(batch, now=seconds)
    finally:
        base.close()


def _said(one: Neighbour, *, days: int, now: datetime) -> Iterator[News]:
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
    said = [
        ("availability", "online"),
        ("privacy", json.dumps(one.statement())),
        ("health", json.dumps(one.health())),
        *(("counts", to_json(window)) for window in one.windows(start, days)),
    ]
    for kind, text in said:
        topic = f"cuelight/{one.site}/{one.device}/{kind}"
        news = read_news(
            topic, text.encode(), retained=False, now=int(now.timestamp()), rules=Rules()
        )
        if news is not None:
            yield news
