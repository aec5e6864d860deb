"""Simulated devices: the same each time, by the real rule, and never passed off as real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cuelight.neighbours import CLOSES, OPENS, RATES, Neighbour
from cuelight.past import give_past
from cuelight.view.history import History

START = datetime(2026, 9, 1, tzinfo=UTC)
ONE = Neighbour("berlin", "table-1", visits_an_hour=2.5)


def test_they_are_the_same_each_time_and_differ_from_each_other():
    windows = list(ONE.windows(START, 14))
    assert windows == list(ONE.windows(START, 14))
    other = list(Neighbour("berlin", "table-2", visits_an_hour=2.5).windows(START, 14))
    assert {window.id for window in windows}.isdisjoint({window.id for window in other})
    assert [window.cells for window in windows] != [window.cells for window in other]


def test_their_windows_keep_the_rule_and_count_on_from_one():
    windows = list(ONE.windows(START, 40))
    assert [window.seq for window in windows] == list(range(1, len(windows) + 1))
    assert all(one.end <= two.end for one, two in pairwise(windows))
    cells = [cell for window in windows for cell in window.cells.values()]
    assert len(cells) > 300
    assert all(min(cell.n, cell.visits - cell.n) >= 3 for cell in cells)
    busy = [window.end.hour for window in windows if window.visits]
    assert min(busy) > OPENS
    assert max(busy) <= CLOSES


def test_a_past_is_what_a_collector_would_have_heard(tmp_path):
    store, now = str(tmp_path / "history.db"), START + timedelta(days=30, minutes=12)
    tables = [ONE, Neighbour("berlin", "table-2", visits_an_hour=1.0)]
    give_past(store, tables, days=30, now=now)
    with History.open(store) as history:
        fleet = history.fleet()
        totals = history.totals(now - timedelta(days=31), now)
    assert [(one.device, one.availability, one.simulated) for one in fleet] == [
        ("table-1", "online", True),
        ("table-2", "online", True),
    ]
    assert all(one.health_age(now) == timedelta(0) for one in fleet)
    hour = now.replace(minute=0)
    windows = [w for one in tables for w in one.windows(hour - timedelta(days=30), 30)]
    assert totals.visits == sum(window.visits or 0 for window in windows)
    sums = {one.cell: (one.n, one.visits) for one in totals.cells}
    for name in RATES:
        mine = [window.cells[name] for window in windows if name in window.cells]
        if mine:
            assert sums[name] == (sum(c.n for c in mine), sum(c.visits for c in mine))
