"""The history: each window once, the same in SQLite and PostgreSQL, and nothing per table."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.tell.window import to_json
from cuelight.view.aggregate import aggregates
from cuelight.view.answers import SiteTotals
from cuelight.view.database import open_database
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import Availability, Health, Statement, read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules, Window
from postgres import PostgresServer
from windows import real_windows, recent, sums

NOW = int(datetime.now(UTC).timestamp())
SINCE, UNTIL = recent() - timedelta(days=1), recent() + timedelta(days=20)


@pytest.fixture(scope="module")
def postgres():
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def base(request, tmp_path):
    if request.param == "sqlite":
        address = str(tmp_path / "history.db")
    else:
        address = request.getfixturevalue("postgres").make(tmp_path.name)
    opened = open_database(address, schema=TABLES)
    yield opened
    opened.close()


def read(windows):
    """Return windows as a collector reads them from the wire."""
    return [
        read_news(
            f"cuelight/{one.site}/{one.device}/counts",
            to_json(one).encode(),
            retained=False,
            now=NOW,
            rules=Rules(),
        )
        for one in windows
    ]


def shared(site, device, *, yes=True):
    return Statement(site, device, json.dumps({"shared_table": yes}), shared=yes)


def cells(totals):
    return {c.cell: (c.n, c.visits, c.releases) for c in totals.cells if not c.withheld}


def fleet_of(tables, count):
    return [w for site, device in tables for w in real_windows(count, site=site, device=device)]


def test_naming_cells_gives_what_all_of_them_give(base):
    Intake(base).take(read(fleet_of([("a", "1"), ("a", "2"), ("b", "1")], 40)), now=NOW)
    history = History(base)
    whole = history.totals(SINCE, UNTIL)
    names = [one.cell for one in whole.cells]
    assert len(names) == 3
    for wanted in ([names[0]], names[1:], [names[1], "no_such_cell"], []):
        part = history.totals(SINCE, UNTIL, cells=wanted)
        assert part.cells == tuple(one for one in whole.cells if one.cell in wanted)
        rest = dataclasses.replace(whole, cells=())
        assert dataclasses.replace(part, cells=()) == rest


def test_a_store_made_before_the_index_gets_it_and_gives_the_same(tmp_path):
    path = str(tmp_path / "history.db")
    start, _, rest = TABLES.partition("CREATE INDEX IF NOT EXISTS sums_by_cell")
    old = open_database(path, schema=start + rest.partition(";")[2])
    Intake(old).take(read(fleet_of([("a", "1"), ("a", "2")], 30)), now=NOW)
    before = History(old).by_day(SINCE, UNTIL, cells=["interest", "visits"])
    old.close()
    with History.open(path) as history:
        assert history.by_day(SINCE, UNTIL, cells=["interest", "visits"]) == before
        assert before


def test_windows_in_any_order_any_batches_and_any_repetition_count_once(base):
    chance = random.Random(7)
    windows = fleet_of([("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")], 25)
    sent = read(windows + windows[::3])
    chance.shuffle(sent)
    intake, history = Intake(base), History(base)
    counted = repeated = 0
    while sent:
        size = chance.randint(1, 40)
        taken = intake.take(sent[:size], now=NOW)
        counted += taken.counted
        repeated += len(taken.repeated)
        del sent[:size]
    assert (counted, repeated) == (100, 34)
    totals = history.totals(SINCE, UNTIL)
    assert cells(totals) == sums(windows)
    assert totals.visits == sum(w.visits or 0 for w in windows)
    assert totals.visits_with_price == sum(w.visits_with_price or 0 for w in windows)
    assert (totals.tables, totals.k, totals.floor, totals.closed) == (4, 5, 3, ())
    for site in "ab":
        mine = sums([w for w in windows if w.site == site])
        assert cells(history.totals(SINCE, UNTIL, sites=[site])) == mine
    assert all(device.missing == 0 for device in history.fleet())


def test_days_and_hours_add_up_to_the_totals_in_any_time_zone(base):
    windows = [
        window
        for device in ("1", "2")
        for window in real_windows(60, site="a", device=device, visits_an_hour=12)
    ]
    Intake(base).take(read(windows), now=NOW)
    history = History(base)
    whole = cells(history.totals(SINCE, UNTIL))
    for zone in (UTC, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")):
        found = defaultdict(lambda: (0, 0, 0))
        for day in history.by_day(SINCE, UNTIL, zone=zone):
            n, visits, releases = found[day.cell]
            found[day.cell] = (n + day.n, visits + day.visits, releases + day.releases)
        assert dict(found) == whole
    prompt = [
        (window, name, cell)
        for window in windows
        for name, cell in window.cells.items()
        if cell.start >= window.start
    ]
    assert prompt, "some cells are released by the window they began in"
    hours = history.by_hour(SINCE, UNTIL)
    assert sum(hour.n for hour in hours) == sum(cell.n for _, _, cell in prompt)
    assert {hour.hour for hour in hours} == {
        ((window.start + (window.end - window.start) / 2).hour) for window, _, _ in prompt
    }
    (visits,) = {day.cell for day in history.by_day(SINCE, UNTIL, cells=["visits"])}
    assert visits == "visits"


def test_one_tables_figures_are_closed_until_it_is_declared_shared(base):
    windows = read(real_windows(20, site="small", device="only"))
    intake, history = Intake(base), History(base)
    intake.take(windows[:10], now=NOW)
    totals = history.totals(SINCE, UNTIL)
    assert totals.closed == ("small",)
    assert cells(totals) == {}
    assert totals.visits is None
    assert history.by_day(SINCE, UNTIL) == []
    assert history.by_hour(SINCE, UNTIL) == []
    with pytest.raises(InputError, match="not declared shared"):
        history.table_totals("small", "only", SINCE, UNTIL)
    assert base.query("SELECT count(*) FROM sums WHERE device = 'only'") == [(0,)]

    intake.take([shared("small", "only"), *windows[10:]], now=NOW)
    assert history.totals(SINCE, UNTIL).closed == ()
    alone = history.table_totals("small", "only", SINCE, UNTIL)
    want = sums(real_windows(20, site="small", device="only")[10:])
    assert cells(alone) == want, "its own figures begin with the declaration"

    intake.take([shared("small", "only", yes=False)], now=NOW)
    assert history.totals(SINCE, UNTIL).closed == ("small",)
    assert base.query("SELECT count(*) FROM sums WHERE device = 'only'") == [(0,)]


def test_a_site_is_closed_in_periods_in_which_one_table_was_alone(base):
    early = real_windows(30, site="a", device="1")
    late = real_windows(30, site="a", device="2", start=recent() + timedelta(days=10))
    Intake(base).take(read(early + late), now=NOW)
    history = History(base)
    assert history.totals(SINCE, UNTIL).closed == ()
    half = recent() + timedelta(days=9)
    assert history.totals(SINCE, half).closed == ("a",)
    assert history.totals(half, UNTIL).closed == ("a",)


def test_a_cell_that_was_not_released_is_withheld_and_never_zero(base):
    Intake(base).take(read(fleet_of([("a", "1"), ("a", "2")], 8)), now=NOW)
    history = History(base)
    later = history.totals(UNTIL - timedelta(days=2), UNTIL)
    assert {cell.cell for cell in later.cells} == set(history.cell_names())
    assert all(cell.withheld and cell.n is None and cell.visits is None for cell in later.cells)


def test_what_was_not_released_is_told_by_the_visits_that_passed(base):
    windows = fleet_of([("a", "1"), ("a", "2")], 40)
    Intake(base).take(read(windows), now=NOW)
    totals = History(base).totals(SINCE, UNTIL)
    for cell in totals.cells:
        assert cell.open_gathers == 2, "each table has one open"
    rare = next(cell for cell in totals.cells if cell.cell == "after_price.interest")
    assert rare.open_visits <= totals.visits_with_price - 0
    often = next(cell for cell in totals.cells if cell.cell == "interest")
    # all visits are in a release or in an open gather, but for those not released themselves
    assert often.visits + often.open_visits >= totals.visits
    assert often.open_visits < 60


def test_a_gather_that_was_thrown_away_is_counted_with_its_visits(base):
    first, second, *_ = real_windows(12, site="a", device="1")
    fields = json.loads(to_json(second))
    gone = {"n": 3, "visits": 10, "from": (first.end + timedelta(days=12)).isoformat()}
    fields |= {"cells": {"interest": gone}, "visits": 50, "withheld": 2}
    fields["from"], fields["to"] = (
        (recent() + timedelta(days=14, hours=hour)).isoformat() for hour in (1, 2)
    )
    window = {**json.loads(to_json(first)), "visits": 6}
    window["cells"] = {"interest": {"n": 3, "visits": 6, "from": window["from"]}}
    news = [
        read_news(
            "cuelight/a/1/counts",
            json.dumps(one).encode(),
            retained=False,
            now=NOW,
            rules=Rules(),
        )
        for one in (window, fields)
    ]
    Intake(base).take([shared("a", "1"), *news], now=NOW)
    totals = History(base).totals(SINCE, UNTIL)
    (cell,) = totals.cells
    # 50 visits passed since the first release, 10 of them in the second
    assert (cell.open_gathers, cell.open_visits) == (1 + 1, 40 + 0)
    assert totals.dropped == 2


def test_what_is_older_than_is_kept_goes(base):
    intake, history = Intake(base), History(base)
    intake.take(read(fleet_of([("a", "1"), ("a", "2")], 50)), now=NOW)
    first, last = history.extent()
    middle = first + (last - first) / 2
    days = (NOW - middle.timestamp()) / 86400
    intake.prune(now=NOW, keep_days=days)
    kept, _ = history.extent()
    assert first < kept
    assert kept >= middle - timedelta(hours=1)
    assert intake.take(read(real_windows(1, site="a", device="3")), now=NOW).counted == 1


def test_the_token_changes_with_every_batch_and_devices_come_and_go(base):
    intake, history = Intake(base), History(base)
    assert history.extent() is None
    assert history.totals(SINCE, UNTIL) == SiteTotals((), None, None, 0, 0, 0, 0, ())
    intake.say_collector("c", connected=True, now=NOW, heard_at=None, batches=1)
    before = history.version()
    intake.say_collector("c", connected=True, now=NOW + 9, heard_at=NOW, batches=2)
    assert history.version() != before
    (state,) = history.collectors()
    assert state.connected
    assert state.changed_at == datetime.fromtimestamp(NOW, UTC)
    intake.take([Availability("a", "1", "online"), Availability("a", "2", "paused")], now=NOW)
    intake.take([Availability("a", "1", "online")], now=NOW + 60)
    assert history.sites() == ["a"]
    assert [d.availability for d in history.fleet()] == ["online", "paused"]
    assert history.fleet()[0].availability_at == datetime.fromtimestamp(NOW, UTC)
    intake.take([Availability("a", "1", None)], now=NOW)
    assert [d.device for d in history.fleet(["a"])] == ["2"]


def test_a_period_needs_a_zone_and_a_length(base):
    for start, end in ((SINCE, SINCE), (SINCE.replace(tzinfo=None), UNTIL)):
        with pytest.raises(InputError, match="period"):
            History(base).totals(start, end)


def test_the_fleet_is_summed_up_by_state(base):
    said = {
        "1": ("online", {"throttled": True, "waiting": 2, "backs_off": True, "fps_read": 7.5}),
        "2": ("online", {"fault": "no lamp"}),
        "3": ("paused", None),
        "4": ("offline", {"waiting": 1}),
    }
    news = [Availability("a", device, state) for device, (state, _) in said.items()]
    news += [
        Health("a", device, json.dumps(health), retained=False)
        for device, (_, health) in said.items()
        if health is not None
    ]
    news.append(Statement("a", "5", "{}", shared=False))
    Intake(base).take(news, now=NOW)
    told = [(device.backs_off, device.fps_read) for device in History(base).fleet(["a"])]
    assert told == [(True, 7.5), *[(None, None)] * 4]
    bodies = {
        topic: json.loads(text)
        for topic, text in aggregates(
            History(base), "a", now=datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=200)
        )
    }
    assert set(bodies) == {
        f"cuelight/a/aggregate/{name}" for name in ("last_7_days", "last_28_days", "fleet")
    }
    fleet = bodies["cuelight/a/aggregate/fleet"]
    states = {"online": 2, "paused": 1, "covered": 0, "stopped": 0, "offline": 1, "unknown": 1}
    assert fleet["availability"] == states
    counts = {key: fleet[key] for key in ("devices", "faults", "throttled", "waiting", "silent")}
    # two were heard 200 s ago, the third never
    assert counts == {"devices": 5, "faults": 1, "throttled": 1, "waiting": 3, "silent": 3}
    week = bodies["cuelight/a/aggregate/last_7_days"]
    assert (week["shown"], week["visits"], week["cells"]) == (False, None, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
(REAL,) = real_windows(1)
FIELDS = json.loads(to_json(REAL))


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_is_a_window_by_the_rules_or_an_input_error(data):
    key = data.draw(st.sampled_from([*FIELDS, "", "k", "n", "visits", "from"]))
    value = data.draw(JSON)
    fields = json.loads(json.dumps(FIELDS))
    if key in ("k", "n", "visits", "from"):
        cell = next(iter(fields["cells"].values()), {})
        (fields["privacy"] if key == "k" else cell)[key] = value
    elif key:
        fields[key] = value
    payload = json.dumps(fields).encode() if key else data.draw(st.binary(max_size=200))
    try:
        window = read_news(
            "cuelight/berlin/table-1/counts", payload, retained=False, now=NOW, rules=Rules()
        )
    except InputError:
        return
    if payload:
        assert isinstance(window, Window)
        assert window.k >= 5
        assert window.floor >= 3
        for cell in window.cells.values():
            assert cell.visits >= window.k
            assert window.floor <= cell.n <= cell.visits - window.floor
            assert cell.start <= window.end
