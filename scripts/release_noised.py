"""Run a table with noise (`privacy.epsilon`) and guess from what it publishes.

The observer knows what `release_observer` says, and the noise's scale, which each window names.
Told apart from there is the lot: of a visit that showed more than the cap allows, only some cells
count. How likely that is follows from the shares, which the observer knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from release_observer import Gather, chances, noise_weights

from cuelight.tell.noised import NoisedGatherer
from cuelight.tell.release import AFTER_PRICE
from cuelight.tell.spending import Spent, may_spend
from cuelight.tell.window import from_json, to_json

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from cuelight.records import CountWindow, VisitTally
    from cuelight.settings import ReleaseSettings
    from cuelight.tell.mechanism import Mechanism
    from cuelight.tell.spending import NoiseRule

    Hours = Sequence[Sequence[VisitTally]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visit showed of a cell, whether the lot let it count, and what was known before.

    `kept` is how likely the lot lets it count if it showed it, `alone` whether it was the only one
    in its hour that could.
    """

    showed: bool
    counted: bool
    share: float
    kept: float
    alone: bool


def publish_noised(
    settings: ReleaseSettings,
    rule: NoiseRule,
    hours: Hours,
    *,
    start: datetime,
    names: Sequence[str],
    mechanism: Mechanism,
    lot: random.Random,
) -> tuple[list[str], list[list[frozenset[str]]]]:
    """Give what a box publishes at each hour's end ("" for nothing), and what each visit added."""
    spent: list[Spent] = []
    drawn: list[frozenset[str]] = []

    def charge(day: int) -> bool:
        allowed = may_spend(spent, day=day, cost=rule.cost, total=rule.total)
        spent.extend([Spent(day, rule.cost)] if allowed else [])
        return allowed

    def choose(shown: Sequence[str], most: int) -> Sequence[str]:
        found = lot.sample(shown, most)
        drawn.append(frozenset(found))
        return found

    gatherer = NoisedGatherer(
        settings,
        rule,
        site="site",
        device="table",
        start=start,
        names=names,
        mechanism=mechanism,
        charge=charge,
        choose=choose,
    )
    published, counted = [], []
    for hour, visits in enumerate(hours, start=1):
        counted.append([])
        for visit in visits:
            drawn.clear()
            gatherer.add(visit)
            counted[-1].append(drawn[0] if drawn else visit.cells)
        window = gatherer.close_window(start + timedelta(hours=hour))
        published.append("" if window is None else to_json(window))
    return published, counted


def kept_by_lot(cell: str, shares: Mapping[str, float], *, most: int, price: bool) -> float:
    """Say how likely a visit that showed a cell is counted for it, `most` cells being counted."""
    others = [
        share
        for name, share in shares.items()
        if name != cell and (price or not name.startswith(AFTER_PRICE))
    ]
    return sum(
        prod(share if one else 1.0 - share for one, share in zip(way, others, strict=True))
        * min(1.0, most / (1 + sum(way)))
        for way in product((0, 1), repeat=len(others))
    )


def gathers(
    cell: str,
    hours: Hours,
    published: Sequence[str],
    counted: Sequence[Sequence[frozenset[str]]],
    *,
    shares: Mapping[str, float],
    most: int,
) -> Iterator[tuple[list[Seen], CountWindow | None]]:
    """Give gathering by gathering who could have shown the cell, and what was published of it."""
    kept = {price: kept_by_lot(cell, shares, most=most, price=price) for price in (False, True)}
    visits: list[Seen] = []
    for here, added, text in zip(hours, counted, published, strict=True):
        could = [
            (visit, cells)
            for visit, cells in zip(here, added, strict=True)
            if visit.price or not cell.startswith(AFTER_PRICE)
        ]
        alone = len(could) == 1
        for visit, cells in could:
            showed = cell in visit.cells
            visits.append(Seen(showed, cell in cells, shares[cell], kept[visit.price], alone))
        if text:
            yield visits, from_json(text)
            visits = []
    yield visits, None


def weights_of(
    cell: str, visits: Sequence[Seen], window: CountWindow | None
) -> NDArray[np.float64]:
    """Say how likely each true count made what was published of the cell."""
    if window is None:
        return np.ones(len(visits) + 1)
    found = window.cells.get(cell)
    after = cell.startswith(AFTER_PRICE)
    return noise_weights(
        None if found is None else found.n,
        window.visits_with_price if after else window.visits,
        most=len(visits),
        scale=window.scale or 0.0,
        floor=window.floor,
    )


def chances_one_by_one(visits: Sequence[Seen], weights: NDArray[np.float64]) -> list[float]:
    """Give each visit's chance where the observer knows what all the others added."""
    total = sum(visit.counted for visit in visits)
    found = []
    for visit in visits:
        others = total - visit.counted
        before = visit.share * visit.kept
        yes, no = before * weights[others + 1], (1.0 - before) * weights[others]
        found.append(_showed(visit, float(yes / (yes + no))))
    return found


def chances_together(
    visits: Sequence[Seen], weights: NDArray[np.float64], known: Sequence[bool]
) -> list[float]:
    """Give each visit's chance where the observer knows what some showed (`known`)."""
    before = [
        visit.kept * (float(visit.showed) if is_known else visit.share)
        for visit, is_known in zip(visits, known, strict=True)
    ]
    gather = Gather([len(visits)], [True], None, weights)
    after = chances(gather, before, safe=lambda *_: False)
    return [_showed(visit, float(chance)) for visit, chance in zip(visits, after, strict=True)]


def _showed(visit: Seen, counted: float) -> float:
    """Turn the chance that a visit was counted into the chance that it showed the cell."""
    missed = visit.share * (1.0 - visit.kept)
    return counted + (1.0 - counted) * missed / (1.0 - visit.share * visit.kept)
