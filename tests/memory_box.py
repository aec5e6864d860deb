"""A program: the whole box on pictures with known patterns, which then looks for them in its own
memory: while the camera is open, and after a pause.

python memory_box.py STORE

Everything known of the pictures is kept with its bits turned (`VEIL`), so that only what the box
itself holds is found. The last line is JSON: how many patterns, and how many were found when.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

from cuelight.box import Box
from cuelight.sandbox import overwrite_freed_memory
from cuelight.sense.picamera import PiCamera
from cuelight.settings import CameraSettings, LampSettings, MqttSettings, Settings, StoreSettings
from planted_box import pictures

VEIL = 0x5A
CAMERA = CameraSettings(width=320, height=240)
LENGTH = 24
CHUNK = 1 << 20


class Vendor:
    """A picamera2 whose one buffer is overwritten with each frame, and empty once it is closed."""

    veiled: tuple[np.ndarray, ...] = ()

    def __init__(self, *_, **__):
        self.notifyme_r, self.notifyme_w = os.pipe()
        self.camera_controls = {"FrameDurationLimits": (8_333, 1_000_000, 33_333)}
        self.array = np.zeros((360, 320), np.uint8)
        self.frames = 0

    @staticmethod
    def global_camera_info():
        return [{"Model": "imx708", "Num": 0}]

    @staticmethod
    def load_tuning_file(name):
        raise RuntimeError(name)

    def create_preview_configuration(self, **wanted):
        return wanted

    def configure(self, _configuration):
        pass

    def start(self):
        pass

    def capture_request(self, *, wait):
        assert wait
        time.sleep(0.02)
        self.frames += 1
        np.bitwise_xor(self.veiled[self.frames % len(self.veiled)], VEIL, out=self.array[:240])
        self.timestamp = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        return self

    def get_metadata(self):
        return {"SensorTimestamp": self.timestamp}

    def release(self):
        pass

    def close(self):
        self.array.fill(0)
        os.close(self.notifyme_w)


class Module:
    """The module around it."""

    Picamera2 = Vendor

    class MappedArray:
        def __init__(self, request, _stream, *, write):
            assert not write
            self.array = request.array

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass


def scan(patterns: list[bytes]) -> list[int]:
    """Count each pattern (veiled) in all memory of this process that can be written."""
    found = [0] * len(patterns)
    buffer = np.zeros(CHUNK, np.uint8)
    mine = range(buffer.ctypes.data, buffer.ctypes.data + CHUNK)
    lines = Path("/proc/self/maps").read_text().splitlines()
    memory = os.open("/proc/self/mem", os.O_RDONLY)
    for line in lines:
        where, rights, *_ = line.split()
        if not rights.startswith("rw"):
            continue
        begin, end = (int(part, 16) for part in where.split("-"))
        parts = [(begin, end)]
        if begin <= mine.start < end:
            parts = [(begin, mine.start), (mine.stop, end)]
        for low, high in parts:
            for start in range(low, high, CHUNK - LENGTH):
                count = min(CHUNK, high - start)
                try:
                    count = os.preadv(memory, [memoryview(buffer)[:count]], start)
                except OSError:
                    continue
                buffer[:count] ^= VEIL
                held = buffer[:count].tobytes()  # veiled, as the patterns are
                for number, pattern in enumerate(patterns):
                    found[number] += pattern in held
    os.close(memory)
    return found


def wait_for(ready) -> None:
    end, tick = time.monotonic() + 120, threading.Event()
    while not ready():
        if time.monotonic() > end:
            sys.exit("it never came")
        tick.wait(0.01)


def main() -> None:
    overwrite_freed_memory()  # as the box does, but before this program's own pictures
    Vendor.veiled = tuple(image ^ VEIL for image in pictures())
    settings = Settings(
        camera=CAMERA,
        lamp=LampSettings(pin_factory="mock", pause_hold_seconds=0.2),
        mqtt=MqttSettings(host=""),
        store=StoreSettings(folder=sys.argv[1]),
    )
    patterns = {(each[10, 40:64]).tobytes() for each in Vendor.veiled[:3]}
    patterns |= {each[row, 150:174].tobytes() for each in Vendor.veiled[::9] for row in (150, 190)}
    stop = threading.Event()
    with Box(
        settings,
        open_camera=lambda: PiCamera(CAMERA, picamera2=Module),
        mock_allowed=True,
        stop=stop,
    ) as box:
        real = box.sensing.update
        seen = []

        def update(frame):
            told = real(frame)
            for track in box.sensing._finder._tracks:  # noqa: SLF001 - what it cut out
                row = track.crop[56, 30:54]
                if len(seen) < 400 and len(set(row.tolist())) > 6:
                    seen.append((row ^ VEIL).tobytes())
            return told

        box.sensing.update = update
        running = threading.Thread(target=box.run, daemon=True)
        running.start()
        wait_for(lambda: len(seen) >= 60)
        crops = set(seen[-40:])
        whole = sorted({one for one in patterns | crops if len(set(one)) > 6})
        while_open = scan(whole)
        pin = box.panel.pins.factory.pin(settings.lamp.pause_pin)
        pin.drive_low()
        wait_for(lambda: box.loop.paused and not box.panel.camera_lamp_is_lit)
        pin.drive_high()
        paused = scan(whole)
        stop.set()
        running.join(120)
    result = {"patterns": len(whole), "open": sum(map(bool, while_open)), "paused": sum(paused)}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
