"""The detector on the real clips, and on faces moved, shrunk and set side by side."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from cuelight.sense.clip import open_clip
from cuelight.sense.detect import Detector

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def detector():
    return Detector(ROOT / "models")


@pytest.fixture(scope="module")
def face():
    """The smiling man, 200 x 200 pixels round his face."""
    with open_clip(ROOT / "clips" / "smile.mp4") as clip:
        image = next(iter(clip)).image
    return image[110:310, 200:400]


def whole(image):
    return (0, 0, image.shape[1], image.shape[0])


def found_in(detector, name, step):
    counts, boxes = [], []
    with open_clip(ROOT / "clips" / name, step=step) as clip:
        for frame in clip:
            found = detector.detect(frame.image, whole(frame.image))
            counts.append(len(found))
            boxes += [each.box for each in found]
    return np.array(counts), boxes


def test_the_actress_is_found_in_nearly_all_frames_and_her_box_moves_smoothly(detector):
    counts, boxes = found_in(detector, "actress.mp4", 4)
    assert (counts == 1).mean() > 0.97
    places = np.array([[box.left, box.top, box.right, box.bottom] for box in boxes])
    sizes = places[:, 2] - places[:, 0]
    moved = np.abs(np.diff(places, axis=0)).max(axis=1)
    assert (moved < 0.25 * sizes[1:]).all()
    assert np.median(moved) < 0.05 * np.median(sizes)


def test_nobody_is_found_where_nobody_is(detector):
    counts, _ = found_in(detector, "no_face.mp4", 2)
    assert not counts.any()


def test_a_face_that_comes_and_goes_is_found_only_while_it_is_there(detector):
    came, _ = found_in(detector, "noface_face.mov", 4)
    went, _ = found_in(detector, "face_noface.mov", 4)
    for counts in (came, went[::-1]):
        first = int(np.argmax(counts > 0))
        assert not counts[:first].any()
        assert (counts[first:] == 1).mean() > 0.9
        assert 0.4 < first / len(counts) < 0.8


def test_points_are_the_eyes_nose_mouth_and_ears(detector, face):
    (found,) = detector.detect(face, whole(face))
    right_eye, left_eye, nose, mouth, right_ear, left_ear = found.points
    assert right_ear[0] < right_eye[0] < nose[0] < left_eye[0] < left_ear[0]
    assert right_eye[1] < nose[1] < mouth[1] < found.box.bottom
    assert abs(left_eye[1] - right_eye[1]) < 10
    assert 0.5 < found.score <= 1.0


@pytest.mark.parametrize("size", [(300, 480), (480, 480), (480, 300), (400, 440)])
def test_boxes_come_back_in_the_pictures_pixels(detector, face, size):
    """The same face somewhere in pictures of other sizes and proportions."""
    (alone,) = detector.detect(face, whole(face))
    picture = np.full(size, 120, np.uint8)
    left, top = size[1] - 290, size[0] - 260
    picture[top : top + 200, left : left + 200] = face
    (found,) = detector.detect(picture, whole(picture))
    shift = np.array([left, top])
    assert np.abs(found.points[:4] - alone.points[:4] - shift).max() < 9


def test_only_the_region_is_searched_and_its_offset_is_added(detector, face):
    picture = np.full((480, 1000), 120, np.uint8)
    picture[100:300, 100:300] = face
    picture[200:400, 700:900] = face
    both = detector.detect(picture, whole(picture))
    assert len(both) == 2
    (right,) = detector.detect(picture, (550, 60, 1000, 480))
    assert right.box.left > 700
    nearest = min(both, key=lambda each: -each.box.left)
    assert np.abs(nearest.points[:4] - right.points[:4]).max() < 30  # few pixels of a wide picture
    assert detector.detect(picture, (350, 0, 600, 480)) == []


def test_a_face_is_reported_once(detector, face):
    for size in (128, 200, 333):
        scaled = cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)
        assert len(detector.detect(scaled, whole(scaled))) == 1


def test_a_stricter_detector_finds_less(face):
    strict = Detector(ROOT / "models", score_min=0.999)
    assert strict.detect(face, whole(face)) == []
