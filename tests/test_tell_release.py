from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.records import VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.release import EXPRESSIONS, Gatherer

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = ("interest", "hesitation", "after_price.interest", "raised_eyebrows")


def gatherer(*, start=START, names=NAMES, **changes):
    return Gatherer(
        ReleaseSettings(**changes), site="berlin", device="table-1", start=start, names=names
    )


def visit(*cells, price=False):
    return VisitTally(frozenset(cells), price=price)


def add(to, count, *cells, price=False):
    for _ in range(count):
        to.add(visit(*cells, price=price))


def test_a_cell_waits_for_k_visits_and_both_floors():
    g = gatherer()
    add(g, 4, "interest")
    assert g.close_window(START + HOUR) is None, "fewer than k visits"
    add(g, 1)
    window = g.close_window(START + 2 * HOUR)
    assert window.visits == 5
    assert window.cells == {}, "only one visit did not show interest"
    add(g, 2)
    assert g.close_window(START + 3 * HOUR) is None, "only two visits since it was looked at"
    add(g, 1)
    add(g, 2, "interest")
    window = g.close_window(START + 4 * HOUR)
    assert (window.start, window.end) == (START + 3 * HOUR, START + 4 * HOUR)
    (cell,) = window.cells.values()
    assert (cell.n, cell.visits, cell.start) == (6, 10, START), "it gathered from the very start"
    assert window.visits == 5, "those since visits were last released"
    assert (window.k, window.floor, window.epsilon, window.schema) == (5, 3, None, 1)


def test_a_released_cell_starts_again_from_nothing():
    g = gatherer()
    add(g, 3, "interest")
    add(g, 3)
    assert "interest" in g.close_window(START + HOUR).cells
    assert g.close_window(START + 2 * HOUR) is None
    add(g, 3, "interest")
    add(g, 4)
    cell = g.close_window(START + 3 * HOUR).cells["interest"]
    assert (cell.n, cell.visits, cell.start) == (3, 7, START + HOUR)


def test_between_two_looks_at_a_cell_come_k_visits_across_restarts_too():
    # otherwise n == floor after an hour with one visit would say what that visit showed
    g = gatherer(names=("interest",))
    add(g, 2, "interest")
    add(g, 10)
    assert g.close_window(START + HOUR).cells == {}
    add(g, 1, "interest")
    assert g.close_window(START + 2 * HOUR) is None
    again = gatherer(start=START + 3 * HOUR, names=("interest",))
    again.restore(json.loads(json.dumps(g.snapshot())))
    add(again, 3)
    assert again.close_window(START + 4 * HOUR) is None, "one and three visits since"
    add(again, 1)
    cell = again.close_window(START + 5 * HOUR).cells["interest"]
    assert (cell.n, cell.visits) == (3, 17)


def test_open_sums_of_an_earlier_version_count_as_just_looked_at():
    g = gatherer(names=("interest",))
    assert g.restore({"interest": {"n": 3, "visits": 9, "from": "2026-03-01T09:00:00Z"}}) == []
    add(g, 4)
    assert g.close_window(START + HOUR) is None
    add(g, 1)
    assert g.close_window(START + 2 * HOUR).cells["interest"].visits == 14


@pytest.mark.parametrize("looked", [-1, 10, "3", None])
def test_open_sums_whose_last_look_makes_no_sense_are_refused(looked):
    kept = {"n": 3, "visits": 9, "looked": looked, "from": "2026-03-01T09:00:00Z"}
    assert gatherer().restore({"interest": kept}) == ["interest"]


def test_after_price_counts_only_visits_with_a_price_mark():
    g = gatherer()
    add(g, 3, "after_price.interest", "interest", price=True)
    add(g, 3, price=True)
    add(g, 10, "interest")
    window = g.close_window(START + HOUR)
    assert (window.cells["after_price.interest"].n, window.cells["interest"].n) == (3, 13)
    assert window.cells["after_price.interest"].visits == 6
    assert window.cells["interest"].visits == 16
    assert (window.visits, window.visits_with_price) == (16, 6)


@pytest.mark.parametrize(("with_price", "without"), [(4, 6), (9, 2), (9, 0), (0, 9)])
def test_visits_with_price_stay_back_when_they_would_single_somebody_out(with_price, without):
    g = gatherer()
    add(g, with_price, price=True)
    add(g, without)
    window = g.close_window(START + HOUR)
    assert window.visits == with_price + without
    assert window.visits_with_price is None


def test_unreleased_cells_are_dropped_after_28_days_and_counted_as_withheld():
    g = gatherer(names=("interest", "hesitation"))
    add(g, 8, "interest")  # every visit shows it: never safe
    assert g.close_window(START + timedelta(days=27, hours=23)).withheld == 0
    # visits were released just now; interest, hesitation and visits_with_price never were
    window = g.close_window(START + timedelta(days=28))
    assert window.withheld == 3
    assert (window.cells, window.visits, window.visits_with_price) == ({}, None, None)
    add(g, 3, "interest")
    add(g, 3)
    cell = g.close_window(START + timedelta(days=29)).cells["interest"]
    assert (cell.n, cell.visits, cell.start) == (3, 6, START + timedelta(days=28))


def test_withheld_depends_on_time_alone():
    # A count of dropped cells that depended on their content would tell of single visits.
    empty, busy = gatherer(), gatherer()
    add(busy, 2, "interest", price=True)
    end = START + timedelta(days=28)
    assert empty.close_window(end).withheld == busy.close_window(end).withheld == 6


def test_expressions_are_counted_only_where_settings_say_so():
    names = {*EXPRESSIONS, *(f"after_price.{name}" for name in EXPRESSIONS), "interest"}
    for publish in (False, True):
        g = gatherer(names=names, publish_expressions=publish)
        add(g, 4, *names, price=True)
        add(g, 4, price=True)
        assert set(g.close_window(START + HOUR).cells) == (names if publish else {"interest"})
        add(g, 4, *names)
        assert EXPRESSIONS.isdisjoint(g.snapshot()) is not publish


def test_an_unknown_cell_gathers_from_its_first_visit():
    g = gatherer()
    add(g, 5)
    add(g, 3, "nodding")
    add(g, 3)
    assert g.close_window(START + HOUR).cells["nodding"].visits == 6


def test_the_demo_can_relax_the_rule():
    g = gatherer(k=1, floor=0)
    g.add(visit("interest", price=True))
    window = g.close_window(START + HOUR)
    assert (window.visits, window.visits_with_price, window.cells["interest"].n) == (1, 1, 1)
    assert window.cells["hesitation"].n == 0
    assert (window.k, window.floor) == (1, 0)


def test_a_clock_set_back_neither_raises_nor_drops():
    g = gatherer()
    add(g, 3, "interest")
    add(g, 3)
    window = g.close_window(START - timedelta(days=40))
    assert window.start == window.end == START - timedelta(days=40)
    assert window.withheld == 0
    add(g, 3, "interest")
    add(g, 3)
    assert g.close_window(START - timedelta(days=40) + HOUR).cells["interest"].visits == 6


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        gatherer().close_window(datetime(2026, 3, 1))  # noqa: DTZ001 - the point of the test


def test_only_sums_of_three_visits_and_more_are_for_disk():
    g = gatherer()
    add(g, 2, "interest", price=True)
    assert g.snapshot() == {}
    add(g, 1)
    kept = json.loads(json.dumps(g.snapshot()))
    assert kept["interest"] == {"n": 2, "visits": 3, "looked": 0, "from": "2026-03-01T09:00:00Z"}
    assert "after_price.interest" not in kept, "two visits with a price mark"


def test_a_restart_goes_on_where_the_snapshot_was_and_loses_at_most_two_visits():
    g = gatherer()
    add(g, 3, "interest")
    add(g, 2, "interest", price=True)
    again = gatherer(start=START + HOUR)
    assert again.restore(json.loads(json.dumps(g.snapshot()))) == []
    add(again, 3, price=True)
    window = again.close_window(START + 2 * HOUR)
    assert window.visits == 8
    assert (window.cells["interest"].n, window.cells["interest"].start) == (5, START)
    add(again, 3, "after_price.interest", price=True)
    window = again.close_window(START + 3 * HOUR)
    assert window.cells["after_price.interest"].visits == 6, "the two from before are lost"


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_restoring_nonsense_never_raises(value):
    g = gatherer()
    nonsense = {
        "interest": value,
        "hesitation": {"n": value, "visits": value, "from": value},
        "raised_eyebrows": {"n": 5, "visits": 3, "from": "2026-03-01T09:00:00Z"},
        "happiness": {"n": 2, "visits": 3, "from": "2026-03-01T09:00:00Z"},
        "after_price.interest": {"n": 1, "visits": 3, "from": "2026-03-01T09:00:00"},
    }
    assert set(g.restore(nonsense)) == nonsense.keys()
    assert g.snapshot() == {}


@pytest.mark.parametrize("value", [[1], "interest", 3, True])
def test_restoring_what_is_no_snapshot_at_all_is_refused(value):
    g = gatherer()
    (refused,) = g.restore(value)
    assert type(value).__name__ in refused
    assert g.snapshot() == {}


def test_open_sums_follow_a_clock_that_is_put_but_not_those_of_an_earlier_run():
    earlier = gatherer(start=START - HOUR, names=("interest",))
    add(earlier, 3, "interest")
    jump = timedelta(days=400)
    wrong = START - jump  # a Pi before its first answer of a time server
    g = gatherer(start=wrong, names=("interest", "hesitation"))
    g.restore({"interest": earlier.snapshot()["interest"]})
    add(g, 3, "hesitation")
    add(g, 3, "interest")
    g.shift(jump)
    window = g.close_window(START + HOUR)
    assert (window.start, window.withheld) == (START, 0)
    assert {name: cell.start for name, cell in window.cells.items()} == {
        "interest": START - HOUR,
        "hesitation": START,
    }
    add(g, 3, "interest")
    add(g, 3)
    g.shift(-HOUR)  # what begins again after a release moves like the rest
    assert g.close_window(START + HOUR).cells["interest"].start == START


class Oracle:
    """Keeps what a device never keeps, the visits themselves, to check every release against."""

    def __init__(self):
        self.open = {}  # cell -> list of (visit number, showed it) since it began
        self.released = {}  # cell -> set of visit numbers in any release
        self.count = 0

    def gathers(self, name, tally):
        return tally.price or not name.startswith("after_price.")

    def add(self, tally):
        self.count += 1
        shown = set(tally.cells) | {"visits"} | ({"visits_with_price"} if tally.price else set())
        for name in (*NAMES, "visits", "visits_with_price"):
            if self.gathers(name, tally):
                self.open.setdefault(name, []).append((self.count, name in shown))

    def check(self, name, n, visits, k, floor):
        held = self.open.pop(name)
        assert visits == len(held)
        assert n == sum(showed for _, showed in held)
        assert visits >= k, "fewer than k visits released"
        if name != "visits":
            assert n >= floor
            assert visits - n >= floor
        numbers = {number for number, _ in held}
        assert numbers.isdisjoint(self.released.setdefault(name, set())), "a visit released twice"
        self.released[name] |= numbers

    def check_window(self, window, k, floor):
        for name, cell in window.cells.items():
            self.check(name, cell.n, cell.visits, k, floor)
        if window.visits is not None:
            self.check("visits", window.visits, window.visits, k, floor)
        if window.visits_with_price is not None:
            assert window.visits_with_price >= k
            visits = len(self.open["visits_with_price"])
            self.check("visits_with_price", window.visits_with_price, visits, k, floor)

    def power_cut(self, snapshot):
        for name in list(self.open):
            if len(self.open[name]) < 3:
                assert name not in snapshot, "sums of single visits on disk"
                del self.open[name]
            else:
                assert snapshot[name]["visits"] == len(self.open[name])


tallies = st.builds(
    lambda cells, price: VisitTally(
        frozenset(cell for cell in cells if price or not cell.startswith("after_price.")), price
    ),
    st.sets(st.sampled_from(NAMES)),
    st.booleans(),
)
steps = st.lists(
    st.one_of(
        st.lists(tallies, min_size=1, max_size=8),
        st.tuples(st.just("close"), st.integers(-3600, 40 * 86400)),
        st.tuples(st.just("cut"), st.just(0)),
    ),
    max_size=30,
)


@given(steps, st.integers(1, 8), st.integers(0, 4))
def test_no_release_ever_breaks_the_rule(script, k, floor):
    """Whatever comes, with clock jumps and power cuts: k, both floors, no visit twice."""
    now, oracle, seen = START, Oracle(), set()
    g = gatherer(k=k, floor=floor)
    for step in script:
        if isinstance(step, list):
            for tally in step:
                g.add(tally)
                oracle.add(tally)
            continue
        what, seconds = step
        now += timedelta(seconds=seconds)
        if what == "cut":
            snapshot = json.loads(json.dumps(g.snapshot()))
            oracle.power_cut(snapshot)
            g = gatherer(start=now, k=k, floor=floor)
            assert g.restore(snapshot) == []
            continue
        window = g.close_window(now)
        if window is None:
            continue
        assert window.id not in seen
        seen.add(window.id)
        oracle.check_window(window, k, floor)
        if window.withheld:  # dropped cells begin again; the oracle learns which from the sums
            left = g.snapshot()
            oracle.open = {
                name: held for name, held in oracle.open.items() if len(held) < 3 or name in left
            }
            g = gatherer(start=now, k=k, floor=floor)
            g.restore(left)
            oracle.power_cut(left)


hours_of_visits = st.lists(st.lists(st.booleans(), max_size=7), max_size=40)


@given(hours_of_visits, st.integers(5, 8), st.integers(3, 4))
def test_a_cell_is_released_only_when_k_more_visits_came_than_when_it_was_asked_last(
    hours, k, floor
):
    g, since, held = gatherer(names=("interest",), k=k, floor=floor), 0, []
    for hour, visits in enumerate(hours, start=1):
        for showed in visits:
            g.add(visit("interest") if showed else visit())
        since, held = since + len(visits), held + visits
        asked = since >= k
        since = 0 if asked else since
        safe = len(held) >= k and floor <= sum(held) <= len(held) - floor
        window = g.close_window(START + hour * HOUR)
        released = window is not None and "interest" in window.cells
        assert released == (asked and safe), "who came when decides when it is asked, nothing else"
        held = [] if released else held
