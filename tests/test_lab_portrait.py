"""Portraits that the lab moves: a face drawn here stands in for a real one."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from channels import POINTS
from lab.acts import Card, draw_event
from lab.director import write_script
from lab.faces import Faces, Portrait
from lab.mouth import LOWER, UPPER
from lab.person import FIRST_TEST_SEED
from lab.portrait import PortraitFilm, Shot
from lab.restraint import FREE_DEGREES, MOST_DEGREES, held_turn
from lab.spans import MACRO

if TYPE_CHECKING:
    from lab.moment import Moment

SIDED = (
    "browDown", "browInnerUp", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookIn",
    "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown",
    "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer",
)  # fmt: skip
SINGLE = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper")
SHAPES = tuple(f"{shape}_{side}" for shape, side in product(SIDED, "LR")) + SINGLE
PX_A_CM = 6.0
PLACES = {
    10: (0, 7.9), 152: (0, -7.5), 234: (-7, 1.5), 454: (7, 1.5), 61: (-2.3, -3.3),
    291: (2.3, -3.3), 159: (-3.2, 4), 145: (-3.2, 3), 386: (3.2, 4), 374: (3.2, 3),
    468: (-3.2, 3.5), 473: (3.2, 3.5), 1: (0, 0), 107: (-1.2, 5.2), 336: (1.2, 5.2),
    13: (0, -3.2), 14: (0, -3.4),
}  # fmt: skip
"""Some of the teacher's points on the drawn face, centimetres."""
REST_SCRIPT = write_script(4, "neutral", 20)


class Awake:
    curves = ()

    def play(self, t: float, now: Moment) -> None:
        pass


class Away:
    def play(self, t: float, now: Moment) -> None:
        now.place[0] += 80 * t


def _rest() -> np.ndarray:
    """Strew points evenly over an oval, and put those that have names where they belong."""
    number = np.arange(478)
    off, turn = np.sqrt((number + 0.5) / 478), number * np.pi * (3 - np.sqrt(5))
    flat = np.column_stack((7 * off * np.cos(turn), 0.2 + 7.7 * off * np.sin(turn)))
    for lips, up in ((UPPER, 0.1), (LOWER, -0.1)):
        for place, row in enumerate(lips):
            flat[row] = (0.46 * (place - 5), -3.3 + up * (0 < place < 10))
    for row, place in PLACES.items():
        flat[row] = place
    depth = 10 * np.sqrt(1 - ((flat - (0, 1)) ** 2 / (8.6**2, 12**2)).sum(1))
    return np.column_stack((flat, depth)).astype(np.float32)


def _push(rest: np.ndarray, where: str, by: tuple[float, float, float]) -> np.ndarray:
    off = np.linalg.norm(rest - rest[POINTS[where]], axis=1, keepdims=True)
    return np.exp(-((off / 1.5) ** 2) / 2) * np.array(by)


def _crop(number: int) -> np.ndarray:
    crop = np.full((160, 160), 90, np.uint8)
    cv2.ellipse(crop, (80, 74), (42, 48), 0, 0, 360, (170,), -1)
    for x in (-3.2, 3.2):
        cv2.circle(crop, (round(80 + PX_A_CM * x), round(75 - PX_A_CM * 3.5)), 3, (40,), -1)
    cv2.line(crop, (66, 95), (94, 95), (60,), 2)
    blotches = np.random.default_rng(number).normal(0, 30, (40, 40))
    return np.clip(crop + cv2.resize(blotches, (160, 160)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def faces() -> Faces:
    rest = _rest()
    moves = np.zeros((len(SHAPES), 478, 3), np.float32)
    for side, out in (("L", 1), ("R", -1)):
        smile = _push(rest, f"mouth_{side.lower()}", (0.7 * out, 1.0, -0.9))
        moves[SHAPES.index(f"mouthSmile_{side}")] = smile
        shut = _push(rest, f"lid_{side.lower()}_upper", (0, -0.9, 0))
        moves[SHAPES.index(f"eyeBlink_{side}")] = np.where(rest[:, 1:2] > 3.5, shut, 0)
    moves[SHAPES.index("jawOpen")] = np.where(rest[:, 1:2] < -3.3, (0, -3, -1), 0)
    way = np.array(((PX_A_CM, 0, 0), (0, -PX_A_CM, 0)), np.float32)
    points = (rest @ way.T + (80, 75)).astype(np.float32)
    made = [Portrait(number, _crop(number), points, way) for number in range(5)]
    return Faces(tuple(made[:3]), tuple(made[3:]), SHAPES, rest, moves)


def _show(faces: Faces, name: str) -> tuple[Shot, float, float]:
    """Film one full event by someone who does nothing else; give its onset and apex too."""
    event = draw_event(Card(name, 1.0, MACRO), 1.0, np.random.default_rng(0))
    script = replace(REST_SCRIPT, layers=(), blinks=Awake(), events=(event,))
    return Shot(faces, script, (320, 240)), event.curve.onset, event.curve.apex


def test_frames_depend_on_seed_and_time_alone(faces) -> None:
    """Twice the same, at twice the rate the same, and by another film the same."""
    script = write_script(FIRST_TEST_SEED + 1, "distractors", 20)
    with PortraitFilm(faces) as film:
        slow = list(islice(film.frames(script, 30), 4))
        fast = list(islice(film.frames(script, 60), 7))
    again = list(islice(PortraitFilm(faces).frames(script, 30), 4))
    np.testing.assert_array_equal(slow, again)
    np.testing.assert_array_equal(slow, fast[::2])
    assert slow[0].shape == (240, 320)
    assert slow[0].dtype == np.uint8
    assert not np.array_equal(slow[0], slow[1])
    # Out of order too: nothing is carried over from one frame to the next.
    np.testing.assert_array_equal(Shot(faces, script, (320, 240)).take(3 / 30), slow[3])


def test_a_smile_lifts_the_corners_when_the_truth_says(faces) -> None:
    shot, onset, apex = _show(faces, "happiness")
    rest, before, peak = (shot.landmarks(t) for t in (0.0, onset, apex))
    np.testing.assert_array_equal(rest, before)
    names = list(POINTS)
    right, left = (peak[row] - rest[row] for row in map(names.index, ("mouth_r", "mouth_l")))
    assert right[1] < -3
    assert left[1] < -3
    assert right[0] < -2
    assert left[0] > 2
    np.testing.assert_allclose((peak - rest)[names.index("nose_bridge")], 0, atol=0.5)


def test_the_picture_moves_where_the_landmarks_go(faces) -> None:
    """The skin round a mouth's corner is found again where the corner is at the apex."""
    shot, onset, apex = _show(faces, "happiness")
    rest, peak = (shot.take(t) for t in (onset, apex))
    row = list(POINTS).index("mouth_l")
    came, went = (np.rint(shot.landmarks(t)[row]).astype(int) for t in (onset, apex))
    patch = rest[came[1] - 5 : came[1] + 6, came[0] - 5 : came[0] + 6]
    area = peak[went[1] - 17 : went[1] + 18, went[0] - 17 : went[0] + 18]
    found = cv2.minMaxLoc(cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED))[3]
    assert np.linalg.norm(np.array(found) - 12) <= 2
    # And what is far from the mouth stays: only the grain differs.
    off = np.abs(peak[:, :60].astype(int) - rest[:, :60])
    assert off.mean() < 4


def test_lids_close_and_lips_part(faces) -> None:
    shot, _, apex = _show(faces, "surprise")
    names = list(POINTS)
    upper, lower = names.index("lip_upper_inner"), names.index("lip_lower_inner")
    rest, peak = shot.landmarks(0.0), shot.landmarks(apex)
    assert peak[lower][1] - peak[upper][1] > rest[lower][1] - rest[upper][1] + 5
    middle = np.rint((peak[lower] + peak[upper]) / 2).astype(int)
    dark, skin = (shot.take(t)[middle[1] - 1 : middle[1] + 2, middle[0]].mean() for t in (apex, 0))
    assert dark < 0.6 * skin


def test_no_turn_goes_too_far() -> None:
    assert held_turn((5.0, -7.0, 40.0)) == (5.0, -7.0, 40.0)
    yaw, pitch, _ = held_turn((30.0, -14.0, 0.0))
    assert FREE_DEGREES < -pitch < yaw < MOST_DEGREES + 1e-9


def test_the_truth_names_no_one(faces) -> None:
    """It says what was shown by whom as a number, and when the head was held back."""
    script = write_script(FIRST_TEST_SEED, "distractors", 60)
    truth = PortraitFilm(faces).truth(script)
    assert truth["source"] == "portrait"
    assert truth["identity"] in {3, 4}
    for stretch in truth["held_back"]:
        assert 0 <= stretch["from"] < stretch["to"] <= 60.1
        assert stretch["degrees"] > FREE_DEGREES
    assert 95 <= truth["camera"]["face_px"] <= 125


def test_splits_share_no_face_and_seeds_take_turns(faces) -> None:
    tune = [faces.of("tune", seed).number for seed in range(6)]
    test = [faces.of("test", seed).number for seed in range(6)]
    assert set(tune) == {0, 1, 2}
    assert set(test) == {3, 4}
    assert tune[:3] == tune[3:]


def test_who_leaves_is_gone(faces) -> None:
    """With the person out of the picture, no face is left in the room, nor at its sides."""
    script = replace(REST_SCRIPT, layers=(Away(),), blinks=Awake())
    shot = Shot(faces, script, (320, 240))
    there, far, farther = (shot.take(t).astype(float) for t in (0.0, 1.0, 2.0))
    middle = shot.landmarks(0.0).mean(0).astype(int)
    area = (slice(middle[1] - 40, middle[1] + 40), slice(middle[0] - 40, middle[0] + 40))
    assert far[area].std() < 0.5 * there[area].std()
    assert np.abs(cv2.blur(far - farther, (9, 9))).max() < 2
