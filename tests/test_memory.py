"""Pictures in memory: overwritten in place, gone with a pause, and never in a core file."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cuelight.compose import build_model
from cuelight.places import selftest_folder
from cuelight.sense.camera import open_camera
from cuelight.sense.clip import open_clip
from cuelight.sense.webcam import Webcam
from cuelight.settings import CameraSettings, Settings
from fake_picamera2 import FakePicamera2, Sensor
from test_sense_camera import FakeCapture, fake_cv2

PI = CameraSettings(width=320, height=240, fps=25.0)
PROGRAM = Path(__file__).parent / "memory_box.py"

DIES = """
import os, sys
import numpy as np
from cuelight.compose import build_model
from cuelight.settings import Settings
if sys.argv[1] == "sees":
    build_model(Settings())
os.abort()
"""


def test_a_paused_box_holds_nothing_of_a_picture_in_its_memory(tmp_path):
    done = subprocess.run(
        [sys.executable, PROGRAM, tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["patterns"] > 60
    assert found["open"] > 0, "while the camera is open its picture is found"
    assert found["paused"] == 0


@pytest.mark.parametrize(("what", "leaves_core"), [("sees", False), ("is blind", True)])
def test_a_process_that_sees_faces_leaves_no_core_file(tmp_path, what, leaves_core):
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if "/" in pattern or pattern.startswith("|"):
        pytest.skip(f"core files do not come here but to {pattern}")

    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if most == 0:
        pytest.skip("this machine allows no core files at all")

    def allow_core_files():
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))

    done = subprocess.run(
        [sys.executable, "-c", DIES, what],
        cwd=tmp_path,
        preexec_fn=allow_core_files,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=180,
    )
    assert done.returncode == -6
    assert bool(list(tmp_path.iterdir())) == leaves_core


def test_a_webcam_overwrites_three_buffers_and_leaves_them_empty():
    pictures = [np.full((240, 320, 3), value, np.uint8) for value in range(1, 9)]
    kept = list(pictures)
    capture = FakeCapture(pictures)
    settings = CameraSettings(source="v4l2", width=320, height=240)
    clock = iter(range(1, 99))
    images = {}
    with Webcam(settings, cv2=fake_cv2(capture), now=lambda: float(next(clock))) as webcam:
        for value in range(1, 9):
            assert capture.asking.acquire(timeout=60)
            capture.more.release()
            frame = webcam.read()
            assert (frame.image == value).all()
            images[id(frame.image)] = frame.image
        assert capture.asking.acquire(timeout=60)
        assert len(images) <= 3
        assert not any(picture.any() for picture in kept), "nor is anything left in OpenCV's own"
        capture.more.release()
    assert not any(image.any() for image in images.values())


def test_the_pi_camera_overwrites_one_buffer_and_leaves_it_empty():
    with open_camera(PI, picamera2=FakePicamera2(Sensor())) as camera:
        first, second = camera.read().image, camera.read().image
        assert first is second
        assert second.any()
    assert not second.any()


def test_crops_and_scratch_of_the_face_finder_are_wiped():
    finder, _ = build_model(Settings())
    with open_clip(selftest_folder() / "smiles.mkv") as clip:
        faces = [face for frame in clip for face in finder.update(frame)]
    held = {id(face.crop): face.crop for face in faces}
    assert len(held) < 3, "one buffer for each face, however many frames"
    assert all(crop.any() for crop in held.values())
    finder.wipe()
    assert not any(crop.any() for crop in held.values())
    assert not finder.occupied
