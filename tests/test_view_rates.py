"""Rates, floors and differences, measured on the device's own gathering rule."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.records import VisitTally
from cuelight.settings import ReleaseSettings
from cuelight.tell.release import Gatherer
from cuelight.view.difference import compare, compare_after_price
from cuelight.view.false_alarms import STATED, Floor, floor_of
from cuelight.view.rates import Gathered, pooled, rate_of

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SHOWN, NOT = VisitTally(frozenset({"x"}), price=False), VisitTally(frozenset(), price=False)
NO_FLOOR = Floor(0.0, 0.0, 100)


def gather(dice, p, *, a_window, days, hours=8):
    """Let a real gatherer release what it may; give the sums, and each release's n / visits."""
    gatherer = Gatherer(
        ReleaseSettings(), site="s", device="d", start=START, names=["x"], new_id=lambda: "id"
    )
    sums, since, ratios, last = Gathered(), 0, [], START
    for window in range(days * hours):
        for shown in dice.random(dice.poisson(a_window)) < p:
            gatherer.add(SHOWN if shown else NOT)
        end = START + timedelta(days=window // hours, hours=window % hours + 1)
        released = gatherer.close_window(end)
        since += (released.visits or 0) if released else 0
        if released and (cell := released.cells.get("x")):
            dropped = cell.start > last  # it began anew in between: a gather was dropped
            sums += Gathered(
                cell.n, cell.visits, 1, int(dropped), max(since - cell.visits, 0) * dropped
            )
            ratios.append(cell.n / cell.visits)
            since, last = 0, end
    return sums + Gathered(open_gathers=1, open_visits=since), ratios


CASES = [(0.02, 4.0), (0.05, 1.0), (0.1, 1.0), (0.3, 0.5), (0.5, 1.0), (0.85, 1.0), (0.97, 4.0)]


@pytest.mark.parametrize(("p", "a_window"), CASES)
def test_the_interval_covers_the_true_rate_and_the_estimate_is_not_biased(p, a_window):
    dice = np.random.default_rng(20261123)
    covered, estimates = 0, []
    runs = 120
    for _ in range(runs):
        rate = rate_of(gather(dice, p, a_window=a_window, days=28)[0])
        assert rate is not None, "these cases release something"
        covered += rate.low <= p <= rate.high
        estimates.append(rate.value)
    assert covered >= 107, "95 % of 120 are 114; fewer than 107 would come by chance in 1 of 200"
    assert abs(np.mean(estimates) - p) < 0.1 * min(p, 1 - p) + 0.006


def test_the_mean_of_single_releases_is_biased_and_ours_is_not():
    dice = np.random.default_rng(7)
    runs = [gather(dice, 0.1, a_window=0.5, days=56) for _ in range(60)]
    naive = np.mean([np.mean(ratios) for _, ratios in runs if ratios])
    ours = np.mean([rate.value for sums, _ in runs if (rate := rate_of(sums))])
    assert naive > 0.125, "three of every gather: too near to one half"
    assert abs(ours - 0.1) < 0.01


def test_what_was_never_released_keeps_a_lucky_release_from_standing_for_all():
    dice = np.random.default_rng(11)
    runs = [gather(dice, 0.02, a_window=0.25, days=112)[0] for _ in range(120)]
    lucky = [sums for sums in runs if sums.releases]
    assert 0 < len(lucky) < len(runs)
    alone = [rate_of(Gathered(one.n, one.visits, one.releases)).value for one in lucky]
    ours = [rate_of(one).value for one in lucky]
    assert np.mean(alone) > 0.06
    assert np.mean(ours) < 0.04
    assert np.mean([rate_of(one).low <= 0.02 <= rate_of(one).high for one in lucky]) > 0.9


def test_taking_releases_by_their_hour_of_the_day_does_not_bias_the_rate():
    dice = np.random.default_rng(5)
    visits_an_hour = (0.5, 1.0, 2.0, 4.0, 4.0, 2.0, 1.0, 1.0, 3.0)
    sums = dict.fromkeys(range(len(visits_an_hour)), Gathered())
    for _ in range(12):
        gatherer = Gatherer(
            ReleaseSettings(), site="s", device="d", start=START, names=["x"], new_id=lambda: "id"
        )
        for window in range(70 * len(visits_an_hour)):
            day, hour = divmod(window, len(visits_an_hour))
            for shown in dice.random(dice.poisson(visits_an_hour[hour])) < 0.3:
                gatherer.add(SHOWN if shown else NOT)
            released = gatherer.close_window(START + timedelta(days=day, hours=hour + 1))
            if released and (cell := released.cells.get("x")):
                sums[hour] += Gathered(cell.n, cell.visits, 1)
    rates = [rate_of(one) for one in sums.values()]
    assert all(rate.low - 0.02 <= 0.3 <= rate.high + 0.02 for rate in rates)
    assert sum(rate.low <= 0.3 <= rate.high for rate in rates) >= 8


def test_equal_rates_differ_in_at_most_a_twentieth_of_the_cases():
    dice = np.random.default_rng(3)
    sums = [gather(dice, 0.25, a_window=1.0, days=14)[0] for _ in range(120)]
    pairs = list(zip(sums[::2], sums[1::2], strict=True))
    claimed = [compare(*pair, floor=NO_FLOOR).verdict for pair in pairs]
    assert sum(verdict in ("higher", "lower") for verdict in claimed) <= 7
    strict = [compare(*pair, floor=NO_FLOOR, among=20).verdict for pair in pairs]
    assert sum(verdict in ("higher", "lower") for verdict in strict) <= 1


counts = st.integers(0, 400)


@st.composite
def gathered(draw):
    shown, others = draw(st.integers(3, 400)), draw(st.integers(3, 400))
    return Gathered(
        n=shown,
        visits=shown + others,
        releases=draw(st.integers(1, 50)),
        open_gathers=draw(st.integers(0, 5)),
        open_visits=draw(counts),
    )


@settings(deadline=None)
@given(gathered())
def test_a_rate_lies_in_its_interval_and_the_interval_among_rates(sums):
    rate = rate_of(sums)
    assert 0.0 <= rate.low < rate.value < rate.high <= 1.0
    assert (rate.n, rate.visits) == (sums.n, sums.visits)
    wider = rate_of(sums, share=0.99)
    assert wider.low < rate.low < rate.high < wider.high


@settings(deadline=None)
@given(gathered())
def test_counting_what_did_not_show_instead_turns_the_rate_round(sums):
    turned = Gathered(
        sums.visits - sums.n, sums.visits, sums.releases, sums.open_gathers, sums.open_visits
    )
    rate, other = rate_of(sums), rate_of(turned)
    assert other.high == pytest.approx(1.0 - rate.low, abs=0.01)
    assert other.low == pytest.approx(1.0 - rate.high, abs=0.01)


@settings(deadline=None)
@given(gathered())
def test_more_of_the_same_narrows_the_interval(sums):
    sums = Gathered(sums.n, sums.visits, sums.releases)
    one, four = rate_of(sums), rate_of(pooled([sums] * 4))
    assert four.high - four.low < one.high - one.low


@settings(deadline=None)
@given(open_gathers=st.integers(0, 9), open_visits=counts)
def test_a_cell_of_which_nothing_was_released_has_no_rate(open_gathers, open_visits):
    assert rate_of(Gathered(open_gathers=open_gathers, open_visits=open_visits)) is None


@settings(deadline=None)
@given(gathered(), gathered(), st.floats(0.0, 1.0), st.integers(1, 60))
def test_a_difference_is_claimed_only_outside_interval_and_floor(one, other, floor, among):
    floor = Floor(floor, floor, 10)
    found, turned = (
        compare(one, other, floor=floor, among=among),
        compare(other, one, floor=floor, among=among),
    )
    assert found.low <= found.value <= found.high
    if found.verdict in ("higher", "lower"):
        assert not found.low <= 0.0 <= found.high
        assert abs(found.value) > floor.value
        assert (found.value > 0.0) == (found.verdict == "higher")
    else:
        assert found.verdict == "not shown"
        assert found.reason
    swap = {"higher": "lower", "lower": "higher"}
    assert turned.verdict == swap.get(found.verdict, found.verdict)


@settings(deadline=None)
@given(gathered())
def test_a_rate_never_differs_from_itself_nor_from_what_is_withheld(sums):
    assert compare(sums, sums, floor=NO_FLOOR).verdict == "not shown"
    assert compare(sums, Gathered(), floor=NO_FLOOR).verdict == "withheld"


def test_fewer_after_a_price_mention_is_what_half_a_minute_explains():
    often, seldom = Gathered(300, 600, 60), Gathered(60, 600, 60)
    assert compare_after_price(often, seldom, floor=NO_FLOOR).verdict == "higher"
    found = compare_after_price(seldom, often, floor=NO_FLOOR)
    assert (found.verdict, found.reason) == ("not shown", "less time explains it")


def test_a_difference_below_the_floor_is_not_shown():
    one, other = Gathered(300, 2000, 200), Gathered(200, 2000, 200)
    assert compare(one, other, floor=Floor(0.02, 0.1, 16)).verdict == "higher"
    found = compare(one, other, floor=Floor(0.06, 0.1, 16))
    assert (found.verdict, found.reason) == ("not shown", "false alarms explain it")


@pytest.mark.parametrize("changes", [{"n": -1}, {"n": 7, "visits": 6}, {"releases": -1}])
def test_impossible_sums_are_refused(changes):
    with pytest.raises(ValueError, match="holds a count"):
        Gathered(**changes)


def load_script(name):
    loader = importlib.machinery.SourceFileLoader("script", str(ROOT / "scripts" / name))
    spec = importlib.util.spec_from_loader("script", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_floors_are_those_that_the_report_measured():
    script = load_script("document-false-alarms")
    cells = script.measured(script.SOURCE.read_text(encoding="utf-8"))
    assert script.TARGET.read_text(encoding="utf-8") == script.as_toml(cells), (
        "run scripts/document-false-alarms"
    )
    packaged = tomllib.loads(script.TARGET.read_text(encoding="utf-8"))["visits_without"]
    assert len(packaged) > 40
    assert all(0 <= row["counted"] <= row["visits"] for row in packaged.values())


def test_a_floor_never_measured_is_the_stated_ceiling_and_says_so():
    assert floor_of("nobody_watched_this") == Floor(STATED, STATED, 0)
    assert not floor_of("nobody_watched_this").is_measured
    measured = floor_of("raised_eyebrows")
    assert measured.is_measured
    assert 0.0 < measured.value < measured.high < 1.0
    assert measured.value > floor_of("fear").value


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=20))
def test_every_name_has_a_floor(name):
    floor = floor_of(name)
    assert 0.0 <= floor.value <= floor.high <= 1.0
