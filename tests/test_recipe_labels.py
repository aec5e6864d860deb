"""What the model's recipe takes for true: votes, movements, and the crop that they are seen in."""

from __future__ import annotations

import numpy as np
import pytest
from channels import POINTS, UNITS, swapped
from crop import fit_similarity, moved
from hypothesis import given
from hypothesis import strategies as st
from movements import WARPED, gain_of, moves_of
from rig_moves import MOVES, label_units
from targets import SHAPE_NAMES, head_degrees, units
from votes import NONE, majority, plurality, still_noses, vote_shares

HAPPINESS, CONTEMPT, UNKNOWN = 1, 7, 8


def _votes(**counts: int) -> np.ndarray:
    row = np.zeros((1, 10))
    for place, count in counts.items():
        row[0, int(place[1:])] = count
    return row


def test_a_lone_vote_counts_nothing() -> None:
    """One voter out of ten must not teach the net a rare expression."""
    shares = vote_shares(_votes(_1=9, _7=1))
    assert shares[0, HAPPINESS] == 1
    assert shares[0, CONTEMPT] == 0


def test_majority_asks_for_more_than_half() -> None:
    """FER+'s own rule: `unknown` counts among the votes, and half is not enough."""
    assert majority(_votes(_1=6, _0=4))[0] == HAPPINESS
    assert majority(_votes(_1=5, _0=5))[0] == NONE
    assert majority(_votes(_1=4, _8=6))[0] == NONE
    # Five of nine once the lone vote is dropped.
    assert majority(_votes(_1=5, _0=4, _3=1))[0] == HAPPINESS


def test_plurality_drops_only_ties_and_the_seldom_voted() -> None:
    """The wider rule keeps faces on which people lean one way without agreeing."""
    assert plurality(_votes(_1=4, _0=3, _3=3))[0] == HAPPINESS
    assert plurality(_votes(_1=5, _0=5))[0] == NONE
    assert plurality(_votes(_1=4, _8=6))[0] == NONE


def test_a_nose_is_called_still_only_where_nearly_all_saw_calm_or_joy() -> None:
    """Disgust, anger or too few votes leave the nose unknown."""
    votes = [_votes(_1=10), _votes(_0=5, _2=5), _votes(_1=7, _5=3), _votes(_4=10), _votes(_1=3)]
    shares = np.concatenate([vote_shares(each) for each in votes])
    assert still_noses(shares).tolist() == [True, True, False, False, False]


def test_swapping_sides_twice_is_nothing() -> None:
    """A mirrored picture's mirror picture is the picture."""
    for names in (UNITS, tuple(POINTS)):
        order = swapped(names)
        assert [order[place] for place in order] == list(range(len(names)))
        assert order != list(range(len(names)))


@pytest.mark.parametrize("movement", WARPED)
def test_a_movement_gains_what_it_shows(movement: str) -> None:
    """Every movement changes a unit, twice the movement changes it twice as much."""
    small, large = gain_of(movement, 0.2), gain_of(movement, 0.4)
    assert np.nanmax(small) > 0
    np.testing.assert_allclose(large, 2 * small, rtol=1e-5)


def test_sides_are_the_persons_own() -> None:
    """A left smile raises the left corner alone; the right one is its mirror picture."""
    left, right = gain_of("smile_l", 0.5), gain_of("smile_r", 0.5)
    assert left[UNITS.index("AU12L")] == 0.5
    assert left[UNITS.index("AU12R")] == 0
    np.testing.assert_array_equal(left[swapped(UNITS)], right)


def test_a_held_sneer_wrinkles_with_less_lip() -> None:
    """Nose wrinkle must occur with and without the lip, or one unit gives the other away."""
    free, held = gain_of("sneer", 0.5), gain_of("sneer_held", 0.5)
    nose, lip = UNITS.index("AU09"), UNITS.index("AU10")
    assert free[nose] == held[nose] == 0.5
    assert 0 < held[lip] < free[lip] / 2


@pytest.mark.parametrize("movement", [name for name in WARPED if name in MOVES])
def test_warps_and_renders_are_labelled_alike(movement: str) -> None:
    """A warp and a render of one movement teach the same numbers."""
    gain = gain_of(movement, 0.3)
    known = np.isfinite(gain)
    labels = label_units(moves_of(movement, 0.3), 0.0)
    np.testing.assert_allclose(gain[known], labels[known], atol=1e-6)


def test_a_bent_unit_keeps_none_and_reads_small_ones_larger() -> None:
    """The teacher says 0.1 of a quarter smile; bent, it reads as a quarter."""
    rule = {"shapes": ["mouthSmileLeft"], "gain": 1.0, "bend": 0.6}
    targets = {"units": {"AU12L": rule}, "lips_part": {"closed": 0.012, "open": 0.36}}
    shapes = np.zeros((3, len(SHAPE_NAMES)), np.float32)
    shapes[:, SHAPE_NAMES.index("mouthSmileLeft")] = (0.0, 0.1, 1.0)
    points = np.random.default_rng(0).normal(size=(3, 478, 3)).astype(np.float32)
    pose = np.tile(np.eye(3, dtype=np.float32), (3, 1, 1))
    bent = units(points, shapes, pose, targets)[:, UNITS.index("AU12L")]
    plain = units(points, shapes, pose, targets, plain=True)[:, UNITS.index("AU12L")]
    np.testing.assert_allclose(bent, (0, 0.251, 1), atol=0.001)
    np.testing.assert_allclose(plain, (0, 0.1, 1), atol=1e-6)


@given(yaw=st.floats(-60, 60), pitch=st.floats(-40, 40), roll=st.floats(-30, 30))
def test_head_angles_come_back(yaw: float, pitch: float, roll: float) -> None:
    """Angles put into a rotation are read out of it again: yaw, then pitch, then roll on top."""
    y, p, r = np.radians((yaw, -pitch, -roll))
    about_y = np.array(((np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))))
    about_x = np.array(((1, 0, 0), (0, np.cos(p), -np.sin(p)), (0, np.sin(p), np.cos(p))))
    read = head_degrees((about_y @ about_x).astype(np.float32)[None])[0]
    np.testing.assert_allclose(read[:2], (yaw, pitch), atol=1e-3)
    about_z = np.array(((np.cos(r), -np.sin(r), 0), (np.sin(r), np.cos(r), 0), (0, 0, 1)))
    np.testing.assert_allclose(
        head_degrees(about_z.astype(np.float32)[None])[0, 2], roll, atol=1e-3
    )


@given(turn=st.floats(-3, 3), scale=st.floats(0.2, 5), x=st.floats(-90, 90), y=st.floats(-90, 90))
def test_a_similarity_is_found_again(turn: float, scale: float, x: float, y: float) -> None:
    """The fit gives back the turn, scale and shift that the points were moved by."""
    points = np.random.default_rng(1).uniform(0, 100, (7, 2)).astype(np.float32)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    by = np.array(((cos, -sin, x), (sin, cos, y)), np.float32)
    np.testing.assert_allclose(fit_similarity(points, moved(points, by)), by, atol=0.01)
