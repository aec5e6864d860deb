from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.budget import PRIORITY, AlertBudget, BudgetLimits, Refusal
from cuelight.records import Reading, Signal

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
    budget.visit_over()
    budget.visit_began(1000.0)
    assert not lit(budget, "scepticism", 1100.0)
    budget.zone_empty()
    budget.visit_began(1200.0)
    assert lit(budget, "scepticism", 1300.0)


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

    budget: AlertBudget = field(default_factory=AlertBudget)
    now: float = 0.0
    boot: float = 0.0
    party: int = 0
    began: float | None = None
    told: list[tuple[float, str, int]] = field(default_factory=list)

    def clock(self) -> float:
        return self.now - self.boot

    def step(self, wait: float, deed: str, reading: str) -> None:
        self.now += wait
        if deed == "began":
            self.budget.visit_began(self.clock())
            self.began = self.now
        elif deed == "over":
            self.budget.visit_over()
            self.began = None
        elif deed == "empty":
            self.budget.zone_empty()
            self.party += 1
            self.began = None
        elif deed in ("restart", "reboot"):
            kept = json.loads(json.dumps(self.budget.snapshot()))
            self.budget = AlertBudget()
            self.budget.restore(kept, same_clock=deed == "restart")
            self.boot = self.now if deed == "reboot" else self.boot
            self.began = None
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
    told, slack = world.told, 1e-6
    for (before, _, _), (after, name, _) in pairwise(told):
        assert after - before >= (15 if name == "price_concern" else 90) - slack
    for i, (t, _, _) in enumerate(told):
        hour = [name for s, name, _ in told[i:] if s - t < 3600 - slack]
        assert len(hour) <= 8
        assert sum(name != "price_concern" for name in hour) <= 7
    for party in {p for _, _, p in told}:
        mine = [(t, name) for t, name, p in told if p == party]
        assert len(mine) <= 3
        for name in PRIORITY:
            same = [t for t, one in mine if one == name]
            assert all(b - a >= 300 - slack for a, b in pairwise(same))
