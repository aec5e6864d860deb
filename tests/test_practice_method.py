"""The method behind `cuelight practice`: staircase, scores, sessions, progress; all pure."""

from __future__ import annotations

import itertools
import math
import random
import re
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.errors import InputError
from cuelight.practice.guide import BY_NAME, FAMILIES, MIXED_UP, MOVES, SIGNS, WAIT, move_of
from cuelight.practice.logbook import Answer
from cuelight.practice.plan import Plan
from cuelight.practice.plot import brevity_plot, hits_plot, sensitivity_plot
from cuelight.practice.progress import RETENTION_DAYS, due, kept, sittings_of, start_level
from cuelight.practice.scenarios import read_scenarios
from cuelight.practice.score import NOTHING, Matrix
from cuelight.practice.session import LESSON_TRIALS, Session
from cuelight.practice.staircase import LADDER, TEST_LEVEL, Level, Staircase, is_late, replayed
from cuelight.practice.stills import Stills
from cuelight.view.words import CUES, EXPRESSIONS

DAY = 86400.0

answers_of_a_staircase = st.lists(st.booleans(), max_size=120)


@pytest.fixture(scope="module")
def stills():
    return Stills.open()


def session(stills, kind="lesson", family="expressions", players=("me",), level=None, **given):
    given = {"seed": 5, "started_at": 1000.0, **given}
    return Session(Plan(kind, family, players, level), stills, **given)


def play(one, decide, *, measured=None):
    """Answer every trial; `decide` gives what is said of one."""
    at = one.started_at
    while (trial := one.trial) is not None:
        at += 5.0
        said = decide(trial)
        one.answer(said, move_of(trial.strip.name), measured_ms=measured or trial.level.ms, at=at)


# ---- guide ----


def test_the_guide_has_the_seven_expressions_and_the_seven_cues_of_the_contract():
    assert set(FAMILIES["expressions"]) == set(EXPRESSIONS)
    assert set(FAMILIES["cues"]) == set(CUES[:7])
    moves = {move.name for move in MOVES}
    for sign in SIGNS:
        assert move_of(sign.name) in moves - {WAIT}
        assert all((sign.title, sign.shows, sign.brings_on, sign.may_mean, sign.advice))
    named = {(one, two) for one, two, _ in MIXED_UP}
    assert {("fear", "surprise"), ("anger", "disgust"), ("contempt", "happiness")} <= named


# ---- staircase ----


@given(answers_of_a_staircase, st.integers(-3, 30))
def test_a_staircase_goes_one_rung_at_a_time_and_never_leaves_the_ladder(rights, start):
    stairs = Staircase(start=start)
    for is_right in rights:
        before = stairs.level
        after = stairs.update(is_right=is_right)
        assert 0 <= after < len(LADDER)
        assert abs(after - before) <= 1
        assert is_right or after <= before, "a wrong answer never makes it harder"


def test_the_ladder_goes_from_slow_and_strong_to_brief_and_faint():
    for easy, hard in itertools.pairwise(LADDER):
        assert hard.ms < easy.ms
        assert hard.steps <= easy.steps
    assert (LADDER[0].ms, LADDER[-1].ms) == (500, 40)


@pytest.mark.parametrize("middle", [3.0, 6.0, 9.0])
def test_a_staircase_settles_where_seven_in_ten_are_right(middle):
    chance = random.Random(11)
    levels = []

    def share(level):
        return 1.0 / (1.0 + math.exp(1.2 * (level - middle)))

    stairs = Staircase()
    for number in range(4000):
        levels.append(stairs.level)
        stairs.update(is_right=chance.random() < share(stairs.level))
        if number == 500:
            levels.clear()
    reached = statistics.fmean(share(level) for level in levels)
    assert reached == pytest.approx(0.707, abs=0.05)


def test_a_threshold_is_told_only_after_enough_turns_and_lies_between_them():
    stairs = Staircase()
    assert stairs.threshold_ms is None
    while len(stairs.turns) < 4:
        assert stairs.threshold_ms is None
        stairs.update(is_right=stairs.level < 5)
    times = [LADDER[level].ms for level in stairs.turns]
    assert min(times) <= stairs.threshold_ms <= max(times)


@given(answers_of_a_staircase)
def test_a_staircase_can_be_walked_again_from_what_was_written_down(rights):
    stairs = Staircase()
    written = []
    for is_right in rights:
        written.append((stairs.level, is_right))
        stairs.update(is_right=is_right)
    again = replayed(written)
    if not rights:
        assert again is None
    else:
        assert (again.level, again.turns) == (stairs.level, stairs.turns)


def test_a_flash_is_late_when_the_screen_showed_it_far_too_long():
    assert not is_late(40, 66.8)
    assert is_late(40, 83.5)
    assert not is_late(500, 600)
    assert is_late(500, 650)
    assert not is_late(200, 180), "a refresh too short is as it is, and is told"


# ---- scores ----

pairs = st.lists(
    st.tuples(
        st.sampled_from(FAMILIES["expressions"]),
        st.sampled_from([*FAMILIES["expressions"], NOTHING]),
    ),
    max_size=80,
)


@given(pairs)
def test_every_answer_is_in_the_matrix_once(said):
    matrix = Matrix("expressions", said)
    assert sum(sum(matrix.row(name)) for name in matrix.names) == matrix.answers == len(said)
    if said:
        assert matrix.hit_rate == pytest.approx(statistics.fmean(a == b for a, b in said))
    else:
        assert matrix.hit_rate is None
    for name in matrix.names:
        assert math.isfinite(matrix.of(name).sensitivity)


def test_sensitivity_is_that_of_the_log_linear_rule():
    said = [("fear", "fear")] * 8 + [("fear", "surprise")] * 2
    said += [("surprise", "fear")] * 1 + [("surprise", "surprise")] * 9
    z = statistics.NormalDist().inv_cdf
    wanted = z(8.5 / 11) - z(1.5 / 11)
    assert Matrix("expressions", said).of("fear").sensitivity == pytest.approx(wanted)


def test_who_says_fear_to_everything_hits_every_fear_and_is_not_sensitive():
    said = [(name, "fear") for name in FAMILIES["expressions"] for _ in range(10)]
    score = Matrix("expressions", said).of("fear")
    assert score.hits == score.shown == 10
    assert score.sensitivity < 0.0
    perfect = Matrix("expressions", [(a, a) for a, _ in said])
    assert perfect.of("fear").sensitivity > 3.0
    assert perfect.sensitivity > 3.0


def test_the_known_pairs_come_with_how_often_they_were_mixed_up():
    said = [("fear", "surprise")] * 3 + [("surprise", "surprise")] * 5 + [("anger", "disgust")]
    found = Matrix("expressions", said).mixed_up()
    assert (found[0].first, found[0].second, found[0].taken, found[0].shown) == (
        *("fear", "surprise"),
        *(3, 8),
    )
    assert {one.first for one in found} == {"fear", "anger", "contempt"}


# ---- sessions ----


def test_a_test_shows_each_sign_twice_at_one_level(stills):
    one = session(stills, "first test", "cues")
    seen = []
    play(one, lambda trial: seen.append(trial) or trial.strip.name)
    assert sorted(t.strip.name for t in seen) == sorted(2 * FAMILIES["cues"])
    assert {t.level_index for t in seen} == {TEST_LEVEL}
    assert [t.number for t in seen] == list(range(1, 15))


def test_a_lesson_gets_harder_for_who_is_right_and_stays_easy_for_who_is_not(stills):
    good, bad = session(stills), session(stills)
    play(good, lambda trial: trial.strip.name)
    play(bad, lambda _: NOTHING)
    assert len(good.answers("me")) == LESSON_TRIALS
    assert good.stairs("me").level == len(LADDER) - 1
    assert {one.level for one in bad.answers("me")} == {0}


@given(seed=st.integers(0, 10**9))
def test_two_players_take_turns_each_on_their_own_stairs(seed):
    one = session(Stills.open(), players=("ann", "bo"), seed=seed)
    turns = []
    play(
        one,
        lambda trial: (
            turns.append(trial.player) or (trial.strip.name if trial.player == "ann" else NOTHING)
        ),
    )
    assert turns == ["ann", "bo"] * LESSON_TRIALS
    assert one.stairs("ann").level > one.stairs("bo").level == 0


def test_nobody_is_shown_twice_in_a_row_and_rests_are_not_alike(stills):
    one = session(stills)
    people, waits = [], set()
    play(
        one,
        lambda trial: (
            people.append(trial.strip.person) or waits.add(trial.wait_ms) or trial.strip.name
        ),
    )
    assert all(a != b for a, b in itertools.pairwise(people))
    assert len(waits) > LESSON_TRIALS // 2
    assert len(set(people)) >= 6


def test_a_flash_that_took_far_too_long_does_not_count_and_comes_again(stills):
    one = session(stills)
    trial = one.trial
    told = one.answer(NOTHING, "wait", measured_ms=2000.0, at=1001.0)
    assert told.answer is None
    assert one.answers("me") == []
    assert one.trial.strip.name == trial.strip.name
    assert one.trial.strip.person != trial.strip.person
    assert (one.trial.number, one.trial.level) == (trial.number, trial.level)
    assert one.stairs("me").level == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("lessen", "cues", ("me",)), "kind is 'lessen'"),
        (("lesson", "clues", ("me",)), "family is 'clues'"),
        (("lesson", "cues", ()), "one or two"),
        (("lesson", "cues", ("a", "b", "c")), "one or two"),
        (("lesson", "cues", ("a", "a")), "same name"),
        (("lesson", "cues", (" ",)), "printable"),
        (("lesson", "cues", ("x" * 25,)), "printable"),
        (("chosen", "cues", ("me",)), "level is wanted"),
        (("chosen", "cues", ("me",), Level(20, 6)), "40 to 500"),
        (("chosen", "cues", ("me",), Level(100, 7)), "1 to 6"),
        (("lesson", "cues", ("me",), Level(100, 6)), "level is wanted"),
    ],
)
def test_a_session_that_cannot_be_is_refused_in_words(given, words):
    with pytest.raises(InputError, match=re.escape(words)):
        Plan(*given)


@pytest.mark.parametrize(
    ("said", "move", "measured"),
    [
        ("nod", "wait", 100.0),
        ("fear", "shout", 100.0),
        ("fear", "wait", -1.0),
        ("fear", "wait", math.nan),
        ("fear", "wait", math.inf),
    ],
)
def test_an_answer_that_is_none_is_refused_and_changes_nothing(stills, said, move, measured):
    one = session(stills)
    before = one.trial
    with pytest.raises(InputError):
        one.answer(said, move, measured_ms=measured, at=1.0)
    assert one.trial is before


# ---- progress ----


def answer(**given):
    base = {
        "at": 1.0,
        "session": 0.0,
        "player": "me",
        "kind": "lesson",
        "family": "cues",
        "shown": "brief_frown",
        "said": "brief_frown",
        "move": "change",
        "level": 0,
        "ms": 500,
        "steps": 6,
        "measured_ms": 500.0,
    }
    return Answer(**(base | given))


def sat(count=14, **given):
    return [answer(**given)] * count


def test_first_a_test_then_lessons_and_a_week_later_the_later_test():
    assert due([], now=0.0) == "first test"
    tested = sat(kind="first test")
    assert due(sittings_of(tested, "me", "cues"), now=40 * DAY) == "lesson", "nothing to stay yet"
    learned = sittings_of(tested + sat(session=DAY), "me", "cues")
    assert due(learned, now=2 * DAY) == "lesson"
    assert due(learned, now=(1 + RETENTION_DAYS) * DAY) == "retention test"
    assert kept(learned) is None
    later = [
        *sat(kind="first test", said="nothing"),
        *sat(session=DAY),
        *sat(session=9 * DAY, kind="retention test"),
        *sat(3, session=10 * DAY, kind="retention test", said="nothing"),
    ]
    first, after = kept(sittings_of(later, "me", "cues"))
    assert (first.hit_rate, after.hit_rate) == (0.0, 1.0)


def test_a_test_that_was_broken_off_is_none():
    begun = sittings_of(sat(13, kind="first test"), "me", "cues")
    assert due(begun, now=DAY) == "first test"
    assert not begun[0].is_whole


def test_a_lesson_starts_a_little_easier_than_the_last_one_ended():
    assert start_level([], "me", "cues") == 0
    done = [answer(at=1.0, level=6), answer(at=2.0, level=7), answer(player="bo", at=3.0, level=1)]
    assert start_level(done, "me", "cues") == 5
    assert start_level(done, "me", "expressions") == 0


def test_sittings_keep_players_families_and_sessions_apart():
    done = [
        answer(session=0.0),
        answer(session=0.0, said="nothing", move="wait"),
        answer(session=1.0),
        answer(player="bo"),
        answer(family="expressions", shown="fear", said="fear"),
    ]
    found = sittings_of(done, "me", "cues")
    assert [(one.answers, one.hit_rate, one.move_rate) for one in found] == [
        (2, 0.5, 0.5),
        (1, 1, 1),
    ]


def test_progress_is_drawn_with_words_for_who_cannot_see_it():
    done = [answer(session=n * DAY, said=("nothing", "brief_frown")[n % 2]) for n in range(5)]
    sittings = sittings_of(done, "me", "cues")
    drawn = hits_plot(sittings)
    assert drawn.count("<circle") == 5
    assert 'role="img"' in drawn
    assert "0 %, 100 %, 0 %, 100 %, 0 %" in drawn
    assert sensitivity_plot(sittings).count("<svg") == 1
    assert brevity_plot(sittings).count("<circle") == 0, "no lesson could tell it"


# ---- what ships ----


def test_a_dozen_people_show_every_sign_in_pictures_that_fit_the_ladder(stills):
    assert len(stills.people) == 12
    assert set(stills.strips) == {(p, n) for p in stills.people for n in BY_NAME}
    assert stills.steps == max(level.steps for level in LADDER)
    for strip in stills.strips.values():
        assert strip.marks
        for mark in strip.marks:
            assert 0.0 < mark.x < 1.0
            assert 0.0 < mark.y < 1.0
    size = sum(path.stat().st_size for path in stills.folder.iterdir())
    assert size < 6_000_000


def test_the_pictures_move_from_rest_to_the_apex_and_do_so_where_marked(stills):
    import cv2
    import numpy as np

    cell = stills.cell
    for person, name in [(p, n) for p in (0, 5, 11) for n in BY_NAME]:
        strip = stills.strip(person, name)
        picture = cv2.imread(str(stills.folder / strip.file), cv2.IMREAD_GRAYSCALE)
        assert picture.shape == (cell, cell * (stills.steps + 1))
        cells = [
            picture[:, k * cell : (k + 1) * cell].astype(float) for k in range(stills.steps + 1)
        ]
        away = [float(np.abs(one - cells[0]).mean()) for one in cells]
        assert away[-1] == max(away), (person, name)
        assert away[1] < away[-1], (person, name)
        y, x = np.mgrid[0:cell, 0:cell] / cell
        near = np.zeros((cell, cell), bool)
        for mark in strip.marks:
            near |= ((x - mark.x) / mark.across) ** 2 + ((y - mark.y) / mark.down) ** 2 < 1.7
        change = np.abs(cells[-1] - cells[0])
        least = 1.0 if any(mark.part == "head" for mark in strip.marks) else 1.5
        assert change[near].mean() > least * change.mean(), (person, name)


def test_pictures_that_are_missing_are_told_with_the_way_out(tmp_path):
    with pytest.raises(InputError, match="scripts/make-practice"):
        Stills.open(tmp_path)


def test_scenarios_need_patterns_and_some_flashes_are_to_be_ignored():
    found = read_scenarios()
    assert len(found) >= 5
    assert sum(one.right == WAIT for one in found) >= 2
    assert {one.right for one in found} == {move.name for move in MOVES}
    for one in found:
        shown = [beat.sign for beat in one.beats if beat.sign]
        assert shown, one.title
        if one.right != WAIT:
            assert len(shown) >= 2, f"{one.title}: one sign is no pattern"
            assert move_of(shown[-1]) == one.right or move_of(shown[0]) == one.right


def test_a_broken_scenario_is_told_by_place(tmp_path):
    path = tmp_path / "scenarios.toml"
    path.write_text('[[scenario]]\ntitle="x"\nsetting=""\nright="wait"\nwhy=""\n'
                    '[[scenario.beat]]\nsay="y"\nsign="wink"\n')  # fmt: skip
    with pytest.raises(InputError, match="wink"):
        read_scenarios(path)
