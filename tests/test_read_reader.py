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


@pytest.mark.parametrize(("left", "inherits"), [(200.0, True), (260.0, True), (500.0, False)])
def test_a_new_track_at_the_same_place_inherits_the_neutral(left, inherits):
    eye = reader()
    for t in times(0, 21):
        eye.update(t, [Actor().show(t)], occupied=True)
    for t in times(21, 23):
        eye.update(t, [], occupied=True)
    back, said = Actor([Move(25, 26, BROWS)], track=2, left=left), []
    for t in times(23, 27):
        said += eye.update(t, [back.show(t)], occupied=True)
    assert [cue.provisional for cue in said if isinstance(cue, Cue)] == [not inherits]


def test_the_end_of_a_clip_closes_what_is_open():
    said = play(Actor([Move(2, None, SMILE)]), 4)
    (smile,) = [e for e in said if isinstance(e, Cue) and e.name == "happiness"]
    assert 3.9 <= smile.offset <= 4.0


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
    assert any(row[1] == "brief_frown" and "at most 1.2 s are brief" in row[3] for row in told)


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


def test_frame_rate_bounds_what_can_be_told():
    eye = reader()
    for t in times(0, 4, 10):
        eye.update(t, [], occupied=False)
    assert eye.min_detectable_seconds == pytest.approx(0.3, abs=0.01)


def test_names_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="no unit 'AU99'"):
        reader(units={**THRESHOLDS, "AU99": UnitThresholds()})
    some = {name: entry for name, entry in book().cues.items() if name != "nod"}
    with pytest.raises(ValueError, match="lacks"):
        reader(cues=replace(book(), cues=some))
