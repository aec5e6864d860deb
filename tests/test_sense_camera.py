"""The Pi's camera against a fake picamera2, and the webcam against a fake OpenCV."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from cuelight.errors import CameraError, CameraHeldError
from cuelight.sense.camera import open_camera
from cuelight.sense.webcam import Webcam
from cuelight.settings import CameraSettings
from fake_picamera2 import FakePicamera2, Sensor, tuning

SETTINGS = CameraSettings(width=320, height=240, fps=25.0, seat_distance_m=0.8, mains_hz=50)


def test_frames_are_the_y_plane_without_padding():
    vendor = FakePicamera2(Sensor())
    with open_camera(SETTINGS, picamera2=vendor) as camera:
        frame = camera.read()
        assert frame.image.shape == (240, 320)
        assert frame.image.dtype == np.uint8
        assert (frame.image == np.arange(320) % 250).all()
        assert frame.timestamp == pytest.approx(7.0)
        assert (camera.read().image == (np.arange(320) + 1) % 250).all()


def test_every_request_is_released_even_when_reading_fails():
    vendor = FakePicamera2(Sensor())
    with open_camera(SETTINGS, picamera2=vendor) as camera:
        camera.read()
        vendor.opened[0].fails_mapping = True
        with pytest.raises(CameraError, match="mmap"):
            camera.read()
    assert [request.released for request in vendor.opened[0].requests] == [True, True]


def test_the_image_is_a_copy_that_outlives_the_request():
    vendor = FakePicamera2(Sensor())
    with open_camera(SETTINGS, picamera2=vendor) as camera:
        frame = camera.read()
        assert vendor.opened[0].requests[0].released  # its buffer is zero by now
        assert frame.image.any()


def test_skipped_frames_are_counted_from_the_sensors_timestamps():
    vendor = FakePicamera2(Sensor(ticks=(0, 1, 4, 5, 7)))
    with open_camera(SETTINGS, picamera2=vendor) as camera:
        times = [camera.read().timestamp for _ in range(5)]
        assert camera.skipped == 3
    assert np.diff(times) == pytest.approx(np.array([1, 3, 1, 2]) * 0.04)


def test_controls_hold_rate_focus_flicker_and_exposure():
    vendor = FakePicamera2(Sensor())
    open_camera(SETTINGS, picamera2=vendor).close()
    camera = vendor.opened[0]
    assert camera.configuration["controls"] == {
        "FrameDurationLimits": (40_000, 40_000),
        "AeEnable": True,
        "AeExposureMode": 1,
        "AfMode": 0,
        "LensPosition": pytest.approx(1.25),
        "AeFlickerMode": 1,
        "AeFlickerPeriod": 10_000,
    }
    assert camera.configuration["lores"]["format"] == "YUV420"
    assert camera.configuration["lores"]["size"] == (320, 240)
    assert camera.configuration["raw"] is None
    assert camera.waits == []
    assert camera.closed


def test_luma_has_its_full_range():
    vendor = FakePicamera2(Sensor())
    open_camera(SETTINGS, picamera2=vendor).close()
    assert vendor.opened[0].configuration["colour_space"] == "sYCC"


def test_a_camera_without_lens_is_not_asked_to_focus():
    vendor = FakePicamera2(Sensor(lens=False))
    open_camera(SETTINGS, picamera2=vendor).close()
    assert not {"AfMode", "LensPosition"} & set(vendor.opened[0].configuration["controls"])


@pytest.mark.parametrize(("mains", "period"), [(50, 10_000), (60, 8_333)])
def test_flicker_period_is_half_a_mains_cycle(mains, period):
    vendor = FakePicamera2(Sensor())
    open_camera(CameraSettings(mains_hz=mains), picamera2=vendor).close()
    assert vendor.opened[0].configuration["controls"]["AeFlickerPeriod"] == period


def test_mains_of_zero_leaves_flicker_alone():
    vendor = FakePicamera2(Sensor())
    open_camera(CameraSettings(mains_hz=0), picamera2=vendor).close()
    assert "AeFlickerMode" not in vendor.opened[0].configuration["controls"]


def test_exposure_is_limited_in_every_mode_of_the_tuning():
    vendor = FakePicamera2(Sensor())
    open_camera(CameraSettings(exposure_max_ms=12.0), picamera2=vendor).close()
    given = vendor.opened[0].tuning
    assert given is not None
    modes = given["algorithms"][1]["rpi.agc"]["channels"][0]["exposure_modes"]
    for mode in modes.values():
        assert max(mode["shutter"]) == 12_000
        assert mode["shutter"] == sorted(mode["shutter"])
        assert mode["gain"] == sorted(mode["gain"])
        assert mode["gain"][-1] == 16.0
        assert len(mode["shutter"]) == len(mode["gain"])


def test_exposure_is_limited_in_an_old_tuning_without_channels():
    agc = tuning()["algorithms"][1]["rpi.agc"]["channels"][0]
    vendor = FakePicamera2(Sensor(), tunings={"imx708.json": {"rpi.agc": agc}})
    open_camera(SETTINGS, picamera2=vendor).close()
    assert max(agc["exposure_modes"]["normal"]["shutter"]) == 16_000


def test_an_unknown_sensor_opens_with_a_warning(caplog):
    vendor = FakePicamera2(Sensor(model="ov9999"))
    open_camera(SETTINGS, picamera2=vendor).close()
    assert vendor.opened[0].tuning is None
    assert "ov9999" in caplog.text


def test_no_camera_says_what_to_check():
    with pytest.raises(CameraError, match=r"0 camera\(s\) are attached.*ribbon cable"):
        open_camera(SETTINGS, picamera2=FakePicamera2())


def test_a_busy_camera_says_who_may_hold_it():
    with pytest.raises(CameraError, match="Another program may hold it"):
        open_camera(SETTINGS, picamera2=FakePicamera2(Sensor(busy=True)))


def test_a_rate_that_the_sensor_lacks_names_what_it_allows():
    vendor = FakePicamera2(Sensor(period_limits=(20_000, 1_000_000)))
    with pytest.raises(CameraError, match=r"120 frames a second: .* allows 1 to 50"):
        open_camera(CameraSettings(fps=120.0), picamera2=vendor)
    assert vendor.opened[0].closed


def test_a_size_that_the_camera_lacks_names_the_nearest():
    vendor = FakePicamera2(Sensor(size_step=64))
    with pytest.raises(CameraError, match="nearest size it offers is 320 x 192"):
        open_camera(SETTINGS, picamera2=vendor)
    assert vendor.opened[0].closed


def test_a_camera_that_stops_is_a_camera_error():
    vendor = FakePicamera2(Sensor(ticks=(0,)))
    with open_camera(SETTINGS, picamera2=vendor) as camera:
        camera.read()
        with pytest.raises(CameraError, match="no frame for 3 s"):
            camera.read()


def test_closing_twice_is_harmless_and_reading_after_is_an_error():
    camera = open_camera(SETTINGS, picamera2=FakePicamera2(Sensor()))
    camera.close()
    camera.close()
    with pytest.raises(CameraError, match="closed"):
        camera.read()


def test_a_camera_that_does_not_close_is_a_camera_error_until_it_does():
    vendor = FakePicamera2(Sensor(fails_closing=True))
    camera = open_camera(SETTINGS, picamera2=vendor)
    for _ in range(2):  # it is never taken for closed
        with pytest.raises(CameraError, match=r"Failed to release camera.*may still be open"):
            camera.close()
    vendor.opened[0].fails_closing = False
    camera.close()
    assert vendor.opened[0].closed


def test_a_camera_that_can_neither_start_nor_close_says_both():
    vendor = FakePicamera2(Sensor(size_step=64, fails_closing=True))
    with pytest.raises(CameraError, match=r"320 x 192.*may still be open"):
        open_camera(SETTINGS, picamera2=vendor)


def test_without_picamera2_the_error_says_how_to_install_it():
    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        open_camera(SETTINGS)


class FakeCapture:
    """A webcam whose frames arrive when `more` says so; the end of `frames` is a pulled plug."""

    def __init__(self, frames, *, opened=True):
        self.frames = list(frames)
        self.more = threading.Semaphore(0)
        self.asking = threading.Semaphore(0)
        self.opened = opened
        self.released = False
        self.asked = {}

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, name, value):
        self.asked[name] = value

    def get(self, name):
        return self.asked[name]

    def read(self):
        self.asking.release()
        self.more.acquire()
        return (True, self.frames.pop(0)) if self.frames else (False, None)

    def release(self):
        self.released = True


def fake_cv2(capture, seen=None):
    names = ("BUFFERSIZE", "FRAME_WIDTH", "FRAME_HEIGHT", "FPS", "AUTOFOCUS", "AUTO_EXPOSURE")

    def video_capture(_index, _backend):
        if seen is not None:
            seen.update(os.environ)
        return capture

    return SimpleNamespace(
        CAP_V4L2=200,
        COLOR_BGR2GRAY=6,
        VideoCapture=video_capture,
        cvtColor=lambda image, code: image[:, :, 1],
        **{f"CAP_PROP_{name}": name for name in names},
    )


def coloured(value):
    return np.full((240, 320, 3), value, np.uint8)


WEBCAM = CameraSettings(source="v4l2", width=320, height=240, index=57)


def test_a_webcam_gives_its_newest_frame_and_counts_the_others():
    capture = FakeCapture([coloured(value) for value in (1, 2, 3, 4)])
    clock = iter((1.0, 2.0, 3.0, 4.0))
    with Webcam(WEBCAM, cv2=fake_cv2(capture), now=lambda: next(clock)) as webcam:
        capture.more.release(3)
        for _ in range(4):  # asking for the fourth frame, it has put the third in its place
            assert capture.asking.acquire(timeout=60)
        frame = webcam.read()
        assert (frame.image == 3).all()
        assert frame.timestamp == 3.0
        assert webcam.skipped == 2
        capture.more.release()
        assert (webcam.read().image == 4).all()
        assert webcam.skipped == 2
        capture.more.release()
    assert capture.released


def test_a_webcam_that_is_pulled_out_is_a_camera_error():
    capture = FakeCapture([])
    webcam = Webcam(WEBCAM, cv2=fake_cv2(capture), now=lambda: 0.0)
    capture.more.release()
    with pytest.raises(CameraError, match=r"/dev/video57 stopped giving frames"):
        webcam.read()
    webcam.close()
    assert capture.released


def test_a_webcam_whose_driver_hangs_is_never_taken_for_closed():
    capture = FakeCapture([])
    webcam = Webcam(WEBCAM, cv2=fake_cv2(capture), now=lambda: 0.0, close_seconds=0.01)
    assert capture.asking.acquire(timeout=60)  # the driver sits in `read` from here on
    for _ in range(2):
        with pytest.raises(CameraError, match=r"/dev/video57 hangs.*still open"):
            webcam.close()
        assert not capture.released
    capture.more.release()
    with pytest.raises(CameraError, match="stopped giving frames"):
        webcam.read()
    assert capture.released
    webcam.close()


def test_closing_a_webcam_waits_until_the_driver_has_let_it_go():
    capture = FakeCapture([])
    webcam = Webcam(WEBCAM, cv2=fake_cv2(capture), now=lambda: 0.0)
    assert capture.asking.acquire(timeout=60)
    released_by_then = []
    closer = threading.Thread(
        target=lambda: (webcam.close(), released_by_then.append(capture.released))
    )
    closer.start()
    capture.more.release()
    closer.join(timeout=120)
    assert released_by_then == [True]


def test_a_webcam_whose_driver_cannot_release_it_is_never_taken_for_closed(monkeypatch):
    capture, said = FakeCapture([]), []
    monkeypatch.setattr(threading, "excepthook", said.append)

    def refuse():
        raise OSError("STREAMOFF failed")

    capture.release = refuse
    webcam = Webcam(WEBCAM, cv2=fake_cv2(capture), now=lambda: 0.0)
    capture.more.release()
    with pytest.raises(CameraError, match="still open"):
        webcam.close()
    assert [str(one.exc_value) for one in said] == ["STREAMOFF failed"]


def test_opencv_waits_for_a_frame_less_long_than_we_do(monkeypatch):
    name, seen = "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", {}
    monkeypatch.setenv(name, "60")
    capture = FakeCapture([])
    with Webcam(WEBCAM, cv2=fake_cv2(capture, seen), now=lambda: 0.0):
        capture.more.release()
    assert 0 < int(seen[name]) < 3


def test_a_webcam_that_cannot_be_set_up_is_given_back():
    capture = FakeCapture([])

    def refuse(_name, _value):
        raise RuntimeError("no such property")

    capture.set = refuse
    with pytest.raises(CameraError, match=r"/dev/video57 cannot be set up: no such property"):
        Webcam(WEBCAM, cv2=fake_cv2(capture))
    assert capture.released


def test_a_webcam_that_is_not_there_is_a_camera_error():
    capture = FakeCapture([], opened=False)
    with pytest.raises(CameraError, match=r"/dev/video57 does not exist"):
        Webcam(WEBCAM, cv2=fake_cv2(capture))
    assert capture.released


def test_opencv_itself_finds_no_webcam_here():
    with pytest.raises(CameraError, match="No webcam"):
        open_camera(CameraSettings(source="v4l2", index=63))


@pytest.mark.parametrize("garbage", [None, np.zeros((4, 4, 9), np.uint8), np.zeros(7, np.uint8)])
def test_a_webcam_frame_that_cannot_be_read_is_a_camera_error_and_no_traceback(garbage):
    capture = FakeCapture([garbage])
    import cv2

    vendor = fake_cv2(capture)
    vendor.cvtColor, vendor.COLOR_BGR2GRAY = cv2.cvtColor, cv2.COLOR_BGR2GRAY
    webcam = Webcam(WEBCAM, cv2=vendor, now=lambda: 0.0)
    capture.more.release()
    with pytest.raises(CameraError, match="gave a frame that cannot be read"):
        webcam.read()
    webcam.close()
    assert capture.released


@pytest.mark.parametrize("rows", [240, 361])
def test_a_pi_camera_buffer_of_another_size_is_a_camera_error(rows):
    vendor = FakePicamera2(Sensor())
    with open_camera(SETTINGS, picamera2=vendor) as camera:
        capture = vendor.opened[0].capture_request

        def cut(*, wait):
            request = capture(wait=wait)
            request.buffer = np.resize(request.buffer, (rows, request.buffer.shape[1]))
            return request

        vendor.opened[0].capture_request = cut
        with pytest.raises(CameraError, match="its buffer has the shape"):
            camera.read()
        assert vendor.opened[0].requests[0].released


@pytest.mark.parametrize("closes", [True, False])
def test_a_constructor_that_fails_with_the_camera_taken_gives_it_back_or_says_so(closes):
    vendor = FakePicamera2(Sensor(fails_closing=not closes))
    kind = vendor.Picamera2

    class Half(kind):
        """Fails as picamera2 does when the configurations after acquiring the camera fail."""

        def __init__(self, *arguments, **more):
            super().__init__(*arguments, **more)
            self.is_open = True
            raise RuntimeError("Camera __init__ sequence did not complete.")

    vendor.Picamera2 = Half
    wanted = ("cannot be opened", CameraError) if closes else ("may still be open", CameraHeldError)
    with pytest.raises(wanted[1], match=wanted[0]) as caught:
        open_camera(SETTINGS, picamera2=vendor)
    assert isinstance(caught.value, CameraHeldError) is not closes
    assert vendor.opened[0].closed is closes
