"""The managers' side of noise: no share from noised counts, and nothing mixed with true ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cuelight.errors import InputError
from cuelight.records import Cell, CountWindow
from cuelight.tell.window import to_json
from cuelight.view.aggregate import aggregates
from cuelight.view.board.figures import Period, picture_of
from cuelight.view.board.tables import noised_table
from cuelight.view.database import open_database
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules, read_window

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + 8 * HOUR


def window(seq, *, site="quiet", device="table-1", noised=True, **changes):
    found = CountWindow(
        id=f"00000000-0000-4000-8000-{abs(hash((site, device, seq))) % 10**12:012d}",
        site=site,
        device=device,
        seq=seq,
        start=START + (seq - 1) * HOUR,
        end=START + seq * HOUR,
        visits=40,
        visits_with_price=None,
        cells={"interest": Cell(20, 40, START + (seq - 1) * HOUR)},
        withheld=2,
        k=5,
        floor=3,
        epsilon=1.0 if noised else None,
        scale=6.0 if noised else None,
        nulls=("hesitation",) if noised else (),
    )
    return replace(found, **changes)


def news_of(one):
    topic = f"cuelight/{one.site}/{one.device}/counts"
    now = int(NOW.timestamp())
    return read_news(topic, to_json(one).encode(), retained=False, now=now, rules=Rules())


@pytest.fixture
def history(tmp_path):
    base = open_database(str(tmp_path / "history.db"), schema=TABLES)
    intake = Intake(base)
    windows = [window(seq, device=f"table-{seq % 2}") for seq in (1, 2, 3, 4)]
    windows += [window(s, site="plain", device=f"table-{s % 2}", noised=False) for s in (1, 2)]
    windows += [window(1, site="alone")]
    intake.take([news_of(one) for one in windows], now=int(NOW.timestamp()))
    assert intake.take([news_of(windows[0])], now=int(NOW.timestamp())).counted == 0
    with History(base) as history:
        yield history


def test_a_site_with_noise_is_left_out_of_every_share(history):
    period = (START, NOW)
    totals = history.totals(*period)
    assert (totals.noised, totals.closed, totals.visits) == (("quiet",), ("alone",), 80)
    (interest,) = (one for one in totals.cells if one.cell == "interest")
    assert (interest.n, interest.visits, interest.releases) == (40, 80, 2), "of the plain site only"
    alone = history.totals(*period, sites=["quiet"])
    assert (alone.visits, alone.tables) == (None, 0)
    assert all(one.withheld for one in alone.cells)
    picture = picture_of(history, Period(*period), sites=["quiet"])
    assert [figure.rate for figure in picture.figures] == [None]
    assert history.by_day(*period, sites=["quiet"]) == []


def test_its_numbers_are_there_as_they_came(history):
    sums = history.noised_sums(START, NOW, sites=["quiet"])
    assert sums["interest"] == (80, 160)
    assert sums["visits"] == (160, 160)
    assert "hesitation" not in sums, "null is not zero"
    assert history.noised_sums(START, NOW, sites=["plain"]) == {}
    assert history.noised_sums(START, NOW, sites=["alone"]) == {}, "a single table's, noise or not"
    table = noised_table(sums, "numbers")
    assert "Interest" in table
    assert ">80<" in table


def test_the_aggregate_says_so(history):
    body = json.loads(
        dict(aggregates(history, "quiet", now=NOW))["cuelight/quiet/aggregate/last_7_days"]
    )
    assert body["shown"] is False
    assert "carry noise" in body["reason"]
    assert set(body["rates"].values()) == {None}
    assert body["noised"]["interest"] == {"n": 80, "visits": 160}
    plain = json.loads(
        dict(aggregates(history, "plain", now=NOW))["cuelight/plain/aggregate/last_7_days"]
    )
    assert "noised" not in plain
    assert plain["rates"]["interest"] is not None


def test_once_noise_is_out_of_the_period_shares_come_back(history):
    later = NOW + timedelta(days=7)
    assert history.totals(later, later + HOUR, sites=["quiet"]).noised == ()


@pytest.mark.parametrize("epsilon", [0, -1.0, "1", True, float("nan"), float("inf")])
def test_an_epsilon_that_makes_no_sense_is_refused(epsilon):
    text = to_json(window(1, epsilon=epsilon))
    with pytest.raises(InputError, match="epsilon"):
        read_window(
            text.encode(), site="quiet", device="table-1", now=int(NOW.timestamp()), rules=Rules()
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"cells": {"interest": Cell(-2, 40, START)}},
        {"cells": {"interest": Cell(2, 40, START)}},
        {"cells": {"interest": Cell(39, 40, START)}},
        {"visits": -3},
        {"noised": False, "nulls": ("hesitation",)},
    ],
)
def test_thresholds_hold_for_noised_numbers_and_null_is_for_noise_only(changes):
    """A device applies them after the noise, so a negative or tiny count did not come from one."""
    text = to_json(window(1, **changes))
    with pytest.raises(InputError):
        read_window(
            text.encode(), site="quiet", device="table-1", now=int(NOW.timestamp()), rules=Rules()
        )
