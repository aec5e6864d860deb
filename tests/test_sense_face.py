"""Finding and following: who is read, who only counts, and how the crop stays on the face.

A painted world stands in for detector and model: each face is where the test says, the detector
sees it and the model reads its points, with errors where the test wants some.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.sense.card import load_card
from cuelight.sense.clip import open_clip
from cuelight.sense.detect import Detection, Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.face import FaceFinder
from cuelight.sense.geometry import Similarity
from cuelight.sense.records import Box, Frame
from cuelight.sense.shape import FaceShape, detector_points
from cuelight.settings import ZoneSettings

ROOT = Path(__file__).resolve().parents[1]
CARD = load_card(ROOT / "models")
SHAPE = FaceShape(CARD)
SIZE = (480, 640)
FPS = 25.0


class Counted:
    """The real detector, with a count of its searches."""

    def __init__(self, detector):
        self.detector = detector
        self.searches = 0

    def detect(self, image, region):
        self.searches += 1
        return self.detector.detect(image, region)


class World:
    """Faces at places (Similarity each), seen by a detector and a model without error or noise."""

    def __init__(self, **zone):
        self.faces = {}
        self.searches = []
        self.blind = False
        self.quality = 0.9
        self.noise = 0.0
        self.time = 0.0
        self.random = np.random.default_rng(3)
        self.finder = FaceFinder(self, card=CARD, zone=ZoneSettings(**zone))

    def detect(self, image, region):
        self.searches.append(self.time)
        left, top, right, bottom = region
        found = []
        for where in [] if self.blind else self.faces.values():
            points = seen_points(where)
            inside = (points > [left, top]).all() and (points < [right, bottom]).all()
            if inside:
                found.append(Detection(Box(0, 0, 1, 1), points, 0.9))
        return found

    def step(self, frames=1):
        """Play frames; give the faces that were read in the last one."""
        for _ in range(frames):
            faces = self.finder.update(Frame(np.zeros(SIZE, np.uint8), self.time))
            for face in faces:
                self.look(face)
            self.time += 1.0 / FPS
        return faces

    def look(self, face):
        """Tell where the face in this crop is, as the model would."""
        x, y = face.to_frame @ [0.5, 0.5, 1.0]
        side = np.hypot(*face.to_frame[:, 0])
        near = [
            where
            for where in self.faces.values()
            if np.hypot(*np.subtract(where.point(0.5, 0.5), (x, y))) < 0.5 * side
        ]
        points = SHAPE.landmarks(near[0]) if near else face.landmarks
        noise = self.random.normal(0, self.noise * side, points.shape) if self.noise else 0.0
        quality = self.quality if near else 0.01
        seen = SimpleNamespace(landmarks=(points + noise).astype(np.float32), quality=quality)
        self.finder.follow(face.track, seen)


def at(x, y, side=160.0, degrees=0.0):
    """A face whose crop's centre lies at (x, y)."""
    turn = np.radians(degrees)
    a, b = side * np.cos(turn), side * np.sin(turn)
    return Similarity(a, b, x - 0.5 * a + 0.5 * b, y - 0.5 * b - 0.5 * a)


def seen_points(where):
    """The detector's six points of a face: eyes, nose, mouth and, roughly, ears."""
    ears = np.array([[0.1, 0.4], [0.9, 0.4]], np.float32)
    return where.points(np.concatenate((detector_points(CARD.template), ears)))


def error(face, where):
    given = face.to_frame
    return Similarity(given[0, 0], given[1, 0], given[0, 2], given[1, 2]).distance(where)


def test_nobody_is_read_and_nobody_occupies_an_empty_zone():
    world = World()
    assert world.step(50) == []
    assert not world.finder.occupied


def test_a_face_is_read_from_the_first_frame_with_its_crop_upright():
    world = World()
    world.faces["a"] = at(320, 240, degrees=25)
    (face,) = world.step()
    assert face.track == 1
    assert face.roll_degrees == pytest.approx(25, abs=0.1)
    assert error(face, world.faces["a"]) < 0.01
    assert face.crop.shape == (112, 112)
    assert face.landmarks == pytest.approx(SHAPE.landmarks(world.faces["a"]), abs=1)
    assert world.finder.occupied


def test_the_crop_shows_the_picture_under_the_face():
    world = World()
    world.faces["a"] = at(300, 200, side=112)
    rows, columns = np.mgrid[:480, :640]
    image = ((rows + columns) // 5).astype(np.uint8)
    (face,) = world.finder.update(Frame(image, 0.0))
    left, top = round(float(face.to_frame[0, 2])), round(float(face.to_frame[1, 2]))
    wanted = image[top : top + 112, left : left + 112]
    assert np.abs(face.crop.astype(int) - wanted).max() <= 1


def test_between_searches_the_landmarks_alone_keep_the_crop_on_a_moving_face():
    world = World()
    world.faces["a"] = at(100, 240)
    world.step()
    searches = len(world.searches)
    worst = 0.0
    for frame in range(20):
        world.faces["a"] = at(100 + 8 * frame, 240, degrees=frame)
        (face,) = world.step()
        worst = max(worst, error(face, world.faces["a"]))
    assert len(world.searches) == searches
    assert worst < 0.09  # one frame's movement, 8 pixels of 160 and a degree, and no lag on top


def test_a_still_face_with_trembling_landmarks_has_a_quiet_crop():
    world = World()
    world.faces["a"] = at(320, 240)
    world.noise = 0.006  # about the model's own, as a part of the crop's side
    world.step(10)
    given = np.array([world.step()[0].to_frame[:, 2] for _ in range(100)])
    moved = np.abs(np.diff(given, axis=0)).mean() / 160
    raw = World()
    fits = [
        SHAPE.fit(SHAPE.landmarks(at(320, 240)) + raw.random.normal(0, 0.96, (32, 2)))
        for _ in range(100)
    ]
    trembled = np.abs(np.diff([(fit.x0, fit.y0) for fit in fits], axis=0)).mean() / 160
    assert moved < 0.5 * trembled
    assert error(world.step()[0], world.faces["a"]) < 0.02


def test_the_detector_is_asked_seldom():
    world = World()
    world.step(50)
    empty = len(world.searches)
    assert empty == pytest.approx(2.0 / 0.5, abs=1)  # two seconds at two a second
    world.faces["a"] = at(320, 240)
    world.step(25)
    before = len(world.searches)
    world.step(100)
    assert len(world.searches) - before == pytest.approx(4, abs=1)  # four seconds at one a second
    alone = World(faces_max=1)
    alone.faces["a"] = at(320, 240)
    alone.step(100)
    assert len(alone.searches) == pytest.approx(2, abs=1)  # nobody else would be read


def test_a_face_that_leaves_is_dropped_once_model_and_detector_agree():
    world = World()
    world.faces["a"] = at(320, 240)
    world.step(20)
    del world.faces["a"]
    world.step(round(0.7 * FPS))
    assert world.step() == []
    assert not world.finder.occupied


def test_a_face_that_the_detector_misses_for_a_while_keeps_its_track():
    world = World()
    world.faces["a"] = at(320, 240)
    world.step(5)
    world.blind = True  # looking down, say: the model goes on
    assert [face.track for face in world.step(round(4 * FPS))] == [1]
    world.step(round(3 * FPS))
    assert world.step() == []  # but not for ever


def test_a_face_that_the_model_loses_is_put_right_by_the_detector():
    world = World()
    world.faces["a"] = at(200, 240)
    world.step(5)
    world.faces["a"] = at(282, 240)  # more than half a crop at once
    world.step(round(0.5 * FPS))
    (face,) = world.step()
    assert face.track == 1
    assert error(face, world.faces["a"]) < 0.02


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e9])
def test_senseless_landmarks_do_not_move_the_crop(bad):
    world = World()
    world.faces["a"] = at(320, 240)
    (face,) = world.step(5)
    seen = SimpleNamespace(landmarks=np.full((32, 2), bad, np.float32), quality=0.9)
    with np.errstate(invalid="ignore"):
        world.finder.follow(face.track, seen)
    (face,) = world.step()
    assert error(face, world.faces["a"]) < 0.01


def test_a_face_on_the_zones_border_occupies_but_is_not_read():
    world = World(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    world.faces["a"] = at(285, 240)
    assert world.step(10) == []
    assert world.finder.occupied
    world.faces["a"] = at(200, 240)
    world.step(10)
    (face,) = world.step()
    assert face.track == 1  # the same face, now wholly inside


def test_a_face_outside_the_zone_is_dropped_at_detection():
    world = World(polygon=((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0)))
    world.faces["a"] = at(500, 240)
    assert world.step(10) == []
    assert not world.finder.occupied


def test_a_read_face_that_walks_out_of_the_zone_is_not_read_outside():
    world = World(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    for frame in range(120):
        world.faces["a"] = at(150 + 3 * frame, 240)
        for face in world.step():
            assert face.box.right < 320
    assert not world.finder.occupied


def test_faces_that_overlap_are_not_read_but_occupy():
    world = World()
    world.faces["a"], world.faces["b"] = at(250, 240), at(340, 240)
    assert world.step(5) == []
    assert world.finder.occupied
    world.faces["b"] = at(500, 240)  # at once: its old place is given up once all was searched
    world.step(90)
    assert len(world.step()) == 2


def test_small_faces_are_dropped():
    world = World(face_min=0.3)
    world.faces["a"] = at(320, 240, side=120)  # 90 of 480 pixels high
    assert world.step(10) == []
    assert not world.finder.occupied
    world.faces["a"] = at(320, 240, side=220)
    assert len(world.step(10)) == 1


def test_the_largest_and_most_central_are_read_and_the_others_occupy():
    world = World(faces_max=2)
    world.faces |= {"far": at(90, 100, side=100), "near": at(320, 240, side=200)}
    world.faces |= {"side": at(540, 240, side=150)}
    faces = world.step(10)
    sides = sorted(round(float(np.hypot(*face.to_frame[:, 0]))) for face in faces)
    assert sides == [150, 200]


def test_tracks_stay_with_their_faces():
    world = World()
    world.faces["a"], world.faces["b"] = at(150, 240), at(480, 240)
    first = {face.track: face.to_frame[0, 2] for face in world.step()}
    assert set(first) == {1, 2}
    for frame in range(60):
        world.faces["a"], world.faces["b"] = at(150, 200 + frame), at(480, 260 - frame)
        faces = world.step()
        for face in faces:
            assert abs(face.to_frame[0, 2] - first[face.track]) < 20
    assert {face.track for face in faces} == {1, 2}


def test_reset_forgets_everybody_and_uses_no_number_twice():
    world = World()
    world.faces["a"] = at(320, 240)
    world.step()
    world.finder.reset()
    assert not world.finder.occupied
    assert [face.track for face in world.step()] == [2]


def test_a_clip_that_starts_again_starts_afresh():
    world = World()
    world.faces["a"] = at(320, 240)
    world.step(50)
    world.time = 0.0
    assert [face.track for face in world.step()] == [2]


@given(
    x=st.floats(120, 520), y=st.floats(120, 360), side=st.floats(90, 220), turn=st.floats(-40, 40)
)
@settings(max_examples=30, deadline=None)
def test_wherever_a_face_is_its_crop_is_centred_on_it(x, y, side, turn):
    world = World()
    world.faces["a"] = at(x, y, side=side, degrees=turn)
    faces = world.step(3)
    for face in faces:
        assert error(face, world.faces["a"]) < 0.01
    assert world.finder.occupied


@pytest.mark.parametrize(
    ("name", "share"), [("smile.mp4", 1.0), ("actress.mp4", 0.95), ("no_face.mp4", 0.0)]
)
def test_real_clips_are_followed_by_the_models_own_landmarks(name, share):
    models = ROOT / "models"
    model = ExpressionModel(models)
    detector = Counted(Detector(models))
    finder = FaceFinder(detector, card=model.card, zone=ZoneSettings())
    tracks, read, frames, jumps, last = set(), 0, 0, [], None
    with open_clip(ROOT / "clips" / name) as clip:
        for frame in clip:
            frames += 1
            for face in finder.update(frame):
                seen = model.read(face, frame)
                finder.follow(face.track, seen)
                tracks.add(face.track)
                read += 1
                centre = face.to_frame @ [0.5, 0.5, 1.0]
                if last is not None:
                    jumps.append(np.hypot(*(centre - last)) / np.hypot(*face.to_frame[:, 0]))
                last = centre
    assert tracks == ({1} if share else set())
    assert read >= share * frames
    assert detector.searches < (0.1 if share else 0.2) * frames
    if share:
        assert np.max(jumps) < 0.06
        assert np.median(jumps) < 0.006


def test_a_small_face_in_a_wide_picture_is_found_and_followed():
    """In the whole picture it is too small for the detector's 128 pixels; in a square it is not."""
    with open_clip(ROOT / "clips" / "smile.mp4") as clip:
        patch = next(iter(clip)).image[90:330, 180:420]
    picture = np.full((720, 1280), 110, np.uint8)
    picture[300:540, 800:1040] = patch
    model, detector = ExpressionModel(ROOT / "models"), Detector(ROOT / "models")
    assert detector.detect(picture, (0, 0, 1280, 720)) == []
    finder = FaceFinder(detector, card=model.card, zone=ZoneSettings())
    read = []
    for number in range(300):
        frame = Frame(picture, number / FPS)
        for face in finder.update(frame):
            finder.follow(face.track, model.read(face, frame))
            read.append(face.track)
    assert set(read) == {1}
    assert len(read) > 270


def test_a_face_that_leaves_a_real_clip_is_no_longer_read():
    model, detector = ExpressionModel(ROOT / "models"), Detector(ROOT / "models")
    finder = FaceFinder(detector, card=model.card, zone=ZoneSettings())
    times = []
    with open_clip(ROOT / "clips" / "face_noface.mov") as clip:
        for frame in clip:
            for face in finder.update(frame):
                seen = model.read(face, frame)
                finder.follow(face.track, seen)
                if seen.quality > 0.5:
                    times.append(frame.timestamp)
            end = frame.timestamp
    assert not finder.occupied
    assert 0.3 * end < max(times) < 0.6 * end


def test_who_comes_and_goes_is_never_logged(caplog):
    caplog.set_level(0)
    world = World(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
    world.faces = {"one": at(160, 240, 120)}
    assert world.step(25)  # found
    world.faces["one"] = at(560, 240, 120)
    assert world.step(250) == []  # lost, and out of the zone
    world.faces["one"] = at(160, 240, 120)
    assert world.step(25)
    for x in range(160, 600, 4):  # walks out of the zone while it is followed
        world.faces["one"] = at(x, 240, 120)
        world.step()
    assert not world.finder.occupied
    world.finder.reset()
    assert caplog.records == []
