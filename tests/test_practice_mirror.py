"""What the mirror measures, when it closes the camera, and where it is refused."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelight.commands.practice import _open_eye
from cuelight.errors import CameraError, CameraHeldError, InputError
from cuelight.installed import MARKS, installed_by
from cuelight.practice.mirror.eye import Glance
from cuelight.practice.mirror.look import Limits, Look
from cuelight.practice.mirror.mirror import Mirror
from cuelight.practice.mirror.movements import MOVEMENTS, amounts_of, figures_of
from cuelight.practice.mirror.refusal import Refusal
from cuelight.practice.mirror.source import mirror_source
from cuelight.practice.mirror.targets import TARGETS
from cuelight.practice.stills import Stills
from cuelight.sense.clip import open_clip
from cuelight.sense.picture import read_image
from cuelight.sense.records import EMOTIONS, LANDMARKS, UNITS, Box, Expression, Frame, Gaze, Head
from test_install_pi import Place, copy_checkout

CLIPS = Path(__file__).resolve().parents[1] / "clips"
NAMES = [one.name for one in MOVEMENTS]
PICTURE = np.zeros((8, 8), np.uint8)


# ---- what is measured ----


def expression(units, emotions):
    return Expression(
        track=1,
        timestamp=0.0,
        action_units=np.array(units, np.float32),
        relative_units=np.array(units, np.float32),
        emotions=np.array(emotions, np.float32),
        head=Head(3.0, 1.0, -4.0, 0.3),
        gaze=Gaze(5.0, 0.0),
        landmarks=np.zeros((len(LANDMARKS), 2), np.float32),
        box=Box(0.0, 0.0, 1.0, 1.0),
        quality=1.0,
    )


SHARES = st.floats(0.0, 1.0, width=32)


@given(
    st.lists(SHARES, min_size=len(UNITS), max_size=len(UNITS)),
    st.lists(SHARES, min_size=len(EMOTIONS), max_size=len(EMOTIONS)),
)
def test_figures_are_units_and_directions_whatever_the_emotions_say(units, emotions):
    found = dict(zip(NAMES, figures_of(expression(units, emotions), MOVEMENTS), strict=True))
    for name, unit in zip(UNITS, units, strict=True):
        if name in found:
            assert found[name] == pytest.approx(unit, abs=0.001)
    assert (found["yaw"], found["roll"], found["gaze"]) == (3.0, -4.0, 5.0)
    assert set(found) - set(UNITS) == {"yaw", "roll", "gaze"}


FIGURES = st.lists(SHARES, min_size=len(MOVEMENTS), max_size=len(MOVEMENTS))


@given(FIGURES, FIGURES)
def test_amounts_run_from_rest_to_all_there_is(figures, rest):
    for amount, now, then, one in zip(
        amounts_of(figures, rest, MOVEMENTS), figures, rest, MOVEMENTS, strict=True
    ):
        if one.is_angle:
            assert amount == now - then
        else:
            assert 0.0 <= amount <= 1.0
            assert amount > 0.0 or now <= then
    assert not any(amounts_of(rest, rest, MOVEMENTS))


@pytest.fixture(scope="module")
def eye():
    return _open_eye()


@pytest.fixture(scope="module")
def guide(eye):
    mirror = Mirror(Stills.open(), open_eye=lambda: eye, open_camera=mirror_source("63"))
    return mirror.guide()


def test_only_movements_that_the_card_calls_shown_are_measured(eye, guide):
    names = {one["name"] for one in guide["movements"]}
    assert {"AU12L", "AU12R", "AU01", "yaw"} <= names <= set(NAMES)
    from cuelight.places import models_folder
    from cuelight.sense.card import load_card

    live = {name for name, unit in load_card(models_folder()).units.items() if unit.live}
    assert names - {"yaw", "roll", "gaze"} <= live


MUST_SHOW = {
    "Both brows up": {"AU01", "AU02L", "AU02R"},
    "Brows up, eyes wide, jaw down": {"AU01", "AU02L", "AU02R", "AU26"},
    "Brows down and together": {"AU04L", "AU04R"},
    "Inner brows up, lips stretched sideways": {"AU01", "AU20"},
    "Sides of the nose up": {"AU09"},
    "Sides of the nose and upper lip up": {"AU09", "AU10"},
    "Both lip corners up": {"AU12L", "AU12R"},
    "Both lip corners a little up, head tilted": {"AU12L", "AU12R", "roll"},
    "Left lip corner up": {"AU12L"},
    "Right lip corner up": {"AU12R"},
    "Both lip corners down": {"AU15"},
    "Head and eyes turned aside": {"yaw", "gaze"},
}


def test_every_target_shows_what_its_words_say_to_the_mirrors_own_model(guide):
    assert {one["words"] for one in guide["targets"]} == set(MUST_SHOW)
    for target in guide["targets"]:
        moved = {
            movement["name"]: abs(amount) / movement["whole"]
            for movement, amount in zip(guide["movements"], target["amounts"], strict=True)
        }
        for name in MUST_SHOW[target["words"]]:
            assert moved[name] >= 0.3, (target["words"], name)
    left, right = (
        next(one for one in guide["targets"] if one["words"].startswith(side))["amounts"]
        for side in ("Left", "Right")
    )
    at = {one["name"]: n for n, one in enumerate(guide["movements"])}
    assert left[at["AU12L"]] > 4 * left[at["AU12R"]]
    assert right[at["AU12R"]] > 4 * right[at["AU12L"]]


def test_no_words_of_the_mirror_name_an_emotion():
    text = " ".join([*(one.words for one in TARGETS), *(one.words for one in MOVEMENTS)]).lower()
    assert not [name for name in EMOTIONS if name in text]


def two_faces(eye):
    """Give a picture with two of the rendered people side by side."""
    stills = Stills.open()
    cells = [
        read_image(stills.folder / stills.strip(person, "happiness").file)[:, : stills.cell]
        for person in (6, 8)
    ]
    frame = np.full((2 * stills.cell, 4 * stills.cell), 128, np.uint8)
    for number, cell in enumerate(cells):
        left = (2 * number) * stills.cell + stills.cell // 2
        top = stills.cell // 2
        frame[top : top + stills.cell, left : left + stills.cell] = cell
    return frame


def test_while_a_second_face_is_there_nobody_is_measured(eye):
    frame = two_faces(eye)
    eye.reset()
    glances = [eye.look(Frame(frame, n / 30.0)) for n in range(30)]
    assert glances[-1] == Glance(2)
    half = np.ascontiguousarray(frame[:, : frame.shape[1] // 2])
    eye.reset()
    glances = [eye.look(Frame(half, n / 30.0)) for n in range(30)]
    eye.reset()
    assert glances[-1].faces == 1
    assert len(glances[-1].figures) == len(eye.movements)


# ---- when the camera closes ----


class StandIn:
    """A camera with a clock of its own, which says what was done to it."""

    def __init__(self, *, fails_after=None, held=False):
        self.reads = self.closed = self.skipped = 0
        self._fails_after, self._held = fails_after, held

    def read(self):
        if self.reads == self._fails_after:
            raise CameraError("The webcam stopped giving frames. Check its plug, then restart.")
        self.reads += 1
        return Frame(PICTURE, self.reads / 10.0)

    def close(self):
        self.closed += 1
        if self._held:
            raise CameraHeldError("it is still open. Pull its plug.")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class SeesOne:
    """An eye for which there is a face up to some frame."""

    movements = ()

    def __init__(self, until=10**9):
        self.until, self.resets = until, 0

    def look(self, frame):
        return Glance(1, 1, (0.5,)) if frame.timestamp <= self.until else Glance(0)

    def reset(self):
        self.resets += 1


def looked(camera, eye, **limits):
    told = []
    look = Look(lambda: camera, eye, limits=Limits(**limits), tell=told.append)
    assert look.wait(60)
    return told


def test_a_look_ends_after_its_time_with_the_camera_closed():
    camera, eye = StandIn(), SeesOne()
    told = looked(camera, eye, whole_seconds=60.0)
    assert "1 minutes" in told[-1]
    assert camera.reads == pytest.approx(600, abs=2)
    assert (camera.closed, eye.resets) == (1, 1)
    assert all(isinstance(one, Glance) for one in told[:-1])


def test_a_look_at_nobody_ends_sooner():
    camera = StandIn()
    told = looked(camera, SeesOne(until=5.0), alone_seconds=30.0)
    assert "No face was seen for 30 seconds" in told[-1]
    assert camera.reads == pytest.approx(350, abs=2)
    assert camera.closed == 1


@pytest.mark.parametrize(
    ("camera", "words"),
    [
        (StandIn(fails_after=3), "Check its plug"),
        (StandIn(fails_after=3, held=True), "still open"),
    ],
)
def test_a_camera_that_fails_is_told_in_its_own_words_and_closed(camera, words):
    assert words in looked(camera, SeesOne())[-1]
    assert camera.closed == 1


def test_a_fault_of_ours_closes_the_camera_too(caplog):
    class Broken(SeesOne):
        def look(self, frame):
            raise RuntimeError("broken")

    camera = StandIn()
    assert looked(camera, Broken()) == ["The mirror failed; its terminal says why."]
    assert camera.closed == 1
    assert "the mirror failed" in caplog.text


def test_a_second_look_ends_the_first_one_before_its_camera_opens(eye):
    cameras, order = [], []

    def open_camera():
        order.append([one.closed for one in cameras])
        cameras.append(StandIn())
        return cameras[-1]

    endless = Limits(whole_seconds=float("inf"))
    mirror = Mirror(Stills.open(), open_eye=SeesOne, open_camera=open_camera, limits=endless)
    told = []
    with mirror:
        mirror.open(told.append)
        first_seen = threading.Event()
        mirror.open(lambda _: first_seen.set())
        assert first_seen.wait(60)
    assert order == [[], [1]]
    assert [one.closed for one in cameras] == [1, 1]
    assert told[-1] == "It was closed, or opened on another page."


def test_no_camera_opens_for_the_guide(eye):
    def never():
        raise AssertionError("opened")

    Mirror(Stills.open(), open_eye=lambda: eye, open_camera=never).guide()


def test_a_source_that_is_neither_is_told(tmp_path):
    for text in ("64", "-1", str(tmp_path / "none.mp4"), ""):
        with pytest.raises(InputError, match="--mirror-source"):
            mirror_source(text or str(tmp_path / "x"))
    with pytest.raises(CameraError, match="/dev/video63"):
        mirror_source("63")()


def test_a_clip_plays_as_a_camera_would():
    with open_clip(CLIPS / "smile.mp4") as clip:
        first = next(iter(clip)).image.copy()
    with mirror_source(str(CLIPS / "smile.mp4"))() as camera:
        frames = [camera.read() for _ in range(3)]
    assert (frames[0].image == first).all()
    assert [one.timestamp for one in frames] == sorted(one.timestamp for one in frames)


# ---- where it is refused ----


@pytest.fixture(scope="module")
def unit(tmp_path_factory):
    """Give a root folder into which scripts/install-pi really installed a unit."""
    place = Place(tmp_path_factory.mktemp("unit"))
    place.run(copy_checkout(tmp_path_factory.mktemp("checkout")))
    return place


def test_what_install_pi_makes_is_an_installed_unit_by_each_mark(unit, tmp_path):
    assert installed_by(unit.root) == f"/{MARKS[0]}"
    for mark in MARKS:
        assert os.path.lexists(unit.root / mark), mark
        (tmp_path / mark).parent.mkdir(parents=True)
        (tmp_path / mark).symlink_to("nowhere")
        assert installed_by(tmp_path) == f"/{mark}"
        (tmp_path / mark).unlink()
    assert installed_by(tmp_path) == ""


def test_a_unit_stays_one_while_its_settings_do(unit, tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("unit"))
    checkout = copy_checkout(tmp_path_factory.mktemp("checkout"))
    place.run(checkout)
    place.run(checkout, "--uninstall")
    assert installed_by(place.root) == "/etc/cuelight/device.toml"
    place.run(checkout, "--uninstall", "--purge")
    assert installed_by(place.root) == ""


def test_a_mark_that_may_not_be_seen_counts(tmp_path):
    if os.geteuid() == 0:
        # root may see all there is; a path that is too long cannot be looked at by anybody
        deep = tmp_path / ("x" * 300)
    else:
        deep = tmp_path / "locked"
        (deep / "opt" / "cuelight").mkdir(parents=True)
        deep.chmod(0)
    assert installed_by(deep) == f"/{MARKS[0]}"


def test_the_refusal_says_what_was_found_why_and_what_next():
    words = Refusal("/opt/cuelight/current").words
    for part in ("/opt/cuelight/current", "customer's side", "no camera", "computer of your own"):
        assert part in words
