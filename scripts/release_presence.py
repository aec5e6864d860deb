"""Ask of a table with noise whether somebody was there at all, from all its numbers together.

The observer knows every other visit and what each added, what the visitor in question would have
added, and that a coin decided whether they came. That is what an epsilon speaks of: nobody who
knows less does better, and no observer is right more often than e^epsilon / (1 + e^epsilon).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np
from release_noised import publish_noised
from release_observer import noise_weights
from release_score import interval
from release_visits import CELLS, DAYS, START, visits_of

from cuelight.settings import ReleaseSettings
from cuelight.tell.release import AFTER_PRICE, VISITS, VISITS_WITH_PRICE
from cuelight.tell.spending import MILLION, NoiseRule
from cuelight.tell.window import from_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cuelight.records import CountWindow
    from cuelight.tell.mechanism import Mechanism

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Added:
    """What one visit adds to: the cells that the lot left, and whether a price was marked."""

    cells: frozenset[str]
    price: bool

    @property
    def numbers(self) -> frozenset[str]:
        """The names of all numbers that it adds one to."""
        return self.cells | {VISITS} | ({VISITS_WITH_PRICE} if self.price else set())


def log_weights(window: CountWindow, names: Sequence[str], *, most: int) -> dict[str, Floats]:
    """Say by number how likely each true count, 0 to `most`, made what was published of it."""
    scale = window.scale or 0.0
    visits, priced = window.visits, window.visits_with_price
    least = max(window.k, window.floor)
    weights = {
        # nothing lies above: visits have no "did not"
        VISITS: noise_weights(visits, 10**9, most=most, scale=scale, floor=window.k),
        VISITS_WITH_PRICE: _with_price(window, most=most, least=least),
    }
    for name in names:
        found = window.cells.get(name)
        among = priced if name.startswith(AFTER_PRICE) else visits
        n = None if found is None else found.n
        weights[name] = noise_weights(n, among, most=most, scale=scale, floor=window.floor)
    return {name: np.log(np.maximum(one, 1e-300)) for name, one in weights.items()}


def _with_price(window: CountWindow, *, most: int, least: int) -> Floats:
    """As `noise_weights`, with the higher threshold below that this number has."""
    if window.visits is None or window.visits_with_price is not None:
        return noise_weights(
            window.visits_with_price,
            window.visits,
            most=most,
            scale=window.scale or 0.0,
            floor=window.floor,
        )
    # null: below `least`, or above all visits less the floor
    shifted = window.visits - window.floor + least
    return noise_weights(None, shifted, most=most, scale=window.scale or 0.0, floor=least)


def told_there(
    window: CountWindow, visits: Sequence[Added], absent: Sequence[Added], names: Sequence[str]
) -> tuple[float, float]:
    """Give how often those who were there are told as such, and those who were not as not.

    `absent` are visitors of the same kind whom nobody counted. Where the numbers speak for neither
    a coin decides.
    """
    true: Mapping[str, int] = {
        name: sum(name in one.numbers for one in visits)
        for name in (VISITS, VISITS_WITH_PRICE, *names)
    }
    weights = log_weights(window, names, most=len(visits) + 1)

    def speaks(one: Added, *, there: bool) -> float:
        less = -1 if there else 0
        return sum(
            float(weights[name][true[name] + less + 1] - weights[name][true[name] + less])
            for name in one.numbers
        )

    right = [_share(speaks(one, there=True)) for one in visits]
    wrong = [_share(speaks(one, there=False)) for one in absent]
    return float(np.mean(right)), 1.0 - float(np.mean(wrong))


def _share(log_odds: float) -> float:
    return 0.5 if abs(log_odds) < 1e-9 else float(log_odds > 0.0)


def was_there(
    rule: NoiseRule, *, tables: int, hourly: float, mechanism: Mechanism
) -> dict[str, object]:
    """Ask of every visit, and of as many that never were, whether somebody was there."""
    points = []
    for number in range(tables):
        dice = random.Random(f"presence {number}")  # noqa: S311 - visits are drawn, not secrets
        hours = [visits_of(dice, hour, hourly) for hour in range(24 * DAYS)]
        others = [visits_of(dice, hour, hourly) for hour in range(24 * DAYS)]
        published, counted = publish_noised(
            ReleaseSettings(),
            rule,
            hours,
            start=START,
            names=tuple(CELLS),
            mechanism=mechanism,
            lot=dice,
        )
        absent = [
            Added(visit.cells, visit.price)
            for here in others
            for visit in here
            if len(visit.cells) <= rule.cells
        ]
        visits: list[Added] = []
        for here, added, text in zip(hours, counted, published, strict=True):
            visits += [Added(cells, visit.price) for visit, cells in zip(here, added, strict=True)]
            if text and visits:
                shares = told_there(from_json(text), visits, absent, tuple(CELLS))
                points.append(100.0 * (sum(shares) / 2.0 - 0.5))
                visits = []
    return {
        "gate": f"noise, epsilon {rule.total / MILLION:g}: was somebody there at all",
        "points": interval(points),
        "most": round(most_points(rule), 1),
    }


def presence_words(line: dict[str, object]) -> str:
    """Write it as one line for a reader."""
    points, low, high = line["points"]
    return (
        f"{line['gate']}, from all numbers together, all others known: at even odds {points:+} "
        f"points ({low} to {high}); its epsilon allows {line['most']}"
    )


def most_points(rule: NoiseRule) -> float:
    """Give the points over a coin's toss that the epsilon of one release allows."""
    return 100.0 * (1.0 / (1.0 + exp(-rule.cost / MILLION)) - 0.5)
