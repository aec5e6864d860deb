from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from cuelight.read.budget import AlertBudget, BudgetLimits
from cuelight.read.thresholds import UnitThresholds
from cuelight.read.visit import VisitTimes
from cuelight.records import Cue, Reading, Signal, VisitTally
from faces import (
    BROWS,
    FROWN,
    PRESS,
    SMILE,
    THRESHOLDS,
    WRINKLE,
    Actor,
    Move,
    book,
    named,
    play,
    reader,
    times,
)

TROUBLED = [Move(80, 81, WRINKLE), Move(84, 84.9, FROWN), Move(88, 89, WRINKLE)]


def test_a_true_pattern_in_a_visit_lights_the_lamp_once():
    said = play(Actor(TROUBLED), 100, fps=15)
    assert [(s.name, s.reading) for s in said if isinstance(s, Signal)] == [("ease", "discomfort")]
    kinds = [type(event) for event in said if not isinstance(event, Cue)]
    assert kinds[:2] == [Reading, Signal]
    assert kinds[-1] is VisitTally


def test_before_the_45th_second_of_a_visit_nothing_lights_but_readings_are_told():
    said = play(Actor([replace(m, start=m.start - 40, end=m.end - 40) for m in TROUBLED]), 60)
    assert "discomfort" in named(said, Reading)
    assert named(said, Signal) == []


def test_relaxed_limits_let_a_short_clip_light_the_lamp():
    moves = [Move(4, 5, WRINKLE), Move(8, 8.9, FROWN), Move(11, 12, WRINKLE), Move(13, 13.9, FROWN)]
    limits = BudgetLimits(first_seconds=0.0)
    visit = VisitTimes(begin_seconds=2.0)
    assert named(play(Actor(moves), 16, budget_limits=limits, visit_times=visit), Signal) == [
        "ease"
    ]


def test_a_price_concern_is_reassured_and_counted_after_the_price():
    moves = [Move(80, 82, {"gaze_yaw": 25.0}), Move(83, 84, PRESS), Move(85, 85.9, FROWN)]
    said = play(Actor(moves), 95, fps=15, marks=[79.5])
    (signal,) = [event for event in said if isinstance(event, Signal)]
    assert (signal.name, signal.reading) == ("reassure", "price_concern")
    (tally,) = [event for event in said if isinstance(event, VisitTally)]
    assert tally.price
    assert {"price_concern", "after_price.price_concern", "after_price.pressed_lips"} <= tally.cells


def test_what_is_shown_long_after_a_price_mark_is_no_price_concern():
    def told(later: float) -> tuple[list[str], set[bool]]:
        moves = [
            Move(80, 82, {"gaze_yaw": 25.0}),
            Move(82.5 + later, 83.5 + later, PRESS),
            Move(86 + later, 87 + later, PRESS),
        ]
        said = play(Actor(moves), 105, fps=15, marks=[79.5])
        lips = {e.price for e in said if isinstance(e, Cue) and e.name == "pressed_lips"}
        return named(said, Signal), lips

    assert told(0.0) == (["reassure"], {True})
    assert told(10.0) == (["ease"], {False})


def test_what_is_shown_just_before_a_price_mark_and_known_after_it_is_about_the_price():
    said = play(Actor([Move(6, 7, PRESS)]), 10, fps=15, marks=[6.9])
    assert [e.price for e in said if isinstance(e, Cue)] == [True]


def test_a_long_time_after_the_price_is_still_counted_as_after_it():
    said = play(Actor([Move(60, 61, PRESS)]), 70, fps=15, marks=[40.0])
    (tally,) = [event for event in said if isinstance(event, VisitTally)]
    assert [e.price for e in said if isinstance(e, Cue)] == [False]
    assert "after_price.pressed_lips" in tally.cells


def test_the_same_film_gives_the_same_events():
    moves = [Move(2, 3, BROWS), Move(5, 7, SMILE), Move(9, 10, WRINKLE)]
    once, twice = (play(Actor(moves), 32, fps=15, marks=[4]) for _ in range(2))
    assert once == twice
    assert len(once) > 3


@pytest.mark.parametrize("odd", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_frames_out_of_order_or_without_a_time_change_nothing(odd):
    actor = Actor([Move(2, 3, BROWS), Move(4, 5, WRINKLE)])

    def run(*, disturbed: bool):
        eye, said = reader(), []
        for t in times(0, 7):
            said += eye.update(t, [actor.show(t)], occupied=True)
            if disturbed:
                wrong = Actor([Move(-9, None, SMILE)]).show(t)
                assert eye.update(t + odd, [replace(wrong, timestamp=t + odd)], occupied=True) == []
        return said

    assert run(disturbed=True) == run(disturbed=False) != []


def test_values_that_are_no_numbers_are_passed_over():
    eye, actor, said = reader(), Actor([Move(2, 3, BROWS)]), []
    for i, t in enumerate(times(0, 5)):
        shown = actor.show(t)
        if i % 10 == 0:
            shown = replace(shown, action_units=np.full(24, np.nan, np.float32))
        said += eye.update(t, [shown], occupied=True)
    assert named(said, Cue) == ["raised_eyebrows"]


def test_every_face_is_judged_by_itself():
    cast = [
        Actor([Move(2, 3, BROWS)], track=4),
        Actor([Move(2, 3, WRINKLE)], track=9, left=400.0),
    ]
    found = {(e.track, e.name) for e in play(cast, 5) if isinstance(e, Cue)}
    assert found == {(4, "raised_eyebrows"), (9, "nose_wrinkle")}


def provisional_on_return(cast, back, *, away=2.0):
    """Show faces for 21 s, nobody for a while, then others: who raised brows before settling?

    `back` gives (track, left) for each of these; the answer is {track: provisional}.
    """
    eye, fps = reader(), 15.0
    for t in times(0, 21, fps):
        eye.update(t, [actor.show(t) for actor in cast], occupied=True)
    for t in times(21, 21 + away, fps):
        eye.update(t, [], occupied=True)
    start, said = 21 + away, []
    moves = [Move(start + 2, start + 3, BROWS)]
    others = [Actor(moves, track=track, left=left) for track, left in back]
    for t in times(start, start + 4, fps):
        said += eye.update(t, [actor.show(t) for actor in others], occupied=True)
    return {cue.track: cue.provisional for cue in said if isinstance(cue, Cue)}


@pytest.mark.parametrize(("left", "inherits"), [(200.0, True), (260.0, True), (500.0, False)])
def test_a_new_track_at_the_same_place_inherits_the_neutral(left, inherits):
    assert provisional_on_return([Actor()], [(2, left)]) == {2: not inherits}


@pytest.mark.parametrize(("away", "inherits"), [(100.0, True), (125.0, False)])
def test_a_neutral_is_kept_for_as_long_as_a_visit_may_have_a_gap(away, inherits):
    assert provisional_on_return([Actor()], [(2, 200.0)], away=away) == {2: not inherits}


def test_nobody_inherits_where_two_lost_faces_fit():
    couple = [Actor(left=200.0), Actor(track=2, left=290.0)]
    assert provisional_on_return(couple, [(3, 245.0)]) == {3: True}
    assert provisional_on_return(couple, [(3, 150.0)]) == {3: False}  # one fits, the other is far


def test_nobody_inherits_where_two_new_faces_fit():
    both = [(3, 150.0), (4, 250.0)]
    assert provisional_on_return([Actor()], both) == {3: True, 4: True}


def test_after_a_doubtful_return_the_next_one_inherits_again():
    eye, fps = reader(), 15.0
    couple = [Actor(left=200.0), Actor(track=2, left=290.0)]
    alone = Actor(track=3, left=245.0)
    again = Actor([Move(47, 48, BROWS)], track=4, left=245.0)
    said = []
    for t in times(0, 49, fps):
        cast = couple if t < 21 else [] if t < 22 else [alone] if t < 44 else [again]
        said += eye.update(t, [actor.show(t) for actor in cast], occupied=True)
    assert [(cue.track, cue.provisional) for cue in said if isinstance(cue, Cue)] == [(4, False)]


def test_a_movement_under_way_in_a_face_that_is_forgotten_is_still_told():
    eye, fps, said = reader(), 15.0, []
    couple = [Actor([Move(3, None, SMILE)]), Actor(track=2, left=290.0)]
    for t in times(0, 6, fps):
        cast = couple if t < 5 else [Actor(track=3, left=245.0)]
        said += eye.update(t, [actor.show(t) for actor in cast], occupied=True)
    assert (1, "happiness") in {(cue.track, cue.name) for cue in said if isinstance(cue, Cue)}


def test_the_end_of_a_clip_closes_what_is_open():
    said = play(Actor([Move(2, None, SMILE)]), 4)
    (smile,) = [e for e in said if isinstance(e, Cue) and e.name == "happiness"]
    assert 3.9 <= smile.offset <= 4.0


def test_the_end_of_a_clip_tells_readings_and_the_visit_but_never_signals():
    moves = [Move(80, 81, WRINKLE), Move(84, None, WRINKLE), Move(84, None, PRESS)]
    eye = reader()
    before = play(Actor(moves), 86, fps=15, into=eye, flush=False)
    assert named(before, Reading) == []
    after = eye.flush(86.0)
    assert "discomfort" in named(after, Reading)
    assert named(after, Signal) == []
    assert isinstance(after[-1], VisitTally)


def test_a_face_that_vanishes_in_mid_movement_is_no_brief_cue():
    eye, actor, said = reader(), Actor([Move(2, 4, BROWS)]), []
    for t in times(0, 6):
        said += eye.update(t, [actor.show(t)] if t < 2.6 else [], occupied=t < 2.6)
    assert said == []


def test_it_says_why_in_plain_words():
    decisions = []
    play(Actor([Move(2, 5, FROWN), Move(6, 7, WRINKLE)]), 9, explain=decisions.append)
    told = {(d.stage, d.candidate, d.outcome, d.reason) for d in decisions}
    assert ("cue", "nose_wrinkle", "accepted") in {row[:3] for row in told}
    assert ("reading", "discomfort", "refused", "one movement alone is no pattern") in told
    assert any(row[1] == "brief_frown" and "at most 1.8 s are brief" in row[3] for row in told)


def test_what_explains_does_not_change_what_is_said():
    moves = [Move(2, 3, BROWS), Move(3.5, 4, WRINKLE), Move(5, 6, {"AU12L": 0.1})]
    assert play(Actor(moves), 8, explain=[].append) == play(Actor(moves), 8)


def test_a_visit_goes_on_through_a_restart_with_its_count():
    def visit(budget: AlertBudget, start: float) -> int:
        moves = [replace(m, start=m.start + start, end=m.end + start) for m in TROUBLED]
        said = play(Actor(moves), 95, fps=12, start=start, budget=budget, flush=False)
        return len(named(said, Signal))

    first = AlertBudget()
    assert visit(first, 0.0) == 1
    after = AlertBudget()
    after.restore(first.snapshot(), same_clock=True)
    # Five minutes have not passed for the party that has been there all along.
    assert visit(after, 100.0) == 0


@pytest.mark.parametrize(
    ("starts", "lit"),
    [((0.0, 400.0, 4200.0), [1, 0, 1]), ((0.0, 8000.0), [1, 1])],
    ids=["after an hour of visits", "after hours of a closed camera"],
)
def test_a_pause_in_each_visit_does_not_keep_the_lamp_dark_for_ever(starts, lit):
    eye, told = reader(), []
    for start in starts:  # with the camera closed in between, so that nobody sees an empty zone
        moves = [replace(m, start=m.start + start, end=m.end + start) for m in TROUBLED]
        shown = named(play(Actor(moves), 95, fps=12, start=start, into=eye, flush=False), Signal)
        told.append(len(shown))
        if start == 0.0:  # the first visit uses up what it has
            for i, name in enumerate(("interest", "scepticism")):
                eye.budget.ask(Reading(name, 0.9, 200.0 + 95 * i, ()))
    assert told == lit


def test_nothing_that_is_read_is_logged(caplog):
    caplog.set_level(0)
    play(Actor(TROUBLED), 100, fps=15, marks=[80.0])
    assert caplog.records == []


def test_names_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="no unit 'AU99'"):
        reader(units={**THRESHOLDS, "AU99": UnitThresholds()})
    some = {name: entry for name, entry in book().cues.items() if name != "nod"}
    with pytest.raises(ValueError, match="lacks"):
        reader(cues=replace(book(), cues=some))
