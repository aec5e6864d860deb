from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.budget import PRIORITY, AlertBudget, BudgetLimits, Refusal
from cuelight.records import Reading, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = BudgetLimits(first_seconds=0.0)


def ask(budget: AlertBudget, name: str, t: float) -> Signal | Refusal:
    return budget.ask(Reading(name, 0.9, t, ()))


def lit(budget: AlertBudget, name: str, t: float) -> bool:
    return isinstance(ask(budget, name, t), Signal)


def visited(limits: BudgetLimits | None = None, t: float = 0.0) -> AlertBudget:
    budget = AlertBudget(limits)
    budget.visit_began(t)
    return budget


def test_each_reading_has_its_rhythm():
    told = {}
    for name in PRIORITY:
        answer = ask(visited(), name, 50.0)
        assert isinstance(answer, Signal)
        told[name] = answer.name
    assert told == {
        "interest": "go",
        "hesitation": "ease",
        "discomfort": "ease",
        "scepticism": "reassure",
        "price_concern": "reassure",
    }


def test_nothing_is_told_without_a_visit_or_in_its_first_45_seconds():
    assert not lit(AlertBudget(), "interest", 1000.0)
    assert not lit(visited(), "interest", 44.9)
    assert lit(visited(), "interest", 45.0)


@pytest.mark.parametrize(
    ("name", "wait"), [("interest", 90), ("scepticism", 90), ("price_concern", 15)]
)
def test_signals_keep_their_distance(name, wait):
    for early, allowed in ((0.1, False), (0.0, True)):
        budget = visited()
        assert lit(budget, "discomfort", 50.0)
        assert lit(budget, name, 50.0 + wait - early) is allowed


def test_a_visit_has_three():
    budget = visited()
    names = ("interest", "discomfort", "hesitation", "scepticism", "price_concern")
    assert [lit(budget, name, 100.0 * (i + 1)) for i, name in enumerate(names)] == [
        *(True, True, True),
        *(False, False),
    ]


def test_the_same_reading_waits_five_minutes():
    budget = visited()
    assert lit(budget, "interest", 50)
    assert not lit(budget, "interest", 349)
    assert lit(budget, "interest", 350)


def test_the_hour_keeps_one_for_a_price_concern():
    budget, t = AlertBudget(), 0.0
    told = 0
    for i in range(12):
        budget.zone_empty()
        budget.visit_began(t)
        t += 100.0
        told += lit(budget, ("interest", "discomfort")[i % 2], t)
    assert told == 7
    assert lit(budget, "price_concern", t + 20)
    assert not lit(budget, "price_concern", t + 400)


def test_a_visit_after_the_zone_was_not_seen_empty_has_nothing_new():
    budget = visited(FREE)
    for i, name in enumerate(("interest", "discomfort", "hesitation")):
        assert lit(budget, name, 100.0 * (i + 1))
    budget.visit_over(900.0)
    budget.visit_began(1000.0)
    assert not lit(budget, "scepticism", 1100.0)
    budget.zone_empty()
    budget.visit_began(1200.0)
    assert lit(budget, "scepticism", 1300.0)


def spent(over: float | None) -> AlertBudget:
    """A budget whose visit has had its three signals, and was seen last at `over`."""
    budget = visited()
    for i, name in enumerate(("interest", "discomfort", "hesitation")):
        assert lit(budget, name, 100.0 * (i + 1))
    if over is not None:
        budget.visit_over(over)
    return budget


def test_a_visit_under_way_never_gets_more_however_long_it_lasts():
    budget = spent(over=None)
    assert not any(lit(budget, name, 20_000.0) for name in PRIORITY)


@pytest.mark.parametrize("restart", [False, True])
def test_what_a_visit_used_that_broke_off_counts_for_another_hour(restart):
    budget = spent(over=5000.0)
    if restart:
        kept, budget = json.loads(json.dumps(budget.snapshot())), AlertBudget()
        budget.restore(kept, same_clock=True)
    budget.visit_began(5200.0)
    assert not lit(budget, "scepticism", 8599.0)
    assert lit(budget, "scepticism", 8600.0)


def test_what_an_interrupted_visit_used_counts_for_an_hour_from_what_is_known_of_it():
    budget = AlertBudget()
    budget.restore(spent(over=None).snapshot(), same_clock=True)
    budget.visit_began(400.0)
    assert not lit(budget, "scepticism", 3899.0)
    assert lit(budget, "scepticism", 3900.0)


def test_a_visit_that_ends_first_after_a_restore_does_not_make_a_future_time_ours():
    budget = AlertBudget()
    budget.restore({"now": 1e300, "given": [], "visit": []}, same_clock=True)
    budget.visit_over(50.0)
    budget.visit_began(1000.0)
    assert lit(budget, "interest", 1100.0)


def test_a_visit_that_was_over_before_its_signals_is_over_with_them():
    kept = {"now": 2000.0, "given": [], "visit": [[2000.0, "interest", -1e300]] * 3}
    budget = AlertBudget()
    budget.restore(kept, same_clock=True)
    budget.visit_began(2100.0)
    assert not lit(budget, "scepticism", 5599.0)
    assert lit(budget, "scepticism", 5600.0)


@pytest.mark.parametrize("same_clock", [True, False])
def test_if_every_visit_ends_in_a_restart_the_lamp_still_lights(same_clock):
    kept, now, told = AlertBudget().snapshot(), 0.0, []
    for _ in range(6):  # visits of 70 minutes
        budget = AlertBudget()
        budget.restore(kept, same_clock=same_clock)
        start = now if same_clock else 30.0
        budget.visit_began(start)
        names = ("interest", "discomfort", "hesitation")
        told += [lit(budget, name, start + 4000 + 100 * i) for i, name in enumerate(names)]
        kept, now = json.loads(json.dumps(budget.snapshot())), start + 4300
    assert told == [True] * 18


def test_nothing_of_a_past_visit_stays_in_the_snapshot_longer_than_it_counts():
    budget = spent(over=5000.0)
    assert len(budget.snapshot()["visit"]) == 3
    budget.visit_began(8700.0)
    assert budget.snapshot() == {"now": 8700.0, "given": [], "visit": []}


def test_a_reset_breaks_the_visit_off_without_forgetting_its_signals():
    budget = spent(over=None)
    budget.reset()
    budget.visit_began(400.0)
    assert not lit(budget, "scepticism", 3899.0)
    assert lit(budget, "scepticism", 3900.0)


def test_a_snapshot_that_was_restored_from_another_clock_and_never_used_stays_foreign():
    first, second = AlertBudget(), AlertBudget()
    first.restore(spent(over=None).snapshot(), same_clock=False)
    second.restore(json.loads(json.dumps(first.snapshot())), same_clock=True)
    second.visit_began(9000.0)
    assert not any(lit(second, name, 9100.0) for name in PRIORITY)


_ANY_TIME = st.floats(allow_nan=False, allow_infinity=False)


@given(
    now=st.none() | _ANY_TIME,
    rows=st.lists(st.tuples(_ANY_TIME, st.sampled_from(PRIORITY), st.none() | _ANY_TIME)),
    same_clock=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_no_ledger_whatever_is_in_it_keeps_the_lamp_dark_for_longer_than_an_hour(
    now, rows, same_clock
):
    budget = AlertBudget()
    given = [[t, name] for t, name, _ in rows]
    kept = {"now": now, "given": given, "visit": [list(row) for row in rows]}
    budget.restore(kept, same_clock=same_clock)
    budget.visit_began(1000.0)
    assert lit(budget, "interest", 4600.0)


def test_times_in_the_future_count_as_just_given():
    kept = {"now": 1e300, "given": [[1e300, "interest"]], "visit": [[1e300, "interest", None]]}
    budget = AlertBudget()
    budget.restore(kept, same_clock=True)
    budget.visit_began(1000.0)
    assert not lit(budget, "discomfort", 1089.0)
    assert lit(budget, "discomfort", 1090.0)
    assert not lit(budget, "interest", 1299.0)


def test_after_a_restart_with_another_clock_the_remembered_count_as_just_given():
    budget = visited()
    assert lit(budget, "discomfort", 5000.0)
    kept = json.loads(json.dumps(budget.snapshot()))
    later = AlertBudget()
    later.restore(kept, same_clock=False)
    later.visit_began(10.0)
    assert not lit(later, "interest", 99.0)
    assert not lit(later, "discomfort", 300.0)
    assert lit(later, "discomfort", 310.0)


def test_after_a_restart_with_the_same_clock_time_has_gone_on():
    budget = visited()
    assert lit(budget, "discomfort", 5000.0)
    later = AlertBudget()
    later.restore(budget.snapshot(), same_clock=True)
    later.visit_began(5010.0)
    assert not lit(later, "interest", 5089.0)
    assert lit(later, "interest", 5090.0)


@pytest.mark.parametrize("t", [math.nan, math.inf, -math.inf, 40.0])
def test_an_impossible_time_is_refused_and_does_no_harm(t):
    budget = visited(t=50.0)
    assert not lit(budget, "interest", t)
    assert lit(budget, "interest", 100.0)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"now": 1.0, "given": 3, "visit": []},
        {"now": "x", "given": [], "visit": []},
        {"now": None, "given": [[1.0, "joy"]], "visit": []},
        {"now": None, "given": [[math.nan, "interest"]], "visit": []},
        {"now": 1.0, "given": [], "visit": [[1.0, "interest", "then"]]},
        {"now": 1.0, "given": [], "visit": [[1.0, "joy", None]]},
    ],
)
def test_what_is_no_snapshot_is_refused_and_changes_nothing(kept):
    budget = visited(FREE)
    assert lit(budget, "interest", 10.0)
    with pytest.raises(ValueError, match="no snapshot"):
        budget.restore(kept, same_clock=True)
    assert not lit(budget, "discomfort", 20.0)


@dataclass
class World:
    """What really happens, on one true clock, while the device restarts and its clock jumps."""

    new: Callable[[], AlertBudget] = AlertBudget
    now: float = 0.0
    boot: float = 0.0
    party: int = 0
    began: float | None = None
    told: list[tuple[float, str, int]] = field(default_factory=list)
    breaks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.budget = self.new()

    def clock(self) -> float:
        return self.now - self.boot

    def step(self, wait: float, deed: str, reading: str) -> None:
        self.now += wait
        if deed == "began":
            self.budget.visit_began(self.clock())
            self.began = self.now
        elif deed == "over":
            self.budget.visit_over(self.clock())
            self.began = None
            self.breaks.append(self.now)
        elif deed == "empty":
            self.budget.zone_empty()
            self.party += 1
            self.began = None
        elif deed in ("restart", "reboot"):
            kept = json.loads(json.dumps(self.budget.snapshot()))
            self.budget = self.new()
            self.budget.restore(kept, same_clock=deed == "restart")
            self.boot = self.now if deed == "reboot" else self.boot
            self.began = None
            self.breaks.append(self.now)
        elif deed == "odd":
            self.ask(reading, self.clock())
            self.ask(reading, self.clock() - wait * 3 - 1)
            self.ask(reading, math.nan)
        else:
            self.ask(reading, self.clock())

    def ask(self, reading: str, t: float) -> None:
        if isinstance(ask(self.budget, reading, t), Signal):
            assert t == self.clock()
            assert self.began is not None
            assert self.now - self.began >= 45
            self.told.append((self.now, reading, self.party))

    def check(self) -> None:
        """Hold everything that was told against the promise."""
        told, slack = self.told, 1e-6
        for (before, _, _), (after, name, _) in pairwise(told):
            assert after - before >= (15 if name == "price_concern" else 90) - slack
        for i, (t, _, _) in enumerate(told):
            hour = [name for s, name, _ in told[i:] if s - t < 3600 - slack]
            assert len(hour) <= 8
            assert sum(name != "price_concern" for name in hour) <= 7
        for party in {p for _, _, p in told}:
            mine = [(t, name) for t, name, p in told if p == party]
            for (first, _), (fourth, _) in zip(mine, mine[3:], strict=False):
                assert fourth - first >= 3600 - slack
                assert any(first <= broke <= fourth for broke in self.breaks)
            for name in PRIORITY:
                same = [t for t, one in mine if one == name]
                assert all(b - a >= 300 - slack for a, b in pairwise(same))


@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(0, 60), st.floats(0, 400)),
            st.sampled_from(
                ["ask"] * 8 + ["began", "began", "over", "empty", "restart", "reboot", "odd"]
            ),
            st.sampled_from(PRIORITY),
        ),
        min_size=30,
        max_size=120,
    )
)
@settings(max_examples=80, deadline=None)
def test_no_limit_is_ever_exceeded_whatever_happens(story):
    world = World()
    world.step(0, "began", "interest")
    for step in story:
        world.step(*step)
    world.check()
