"""Matching found intervals to true ones."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from cue_bench.match import match, overlap
from hypothesis import given, settings
from hypothesis import strategies as st

LEAST = 0.5


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ((0, 2), (0, 2), 1.0),
        ((0, 2), (1, 3), 1 / 3),
        ((0, 1), (1, 2), 0.0),
        ((0, 1), (5, 6), 0.0),
        ((0, 4), (1, 3), 0.5),
        ((1, 1), (1, 1), 1.0),
        ((1, 1), (0, 2), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(one, other, shared):
    assert overlap(one, other) == pytest.approx(shared)
    assert overlap(other, one) == overlap(one, other)


def test_exactly_half_is_enough_and_a_little_less_is_not():
    assert match([(0, 4)], [(1, 3)], least=LEAST) == [(0, 0)]
    assert match([(0, 4.01)], [(1, 3)], least=LEAST) == []


def test_one_found_cue_counts_for_one_event_only():
    assert len(match([(0, 1), (0.1, 1.1)], [(0, 1.1)], least=LEAST)) == 1


def test_one_event_takes_one_cue_and_the_better_one():
    assert match([(0, 2)], [(0.5, 2.5), (0, 2.1)], least=LEAST) == [(0, 1)]


def test_a_greedy_choice_is_taken_back_where_that_makes_two_pairs():
    true = [(0.0, 10.0), (3.0, 10.0)]
    found = [(2.0, 10.0), (5.5, 10.0)]
    # the first cue fits the second event best of all, but the first event has no other
    assert overlap(true[1], found[0]) > max(overlap(true[0], found[0]), overlap(true[1], found[1]))
    assert overlap(true[0], found[1]) < LEAST
    assert match(true, found, least=LEAST) == [(0, 0), (1, 1)]


def test_nothing_matches_nothing():
    assert match([], [(0, 1)], least=LEAST) == []
    assert match([(0, 1)], [], least=LEAST) == []


INTERVALS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 8)).map(lambda row: (row[0], row[0] + row[1])),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(INTERVALS, INTERVALS)
def test_pairs_are_one_to_one_overlap_enough_and_are_as_many_as_can_be(true, found):
    pairs = match(true, found, least=LEAST)
    assert len({event for event, _ in pairs}) == len({place for _, place in pairs}) == len(pairs)
    assert all(overlap(true[event], found[place]) >= LEAST for event, place in pairs)

    def possible(size):
        return any(
            all(overlap(true[e], found[p]) >= LEAST for e, p in zip(events, places, strict=True))
            for events in combinations(range(len(true)), size)
            for places in permutations(range(len(found)), size)
        )

    assert not possible(len(pairs) + 1)
