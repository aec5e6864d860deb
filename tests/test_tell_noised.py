"""Noise on counts: a fixed schedule, capped visits, thresholds after noise, honest nulls."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.records import VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.join import may_join
from cuelight.tell.mechanism import DiscreteLaplace
from cuelight.tell.noised import BATCH, NOISED, NoisedGatherer
from cuelight.tell.release import Gatherer
from cuelight.tell.spending import MILLION, NoiseRule
from cuelight.tell.window import from_json, to_json
from cuelight.view.window import Rules, read_window

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NAMES = ("after_price.interest", "hesitation", "interest", "nod", "raised_eyebrows")
RULE = NoiseRule(total=4 * MILLION, days=7, cells=2)


class Still:
    """A mechanism without noise, which keeps what it was asked: so sums can be checked exactly."""

    def __init__(self):
        self.asked = []

    def scale(self, *, sensitivity, epsilon):
        return sensitivity / epsilon

    def noised(self, counts, *, sensitivity, epsilon):
        self.asked.append((list(counts), sensitivity, epsilon))
        return list(counts)


class Wide(Still):
    """A mechanism that draws the same numbers whatever was counted, as vast noise would."""

    def __init__(self, *numbers):
        super().__init__()
        self.numbers = numbers

    def noised(self, counts, **asked):
        super().noised(counts, **asked)
        return list(self.numbers[: len(counts)])


def gatherer(*, rule=RULE, mechanism=None, charge=lambda _: True, start=START, **changes):
    return NoisedGatherer(
        ReleaseSettings(**changes),
        rule,
        site="berlin",
        device="table-1",
        start=start,
        names=NAMES,
        mechanism=mechanism or Still(),
        charge=charge,
    )


def visit(*cells, price=False):
    return VisitTally(frozenset(cells), price=price)


def end_of(rule, start=START, periods=1):
    day = rule.period(start) + periods * rule.days
    return datetime.fromtimestamp(day * 86400, UTC)


def test_it_releases_once_a_period_whatever_was_gathered():
    g = gatherer()
    hours = [START + number * HOUR for number in range(1, 24 * 29)]
    windows = [window for hour in hours if (window := g.close_window(hour))]
    assert [window.end for window in windows] == [
        end_of(RULE, periods=number) for number in (1, 2, 3, 4)
    ], "Thursdays at midnight, as weeks since 1970 begin; nobody came at all"
    assert {(window.visits, window.visits_with_price) for window in windows} == {(None, None)}
    assert all(window.nulls == NAMES for window in windows), "the same names every time"
    assert {window.withheld for window in windows} == {len(NAMES) + 2}


tallies = st.builds(
    lambda cells, price: VisitTally(
        frozenset(one for one in cells if price or not one.startswith("after_price.")), price
    ),
    st.sets(st.sampled_from((*NAMES, "of_no_cell", "happiness"))),
    st.booleans(),
)


@given(st.lists(tallies, max_size=40), tallies, st.integers(0, 40), st.integers(1, 4))
def test_one_visit_more_changes_all_numbers_together_by_what_the_noise_is_made_for(
    visits, one, place, cells
):
    rule = NoiseRule(4 * MILLION, 7, cells)
    asked = []
    for more in ([], [one]):
        mechanism = Still()
        g = gatherer(rule=rule, mechanism=mechanism)
        for tally in [*visits[:place], *more, *visits[place:]]:
            g.add(tally)
        g.close_window(end_of(rule))
        asked.append(mechanism.asked[0][0])
    without, with_it = asked
    # the lot falls anew for every visit, so sums are compared: no visit adds to more cells than m
    change = [len(without) == len(with_it), with_it[0] - without[0], with_it[1] - without[1]]
    assert change == [True, 1, int(one.price)]
    capped = sum(min(cells, len(tally.cells & set(NAMES))) for tally in visits)
    assert sum(without[2:]) == capped
    assert sum(with_it[2:]) - capped == min(cells, len(one.cells & set(NAMES))) <= cells
    assert rule.sensitivity == cells + 2


def test_which_cells_a_visit_adds_to_is_a_lot_and_every_name_gets_its_share():
    mechanism = Still()
    g = gatherer(rule=NoiseRule(4 * MILLION, 7, 1), mechanism=mechanism)
    for _ in range(4000):
        g.add(visit("hesitation", "interest", "nod", "raised_eyebrows"))
    g.close_window(end_of(RULE))
    shares = mechanism.asked[0][0][3:]
    assert sum(shares) == 4000
    assert all(abs(share - 1000) < 7 * 27.4 for share in shares), "fails once in 10^11 runs"


steps = st.lists(st.one_of(tallies, st.just("cut")), max_size=40)


@given(steps, tallies, st.integers(0, 40))
def test_with_restarts_one_visit_more_changes_what_is_kept_by_one_batch_at_most(script, one, place):
    """However often it restarts: the noise of a gather that a restart may have cut covers that."""
    wide = NoiseRule(4 * MILLION, 7, len(NAMES))  # nothing is drawn by lot, so sums are exact

    def run(script):
        mechanism = Still()
        g = gatherer(rule=wide, mechanism=mechanism)
        for step in script:
            if step == "cut":
                kept = json.loads(json.dumps(g.snapshot()))
                g = gatherer(rule=wide, mechanism=mechanism, start=START + HOUR)
                assert g.restore(kept) == []
            else:
                g.add(step)
        g.close_window(end_of(wide))
        return mechanism.asked[0]

    without, sensitivity, epsilon = run(script)
    with_it, *same = run([*script[:place], one, *script[place:]])
    assert same == [sensitivity, epsilon]
    distance = sum(abs(a - b) for a, b in zip(without, with_it, strict=True))
    assert distance <= sensitivity == BATCH * wide.sensitivity


@given(st.lists(tallies, max_size=40))
def test_what_is_on_disk_are_whole_batches_of_three_visits_of_a_kind(visits):
    g = gatherer()
    for tally in visits:
        g.add(tally)
    kept = json.loads(json.dumps(g.snapshot()))[NOISED]
    priced = sum(tally.price for tally in visits)
    assert kept["priced"] == priced // BATCH * BATCH
    assert kept["visits"] == kept["priced"] + (len(visits) - priced) // BATCH * BATCH
    assert set(kept) == {"period", "from", "cells_max", "visits", "priced", "n"}


def test_only_a_gather_that_no_restart_can_have_cut_gets_the_smaller_noise():
    mechanism = Still()
    g = gatherer(mechanism=mechanism)
    first, second = (g.close_window(end_of(RULE, periods=number)) for number in (1, 2))
    assert [sensitivity for _, sensitivity, _ in mechanism.asked] == [3 * 4, 4]
    assert (first.scale, second.scale) == (12.0, 4.0)
    assert first.epsilon == second.epsilon == 1.0


def test_thresholds_apply_to_noised_numbers_and_what_falls_short_is_null():
    # visits, with price, then NAMES in order: of the visits with a price, of visits
    numbers = (40, 12, 5, 2, 38, 20, -7)
    g = gatherer(mechanism=Wide(*numbers))
    window = g.close_window(end_of(RULE))
    assert (window.visits, window.visits_with_price) == (40, 12)
    found = {name: (cell.n, cell.visits) for name, cell in window.cells.items()}
    assert found == {"after_price.interest": (5, 12), "nod": (20, 40)}
    assert window.nulls == ("hesitation", "interest", "raised_eyebrows")
    assert window.withheld == 3
    few = gatherer(mechanism=Wide(4, 4, 3, 3, 3, 3, 3)).close_window(end_of(RULE))
    assert (few.visits, few.visits_with_price, few.cells) == (None, None, {})


@given(st.lists(st.integers(-60, 200), min_size=7, max_size=7), st.integers(5, 9))
def test_whatever_the_noise_no_number_falls_short_and_the_collector_takes_it(numbers, k):
    window = gatherer(mechanism=Wide(*numbers), k=k).close_window(end_of(RULE))
    text = to_json(window)
    assert from_json(text) == window
    assert json.loads(text)["privacy"] == {"k": k, "floor": 3, "epsilon": 1.0, "scale": 12.0}
    payload = text.replace('"seq":0', '"seq":1').encode()
    now = int(window.end.timestamp())
    read = read_window(payload, site="berlin", device="table-1", now=now, rules=Rules())
    assert set(read.cells) | set(window.nulls) == set(NAMES)
    assert read.is_noised


def test_a_spent_budget_gives_nulls_on_time_and_loses_no_visit():
    allowed = iter([False, True])
    g = gatherer(charge=lambda _: next(allowed))
    for _ in range(9):
        g.add(visit("interest"))
    for _ in range(6):
        g.add(visit())
    first = g.close_window(end_of(RULE))
    assert (first.visits, first.cells, first.nulls, first.withheld) == (None, {}, NAMES, 0)
    assert json.loads(to_json(first))["cells"] == dict.fromkeys(NAMES)
    second = g.close_window(end_of(RULE, periods=2))
    assert (second.visits, second.cells["interest"].n) == (15, 9)
    assert second.cells["interest"].start == START, "it went on gathering"


def test_where_the_account_cannot_be_written_nothing_is_released():
    mechanism, faults = Still(), [OSError("disk full")]

    def charge(_):
        if faults:
            raise faults.pop()
        return True

    g = gatherer(mechanism=mechanism, charge=charge)
    with pytest.raises(OSError, match="disk full"):
        g.close_window(end_of(RULE))
    assert mechanism.asked == [], "no noise was drawn either"
    assert g.close_window(end_of(RULE) + HOUR) is not None, "it is tried again"


def test_a_release_goes_into_no_second_one():
    g = gatherer()
    for _ in range(10):
        g.add(visit("interest"))
        g.add(visit())
    assert g.close_window(end_of(RULE)).visits == 20
    assert g.close_window(end_of(RULE, periods=2)).visits is None


def test_sums_of_the_gate_or_of_another_cap_are_not_taken_over():
    gate = Gatherer(ReleaseSettings(), site="b", device="t", start=START, names=NAMES)
    for _ in range(5):
        gate.add(visit("interest"))
    g = gatherer()
    assert set(g.restore(gate.snapshot())) == set(gate.snapshot())
    for _ in range(3):
        g.add(visit("interest"))
    assert gate.restore(g.snapshot()) == [NOISED]
    other = gatherer(rule=NoiseRule(4 * MILLION, 7, 3))
    assert other.restore(g.snapshot()) == [NOISED]
    assert gatherer().restore(g.snapshot()) == []


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_restoring_nonsense_never_raises(value):
    g = gatherer()
    before = g.snapshot()
    kept = {"period": 1, "from": "2026-03-01T09:00:00Z", "cells_max": 2, "visits": 3, "priced": 0}
    for wrong in (
        value,
        {"visits": value},
        {**kept, "n": value},
        {**kept, "n": {"interest": 4}},
        {**kept, "n": {"interest": 3, "nod": 3, "hesitation": 3}},
        {**kept, "n": {}, "visits": 4},
        {**kept, "n": {}, "priced": 6},
        {**kept, "n": {}, "from": "2026-03-01T09:00:00"},
    ):
        assert g.restore({NOISED: wrong}) == ([] if wrong == {**kept, "n": {}} else [NOISED])
    assert g.snapshot() == before


def test_the_period_follows_a_clock_that_is_put_but_not_that_of_an_earlier_run():
    g = gatherer(start=START - 400 * DAY)  # a Pi before its first answer of a time server
    g.shift(400 * DAY)
    assert g.close_window(START + HOUR) is None, "the week is not over"
    again = gatherer(start=START - 400 * DAY)
    again.restore(g.snapshot())
    again.shift(400 * DAY)
    assert again.close_window(START + HOUR) is None
    window = again.close_window(end_of(RULE))
    assert window.end == end_of(RULE)
    assert again.close_window(START) is None, "a clock set back releases nothing twice"


def test_windows_with_noise_are_never_joined():
    g = gatherer()
    first, second = (g.close_window(end_of(RULE, periods=number)) for number in (1, 2))
    from dataclasses import replace

    assert not may_join(replace(first, seq=1), replace(second, seq=2))


# the library's own noise

DRAWS = 20_000


@pytest.fixture(scope="module")
def laplace():
    return DiscreteLaplace()


@pytest.mark.parametrize(("sensitivity", "epsilon"), [(6, 1.0), (18, 1.0), (3, 2.0), (6, 0.1)])
def test_the_noise_is_the_discrete_laplace_that_the_library_promises(laplace, sensitivity, epsilon):
    """Hoeffding's bound: each comparison fails by chance less than once in 10^10 runs."""
    scale = laplace.scale(sensitivity=sensitivity, epsilon=epsilon)
    assert scale == pytest.approx(sensitivity / epsilon, rel=1e-9)
    noise = laplace.noised([7] * DRAWS, sensitivity=sensitivity, epsilon=epsilon)
    found = [one - 7 for one in noise]
    q = 2.718281828459045 ** (-1.0 / scale)
    slack = (24.0 / (2.0 * DRAWS)) ** 0.5  # 2 exp(-2 n slack^2) = 2 exp(-24)
    for bound in (-3 * scale, -scale, -1, 0, 1, scale, 3 * scale):
        edge = int(bound // 1)
        below = q ** (-edge) / (1 + q) if edge < 0 else 1 - q ** (edge + 1) / (1 + q)
        share = sum(one <= edge for one in found) / DRAWS
        assert abs(share - below) < slack, (edge, share, below)
    assert all(isinstance(one, int) for one in noise)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 200), st.integers(100_000, 50_000_000))
def test_no_release_costs_more_than_it_may(laplace, sensitivity, millionths):
    epsilon = millionths / MILLION
    scale = laplace.scale(sensitivity=sensitivity, epsilon=epsilon)
    assert laplace._measurement(scale).map(sensitivity) <= epsilon  # noqa: SLF001 - what OpenDP says
    assert scale <= 1.001 * sensitivity / epsilon, "and no wider than it must be"


def test_the_real_thing_end_to_end(laplace):
    g = gatherer(mechanism=laplace, rule=NoiseRule(200 * MILLION, 28, 2))
    for number in range(3000):
        g.add(visit("interest") if number % 3 else visit())
    window = g.close_window(end_of(NoiseRule(200 * MILLION, 28, 2)))
    assert abs(window.visits - 3000) < 5
    assert abs(window.cells["interest"].n - 2000) < 5
