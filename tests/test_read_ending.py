"""Movements are judged when their ends have gone by."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cuelight.read.ending import Endings
from cuelight.read.movement import Movement

AWAITED = frozenset(range(20))
ONE = Movement(1, "AU12", "both", 1.0, 1.4, 2.0, 0.3, "macro", channel=3, salience=3.0)


def test_a_movement_is_judged_a_moment_after_its_end():
    endings = Endings(AWAITED)
    assert endings.update(1.9, [ONE]) == [], "its end is still to come"
    assert endings.update(2.05, []) == []
    assert endings.update(2.11, []) == [ONE]
    assert endings.update(2.2, []) == [], "once is enough"


def test_what_lasts_or_broke_off_is_judged_at_once():
    held = replace(ONE, returned=False)
    assert Endings(AWAITED).update(1.9, [held]) == [held]


def test_what_nothing_weighs_is_judged_as_it_falls():
    lean = replace(ONE, channel=20)
    assert Endings(AWAITED).update(1.9, [lean]) == [replace(lean, offset=1.9)]


def test_a_face_that_goes_takes_only_what_was_seen_of_the_end():
    endings = Endings(AWAITED)
    endings.update(1.9, [ONE])
    assert endings.close(1.9) == [replace(ONE, offset=1.9)]
    assert endings.close(1.9) == []
    endings.update(1.3, [ONE])
    assert endings.close(1.3) == [replace(ONE, offset=1.4)], "no end lies before the apex"


@given(
    ends=st.lists(st.floats(0.0, 5.0), max_size=12),
    gaps=st.lists(st.floats(0.01, 0.5), min_size=1, max_size=40),
)
def test_every_movement_is_judged_once_and_none_before_its_end(ends, gaps):
    endings, now, judged = Endings(AWAITED), 0.0, []
    movements = [
        replace(ONE, onset=end - 1.0, apex=end - 0.5, offset=end, channel=number)
        for number, end in enumerate(ends)
    ]
    for gap in gaps:
        now += gap
        found = [one for one in movements if now - gap < one.offset - 0.2 <= now]
        ready = endings.update(now, found)
        assert all(one.offset < now for one in ready)
        judged += ready
    judged += endings.close(now)
    assert len({one.channel for one in judged}) == len(judged)
    assert {one.channel for one in judged} == {
        one.channel for one in movements if 0.0 < one.offset - 0.2 <= now
    }
