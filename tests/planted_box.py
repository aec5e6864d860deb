"""A program to be traced: the whole box on frames with a planted pattern, and leaks if told to.

python planted_box.py STORE PORT PASSWORD_FILE LEAK
"""

from __future__ import annotations

import base64
import socket
import sys
import threading
from pathlib import Path

import numpy as np

from cuelight.box import Box
from cuelight.places import selftest_folder
from cuelight.sense.clip import open_clip
from cuelight.sense.records import Frame
from cuelight.settings import LampSettings, MqttSettings, Settings, StoreSettings

SIDE = 320, 240
FRAMES = 350
TILE = np.random.default_rng(20261123).integers(0, 256, 24, np.uint8)
"""Any 47 neighbouring pixels above the face hold this run whole."""


def pictures() -> list[np.ndarray]:
    """A face, and a wall above it on which the pattern repeats."""
    wide, high = SIDE
    wall = np.resize(TILE, (high, -(-wide // len(TILE)) * len(TILE)))[:, :wide]
    found = []
    with open_clip(selftest_folder() / "smiles.mkv") as clip:
        for frame in clip:
            image = wall.copy()
            rows, columns = frame.image.shape
            rows, left = min(rows, high - 40), (wide - columns) // 2
            image[high - rows :, left : left + columns] = frame.image[:rows]
            found.append(image)
    return found


class Camera:
    """Plays them, ten a second of its own time; `leak` names what it gives away on the way."""

    skipped = 0

    def __init__(self, leak: str, folder: Path) -> None:
        self.time, self.frames = 1000.0, 0
        self._pictures, self._leak, self._folder = pictures(), leak, folder

    def open(self) -> Camera:
        return self

    def read(self) -> Frame:
        if self.frames == FRAMES:
            raise EOFError
        self.frames += 1
        self.time += 0.1
        image = self._pictures[self.frames % len(self._pictures)]
        if self.frames == 100:
            self.give_away(image)
        return Frame(image, self.time)

    def give_away(self, image: np.ndarray) -> None:
        rows = image[10:12].tobytes()
        if self._leak == "file":
            (self._folder / "frame.raw").write_bytes(image.tobytes())
        elif self._leak == "crop":
            (self._folder / "crop.raw").write_bytes(image[140:200, 130:190].tobytes())
        elif self._leak == "network":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(base64.b64encode(rows), ("127.0.0.1", 9))
        elif self._leak == "log":
            sys.stderr.write(f"{rows.hex()}\n")
        elif self._leak == "mapping":
            shared = np.memmap(self._folder / "frame.map", np.uint8, "w+", shape=image.shape)
            shared[:] = image

    def close(self) -> None:
        pass


def main() -> None:
    folder, port, password, leak = sys.argv[1:]
    camera = Camera(leak, Path(folder).parent)
    settings = Settings(
        lamp=LampSettings(pin_factory="mock"),
        mqtt=MqttSettings(
            host="127.0.0.1", port=int(port), tls=False, username="box", password_file=password
        ),
        store=StoreSettings(folder=folder),
    )
    stop = threading.Event()
    with Box(
        settings, open_camera=camera.open, mock_allowed=True, stop=stop, now=lambda: camera.time
    ) as box:
        if not box.feed.wait_for("connected", timeout_seconds=180):
            sys.exit("no broker")
        box.run()


if __name__ == "__main__":
    main()
