"""The camera lamp is lit whenever the camera may be open, wherever camera or lamp break.

The loop, the camera classes and the panel are the real ones, on gpiozero's mock pins; the vendor's
calls are counted, and each in its turn is made to fail.
"""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin

from cuelight.loop import Loop
from cuelight.records import PauseState
from cuelight.sense.camera import open_camera
from cuelight.sense.webcam import Webcam
from cuelight.sensing import Seen
from cuelight.settings import CameraSettings, LampSettings
from cuelight.tell.panel import Panel
from cuelight.tell.pins import Pins
from fake_picamera2 import FakePicamera2, MappedArray, Sensor

LAMP = LampSettings(pin_factory="mock")
PI = CameraSettings(width=160, height=120, fps=25.0)
WEBCAM = CameraSettings(source="v4l2", width=160, height=120, index=57)
ERRORS = (RuntimeError, MemoryError, KeyError)


class ProcessEndedError(BaseException):
    """Stands for the end of the process: from here on nothing is switched any more."""


class WatchedPin(MockPWMPin):
    """Tells the stage when the camera's lamp goes out; `fails_at` is the change that it refuses."""

    watched_by = None
    fails_at = -1
    changes = 0

    def _change_state(self, value):
        stage = self.watched_by
        if stage is not None:
            if stage.held and not value and not stage.ended:
                stage.dark_while_held.append(stage.calls[-1])
            self.changes += 1
            if self.changes - 1 == self.fails_at:
                raise OSError("the line is gone")
        return super()._change_state(value)

    def goes_out(self):
        """Another program puts the lamp out."""
        self._state = 0.0


@pytest.fixture
def panel(monkeypatch):
    monkeypatch.setattr(
        "cuelight.tell.panel.open_pins", lambda _: Pins(MockFactory(pin_class=WatchedPin))
    )
    with Panel(LAMP, mock_allowed=True) as opened:
        opened.open()
        yield opened


class Stage:
    """One box's camera and lamp; counts the vendor's calls and breaks the one that is named."""

    def __init__(self, panel, *, breaks=None, error=RuntimeError, always=None):
        self.breaks = breaks
        self.error = error
        self.always = always
        self.calls = []
        self.held = False
        self.dark_while_held = []
        self.time = 7.0
        self.frames = 0
        self.rounds = 0
        self.ended = False
        self.panel = panel
        self.pin = self.panel.pins.factory.pin(LAMP.camera_pin)
        self.pin.watched_by = self

    def touch(self, name, *, holds=False):
        """Note a call and fail if it is the one; `holds`: the camera is held from here on."""
        self.calls.append(name)
        self.held = self.held or holds  # a call that fails may hold it all the same
        if self.held and not self.pin.state:
            self.dark_while_held.append(name)
        if len(self.calls) - 1 == self.breaks or name == self.always:
            raise self.error("broken here")

    def now(self):
        return self.time

    def wait(self, seconds):
        self.time += seconds

    def presses(self):
        return []

    def give_up(self, _reason):
        self.ended = True
        assert self.pin.state == 1, "it ends with the lamp lit, and ExecStopPost clears it"
        raise ProcessEndedError

    def update(self, frame):
        self.frames += 1
        if self.frames == 3:
            self.loop.pause = PauseState(pressed=True)
        return Seen(frame.timestamp, (), ())

    def flush(self, _timestamp):
        return ()

    def warm_up(self):
        pass

    def reset(self):
        pass

    def stopping(self):
        self.rounds += 1
        self.time += 0.001
        if self.loop.paused and self.rounds > 40:
            self.loop.pause = PauseState()
        return self.rounds > 400 or self.frames > 6

    def run(self, open_it):
        self.loop = Loop(
            sensing=self,
            open_camera=open_it,
            camera_lamp=self.panel.camera_lit,
            lamp_is_lit=lambda: self.panel.camera_lamp_is_lit,
            presses=self.presses,
            tell=lambda _: None,
            report=lambda _: None,
            progress=lambda: None,
            now=self.now,
            wait=self.wait,
            stopping=self.stopping,
            give_up=self.give_up,
            camera_fps=25.0,
        )
        try:
            self.loop.run()
        except ProcessEndedError:
            pass
        else:
            assert not self.held
            assert self.pin.state == 0
        assert self.dark_while_held == []


def pi_camera(stage):  # noqa: C901 - one short method for each of the vendor's calls
    """Give a function that opens a PiCamera on a vendor whose every call is counted."""
    sensor = Sensor(ticks=tuple(range(1000)))
    vendor = FakePicamera2(sensor)
    kind = vendor.Picamera2

    class Mapped(MappedArray):
        def __enter__(self):
            stage.touch("map")
            return super().__enter__()

    class Counted(kind):
        is_open = False

        def __init__(self, *arguments, **more):
            try:
                stage.touch("open", holds=True)
            except Exception:
                self.is_open = stage.held
                raise
            self.is_open = True
            super().__init__(*arguments, **more)

        @staticmethod
        def global_camera_info():
            stage.touch("info")
            return kind.global_camera_info()

        @staticmethod
        def load_tuning_file(name):
            stage.touch("tuning")
            return kind.load_tuning_file(name)

        @property
        def camera_controls(self):
            stage.touch("controls")
            return kind.camera_controls.fget(self)

        def create_preview_configuration(self, **wanted):
            stage.touch("create")
            return super().create_preview_configuration(**wanted)

        def configure(self, configuration):
            stage.touch("configure")
            super().configure(configuration)

        def start(self):
            stage.touch("start")
            super().start()

        def capture_request(self, *, wait):
            stage.touch("capture")
            request = super().capture_request(wait=wait)
            stage.time += 0.04
            request.timestamp_ns = round(stage.time * 1e9)
            held, release = request.get_metadata, request.release
            request.get_metadata = lambda: (stage.touch("metadata"), held())[1]
            request.release = lambda: (stage.touch("release"), release())[1]
            return request

        def close(self):
            stage.touch("close")
            if self.is_open:
                self.is_open = False
                self.started, self.closed = False, True
                stage.held = False

    vendor.Picamera2, vendor.MappedArray = Counted, Mapped
    return lambda: open_camera(PI, picamera2=vendor)


def web_camera(stage):
    """Give a function that opens a Webcam on an OpenCV whose every call is counted."""

    class Capture:
        def __init__(self, *_):
            stage.touch("open", holds=True)
            self.asked = {}

        def isOpened(self):  # noqa: N802 - OpenCV's name
            return True

        def set(self, name, value):
            stage.touch("set")
            self.asked[name] = value

        def get(self, name):
            stage.touch("get")
            return self.asked[name]

        def read(self):
            asked.acquire()
            stage.touch("read")
            stage.time += 0.04
            return True, np.zeros((120, 160), np.uint8)

        def release(self):
            stage.touch("release")
            stage.held = False

    asked = threading.Semaphore(0)
    names = ("BUFFERSIZE", "FRAME_WIDTH", "FRAME_HEIGHT", "FPS", "AUTOFOCUS", "AUTO_EXPOSURE")
    cv2 = SimpleNamespace(
        CAP_V4L2=200, VideoCapture=Capture, **{f"CAP_PROP_{name}": name for name in names}
    )

    class Stepwise(Webcam):
        """Lets the driver give one frame for every one that is read, so that runs are alike."""

        def read(self):
            asked.release()
            return super().read()

        def close(self):
            asked.release()
            super().close()

    return lambda: Stepwise(WEBCAM, cv2=cv2, now=stage.now)


def calls_of(make, panel):
    stage = Stage(panel)
    stage.run(make(stage))
    assert stage.frames > 6
    assert stage.calls.count("open") == 2, "closed by the pause, and opened again"
    return stage.calls


PI_CALLS = 40
"""At least so many calls make two openings, seven frames and two closings of a Pi's camera."""


@pytest.mark.parametrize("error", ERRORS)
def test_every_call_to_picamera2_may_fail_and_the_lamp_stays_true(panel, error):
    calls = calls_of(pi_camera, panel)
    assert len(calls) >= PI_CALLS
    for number, name in enumerate(calls):
        stage = Stage(panel, breaks=number, error=error)
        stage.run(pi_camera(stage))
        assert stage.calls[number] == name, "it broke where it was to break"


@pytest.mark.parametrize("name", ["open", "configure", "start", "capture", "map", "close"])
def test_a_call_to_picamera2_may_fail_for_ever(panel, name):
    assert name in calls_of(pi_camera, panel)
    stage = Stage(panel, always=name)
    stage.run(pi_camera(stage))
    assert stage.frames < 6


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", ERRORS)
def test_every_call_to_opencv_may_fail_and_the_lamp_stays_true(panel, error):
    for number, name in enumerate(calls_of(web_camera, panel)):
        if name == "open":
            continue  # a constructor of OpenCV that raises has let go of the device
        stage = Stage(panel, breaks=number, error=error)
        stage.run(web_camera(stage))


@pytest.mark.parametrize("fails_at", range(7))
def test_a_camera_lamp_that_refuses_any_change_leaves_no_open_camera_unlit(panel, fails_at):
    stage = Stage(panel)
    stage.pin.fails_at = fails_at
    stage.run(pi_camera(stage))
    assert stage.frames > 6, "it came back"
    assert (stage.pin.changes > fails_at) == (fails_at < 4)


def test_a_camera_lamp_that_goes_out_by_itself_closes_the_camera(panel):
    stage = Stage(panel)
    update = stage.update

    def put_out(frame):
        if stage.frames == 1:
            stage.frames += 1
            stage.pin.goes_out()
            stage.held = False  # until the next frame nobody can know
            return Seen(frame.timestamp, (), ())
        return update(frame)

    stage.update = put_out
    stage.run(pi_camera(stage))
    before = stage.calls[: stage.calls.index("close")]
    assert before.count("capture") == 3, "the very next frame finds it"
    assert stage.calls.count("open") >= 2
