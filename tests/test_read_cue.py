from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.records import Cue
from faces import (
    BROWS,
    FROWN,
    PRESS,
    SMILE,
    SMIRK,
    WRINKLE,
    Actor,
    Move,
    iou,
    named,
    play,
    reader,
    times,
)

SURPRISE = {"AU01": 0.5, "AU02L": 0.5, "AU02R": 0.5, "AU05": 0.4, "AU26": 0.5, "surprise": 0.8}
SHOWN = {
    "raised_eyebrows": BROWS,
    "soft_smile_tilt": {"AU12L": 0.3, "AU12R": 0.3, "roll": 12.0},
    "pressed_lips": PRESS,
    "nose_wrinkle": WRINKLE,
    "brief_frown": FROWN,
    "one_sided_smile": {"AU12L": 0.4, "AU12R": 0.1},
    "happiness": SMILE,
    "surprise": SURPRISE,
    "disgust": {"AU09": 0.5, "AU10": 0.5, "disgust": 0.8},
    "anger": {"AU04L": 0.5, "AU04R": 0.5, "AU07": 0.5, "AU24": 0.4, "anger": 0.8},
    "fear": {"AU01": 0.4, "AU02L": 0.4, "AU04L": 0.4, "AU04R": 0.4, "AU05": 0.5, "fear": 0.8},
    "sadness": {"AU01": 0.4, "AU04L": 0.4, "AU04R": 0.4, "AU15": 0.5, "sadness": 0.8},
    "contempt": SMIRK,
    "lean_in": {"scale": 0.06},
    "lean_out": {"scale": -0.06},
    "eye_softening": {"AU06": 0.4},
    "relaxed_head": {"roll": 12.0},
    "confused_stillness": {**FROWN, "roll": 12.0},
}
MEANT = {
    # What else the same movement rightly is: a smirk is a one-sided smile, a grin softens the eyes.
    "happiness": {"eye_softening"},
    "contempt": {"one_sided_smile"},
    "surprise": {"raised_eyebrows"},
    "disgust": {"nose_wrinkle"},
    "anger": {"brief_frown", "pressed_lips"},
    "fear": {"brief_frown", "raised_eyebrows"},
    "sadness": {"brief_frown"},
    "soft_smile_tilt": {"relaxed_head"},
    "confused_stillness": {"brief_frown", "relaxed_head"},
}


def cues(moves, seconds=5.0, **choices) -> list[Cue]:
    return [e for e in play(Actor(moves), seconds, **choices) if isinstance(e, Cue)]


def names(moves, seconds=5.0, **choices) -> set[str]:
    return {cue.name for cue in cues(moves, seconds, **choices)}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("fps", [30, 60])
def test_each_cue_is_found_and_no_other(name, fps):
    brief = name in ("brief_frown", "anger", "fear", "sadness")
    found = cues([Move(2, 3.0 if brief else 3.6, SHOWN[name])], fps=fps)
    assert name in {cue.name for cue in found}
    assert {cue.name for cue in found} <= {name} | MEANT.get(name, set())
    (cue,) = [cue for cue in found if cue.name == name]
    truth = Cue(name, 1, 2.0, 2.5, 3.0 if brief else 3.6, 0.3, 1.0)
    assert iou(cue, truth) >= 0.6
    assert cue.onset <= cue.apex <= cue.offset


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", [0.005, 0.02])
def test_a_still_face_gives_no_cue(seed, noise):
    assert play(Actor(seed=seed, noise=noise), 28) == []


@given(
    name=st.sampled_from(sorted(set(SHOWN) - {"lean_in", "lean_out"})),
    start=st.floats(1, 2),
    seconds=st.floats(0.7, 2.4),
    size=st.floats(0.8, 1.3),
)
@settings(max_examples=12, deadline=None)
def test_the_same_movement_gives_the_same_macro_cues_at_any_frame_rate(name, start, seconds, size):
    if name == "brief_frown":
        seconds = min(seconds, 1.0)
    if name in ("relaxed_head", "confused_stillness"):
        seconds += 1.0  # the head is still only some time after it tilted
    move = Move(start, start + seconds, {part: size * v for part, v in SHOWN[name].items()})
    runs = [
        {c.name: c for c in cues([move], 5.5, fps=fps) if c.name == name} for fps in (30, 60, 15)
    ]
    assert runs[0].keys() == runs[1].keys() == runs[2].keys() == {name}
    assert iou(runs[0][name], runs[1][name]) >= 0.5
    assert iou(runs[0][name], runs[2][name]) >= 0.5


@pytest.mark.parametrize("fps", [30, 60])
def test_a_micro_movement_of_a_quarter_second_is_a_cue(fps):
    found = cues([Move(2, 2.3, WRINKLE, rise=0.1)], fps=fps)
    assert [cue.name for cue in found] == ["nose_wrinkle"]
    assert found[0].offset - found[0].onset <= 0.5


@given(
    left=st.floats(0.15, 0.8),
    share=st.floats(0.62, 1.0),
    lag=st.floats(-0.15, 0.15),
    seconds=st.floats(0.6, 5),
    mirrored=st.booleans(),
    seed=st.integers(0, 50),
)
@settings(max_examples=20, deadline=None)
def test_a_both_sided_smile_is_never_one_sided(*, left, share, lag, seconds, mirrored, seed):
    sides = ("AU12R", "AU12L") if mirrored else ("AU12L", "AU12R")
    moves = [
        Move(2, 2 + seconds, {sides[0]: left, "AU06": left, "happiness": 0.7, "contempt": 0.25}),
        Move(2 + lag, 2 + seconds + lag, {sides[1]: left * share}),
    ]
    said = play(Actor(moves, seed=seed), seconds + 4)
    assert not {"one_sided_smile", "contempt"} & set(named(said, Cue))
    if left * share > 0.25 and seconds > 1:
        assert "happiness" in named(said, Cue)


@pytest.mark.parametrize("side", ["AU12L", "AU12R", "AU14L", "AU14R"])
def test_either_side_gives_a_one_sided_smile(side):
    assert names([Move(2, 3, {side: 0.4})]) == {"one_sided_smile"}


def test_a_crooked_face_smiling_as_it_always_does_is_not_one_sided():
    crooked = {"AU12L": 0.62, "AU12R": 0.42, "happiness": 0.8}
    habit = [Move(2 + 4 * i, 4.5 + 4 * i, crooked) for i in range(4)]
    worse = Move(20, 21.5, {"AU12L": 0.62, "AU12R": 0.3, "happiness": 0.4})
    assert not {"one_sided_smile", "contempt"} & names([*habit, worse], 24)


@pytest.mark.parametrize("yaw", [35.0, -40.0])
def test_a_turned_head_gives_nothing_one_sided(yaw):
    turned = Move(1, 5, {"yaw": yaw}, rise=0.5)
    assert not {"one_sided_smile", "contempt"} & names([turned, Move(2.5, 3.5, SMIRK)], 6)


def test_a_blink_is_no_cue_and_hides_what_lids_and_brows_do_briefly():
    blink = {"AU45L": 0.9, "AU45R": 0.9, "AU04L": 0.3, "AU04R": 0.3, "AU07": 0.4, "AU01": 0.2}
    blink |= {"AU02L": 0.2, "AU02R": 0.2, "AU09": 0.3}
    moves = [Move(1 + i, 1.3 + i, blink, rise=0.1) for i in range(4)]
    assert cues(moves, 6) == []
    without = {part: rise for part, rise in blink.items() if not part.startswith("AU45")}
    assert names([Move(1, 1.3, without, rise=0.1)], 6)


def test_talking_masks_what_lips_do():
    def talk(t: float):
        on = 1.0 if 1.0 < t < 7.0 else 0.0
        beat = on * 0.5 * (1 + math.sin(2 * math.pi * 3 * t))
        return {"AU25": 0.4 * beat, "AU26": 0.3 * beat}

    press = Move(3, 4, PRESS)
    assert named(play(Actor([press], extra=talk), 9), Cue) == []
    assert names([press], 9) == {"pressed_lips"}


@pytest.mark.parametrize(("seconds", "brief"), [(0.5, True), (1.0, True), (2.0, False)])
def test_a_frown_is_brief_only_if_it_returns_within_about_a_second(seconds, brief):
    assert ("brief_frown" in names([Move(2, 2 + seconds, FROWN)])) is brief
    assert "brief_frown" not in names([Move(2, None, FROWN)], 2.8)


def test_brows_that_a_face_arrives_with_are_not_brief():
    assert names([Move(-1, 1, BROWS)]) == set()


def test_nods_and_shakes():
    def swing(part, size, hertz):
        def value(t: float):
            return {part: size * math.sin(2 * math.pi * hertz * (t - 2)) if 2 < t < 3.5 else 0.0}

        return named(play(Actor(extra=value), 6), Cue)

    assert set(swing("pitch", 5, 2)) == {"nod"}
    assert set(swing("yaw", 8, 1.6)) == {"shake"}
    assert swing("pitch", 1, 2) == []
    assert swing("pitch", 10, 0.4) == []


def test_a_cue_is_told_soon_after_its_definition_is_met():
    from faces import reader, times

    eye, actor, said = reader(), Actor([Move(2, 3, WRINKLE), Move(5, 12, SMILE)]), []
    for t in times(0, 12):
        heard = eye.update(t, [actor.show(t)], occupied=True)
        said += [(t, event) for event in heard if isinstance(event, Cue)]
    told = {cue.name: t for t, cue in said}
    assert told["nose_wrinkle"] <= 3.0 + 0.15 + 1 / 30
    assert told["happiness"] == pytest.approx(9.0, abs=0.15 + 1 / 30)


@pytest.mark.parametrize(
    ("part", "size"), [("gaze_yaw", 25.0), ("yaw", 25.0), ("gaze_pitch", 20.0)]
)
@pytest.mark.parametrize("mark", [7.0, 9.5, 12.0])
def test_looking_away_around_a_price_mark(part, size, mark):
    said = play(Actor([Move(8, 10, {part: size})]), 14, marks=[mark])
    (cue,) = [e for e in said if isinstance(e, Cue) and e.name == "price_gaze_aversion"]
    assert cue.price
    assert cue.offset - cue.onset >= 1.2


@pytest.mark.parametrize(
    ("move", "mark"),
    [
        (Move(8, 10, {"gaze_yaw": 25.0}), None),
        (Move(8, 10, {"gaze_yaw": 25.0}), 24.0),
        (Move(8, 9, {"gaze_yaw": 25.0}), 9.0),
        (Move(8, 10, {"gaze_yaw": 6.0}), 9.0),
        (Move(8, 10, {"gaze_pitch": -20.0, "pitch": -5.0}), 9.0),
    ],
    ids=["no mark", "mark too late", "too short", "too narrow", "to the table"],
)
def test_looking_elsewhere_is_no_aversion(move, mark):
    said = play(Actor([move]), 28, marks=[] if mark is None else [mark])
    assert "price_gaze_aversion" not in named(said, Cue)


@pytest.mark.parametrize(
    ("before", "onset"),
    [([], 8.0), ([Move(5, 12, {"gaze_yaw": 6.0})], 8.15)],
    ids=["at rest", "beside"],
)
def test_a_glance_begins_where_the_gaze_sets_out(before, onset):
    away = Move(8, 10, {"gaze_yaw": 25.0}, rise=0.4)
    said = play(Actor([*before, away]), 14, marks=[9.0])
    (cue,) = [e for e in said if isinstance(e, Cue) and e.name == "price_gaze_aversion"]
    assert onset - 0.2 <= cue.onset <= onset + 0.15


def test_a_habitual_target_is_no_aversion():
    habit = [Move(2 + 5 * i, 4 + 5 * i, {"gaze_yaw": 25.0}) for i in range(10)]
    there = play(Actor([*habit, Move(55, 57, {"gaze_yaw": 25.0})]), 60, marks=[54])
    elsewhere = play(Actor([*habit, Move(55, 57, {"gaze_yaw": -25.0})]), 60, marks=[54])
    assert "price_gaze_aversion" not in named(there, Cue)
    assert "price_gaze_aversion" in named(elsewhere, Cue)


def test_marks_within_ten_seconds_are_one():
    moves = [Move(8, 10, {"gaze_yaw": 25.0}), Move(24, 26, {"gaze_yaw": -25.0})]
    assert named(play(Actor(moves), 28, marks=[9, 16]), Cue).count("price_gaze_aversion") == 1


def test_a_tap_on_the_box_is_no_movement():
    from faces import reader, times

    def run(*, on_box: bool) -> list[str]:
        eye, actor, said = reader(), Actor([Move(2, 2.35, WRINKLE, rise=0.1)]), []
        for t in times(0, 4):
            if 2.1 <= t < 2.1 + 1 / 30:
                eye.mark_price(t, on_box=on_box)
            said += eye.update(t, [actor.show(t)], occupied=True)
        return named(said, Cue)

    assert run(on_box=False) == ["nose_wrinkle"]
    assert run(on_box=True) == []


def test_a_second_raise_upon_a_raised_brow_is_found():
    half = {part: 0.5 * size for part, size in BROWS.items()}
    # Down to a third, not back to neutral, and up again.
    found = cues([Move(2, 7, half), Move(2, 3, BROWS), Move(5, 6, BROWS)], 8)
    assert [round(cue.onset) for cue in found if cue.name == "raised_eyebrows"] == [2, 5]


@pytest.mark.parametrize("smile", [{"AU12L": 0.5, "AU12R": 0.5}, {"AU12L": 0.5}])
def test_lips_that_smile_more_than_they_press_are_not_pressed(smile):
    assert "pressed_lips" in names([Move(2, 3, PRESS)])
    slightly = {part: 0.3 * size for part, size in PRESS.items()}
    assert "pressed_lips" not in names([Move(2, 3, slightly | smile)])


def test_a_hand_before_the_mouth_is_no_smile():
    hand = SMILE | dict.fromkeys(("AU17", "AU24", "AU28"), 0.3)
    assert "happiness" in names([Move(2, 5, SMILE)], 6)
    assert "happiness" not in names([Move(2, 5, hand)], 6)


def test_brows_that_move_with_the_head_tell_nothing():
    assert "raised_eyebrows" in names([Move(2, 3, BROWS)])
    assert "raised_eyebrows" not in names([Move(2, 3, BROWS | {"pitch": 14})])
    assert "brief_frown" in names([Move(2, 3, FROWN)])
    assert "brief_frown" not in names([Move(2, 3, FROWN | {"pitch": -7})])


def test_a_tilted_head_gives_nothing_one_sided():
    lopsided = {"AU12L": 0.4, "AU12R": 0.1}
    assert "one_sided_smile" in names([Move(2, 3, lopsided)])
    assert "one_sided_smile" not in names([Move(2, 3, lopsided | {"roll": 12.0})])


def test_what_a_face_leaves_with_is_not_believed():
    said = {}
    for end in (None, 2.7):
        actor, eye, found = Actor([Move(2, end, WRINKLE)]), reader(), []
        for t in times(0, 6, 30):
            found += eye.update(t, [actor.show(t)] if t < 2.9 else [], occupied=True)
        said[end] = {cue.name for cue in found if isinstance(cue, Cue)}
    assert "nose_wrinkle" in said[2.7]
    assert "nose_wrinkle" not in said[None]
