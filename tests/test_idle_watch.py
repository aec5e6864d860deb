"""The idle watch, in the real loop: the sensor at its rate, few frames looked at, a face found."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest

from cuelight.compose import build_reader
from cuelight.loop import Loop
from cuelight.places import models_folder, sample_clip
from cuelight.sense.clip import open_clip
from cuelight.sense.detect import Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.face import FaceFinder
from cuelight.sense.records import Frame
from cuelight.sense.track import Following
from cuelight.sensing import Sensing
from cuelight.settings import Settings, ZoneSettings

FPS = 32.0  # whose times are whole in binary, so that half a second is always as many frames
EVERY = round(FPS * Following().search_empty_seconds)
"""While nobody is there, one frame in so many is processed."""

SEAT = ZoneSettings(polygon=((0.2, 0.0), (0.78, 0.0), (0.78, 1.0), (0.2, 1.0)))
"""A zone about as wide as it is high, as `cuelight zone` draws one round a seat."""


@cache
def pictures(name):
    with open_clip(sample_clip(name)) as clip:
        return tuple(frame.image for frame in clip)


class Watched:
    """Plays pictures to the real loop, models and all, and notes what was done with each frame."""

    def __init__(self, film, *, zone):
        self.film, self.given, self.skipped = iter(film), 0, 0
        settings = Settings(zone=zone)
        folder = models_folder("")
        self.detector = Detector(folder)
        self.model = ExpressionModel(folder)
        self.looked, self.seen = [], []
        sensing = Sensing(
            finder=FaceFinder(self, card=self.model.card, zone=zone),
            model=self.model,
            reader=build_reader(settings, self.model.card),
        )
        Loop(
            sensing=sensing,
            open_camera=lambda: self,
            camera_lamp=nullcontext,
            presses=list,
            tell=lambda _event: None,
            report=lambda _status: None,
            progress=lambda: None,
            now=lambda: self.given / FPS,
            wait=lambda _seconds: None,
            stopping=lambda: False,
            see=self.seen.append,
            camera_fps=FPS,
        ).run()

    def detect(self, image, region):
        """Find faces, as the real detector does; notes in which frame it was asked."""
        found = self.detector.detect(image, region)
        self.looked.append((self.given, len(found)))
        return found

    def read(self):
        self.given += 1
        picture = next(self.film, None)
        if picture is None:
            raise EOFError
        return Frame(picture, self.given / FPS)

    def close(self):
        pass

    @property
    def read_in(self):
        """In which frames a face was read."""
        return [number for number, one in enumerate(self.seen, 1) if one.expressions]


@pytest.mark.parametrize("zone", [ZoneSettings(), SEAT], ids=["all of it", "a seat"])
def test_nobody_there_the_sensor_runs_at_its_rate_and_one_frame_in_n_is_processed(zone):
    film = 2 * pictures("no_face.mp4")
    watched = Watched(film, zone=zone)
    assert len(watched.seen) == len(film), "every frame is taken, so that none waits in a queue"
    assert [number for number, _ in watched.looked] == list(range(1, len(film) + 1, EVERY))
    assert watched.read_in == []


@pytest.mark.parametrize("phase", range(0, EVERY, 2))
def test_a_face_is_read_at_full_rate_within_one_idle_frame(phase):
    """Somebody sits down at any moment between two looks."""
    empty, taken = pictures("noface_face.mov")[0], pictures("noface_face.mov")[130:150]
    came = 2 * EVERY + phase + 1
    watched = Watched([*[empty] * (came - 1), *taken], zone=SEAT)
    first = watched.read_in[0]
    assert came <= first < came + EVERY
    assert watched.read_in == list(range(first, len(watched.seen) + 1)), "none is left out then"


def test_where_the_zone_is_long_its_parts_are_looked_at_in_turn():
    """A face is read from the first look at its part on, and the next frames are, too."""
    film = pictures("noface_face.mov")
    watched = Watched(film, zone=ZoneSettings())
    first = watched.read_in[0]
    assert first == next(number for number, found in watched.looked if found)
    assert watched.read_in == list(range(first, len(film) + 1))
    idle = [number for number, _ in watched.looked if number <= first]
    assert np.diff(idle).tolist() == [EVERY] * (len(idle) - 1)


def test_once_they_are_gone_it_idles_again():
    film = pictures("face_noface.mov")
    watched = Watched([*film, *[film[-1]] * 60], zone=SEAT)
    last = watched.read_in[-1]
    assert watched.read_in == list(range(1, last + 1))
    idle = [number for number, _ in watched.looked if number > last]
    assert len(idle) >= 4
    assert set(np.diff(idle).tolist()) == {EVERY}
