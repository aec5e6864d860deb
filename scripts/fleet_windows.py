"""The windows of a simulated fleet, in the order in which they would be released."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from cuelight.neighbours import Neighbour

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cuelight.records import CountWindow

BUSY = (0.5, 0.8, 1.0, 1.2, 1.5)
"""Some tables see more visits than others."""


def devices(count: int, *, sites: int, visits_an_hour: float) -> list[Neighbour]:
    """Name the devices, spread over sites; all of them are simulated and called so."""
    return [
        Neighbour(
            f"simulated-{number % sites + 1:02d}",
            f"simulated-table-{number + 1:03d}",
            visits_an_hour=visits_an_hour * BUSY[number % len(BUSY)],
        )
        for number in range(count)
    ]


def released(
    fleet: list[Neighbour], start: datetime, *, days: int, distinct: int
) -> Iterator[CountWindow]:
    """Give the whole fleet's windows, oldest first.

    Only `distinct` tables are simulated; the others repeat their visits under ids of their own,
    since simulating takes half a second a table and 90 days.
    """
    models = [list(device.windows(start, days)) for device in fleet[:distinct]]
    others = fleet[len(models) :]
    random.Random(1).shuffle(others)  # noqa: S311 - so that a site's tables are not all alike
    users = [[one, *others[number :: len(models)]] for number, one in enumerate(fleet[:distinct])]
    order = sorted(
        (window.end, number, place)
        for number, model in enumerate(models)
        for place, window in enumerate(model)
    )
    for _, number, place in order:
        window = models[number][place]
        first, *copies = users[number]
        yield replace(window, site=first.site, device=first.device)
        for device in copies:
            yield replace(window, id=str(uuid.uuid4()), site=device.site, device=device.device)
