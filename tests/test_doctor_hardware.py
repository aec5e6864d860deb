"""The doctor's look at pins and camera: mock pins that record, a fake picamera2, a real process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from broker import wait_until
from cuelight.errors import CameraError
from cuelight.examine.hardware import examine_hardware
from cuelight.examine.service import Service, find_service
from cuelight.examine.unit import examine_unit, parse_unit
from cuelight.sense.attached import attached_camera
from cuelight.sense.camera import open_camera
from cuelight.settings import CameraSettings, LampSettings
from fake_picamera2 import FakePicamera2, Sensor

CAMERA = CameraSettings(width=320, height=240, fps=25.0)
LAMP = LampSettings(pin_factory="mock")


class Box:
    """Mock pins and a fake camera, with what the camera lamp's pin did while it was open."""

    def __init__(self, *sensors, camera=CAMERA, lamp=LAMP):
        self.vendor = FakePicamera2(*sensors)
        self.camera, self.lamp = camera, lamp
        self.lit_at_opening = []
        self.ended = []

    def examine(self, **options):
        camera, pins = examine_hardware(
            self.camera,
            self.lamp,
            **{
                "service": None,
                "mock_allowed": True,
                "attached": lambda settings: attached_camera(settings, picamera2=self.vendor),
                "opened": self._open,
                "give_up": self._give_up,
                **options,
            },
        )
        return camera, pins

    def _open(self, settings):
        self.lit_at_opening.append(lamp_level(settings))
        return open_camera(settings, picamera2=self.vendor)

    def _give_up(self, reason):
        self.ended.append((reason, lamp_level(self.camera)))
        raise SystemExit(1)


def lamp_level(_):
    """Read the camera lamp's pin off the one mock factory that is open now."""
    import gc

    from gpiozero.pins.mock import MockFactory

    factories = [each for each in gc.get_objects() if type(each) is MockFactory and each.pins]
    return max((int(each.pin(LAMP.camera_pin).state) for each in factories), default=0)


@pytest.fixture(autouse=True)
def no_factory_left():
    import gc

    gc.collect()


TICKS = tuple(range(40))


def test_a_box_that_works_says_its_camera_rate_and_pins():
    box = Box(Sensor(ticks=TICKS))
    camera, pins = box.examine()
    assert (camera.verdict, pins.verdict) == ("good", "good"), camera
    assert "imx708 gives 320 x 240 pixels and 25.0 frames a second" in camera.text
    assert "this mode allows 1 to 120" in camera.text
    assert camera.figures == {"camera": "imx708", "width": 320, "height": 240, "fps": 25.0}
    assert "lamp 17, 27, 22, camera lamp 5, price button 23, pause button 24" in pins.text
    assert box.lit_at_opening == [1], "the lamp was lit before the camera opened"
    assert box.vendor.opened[0].closed


def test_a_camera_slower_than_wanted_is_a_warning():
    camera, _ = Box(Sensor(ticks=tuple(range(0, 120, 3)))).examine()
    assert (camera.verdict, camera.figures["fps"]) == ("warning", pytest.approx(8.3, abs=0.1))
    assert "camera.fps wants 25" in camera.text
    assert "Light the seat" in camera.fix


def test_a_covered_lens_is_a_warning():
    box = Box(Sensor(ticks=TICKS))

    def dark(settings):
        source = open_camera(settings, picamera2=box.vendor)
        read = source.read

        def read_dark():
            frame = read()
            frame.image[:] = 1
            return frame

        source.read = read_dark
        return source

    camera, _ = box.examine(opened=dark)
    assert (camera.verdict, "the picture is black" in camera.text) == ("warning", True)


@pytest.mark.parametrize(
    ("sensors", "words"),
    [
        ((), "0 camera(s) are attached"),
        ((Sensor(busy=True),), "Another program may hold it"),
        ((Sensor(ticks=(0, 1)),), "gave no frame"),
        ((Sensor(period_limits=(50_000, 1_000_000)),), "this mode of the sensor allows 1 to 20"),
    ],
)
def test_a_camera_that_cannot_be_used_fails_with_its_reason(sensors, words):
    camera, pins = Box(*sensors).examine()
    assert (camera.verdict, pins.verdict) == ("failed", "good")
    assert words in camera.text + camera.fix
    assert camera.fix


@pytest.mark.parametrize(
    ("lamp", "allowed", "words"),
    [
        (LampSettings(pin_factory="mock"), False, "mock pins"),
        (LampSettings(pin_factory="lgpoi"), True, 'lamp.pin_factory is "lgpoi"'),
        (LampSettings(), True, "no GPIO found"),
    ],
)
def test_without_pins_no_camera_opens(lamp, allowed, words):
    box = Box(Sensor(ticks=TICKS), lamp=lamp)
    camera, pins = box.examine(mock_allowed=allowed)
    assert (camera.verdict, pins.verdict) == ("warning", "failed")
    assert "imx708 is attached, and not opened: the pins fail" in camera.text
    assert words in pins.text
    assert pins.fix
    assert box.vendor.opened == []
    camera, _ = Box(lamp=lamp).examine(mock_allowed=allowed)
    assert camera.verdict == "failed", "no camera is a fault of its own"


def test_what_is_owed_to_the_customer_keeps_the_camera_closed():
    box = Box(Sensor(ticks=TICKS))
    camera, pins = box.examine(closed_because="privacy is not set")
    assert (camera.verdict, pins.verdict) == ("warning", "good")
    assert "imx708 is attached, and not opened: privacy is not set" in camera.text
    assert box.vendor.opened == []


def test_a_camera_that_does_not_close_ends_the_process_with_its_lamp_lit():
    box = Box(Sensor(ticks=TICKS, fails_closing=True))
    with pytest.raises(SystemExit):
        box.examine()
    ((reason, lit),) = box.ended
    assert "Failed to release camera" in reason or "does not close" in reason
    assert lit == 1


# a service that holds the box


def never(_):
    raise AssertionError("nothing may be opened while the service holds it")


@pytest.mark.parametrize(
    ("status", "verdict", "words"),
    [
        ("online", "good", "which says: online"),
        ("paused", "good", "which says: paused"),
        ("", "note", "it was not opened here"),
        ("stopped: No webcam: gone. Plug one in.", "failed", "which says: No webcam: gone"),
    ],
)
def test_while_the_service_holds_the_box_its_own_words_are_passed_on(status, verdict, words):
    service = Service(12, "run", status)
    camera, pins = Box().examine(service=service, opened=never, attached=never)
    assert (camera.verdict, pins.verdict) == (verdict, "note")
    assert words in camera.text
    assert "cuelight run (process 12)" in pins.text
    if verdict == "failed":
        assert camera.fix == "Plug one in."


HOLD = "import sys; held = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture
def hold(tmp_path):
    """Start a real process that keeps a file of a made-up /dev open, under a name of its own."""
    dev = tmp_path / "dev"
    dev.mkdir()
    started = []

    def start(device, *name):
        (dev / device).touch()
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(dev / device), *name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return dev, process.pid

    yield start
    for process in started:
        process.communicate(b"")


def test_a_cuelight_that_holds_pins_or_camera_is_found(hold):
    dev, pid = hold("gpiochip0", "/opt/cuelight/bin/cuelight", "run", "--config", "x.toml")
    found = find_service(dev=dev)
    assert found == Service(pid, "run")
    assert str(found) == f"cuelight run (process {pid})"


@pytest.mark.parametrize(
    ("device", "name"),
    [("video0", ("motion", "run")), ("ttyUSB0", ("/opt/cuelight/bin/cuelight", "run"))],
)
def test_other_programs_and_other_devices_are_not_the_service(hold, device, name):
    dev, _ = hold(device, *name)
    assert find_service(dev=dev) is None


def test_a_process_that_has_gone_holds_nothing(hold):
    dev, pid = hold("media0", "cuelight", "watch")
    assert find_service(dev=dev).command == "watch"
    subprocess.run(["kill", str(pid)], check=True)
    wait_until(lambda: find_service(dev=dev) is None)


ANSWER = """LoadState=loaded
ActiveState=active
UnitFileState=enabled
MainPID=412
StatusText=stopped: No GPIO. Install python3-lgpio.
Result=success
NRestarts=0
"""


def test_systemds_own_words_come_first(tmp_path):
    found = find_service(dev=tmp_path, unit=parse_unit(ANSWER))
    assert (found.pid, found.status) == (412, "stopped: No GPIO. Install python3-lgpio.")
    dead = parse_unit(ANSWER.replace("=active", "=inactive").replace("412", "0"))
    assert find_service(dev=tmp_path, unit=dead) is None
    assert parse_unit("") is None
    assert parse_unit("Failed to connect to bus") is None


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, "good", "runs (process 412) and says: stopped: No GPIO"),
        ({"=0": "=3"}, "good", "started again 3 times"),
        ({"=enabled": "=disabled"}, "warning", "does not start with the machine"),
        ({"=active": "=inactive", "412": "0"}, "warning", "is inactive"),
        ({"=loaded": "=not-found", "=active": "=inactive"}, "warning", "is not installed"),
        ({"=active": "=activating", "=success": "=exit-code"}, "failed", "does not stay up"),
        ({"=active": "=failed", "=success": "=watchdog"}, "failed", "watchdog"),
    ],
)
def test_the_service_is_told_as_systemd_knows_it(changes, verdict, words):
    answer = ANSWER
    for old, new in changes.items():
        answer = answer.replace(old, new)
    finding = examine_unit(parse_unit(answer))
    assert (finding.verdict, words in finding.text) == (verdict, True), finding
    assert bool(finding.fix) == (verdict != "good")


def test_without_systemd_there_is_nothing_to_say():
    assert examine_unit(None).verdict == "note"


# what is attached


def test_an_attached_camera_is_named_without_opening_it(tmp_path):
    vendor = FakePicamera2(Sensor(model="imx477"))
    assert attached_camera(CAMERA, picamera2=vendor) == "imx477"
    assert vendor.opened == []
    with pytest.raises(CameraError, match=r"camera\.index is 3, and 1 camera"):
        attached_camera(CameraSettings(index=3), picamera2=vendor)
    webcam = CameraSettings(source="v4l2", index=2)
    with pytest.raises(CameraError, match="no /dev/video2"):
        attached_camera(webcam, v4l2=tmp_path)
    (tmp_path / "video2").mkdir()
    (tmp_path / "video2" / "name").write_text("HD Webcam C615\n")
    assert attached_camera(webcam, v4l2=tmp_path) == "HD Webcam C615"
