"""What a hot box does in the real loop: fewer frames, fewer claims, and health says so."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import nullcontext

import pytest

from broker import Broker, Listener, wait_until
from cuelight.box import Box
from cuelight.compose import build_sensing
from cuelight.cooling import Cooling
from cuelight.loop import Loop
from cuelight.places import sample_clip, selftest_folder
from cuelight.read.movement import MovementTimes
from cuelight.records import Cue
from cuelight.sense.clip import open_clip
from cuelight.sense.paced import PacedClip
from cuelight.sense.records import Frame
from cuelight.settings import LampSettings, Settings, SiteSettings, StoreSettings
from planted_pi import Pi

BRIEF_SECONDS = MovementTimes().micro_max_seconds


class Watched:
    """Runs the real loop over a film at virtual time, on a Pi that was hot for so long."""

    def __init__(self, pi, film, *, hot_minutes):
        self.time, self.decisions, self.cues, self.stamps, self.statuses = 0.0, [], [], [], []
        cooling = Cooling(30.0, health=pi.vitals)
        for _ in range(2 * hot_minutes + 1):
            cooling.update(self.time)
            self.time += 30.0
        Loop(
            sensing=build_sensing(Settings(), explain=self.decisions.append),
            open_camera=lambda: PacedClip(film, loops=1, now=self.now, wait=self.wait),
            camera_lamp=nullcontext,
            presses=list,
            tell=lambda _event: None,
            report=self.statuses.append,
            progress=lambda: None,
            now=self.now,
            wait=self.wait,
            stopping=lambda: False,
            see=self.see,
            camera_fps=30.0,
            cooling=cooling,
        ).run()

    def now(self):
        return self.time

    def wait(self, seconds):
        self.time += seconds

    def see(self, seen):
        self.stamps.append(seen.timestamp)
        self.cues += [event for event in seen.events if isinstance(event, Cue)]

    @property
    def brief(self):
        return [cue.name for cue in self.cues if cue.offset - cue.onset <= BRIEF_SECONDS]

    @property
    def too_brief_for_these_frames(self):
        return [d for d in self.decisions if "is the least that these frames tell" in d.reason]


@pytest.mark.parametrize(
    ("hot_minutes", "every", "shortest"), [(0, 1, 100), (1, 2, 200), (6, 4, 400)]
)
def test_the_reader_claims_what_the_frames_it_gets_can_tell(tmp_path, hot_minutes, every, shortest):
    """Nobody tells the reader that the box backs off: it counts the frames."""
    pi = Pi(tmp_path, degrees=81.0)
    seen = Watched(pi, selftest_folder() / "smiles.mkv", hot_minutes=hot_minutes)
    with open_clip(selftest_folder() / "smiles.mkv") as film:
        frames = sum(1 for _ in film)
    assert len(seen.stamps) == pytest.approx(frames / every, abs=1)
    last = seen.statuses[-1]
    assert (last.backs_off, last.fps_read) == (every > 1, 30.0 / every)
    assert last.min_detectable_ms == shortest
    assert last.micro is (shortest <= 200)
    assert last.skipped == 0, "what is left out to cool down is no fault of the camera"
    if every == 1:
        assert "one_sided_smile" in seen.brief
        assert seen.too_brief_for_these_frames == []
    if every == 4:
        assert seen.brief == []
        assert seen.too_brief_for_these_frames
    assert {cue.name for cue in seen.cues} - set(seen.brief), "lasting ones are still told"


class Film:
    """A camera that plays a clip; `script` gives what the clock jumps before each frame."""

    skipped = 0

    def __init__(self, pictures, script):
        self.pictures, self.script = pictures, script
        self.time = 1000.0
        self.wrong = None

    def open(self):
        return self

    def read(self):
        try:
            self.time += next(self.script)
        except Exception as error:  # the loop would try again for ever
            self.wrong = error
            raise EOFError from error
        return Frame(next(self.pictures), self.time)

    def close(self):
        pass


def endless(name):
    """Give a clip's pictures again and again."""
    with open_clip(sample_clip(name)) as clip:
        pictures = [frame.image for frame in clip][:30]
    while True:
        yield from pictures


def test_a_whole_box_says_in_health_that_it_backs_off_and_when_it_is_over(tmp_path):
    pi, stop, seen = Pi(tmp_path / "sys", degrees=60.0), threading.Event(), []
    said = {}

    def healthy(key, value):
        """Go on by half a minute, which is when health comes, until it says so."""
        while said.get(key) != value:
            before = len(listener.on("/health"))
            yield 30.0
            wait_until(lambda count=before: len(listener.on("/health")) > count)
            said.update(json.loads(listener.on("/health")[-1].payload))

    def minutes(number):
        yield from [30.0] * (2 * number)

    def script():
        """Play a cool start, heat, three seconds of frames in it, and cool again; in seconds."""
        yield from minutes(2)
        yield from healthy("fps_read", 30.0)
        assert (said["backs_off"], said["throttled"]) == (False, False)
        pi.write(degrees=79.0)
        yield from minutes(7)
        yield from healthy("fps_read", 7.5)
        assert (said["backs_off"], said["min_detectable_ms"], said["micro"]) == (True, 400, False)
        assert (said["temperature"], said["throttled"], said["fault"]) == (80, False, "")
        seen.clear()
        yield from [1 / 30] * 90
        assert len(seen) == pytest.approx(90 / 4, abs=1)
        assert all(len(one.expressions) == 1 for one in seen[1:])
        pi.write(degrees=66.0)
        yield from minutes(33)
        yield from healthy("fps_read", 30.0)
        assert (said["backs_off"], said["temperature"]) == (False, 65)
        stop.set()
        yield 1 / 30

    (tmp_path / "broker").mkdir()
    with Broker(tmp_path / "broker") as broker:
        listener = Listener(broker.port)
        camera = Film(endless("actress.mp4"), script())
        box = Box(
            Settings(
                site=SiteSettings(name="lab", device="hot"),
                lamp=LampSettings(pin_factory="mock"),
                mqtt=broker.settings(tls=False),
                store=StoreSettings(folder=str(tmp_path / "store")),
            ),
            open_camera=camera.open,
            mock_allowed=True,
            see=seen.append,
            stop=stop,
            now=lambda: camera.time,
            sys=pi.folder,
        )
        with box:
            box.run()
        listener.close()
    assert camera.wrong is None, said
    assert stop.is_set()


def test_a_sensing_process_that_is_locked_in_still_feels_the_heat(tmp_path):
    Pi(tmp_path, degrees=81.0, flags=0x8)
    program = (
        "import sys; from pathlib import Path; from cuelight.split.locked import lock_in\n"
        "from cuelight.vitals import vitals; lock_in((1, 2)); found = vitals(Path(sys.argv[1]))\n"
        "print(found['temperature'], found['throttled'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.stdout == "80 True\n", done.stderr
