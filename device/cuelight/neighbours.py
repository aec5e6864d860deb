"""Simulated devices beside a real one: visits by chance, released by the real rule.

For the demo, the screenshots and tests. What they publish says of itself that it is simulated.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cuelight import __version__
from cuelight.records import VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.release import AFTER_PRICE, Gatherer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cuelight.records import CountWindow

OPENS, CLOSES = 9, 19
"""Hours of UTC between which visits come."""

RATES: Final[Mapping[str, float]] = {
    "interest": 0.34,
    "hesitation": 0.16,
    "discomfort": 0.08,
    "scepticism": 0.06,
    "price_concern": 0.12,
    "raised_eyebrows": 0.41,
    "soft_smile_tilt": 0.22,
    "pressed_lips": 0.15,
    "nose_wrinkle": 0.13,
    "price_gaze_aversion": 0.10,
    "brief_frown": 0.17,
    "one_sided_smile": 0.14,
    "nod": 0.46,
    "shake": 0.07,
    "lean_in": 0.28,
    "lean_out": 0.11,
    "eye_softening": 0.19,
    "relaxed_head": 0.24,
    "confused_stillness": 0.005,
}
"""Made-up shares of visits; the last one is too rare to be released often."""

AFTER_RATES: Final[Mapping[str, float]] = {
    "interest": 0.14,
    "hesitation": 0.22,
    "price_concern": 0.26,
    "scepticism": 0.07,
    "discomfort": 0.06,
    "price_gaze_aversion": 0.21,
    "pressed_lips": 0.17,
    "brief_frown": 0.12,
    "nod": 0.20,
}
"""Made-up shares of visits with a price mention that show it within half a minute of it."""

_PRICE: Final = 0.45


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One simulated device: where it stands, and how many visits an open hour brings it."""

    site: str
    device: str
    visits_an_hour: float = 1.6
    seed: int = 20261123

    def windows(self, start: datetime, days: int) -> Iterator[CountWindow]:
        """Give the windows that such a device would have released over so many days."""
        dice = random.Random(f"{self.seed} {self.site} {self.device}")  # noqa: S311 - no secret
        names = [*RATES, *(AFTER_PRICE + name for name in AFTER_RATES)]
        gatherer = Gatherer(
            ReleaseSettings(),
            site=self.site,
            device=self.device,
            start=start,
            names=names,
            new_id=lambda: str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        )
        seq = 0
        for hour in range(24 * days):
            begin = start + timedelta(hours=hour)
            if OPENS <= begin.hour < CLOSES and begin.weekday() < 6:
                for _ in range(_poisson(dice, self.visits_an_hour)):
                    gatherer.add(_visit(dice))
            window = gatherer.close_window(begin + timedelta(hours=1))
            if window is not None:
                seq += 1
                yield replace(window, seq=seq)

    def health(self, *, temperature: int = 50, waiting: int = 0) -> dict[str, object]:
        """Give a health message as a device would."""
        return {
            "temperature": temperature,
            "throttled": False,
            "waiting": waiting,
            "version": __version__,
            "fps_capability": 30.0,
            "fps_read": 30.0,
            "backs_off": False,
            "fault": "",
        }

    def statement(self) -> dict[str, object]:
        """Give a privacy statement that says what this is."""
        return {
            "version": __version__,
            "mode": "notice",
            "contact": "nobody: this device is simulated",
            "shared_table": False,
            "simulated": True,
        }


def _visit(dice: random.Random) -> VisitTally:
    shown = {name for name, rate in RATES.items() if dice.random() < rate}
    price = dice.random() < _PRICE
    if price:
        shown |= {AFTER_PRICE + name for name, rate in AFTER_RATES.items() if dice.random() < rate}
    return VisitTally(frozenset(shown), price=price)


def _poisson(dice: random.Random, mean: float) -> int:
    """Draw how many visits come in an hour, as gaps between them that add up to it."""
    count, time = 0, dice.expovariate(mean)
    while time < 1.0:
        count += 1
        time += dice.expovariate(mean)
    return count
