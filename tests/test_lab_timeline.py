"""The lab's timeline: scripts hold what they promise, whatever the seed and the frame rate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.acts import ACTS, Card, draw_event
from lab.company import NEIGHBOURS, draw_company
from lab.curve import Curve, eased
from lab.deck import deal, full_deck
from lab.director import KINDS, write_script
from lab.event import Event
from lab.moment import Moment
from lab.person import BELOW_DEGREES, FACE_PX, FIRST_TEST_SEED, identities_of
from lab.script import MOST_COEFFICIENT, Script
from lab.spans import LASTING, MACRO, MICRO, draw_seconds
from lab.speech import Speech

SEEDS = st.integers(0, 2 * FIRST_TEST_SEED)


def _events(first: int = 0, clips: int = 40) -> list:
    return [
        e for seed in range(first, first + clips) for e in write_script(seed, "cues", 60).events
    ]


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_events_follow_one_another(seed: int) -> None:
    """Onset <= apex <= offset, inside the clip, and no event touches the next."""
    script = write_script(seed, "cues", 60)
    assert script.events
    for event in script.events:
        assert 0 < event.curve.onset < event.curve.apex < event.curve.offset < 60
    for before, after in pairwise(script.events):
        assert after.curve.onset - before.curve.offset >= 1.4 - 1e-6


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_distractors_follow_one_another(seed: int) -> None:
    script = write_script(seed, "distractors", 60)
    assert script.distractors
    assert not script.events
    for stretch in script.distractors:
        assert 0 <= stretch.start < stretch.end < 60
    for before, after in pairwise(script.distractors):
        assert after.start > before.end


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_company_changes_what_is_seen_and_not_what_is_true(seed: int) -> None:
    """The head turns beside every event, and some neighbours pull; no event differs."""
    alone, kept = (write_script(seed, "cues", 60, lifelike=lifelike) for lifelike in (False, True))
    assert kept.truth(30, (640, 360)) == alone.truth(30, (640, 360))
    for event in alone.events:
        times = np.linspace(event.curve.onset - 0.5, event.curve.offset + 1.0, 80)
        apart = [np.subtract(kept.at(t).head, alone.at(t).head) for t in times]
        assert 0.0 < np.abs(apart).max() < 20.0
    brief = [event for event in alone.events if event.span != LASTING]
    pulled = {
        shape
        for event in brief
        for shape, amount in kept.at(event.curve.apex).moves.items()
        if amount > alone.at(event.curve.apex).moves.get(shape, 0.0) + 1e-9
    }
    assert pulled <= {shape for groups in NEIGHBOURS.values() for each in groups for shape in each}


def test_company_is_drawn_for_some_events_of_every_cue_that_has_any() -> None:
    chance = np.random.default_rng(1)
    for name, groups in NEIGHBOURS.items():
        event = draw_event(Card(name, 0.5, MACRO), 3.0, chance)
        drawn = [draw_company(event, chance) for _ in range(60)]
        seen = {shape for some in drawn for each in some for shape in each.moves}
        assert seen == {shape for group in groups for shape in group}
        assert 20 < sum(len(some) == 2 for some in drawn) < 55


def test_smiles_that_are_held_come_only_where_they_are_asked_for() -> None:
    assert LASTING not in {card.span for card in full_deck(names=["happiness"])}
    (card,) = full_deck(names=["happiness"], spans=[LASTING], strengths=[0.5])
    chance = np.random.default_rng(2)
    curves = [draw_event(card, 3.0, chance).curve for _ in range(300)]
    seconds = [curve.offset - curve.onset for curve in curves]
    assert 1.499 <= min(seconds) < 2.0
    assert 10.0 < max(seconds) <= 12.001
    assert np.median(seconds) == pytest.approx((1.5 * 12.0) ** 0.5, rel=0.2)
    assert all(curve.release > curve.apex for curve in curves)


def test_what_is_held_swells_and_is_talked_in() -> None:
    chance = np.random.default_rng(3)
    (card,) = full_deck(names=["happiness"], spans=[LASTING], strengths=[0.5])
    swelled = talked = 0
    for _ in range(60):
        event = draw_event(card, 3.0, chance)
        company = draw_company(event, chance)
        talked += any(isinstance(each, Speech) for each in company)
        swells = [
            e for e in company if isinstance(e, Event) and e.moves.keys() == event.moves.keys()
        ]
        swelled += bool(swells)
        for swell in swells:
            assert event.curve.onset <= swell.curve.onset
            assert swell.curve.offset <= event.curve.offset
            shares = [amount / event.moves[shape] for shape, amount in swell.moves.items()]
            assert 0.15 <= min(shares) <= max(shares) <= 0.4
    assert 15 < talked < 45
    assert swelled > 30


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_writes_the_same_script(kind: str) -> None:
    one, other = (write_script(7, kind, 30) for _ in range(2))
    assert one.truth(30, (640, 360)) == other.truth(30, (640, 360))
    for t in np.arange(0, 30, 0.37):
        assert one.at(t) == other.at(t)
    assert one.truth(30, (640, 360)) != write_script(8, kind, 30).truth(30, (640, 360))


@pytest.mark.parametrize("kind", KINDS)
def test_a_moment_does_not_depend_on_the_frame_rate(kind: str) -> None:
    """Frames at 15, 30, 60 and 120 a second that share a time share the moment."""

    def film(script: Script, fps: int) -> dict[float, Moment]:
        return {round(n / fps, 6): script.at(n / fps) for n in range(20 * fps)}

    script = write_script(11, kind, 20)
    slow, *faster = (film(script, fps) for fps in (15, 30, 60, 120))
    for quick in faster:
        # Out of order too: nothing is carried over from one moment to the next.
        assert all(slow[t] == quick[t] for t in reversed(slow))
    first, second = (script.truth(fps, (640, 360)) for fps in (30, 60))
    assert first.pop("fps") != second.pop("fps")
    assert first == second


def test_brief_movements_take_as_long_as_published() -> None:
    """392 ms in the median, 200 to 497; ordinary ones about 1.1 s; apex about half way."""
    chance = np.random.default_rng(0)
    micro = [draw_seconds(MICRO, chance) for _ in range(4000)]
    assert np.median(micro) == pytest.approx(0.392, abs=0.01)
    assert min(micro) >= 0.2
    assert max(micro) <= 0.497
    macro = [draw_seconds(MACRO, chance) for _ in range(4000)]
    assert np.median(macro) == pytest.approx(1.1, abs=0.03)
    assert 0.6 <= min(macro) <= max(macro) <= 2.0
    for event in _events(clips=20):
        seconds = event.curve.offset - event.curve.onset
        if event.span == MICRO:
            assert 0.199 <= seconds <= 0.498
            assert 0.41 < (event.curve.apex - event.curve.onset) / seconds < 0.59


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_splits_share_no_identity(seed: int) -> None:
    script = write_script(seed, "neutral", 20)
    assert script.split == ("test" if seed >= FIRST_TEST_SEED else "tune")
    picked = {number for number, _ in script.person.identity}
    assert picked <= set(identities_of(script.split))
    assert not set(identities_of("tune")) & set(identities_of("test"))
    assert FACE_PX[0] <= script.person.face_px <= FACE_PX[1]
    assert BELOW_DEGREES[0] <= script.person.below_degrees <= BELOW_DEGREES[1]


def test_a_run_of_seeds_shows_every_cue_at_every_strength() -> None:
    shown = {(e.name, e.strength, e.span) for e in _events()}
    assert shown == {(card.name, card.strength, card.span) for card in full_deck()}


def test_a_deck_is_dealt_evenly() -> None:
    deck = full_deck()
    dealt = [card for seed in range(len(deck)) for card in deal(deck, seed, 13)]
    assert all(dealt.count(card) == 13 for card in deck)


@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.variants])
def test_moves_peak_at_the_apex_at_their_strength(name: str) -> None:
    act = ACTS[name]
    for strength in act.strengths:
        event = draw_event(Card(name, strength, act.spans[0]), 2.0, np.random.default_rng(3))
        before, peak, after = Moment(), Moment(), Moment()
        event.play(event.curve.onset, before)
        event.play(event.curve.apex, peak)
        event.play(event.curve.offset, after)
        assert not before.moves
        assert not after.moves
        assert peak.moves == pytest.approx(dict(event.moves))
        assert max(peak.moves.values()) <= strength


def test_full_strength_in_training_lies_further_out() -> None:
    card = Card("brief_frown", 0.5, MACRO)
    rig, far = (
        draw_event(card, 1.0, np.random.default_rng(0), reached=reached)
        for reached in (False, True)
    )
    assert rig.moves["browDown_L"] == 0.5
    assert far.moves["browDown_L"] == pytest.approx(0.85)
    assert rig.curve == far.curve


def test_a_curve_is_smooth_and_ordered() -> None:
    curve = Curve(1.0, 1.4, 1.6, 2.0)
    values = np.array([curve.at(t) for t in np.arange(0.9, 2.1, 0.001)])
    assert values[0] == values[-1] == 0
    assert values.max() == 1
    assert np.abs(np.diff(values, 2)).max() < 1e-4
    assert eased(0.5) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="out of order"):
        Curve(1.0, 0.9, 1.1, 1.2)


def test_aversions_last_and_have_their_mark() -> None:
    """Gaze or head turns away for longer than 1.2 s, within 5 s before to 8 s after a mark."""
    deck = full_deck(names=["price_gaze_aversion"])
    for seed in range(10):
        script = write_script(seed, "cues", 60, deck=deck)
        assert len(script.price_marks) == len(script.events)
        for mark, event in zip(script.price_marks, script.events, strict=True):
            assert event.curve.release - event.curve.apex > 1.2
            assert mark - 5 <= event.curve.onset <= event.curve.release <= mark + 8
            wide = abs(event.turn[0]) + abs(event.gaze[0])
            assert wide == pytest.approx(
                {0.25: 20, 0.5: 30, 1.0: 45}[event.strength], abs=1e-6
            ) or (event.turn[0] == 0.0 or abs(event.gaze[0]) <= 26.0)
        assert all(b - a > 10 for a, b in pairwise(script.price_marks))


def test_nods_swing_and_come_back() -> None:
    for name, axis in (("nod", 1), ("shake", 0)):
        event = draw_event(Card(name, 0.5, MACRO), 1.0, np.random.default_rng(1))
        way = []
        for t in np.arange(event.curve.onset, event.curve.offset, 0.005):
            now = Moment()
            event.play(t, now)
            way.append(now.head[axis])
        assert abs(way[0]) < 0.01
        assert abs(way[-1]) < 0.2
        turns = np.flatnonzero(np.diff(np.sign(np.diff(way))))
        assert len(turns) >= 2 * event.times - 1
        assert np.ptp(way) == pytest.approx(abs(event.turn[axis]), rel=0.1)


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_blinks_come_every_few_seconds(seed: int) -> None:
    curves = write_script(seed, "neutral", 60).blinks.curves
    for before, after in pairwise(curves):
        assert 2 <= after.onset - before.onset <= 6.01
    assert all(0.149 <= curve.offset - curve.onset <= 0.301 for curve in curves)


@given(seed=SEEDS, kind=st.sampled_from(KINDS))
@settings(max_examples=20, deadline=None)
def test_coefficients_stay_in_reach(seed: int, kind: str) -> None:
    script = write_script(seed, kind, 30)
    for t in np.arange(0, 30, 0.21):
        moves = script.at(t).moves
        assert all(-0.6 <= amount <= MOST_COEFFICIENT for amount in moves.values())


def test_faces_come_and_go() -> None:
    """While a face counts as there, nobody is half out of the picture."""
    for seed in range(12):
        script = write_script(seed, "distractors", 90)
        for t in np.arange(0.05, 90, 0.5):
            there = any(stretch.start <= t <= stretch.end for stretch in script.face)
            aside = abs(script.at(t).place[0])
            assert aside < 4 if there else aside > 0


def test_a_kind_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="one of cues, distractors, neutral"):
        write_script(0, "party", 60)
    with pytest.raises(ValueError, match="too short"):
        write_script(0, "cues", 3)


def test_still_people_move_less() -> None:
    def travel(script: Script) -> float:
        return float(np.std([script.at(t).head[0] for t in np.arange(0, 60, 0.2)]))

    still = [travel(write_script(seed, "neutral", 60, still=True)) for seed in range(5)]
    moving = [travel(write_script(seed, "neutral", 60)) for seed in range(5)]
    assert np.mean(still) < 0.5 * np.mean(moving)


def test_lasting_events_are_held() -> None:
    for event in _events(clips=10):
        if event.span == LASTING:
            assert event.curve.release > event.curve.apex
