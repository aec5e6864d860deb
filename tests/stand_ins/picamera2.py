"""A picamera2 that a whole `cuelight run` imports: its camera does what a file says.

Put this folder on PYTHONPATH and name a folder in CUELIGHT_STAND_IN. There `camera` holds one word
(see `Picamera2`), read anew with every call, and `diary` gets a line for every call: its name, the
word, and the level of the camera lamp's pin (`camera_lamp`, written by `file_pins`) at that moment.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np

FOLDER = Path(os.environ["CUELIGHT_STAND_IN"])
FPS = 15.0
LAMP_PIN = 5


def word() -> str:
    try:
        return (FOLDER / "camera").read_text().strip() or "good"
    except FileNotFoundError:
        return "good"


def note(call: str) -> str:
    said = word()
    try:
        level = (FOLDER / f"gpio{LAMP_PIN}").read_text().strip() or "0"
    except FileNotFoundError:
        level = "0"
    with (FOLDER / "diary").open("a") as diary:
        diary.write(f"{call} {said} {level}\n")
    return said


class Picamera2:
    """`good` gives noise, `hang` never returns, `silent` times out, `black` is a covered lens,
    `wide` and `float` are garbage, `gone` is unplugged, `busy` and `half` fail to open (`half` with
    the camera acquired), `stuck` does not close."""

    def __init__(self, camera_num=0, tuning=None):
        self.is_open = False
        self.notifyme_r, self.notifyme_w = os.pipe()
        os.close(self.notifyme_r)
        said = note("open")
        if said == "busy":
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.is_open = True
        if said == "half":
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.controls = {"FrameDurationLimits": (8_333, 1_000_000, 33_333), "AeEnable": (0, 1, 1)}
        self.noise = np.random.default_rng(1)

    @staticmethod
    def global_camera_info():
        return [] if word() == "gone" else [{"Model": "imx708", "Num": 0}]

    @staticmethod
    def load_tuning_file(name):
        raise RuntimeError("Tuning file not found")

    @property
    def camera_controls(self):
        return self.controls

    def create_preview_configuration(self, **wanted):
        return dict(wanted)

    def configure(self, configuration):
        self.size = configuration["lores"]["size"]

    def start(self):
        note("start")

    def capture_request(self, *, wait):
        said = word()
        if said == "hang":
            note("hang")
            threading.Event().wait()
        if said in {"silent", "gone"}:
            time.sleep(wait)
            raise TimeoutError("Timed out")
        time.sleep(1.0 / FPS)
        return Request(self, said)

    def close(self):
        said = note("close")
        if said == "stuck":
            raise RuntimeError("Failed to release camera")
        if self.is_open:
            os.close(self.notifyme_w)
        self.is_open = False
        note("closed")


class Request:
    """One frame."""

    def __init__(self, camera, said):
        self.timestamp = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        width, height = camera.size
        shape = (height * 3 // 2, width + (64 if said == "wide" else 0))
        if said == "wide":
            shape = (shape[0] + 10, shape[1])
        # coarse, so that something shows in it
        coarse = camera.noise.integers(0, 255, (shape[0] // 8 + 1, shape[1] // 8 + 1), np.uint8)
        self.array = np.kron(coarse, np.ones((8, 8), np.uint8))[: shape[0], : shape[1]]
        if said == "black":
            self.array[:] = camera.noise.integers(0, 12, shape, np.uint8)
        if said == "float":
            self.array = self.array.astype(np.float32)

    def get_metadata(self):
        return {"SensorTimestamp": self.timestamp}

    def release(self):
        pass


class MappedArray:
    """The buffer of a request."""

    def __init__(self, request, stream, *, write=True):
        self.array = request.array

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
