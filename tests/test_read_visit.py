from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.read.visit import VisitEvent, VisitTimes, VisitWatch
from cuelight.records import VisitTally
from faces import BROWS, Actor, Move, play, reader, times

BEGAN, ENDED, DISCARDED = VisitEvent.BEGAN, VisitEvent.ENDED, VisitEvent.DISCARDED


def watch(stays, fps=2.0, final=130.0):
    """Show stays as (present, empty) seconds; give (time, event) for each event."""
    eye, t, happened = VisitWatch(VisitTimes()), 0.0, []
    for present, empty in [*stays, (0.0, final)]:
        for seconds, occupied in ((present, True), (empty, False)):
            for _ in range(round(seconds * fps)):
                happened += [(t, event) for event in eye.update(t, occupied=occupied)]
                t += 1 / fps
    return happened


def events(*stays, **kind):
    return [e for _, e in watch(stays, **kind) if e in (BEGAN, ENDED, DISCARDED)]


def test_a_visit_begins_after_thirty_seconds_and_ends_after_two_empty_minutes():
    happened = {e: t for t, e in watch([(40, 0)])}
    assert 30 <= happened[BEGAN] <= 30.5
    assert 159.5 <= happened[ENDED] <= 160.5


def test_a_shorter_stay_is_discarded():
    assert events((29, 0)) == [DISCARDED]


@given(st.lists(st.tuples(st.floats(1, 40), st.floats(0.5, 115)), min_size=20, max_size=20))
@settings(max_examples=40, deadline=None)
def test_one_customer_who_looks_away_twenty_times_is_one_visit(stays):
    assert events((35, 1), *stays) == [BEGAN, ENDED]


@given(st.lists(st.tuples(st.floats(2, 12), st.floats(0.5, 9)), min_size=20, max_size=20))
@settings(max_examples=40, deadline=None)
def test_short_gaps_do_not_hinder_a_visit_from_beginning(stays):
    assert events(*stays) == [BEGAN, ENDED]


def test_a_long_gap_before_it_began_starts_again():
    assert events((20, 11), (20, 0)) == [DISCARDED, DISCARDED]


def test_two_parties_two_minutes_apart_are_two_visits():
    assert events((40, 125), (40, 0)) == [BEGAN, ENDED, BEGAN, ENDED]


def test_a_camera_that_was_away_ends_the_visit_without_having_seen_the_zone_empty():
    eye = VisitWatch(VisitTimes())
    for i in range(80):
        eye.update(i / 2, occupied=True)
    happened = eye.update(500.0, occupied=True)
    assert happened == [ENDED, VisitEvent.ARRIVED]


def test_cues_from_before_a_visit_began_count_once_it_has():
    moves = [Move(3, 4, BROWS), Move(7, 8, BROWS)]
    said = play(Actor(moves), 32, fps=15)
    (tally,) = [event for event in said if isinstance(event, VisitTally)]
    assert "raised_eyebrows" in tally.cells
    assert not [event for event in play(Actor(moves), 28, fps=15) if isinstance(event, VisitTally)]


def test_one_cue_below_the_visit_threshold_does_not_count():
    said = play(Actor([Move(3, 4, BROWS)]), 32, fps=15)
    (tally,) = [event for event in said if isinstance(event, VisitTally)]
    assert tally == VisitTally(frozenset(), price=False)


def test_a_couple_is_one_visit_and_a_new_track_goes_on():
    eye, said = reader(), []
    for t in times(0, 40, 10):
        two = [Actor(track=1 + int(t // 7)).show(t), Actor(track=50, left=420).show(t)]
        said += eye.update(t, two, occupied=True)
    for t in times(40, 165, 10):
        said += eye.update(t, [], occupied=False)
    assert [type(event) for event in said] == [VisitTally]
