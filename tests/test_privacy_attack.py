"""The attack on the release gate: its arithmetic against plain counting, and that it can win."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from release_noised import Seen, chances_one_by_one, chances_together, kept_by_lot
from release_observer import Gather, chances, noise_weights
from release_presence import log_weights, most_points, was_there
from release_visits import START

from cuelight.records import CountWindow
from cuelight.tell.mechanism import DiscreteLaplace
from cuelight.tell.release import VISITS_WITH_PRICE as WITH_PRICE
from cuelight.tell.spending import MILLION, NoiseRule

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


@given(st.integers(-40, 60), st.integers(0, 30), st.sampled_from((0.3, 1.0, 6.0, 20.0)))
def test_every_noised_number_and_null_together_have_a_chance_of_one(among, most, scale):
    q = np.exp(-1.0 / scale)
    null = noise_weights(None, among, most=most, scale=scale, floor=3)
    told = [
        noise_weights(n, among, most=most, scale=scale, floor=3) * (1 - q) / (1 + q)
        for n in range(3, among - 2)
    ]
    assert null + sum(told) == pytest.approx(np.ones(most + 1), abs=1e-9)
    assert noise_weights(None, None, most=most, scale=scale, floor=3) == pytest.approx(1.0)


seen = st.builds(
    lambda showed, lot, kept: Seen(showed, showed and lot, 0.3, kept, alone=False),
    st.booleans(),
    st.booleans(),
    st.sampled_from((0.6, 1.0)),
)


def by_counting_with_noise(visits, weights, known):
    """Weigh every way in which visits could have shown it, and the lot have fallen."""
    shown, whole = np.zeros(len(visits)), 0.0
    ways = [
        [(0, 0), (1, 0), (1, 1)] if not is_known else [(1, 0), (1, 1)] if visit.showed else [(0, 0)]
        for visit, is_known in zip(visits, known, strict=True)
    ]
    for way in product(*ways):
        chance = weights[sum(counted for _, counted in way)]
        for (showed, counted), visit, is_known in zip(way, visits, known, strict=True):
            share = float(visit.showed) if is_known else visit.share
            chance *= share * (visit.kept if counted else 1 - visit.kept) if showed else 1 - share
        whole += chance
        shown += chance * np.array([showed for showed, _ in way])
    return shown / whole


@given(st.lists(st.tuples(seen, st.booleans()), min_size=1, max_size=6), st.integers(-5, 12))
def test_with_noise_the_observer_comes_to_what_plain_counting_gives(given_visits, n):
    visits, known = zip(*given_visits, strict=True)
    weights = noise_weights(n, 12, most=len(visits), scale=2.0, floor=3)
    found = chances_together(visits, weights, known)
    expected = by_counting_with_noise(visits, weights, known)
    for chance, right, is_known in zip(found, expected, known, strict=True):
        assert is_known or chance == pytest.approx(right)
    alone = chances_one_by_one(visits, weights)
    for place, visit in enumerate(visits):
        others = [  # of them the lot is known too: as if it could not have fallen otherwise
            Seen(one.counted, one.counted, one.share, 1.0, alone=False) for one in visits
        ]
        others[place] = visit
        is_known = [one != place for one in range(len(visits))]
        right = by_counting_with_noise(others, weights, is_known)[place]
        assert alone[place] == pytest.approx(right)


def test_the_lot_keeps_what_plain_counting_says():
    shares = {"a": 0.5, "b": 0.5, "after_price.c": 0.5}
    assert kept_by_lot("a", shares, most=3, price=True) == 1.0
    assert kept_by_lot("a", shares, most=1, price=False) == pytest.approx((1 + 1 / 2) / 2)
    expected = (1 + 2 / 2 + 1 / 3) / 4
    assert kept_by_lot("a", shares, most=1, price=True) == pytest.approx(expected)


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
    assert lines[attack.LITTLE]["points_at_even_odds"][1] > 30.0, "hardly any noise hides nobody"
    for one in attack.ATTACKS:
        if one.noise is not None:
            assert lines[one.name]["points_at_even_odds"][1] <= one.most, one.name
    for name in ("noise, epsilon 1", "noise, epsilon 4"):
        assert lines[name]["found_out_percent"] == 0.0
        assert lines[name]["points_at_even_odds"][2] < now["points_at_even_odds"][1]


def test_who_was_there_is_told_no_better_than_epsilon_allows_and_well_without_noise():
    mechanism = DiscreteLaplace()
    for total, least in ((1, None), (4, None), (400, 40.0)):
        rule = NoiseRule(total * MILLION, 7, 4)
        line = was_there(rule, tables=6, hourly=1.6, mechanism=mechanism)
        # three standard errors beyond the interval: fails by chance less than once in 10^6 runs
        middle, low, _ = line["points"]
        assert low - 1.5 * (middle - low) <= most_points(rule), line
        assert least is None or low > least, "hardly any noise hides nobody"


@given(st.integers(0, 20), st.integers(0, 20), st.sampled_from((0.5, 2.0, 6.0)))
def test_what_is_published_of_all_numbers_has_a_chance_of_one(visits, priced, scale):
    """All that can come of `visits_with_price`, beside published visits, adds up."""
    q = np.exp(-1.0 / scale)
    norm = (1 - q) / (1 + q)
    one = {"k": 5, "floor": 3, "scale": scale, "cells": {}, "visits": visits + 5}
    base = CountWindow(
        **{**one, "id": "i", "site": "s", "device": "d", "seq": 1, "start": START, "end": START},
        visits_with_price=None,
        withheld=0,
    )
    told = [
        norm * np.exp(log_weights(replace(base, visits_with_price=n), (), most=40)[WITH_PRICE])
        for n in range(5, base.visits - 2)
    ]
    null = np.exp(log_weights(base, (), most=40)[WITH_PRICE])
    assert (null + sum(told))[priced] == pytest.approx(1.0, abs=1e-9)
