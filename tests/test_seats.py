"""Where faces sit: an odd customer stops nothing, a turned box does, and no party is kept alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cuelight.seat_sums import BANDS, COLUMNS, ROWS, place_of
from cuelight.seats import AGAIN_SECONDS, LEARNT, ODD_VOTES, Seats, fingerprint
from cuelight.sense.records import Box
from cuelight.settings import CameraSettings, Settings, SiteSettings, ZoneSettings

CHAIR = (3, 3, 8)
BESIDE = (4, 3, 8)
STOOL = (6, 3, 8)
REP = (0, 2, 10)
FPS = 5.0


class Table:
    """A table that is played at so many frames a second; parties sit and leave."""

    def __init__(self, *, fps=FPS, zone="one", kept=None):
        self.seats = Seats(zone=zone, kept=kept)
        self.fps = fps
        self.time = 0.0
        self.ledgers = []
        self.parties = 0

    def sits(self, *places, seconds=40.0, then_empty=130.0):
        """Play a party that sits and goes; give whether the box counts as moved."""
        self.parties += 1
        self.play(places, seconds)
        self.play((), then_empty)
        return self.seats.moved

    def play(self, places, seconds):
        for _ in range(round(seconds * self.fps)):
            self.seats.update(self.time, places)
            self.time += 1.0 / self.fps
            if ledger := self.seats.ledger():
                self.ledgers.append((self.parties, json.loads(json.dumps(ledger.kept))))


def used(**more):
    """A table at which enough parties sat on the chair."""
    table = Table(**more)
    for _ in range(LEARNT):
        assert not table.sits(CHAIR)
    return table


def test_one_odd_customer_stops_nothing():
    table = used()
    assert not table.sits(STOOL)
    assert not table.sits(STOOL)
    for _ in range(20):
        assert not table.sits(CHAIR)
    assert not table.sits(REP)
    assert not table.sits(REP)


def test_a_place_that_was_odd_once_stays_odd():
    table = used()
    table.sits(REP)
    table.sits(CHAIR)
    assert [table.sits(REP) for _ in range(ODD_VOTES)] == [False, False, True]


def test_a_party_that_leans_to_and_fro_counts_once():
    table = used()
    for _ in range(2):
        for place in ((6, 3, 8), (7, 3, 8), (6, 3, 9)):
            table.play([place], 20.0)
        table.play((), 130.0)
        table.sits(CHAIR)
    _, kept = table.ledgers[-1]
    assert kept["places"] == {"3 3 8": LEARNT + 1, "6 3 8": 1}


def test_a_turned_box_stops_after_three_parties():
    table = used()
    assert [table.sits(REP) for _ in range(ODD_VOTES)] == [False, False, True]


def test_it_stops_at_the_moment_the_last_vote_is_given():
    table = used()
    table.sits(REP)
    table.sits(REP)
    table.play([REP], 25.0)
    assert not table.seats.moved
    table.play([REP], 10.0)
    assert table.seats.moved


def test_a_rep_who_sits_before_a_turned_box_all_day_is_noticed_within_little_more_than_an_hour():
    table = used(fps=1.0)
    table.play([REP], 2 * AGAIN_SECONDS)
    assert not table.seats.moved  # an odd customer may stay for an hour
    table.play([REP], 120.0)
    assert table.seats.moved


def test_a_customer_who_stays_for_hours_in_the_usual_place_is_usual():
    table = used(fps=1.0)
    table.play([CHAIR], 5 * AGAIN_SECONDS)
    assert not table.seats.moved


def test_a_second_chair_is_learnt_when_usual_ones_come_in_between():
    table = used()
    for _ in range(3):
        table.sits(STOOL)
        table.sits(CHAIR)
    for _ in range(5):
        assert not table.sits(STOOL)


def test_leaning_to_the_next_place_and_half_an_octave_nearer_is_usual():
    table = used()
    for right, down, up in ((1, 1, 1), (-1, 0, 1), (0, -1, -1), (1, -1, 0), (-1, 1, -1)):
        assert not table.sits((CHAIR[0] + right, CHAIR[1] + down, CHAIR[2] + up))


def test_a_couple_of_which_one_sits_where_nobody_did_is_odd():
    table = used()
    assert [table.sits(CHAIR, STOOL) for _ in range(ODD_VOTES)] == [False, False, True]


def test_those_who_pass_by_have_no_vote():
    table = used()
    for _ in range(20):
        assert not table.sits(REP, seconds=12.0, then_empty=20.0)


def test_while_the_first_parties_sit_everything_is_usual():
    table = Table()
    for number in range(LEARNT):
        assert not table.sits((number, 3, 8))


def test_confirming_ends_it_and_the_places_are_learnt_anew():
    table = used()
    for _ in range(ODD_VOTES):
        table.sits(REP)
    assert table.seats.moved
    assert not table.seats.update(table.time, [REP])  # it is said once
    table.seats.confirm()
    for _ in range(LEARNT):
        assert not table.sits(STOOL)
    assert [table.sits(REP) for _ in range(ODD_VOTES)] == [False, False, True]


def test_a_restart_keeps_what_was_learnt_and_that_the_box_was_moved():
    table = used()
    again = Table(kept=table.ledgers[-1][1])
    for _ in range(LEARNT % 3):  # the last ones before the restart were too few to be kept
        again.sits(CHAIR)
    assert [again.sits(REP) for _ in range(ODD_VOTES)] == [False, False, True]
    last = Table(kept=again.ledgers[-1][1])
    assert last.seats.moved
    last.seats.confirm()
    last.play((), 1.0)
    assert not Table(kept=last.ledgers[-1][1]).seats.moved


def test_another_zone_is_a_confirmed_one_and_is_told():
    table = used()
    for _ in range(ODD_VOTES):
        table.sits(REP)
    other = Table(zone="two", kept=table.ledgers[-1][1])
    assert not other.seats.moved
    other.play((), 1.0)
    ((_, kept),) = other.ledgers
    assert kept == {"zone": "two", "moved": False, "parties": 0, "places": {}}


@pytest.mark.parametrize(
    "kept",
    [
        "nonsense",
        [1],
        {"zone": "one"},
        {"zone": "one", "moved": True, "parties": 8, "places": 3},
        {"zone": "one", "moved": True, "parties": 8, "places": {"1 2": 3}},
        {"zone": "one", "moved": True, "parties": 8, "places": {"1 2 x": 3}},
        {"zone": "one", "moved": True, "parties": 8, "places": {"1 2 3": -3}},
        {"zone": "one", "moved": "yes", "parties": 8, "places": {}},
    ],
)
def test_what_cannot_be_read_is_nothing(kept):
    seats = Seats(zone="one", kept=kept)
    assert not seats.moved
    assert seats.ledger().kept == {"zone": "one", "moved": False, "parties": 0, "places": {}}


def test_the_sums_stay_small_and_old_places_are_forgotten():
    table = used(fps=1.0)
    for _ in range(300):
        table.sits(BESIDE, then_empty=125.0)
    kept = table.ledgers[-1][1]
    assert sum(kept["places"].values()) <= 203
    assert [table.sits((1, 3, 8)) for _ in range(ODD_VOTES)] == [False, False, True]


places = st.tuples(st.integers(0, COLUMNS - 1), st.integers(0, ROWS - 1), st.integers(0, BANDS - 1))
parties = st.lists(st.lists(places, min_size=1, max_size=3), max_size=30)


@given(parties)
@settings(deadline=None)
@example([[CHAIR]] * 12)
def test_no_copy_on_disk_tells_of_fewer_than_three_parties(came):
    """Each copy differs from the one before in three parties at least, or in no sum at all."""
    table = Table(fps=1.0)
    for party in came:
        table.sits(*party, then_empty=125.0)
    before, sums = 0, {}
    for number, kept in table.ledgers:
        if kept["places"] != sums:
            assert number - before >= 3
            before, sums = number, kept["places"]
        assert set(kept) == {"zone", "moved", "parties", "places"}
        assert kept["parties"] <= LEARNT


@given(parties)
@settings(deadline=None)
def test_whatever_odd_ones_come_between_usual_ones_nothing_stops(came):
    table = used(fps=1.0)
    for party in came:
        assert not table.sits(*party, then_empty=125.0)
        assert not table.sits(CHAIR, then_empty=125.0)


@given(
    x=st.floats(-2000, 2000),
    y=st.floats(-2000, 2000),
    high=st.floats(0, 3000, allow_subnormal=False),
)
@settings(deadline=None)
def test_every_box_has_a_place(x, y, high):
    column, row, band = place_of(Box(x, y, x + high, y + high), (480, 640))
    assert 0 <= column < COLUMNS
    assert 0 <= row < ROWS
    assert 0 <= band < BANDS


def test_a_turn_by_fifteen_degrees_is_three_columns_and_half_the_distance_two_bands():
    here = place_of(Box(270, 190, 370, 290), (480, 640))
    turned = place_of(Box(270 + 180, 190, 370 + 180, 290), (480, 640))  # 15 of 53 degrees
    near = place_of(Box(220, 140, 420, 340), (480, 640))
    assert turned[0] - here[0] >= 3
    assert near[2] - here[2] == 2


def test_the_fingerprint_is_of_zone_and_picture_and_nothing_else():
    one = fingerprint(Settings())
    assert fingerprint(Settings(site=SiteSettings(device="table-2"))) == one
    assert fingerprint(Settings(zone=ZoneSettings(distance_max_m=1.5))) != one
    assert fingerprint(Settings(camera=CameraSettings(index=1))) != one
    corners = [list(corner) for corner in ZoneSettings().polygon]  # as a message has it
    assert fingerprint(Settings(zone=ZoneSettings(polygon=corners))) == one
