"""Taps make the lamp stricter within bounds, for a while, and never break the budget's promise."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.budget import PRIORITY, AlertBudget, BudgetLimits, Refusal
from cuelight.read.judged import DOUBT_MAX, DOUBT_SHARE, JUDGE_SECONDS, JudgedBudget, read_taps
from cuelight.records import Reading, Signal
from cuelight.split.line import Keep, read_up, write_up
from faces import book
from test_read_budget import World

MEASURED = {name: entry.confidence for name, entry in book().readings.items()}
MANY = BudgetLimits(0, 0, 10**6, 10**6, 0, 0, 0)


def new():
    return JudgedBudget(MEASURED)


def tireless():
    """A budget that only doubt makes refuse."""
    budget = JudgedBudget(MEASURED, MANY)
    budget.visit_began(0.0)
    return budget


def ask(budget, name, confidence, t):
    return budget.ask(Reading(name, confidence, t, ()))


def judge(budget, name, t, *, useful):
    """Show a hint and judge it."""
    assert isinstance(ask(budget, name, 1.0, t), Signal)
    assert budget.judge(t + 1.0, useful=useful)


def test_a_not_useful_asks_for_more_and_a_useful_takes_that_back():
    budget = tireless()
    assert budget.needed("interest") == 0.8
    judge(budget, "interest", 10.0, useful=False)
    assert budget.needed("interest") == pytest.approx(0.81)
    assert budget.needed("discomfort") == 0.7, "each reading by itself"
    answer = ask(budget, "interest", 0.805, 20.0)
    assert isinstance(answer, Refusal)
    assert "called not useful lately" in answer.reason
    judge(budget, "interest", 30.0, useful=True)
    assert budget.needed("interest") == 0.8, "never below what was measured"
    judge(budget, "interest", 40.0, useful=True)
    assert budget.needed("interest") == 0.8
    assert (budget.useful, budget.not_useful) == (2, 1)


def test_only_the_last_signal_is_judged_once_and_within_fifteen_seconds():
    budget = tireless()
    assert not budget.judge(5.0, useful=False)
    ask(budget, "interest", 1.0, 10.0)
    assert not budget.awaits(9.9)
    assert not budget.judge(10.0 + JUDGE_SECONDS + 0.01, useful=False)
    assert budget.judge(10.0 + JUDGE_SECONDS, useful=False)
    assert not budget.judge(11.0, useful=False)
    assert budget.not_useful == 1


def test_a_doubt_fades_each_time_that_its_reading_comes_up():
    budget = tireless()
    for i in range(20):
        judge(budget, "hesitation", 10.0 * i, useful=False)
    full = budget.needed("hesitation")
    assert full == pytest.approx(0.85, abs=0.005)
    for i in range(300):
        ask(budget, "hesitation", 0.71, 1000.0 + i)
    assert budget.needed("hesitation") < 0.71
    assert isinstance(ask(budget, "hesitation", 0.71, 2000.0), Signal)


TAPS = st.tuples(
    st.sampled_from(PRIORITY), st.floats(0, 1), st.sampled_from(["useful", "not_useful", "none"])
)


@given(st.lists(TAPS, max_size=200))
@settings(max_examples=60, deadline=None)
def test_what_a_reading_needs_stays_within_its_bounds_whatever_is_tapped(story):
    budget, t = tireless(), 0.0
    for name, confidence, tap in story:
        t += 20.0
        shown = ask(budget, name, confidence, t)
        if tap != "none":
            assert budget.judge(t + 1.0, useful=tap == "useful") is isinstance(shown, Signal)
        for each, measured in MEASURED.items():
            top = measured + DOUBT_SHARE * (1.0 - measured)
            assert measured <= budget.needed(each) <= top + 1e-12
            assert top < 1.0, "a reading that is sure enough always lights the lamp"
        again = new()
        again.restore(json.loads(json.dumps(budget.snapshot())), same_clock=True)
        assert all(again.needed(each) == budget.needed(each) for each in MEASURED)
        assert (again.useful, again.not_useful) == (budget.useful, budget.not_useful)


class Judged(World):
    """The world of the budget's own test, with a rep who taps, and readings of every sureness."""

    def step(self, wait, deed, reading):
        if deed not in ("useful", "not_useful"):
            super().step(wait, deed, reading)
            return
        self.now += min(wait, 20.0)
        self.budget.judge(self.clock(), useful=deed == "useful")

    def ask(self, reading, t):
        self.sure = (getattr(self, "sure", 0.0) + 0.37) % 1.0
        if isinstance(self.budget.ask(Reading(reading, self.sure, t, ())), Signal):
            assert t == self.clock()
            assert self.began is not None
            assert self.now - self.began >= 45
            self.told.append((self.now, reading, self.party))


DEEDS = ["ask"] * 8 + ["useful", "not_useful", "not_useful", "not_useful"]
DEEDS += ["began", "began", "over", "empty", "restart", "reboot", "odd"]


@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(0, 60), st.floats(0, 400)),
            st.sampled_from(DEEDS),
            st.sampled_from(PRIORITY),
        ),
        min_size=30,
        max_size=120,
    )
)
@settings(max_examples=80, deadline=None)
def test_no_limit_is_ever_exceeded_whatever_is_tapped(story):
    world = Judged(new)
    world.step(0, "began", "interest")
    for step in story:
        world.step(*step)
    world.check()


@given(st.lists(st.tuples(st.floats(0, 200), st.sampled_from(PRIORITY), st.booleans())))
@settings(max_examples=60, deadline=None)
def test_without_taps_it_is_the_plain_budget(story):
    plain, judged = AlertBudget(), new()
    for budget in (plain, judged):
        budget.visit_began(0.0)
    t = 0.0
    for wait, name, empties in story:
        t += wait
        if empties:
            for budget in (plain, judged):
                budget.zone_empty()
                budget.visit_began(t)
        assert ask(plain, name, 0.9, t) == ask(judged, name, 0.9, t)


@pytest.mark.parametrize(
    "taps",
    [
        3,
        {},
        {"useful": -1, "not_useful": 0, "doubts": {}},
        {"useful": True, "not_useful": 0, "doubts": {}},
        {"useful": 10**7, "not_useful": 0, "doubts": {}},
        {"useful": 1, "not_useful": 0, "doubts": {"joy": 1.0}},
        {"useful": 1, "not_useful": 0, "doubts": {"interest": math.nan}},
        {"useful": 1, "not_useful": 0, "doubts": {"interest": DOUBT_MAX + 1}},
        {"useful": 1, "not_useful": 0, "doubts": {}, "anna": 3},
    ],
)
def test_taps_that_make_no_sense_count_as_none_and_the_signals_beside_them_still_count(taps):
    with pytest.raises(ValueError, match="no sums of taps"):
        read_taps(taps)
    first = new()
    first.visit_began(0.0)
    assert isinstance(ask(first, "interest", 0.9, 50.0), Signal)
    budget = new()
    budget.restore({**first.snapshot(), "taps": taps}, same_clock=True)
    budget.visit_began(51.0)
    assert isinstance(ask(budget, "discomfort", 0.9, 100.0), Refusal)
    assert (budget.useful, budget.not_useful) == (0, 0)


def test_what_is_kept_is_sums_and_nothing_else():
    budget = tireless()
    for i in range(3):
        judge(budget, "interest", 10.0 * i, useful=False)
    kept = budget.snapshot()["taps"]
    assert set(kept) == {"useful", "not_useful", "doubts"}
    assert (kept["useful"], kept["not_useful"]) == (0, 3)
    assert list(kept["doubts"]) == ["interest"]


def test_what_is_kept_crosses_from_a_sensing_process_of_its_own():
    budget = tireless()
    for i, name in enumerate(PRIORITY):
        judge(budget, name, 10.0 * i, useful=False)
        ask(budget, name, 0.99, 10.0 * i + 5.0)  # a doubt that is no round number
    kept = budget.snapshot()
    assert len(kept["taps"]["doubts"]) == len(PRIORITY)
    assert read_up(write_up(Keep("alerts", kept))).kept == kept


def test_an_older_ledger_without_taps_is_taken_up():
    kept = AlertBudget().snapshot()
    budget = new()
    budget.restore(kept, same_clock=True)
    assert (budget.useful, budget.not_useful, budget.needed("interest")) == (0, 0, 0.8)
