"""The peer's answers in the reader's own terms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from channels import POINTS
from cue_bench.blendshapes import INDICES, PeerRows, emotions_of, thresholds_of
from cue_bench.peer import RECIPE
from cue_bench.rows import play_rows
from targets import SHAPE_NAMES

from cuelight.cuebook import load_cuebook
from cuelight.places import models_folder
from cuelight.read.reader import Reader
from cuelight.sense.records import EMOTIONS, LANDMARKS, UNITS

FPS = 30.0
FRAMES = 1200
BLIND = 3
"""Frames without a face, at the start."""


def face_points():
    """Give a plain face's points, about 100 pixels wide, in the order of the landmarks."""
    dice = np.random.default_rng(1)
    points = dice.uniform(150, 250, (len(LANDMARKS), 3)).astype(np.float32)
    places = {
        "eye_r_outer": (160, 180), "eye_r_inner": (190, 180), "iris_r": (175, 180),
        "eye_l_inner": (210, 180), "eye_l_outer": (240, 180), "iris_l": (225, 180),
        "lip_upper_inner": (200, 240), "lip_lower_inner": (200, 241),
    }  # fmt: skip
    for name, place in places.items():
        points[LANDMARKS.index(name)] = (*place, 0.0)
    return points


@pytest.fixture
def answer(tmp_path):
    """Write what a peer would of a face that smiles, then smirks to its left."""
    dice = np.random.default_rng(2)
    times = np.arange(FRAMES) / FPS
    found = times >= BLIND / FPS - 1e-9
    shapes = np.abs(dice.normal(0.02, 0.004, (FRAMES, len(SHAPE_NAMES)))).astype(np.float32)

    def move(name, start, end, size):
        during = (times > start) & (times < end)
        bump = np.sin(np.pi * (times[during] - start) / (end - start))
        shapes[during, SHAPE_NAMES.index(name)] += size * bump

    for side in ("Left", "Right"):
        move(f"mouthSmile{side}", 25.0, 26.2, 0.7)
    move("mouthSmileLeft", 32.0, 33.2, 0.7)
    # 10 degrees to the image's right, the person's left
    c, s = np.cos(np.radians(10.0)), np.sin(np.radians(10.0))
    pose = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
    path = tmp_path / "answer.npz"
    count = int(found.sum())
    np.savez(
        path,
        times=times,
        found=found,
        height=360,
        points=np.repeat(face_points()[None], count, axis=0),
        shapes=shapes[found],
        pose=np.repeat(pose[None], count, axis=0),
    )
    return path


def test_points_are_asked_for_in_the_order_of_our_landmarks():
    assert len(INDICES) == len(LANDMARKS) == len(set(INDICES))
    assert INDICES[LANDMARKS.index("nose_tip")] == POINTS["nose_tip"] == 1


def test_rows_carry_units_pose_and_who_is_there(answer):
    rows = list(PeerRows(answer, RECIPE))
    assert len(rows) == FRAMES
    assert [row.occupied for row in rows[: BLIND + 1]] == [False] * BLIND + [True]
    assert all(len(row.expressions) == row.occupied for row in rows)
    smile = rows[round(25.6 * FPS)].expressions[0]
    rest = rows[round(20.0 * FPS)].expressions[0]
    left, right = UNITS.index("AU12L"), UNITS.index("AU12R")
    assert smile.action_units[left] == pytest.approx(smile.action_units[right], abs=0.05)
    assert smile.action_units[left] > 0.6
    assert rest.action_units[left] < 0.2
    smirk = rows[round(32.6 * FPS)].expressions[0]
    assert smirk.action_units[left] > 0.6
    assert smirk.action_units[right] < 0.2
    assert smile.head.yaw == pytest.approx(10.0, abs=0.1)
    assert smile.timestamp == pytest.approx(round(25.6 * FPS) / FPS)
    assert smile.landmarks.shape == (len(LANDMARKS), 2)


def test_what_the_peer_does_not_see_is_not_live(answer):
    units = thresholds_of([PeerRows(answer, RECIPE)])
    assert not units["AU09"].live
    assert not units["AU06"].live
    assert units["AU12L"].live
    for one in units.values():
        assert 0.05 <= one.enter <= 0.25
        assert one.leave == pytest.approx(one.enter / 2)


def test_expressions_follow_from_units_and_are_probabilities():
    units = np.zeros((4, len(UNITS)), np.float32)
    for name in ("AU12L", "AU12R"):
        units[1, UNITS.index(name)] = 0.8
    units[2, UNITS.index("AU12L")] = 0.8
    for name in ("AU01", "AU02L", "AU02R", "AU05", "AU26"):
        units[3, UNITS.index(name)] = 0.8
    emotions = emotions_of(units)
    np.testing.assert_allclose(emotions.sum(axis=1), 1.0, atol=1e-6)
    assert (emotions >= -1e-6).all()
    assert emotions[0, 0] == 1.0
    assert EMOTIONS[emotions[1].argmax()] == "happiness"
    assert EMOTIONS[emotions[2].argmax()] == "contempt"
    assert EMOTIONS[emotions[3].argmax()] == "surprise"


def test_the_same_reader_finds_the_peers_smile_and_smirk(answer):
    rows = PeerRows(answer, RECIPE)
    book = load_cuebook(models_folder() / "cues.toml")
    once = {name: replace(entry, visit_threshold=1) for name, entry in book.cues.items()}
    reader = Reader(thresholds_of([rows]), replace(book, cues=once))
    play = play_rows(rows, reader)
    assert (play.frames, play.faced) == (FRAMES, FRAMES - BLIND)
    times = {
        name: [t.cue.apex for t in play.cues if t.cue.name == name]
        for name in ("happiness", "one_sided_smile")
    }
    assert times["happiness"] == pytest.approx([25.6], abs=0.2)
    assert {"happiness", "one_sided_smile"} <= play.counted  # somebody was there for a visit
    assert times["one_sided_smile"] == pytest.approx([32.6], abs=0.2)
