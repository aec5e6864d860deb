"""The attack on the release gate: its arithmetic against plain counting, and that it can win."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from release_observer import Gather, chances

SCRIPT = Path(__file__).parent.parent / "scripts" / "attack-release"


@pytest.fixture(scope="module")
def attack():
    spec = spec_from_loader("attack_release", SourceFileLoader("attack_release", str(SCRIPT)))
    module = module_from_spec(spec)
    # a dataclass looks its module up
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "attack_release", module)
        spec.loader.exec_module(module)
        yield module


def safe(n, visits):
    return visits >= 3 and n >= 1 and visits - n >= 1


def by_counting(gather, share):
    """Weigh every way in which the visits could have gone."""
    total = sum(gather.ended)
    weights = np.zeros(2)
    shown = np.zeros(total)
    for way in product((0, 1), repeat=total):
        visits, possible = 0, True
        for window, (ended, decided) in enumerate(zip(gather.ended, gather.decided, strict=True)):
            visits += ended
            n = sum(way[:visits])
            if window == len(gather.ended) - 1 and gather.n is not None:
                possible &= n == gather.n
            elif decided:
                possible &= not safe(n, visits)
        weight = possible * np.prod([share if one else 1 - share for one in way])
        weights += weight
        shown += weight * np.array(way)
    return shown / weights[0] if weights[0] else None


windows = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=4)


@given(windows, st.none() | st.integers(0, 9), st.sampled_from((0.1, 0.5, 0.8)))
def test_the_observer_comes_to_what_plain_counting_gives(windows, n, share):
    ended, decided = zip(*windows, strict=True)
    assume(sum(ended) <= 9)
    gather = Gather(ended, decided, n)
    expected = by_counting(gather, share)
    if expected is None:
        assume(sum(ended) > 0)
        with pytest.raises(ValueError, match="cannot have happened"):
            chances(gather, share, safe=safe)
    else:
        assert chances(gather, share, safe=safe) == pytest.approx(expected)


def test_asked_every_hour_the_gate_gave_a_lone_visit_away():
    gather = Gather([19, 1], [True, True], 1)
    assert chances(gather, 0.1, safe=safe)[-1] == pytest.approx(1.0)
    gather = Gather([19, 1], [False, True], 1)
    assert chances(gather, 0.1, safe=safe) == pytest.approx(np.full(20, 1 / 20))


def test_the_attack_wins_where_it_can_and_hardly_anything_against_the_gate(attack):
    lines = {
        one.name: attack.make(one, tables=4, hourly=1.6).line(one.name) for one in attack.ATTACKS
    }
    now, before, off = (lines[name] for name in ("as it is", "asked every hour", "switched off"))
    assert off["points"][1] > attack.WON_POINTS
    assert off["found_out_percent"] > 20.0
    assert before["found_out_percent"] > 3.0, "the rule that it replaced gave visitors away"
    assert now["found_out_percent"] <= 0.5
    assert now["points"][0] < before["points"][0]
