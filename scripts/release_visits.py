"""Draw the visits of a table for four weeks, as the attacks on the release gate want them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cuelight.neighbours import AFTER_RATES, CLOSES, OPENS, RATES
from cuelight.records import VisitTally
from cuelight.tell.release import AFTER_PRICE

if TYPE_CHECKING:
    import random

DAYS: Final = 28
START: Final = datetime(2026, 3, 2, tzinfo=UTC)
WITH_PRICE: Final = 0.45

CELLS: Final = {
    **{name: RATES[name] for name in ("interest", "hesitation", "discomfort", "raised_eyebrows")},
    AFTER_PRICE + "price_concern": AFTER_RATES["price_concern"],
}
"""The cells attacked, with the share of visits that show each; the observer knows these too."""


def visits_of(dice: random.Random, hour: int, hourly: float) -> list[VisitTally]:
    """Draw the visits that end in one hour."""
    begin = START + timedelta(hours=hour)
    visits: list[VisitTally] = []
    time = dice.expovariate(hourly)
    while OPENS <= begin.hour < CLOSES and begin.weekday() < 6 and time < 1.0:
        price = dice.random() < WITH_PRICE
        can = [name for name in CELLS if price or not name.startswith(AFTER_PRICE)]
        shown = frozenset(name for name in can if dice.random() < CELLS[name])
        visits.append(VisitTally(shown, price=price))
        time += dice.expovariate(hourly)
    return visits
