"""A picamera2 for a sensing process that may write nothing: what it does is told by locks alone.

While its camera is open it holds a shared lock on `sensor` in the folder that CUELIGHT_STAND_IN
names, as the kernel keeps a real camera's device open: until it is closed, or its process is gone.
`file_pins` notes a camera lamp that goes out while somebody holds that lock; this camera ends its
process at once where it is opened and the lamp is dark. `camera` there holds one word, as for the
other stand-in: `good`, `hang`, `gone`, `stuck`.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

import numpy as np

FOLDER = Path(os.environ["CUELIGHT_STAND_IN"])
FPS = 20.0
LAMP_PIN = 5


def word() -> str:
    try:
        return (FOLDER / "camera").read_text().strip() or "good"
    except FileNotFoundError:
        return "good"


class Picamera2:
    """Gives noise with edges."""

    def __init__(self, camera_num=0, tuning=None):
        self.notifyme_r, self.notifyme_w = os.pipe()
        os.close(self.notifyme_r)
        if (FOLDER / f"gpio{LAMP_PIN}").read_text().strip() != "1":
            os.write(2, b"DARK: a camera was opened while its lamp was out\n")
            os._exit(1)
        self.sensor = os.open(FOLDER / "sensor", os.O_RDONLY)
        fcntl.flock(self.sensor, fcntl.LOCK_SH)
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
        pass

    def capture_request(self, *, wait):
        said = word()
        if said == "hang":
            threading.Event().wait()
        if said == "gone":
            time.sleep(wait)
            raise TimeoutError("Timed out")
        time.sleep(1.0 / FPS)
        return Request(self)

    def close(self):
        if word() == "stuck":
            raise RuntimeError("Failed to release camera")
        os.close(self.notifyme_w)
        os.close(self.sensor)


class Request:
    """One frame."""

    def __init__(self, camera):
        self.timestamp = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        width, height = camera.size
        shape = (height * 3 // 2, width)
        coarse = camera.noise.integers(0, 255, (shape[0] // 8 + 1, shape[1] // 8 + 1), np.uint8)
        self.array = np.kron(coarse, np.ones((8, 8), np.uint8))[: shape[0], : shape[1]]

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
