"""The contender cuelight: the whole box as `cuelight run` opens it, on mock pins.

Loop, models, reader, alert budget, lamp, sums and store are the device's own; only the camera is
the scene, and the clock goes on by one picture with every picture, so that none is waited for.
"""

from __future__ import annotations

import tempfile
import time
from typing import TYPE_CHECKING, Self

import ai_edge_litert.interpreter  # noqa: F401 - the box imports it late; it counts as an import
import gpiozero.pins.mock  # noqa: F401 - ditto
from protocol import Message, Pictures, answer, messages, pss_mb

from cuelight.box import Box
from cuelight.sense.records import Frame
from cuelight.settings import LampSettings, MqttSettings, Settings, StoreSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cuelight.sensing import Seen


class Table:
    """A camera that answers between its pictures: the box asks, and is measured meanwhile."""

    def __init__(self, asked: Iterator[Message]) -> None:
        self.skipped = 0
        self.next: Message | None = None
        self._asked = asked
        self._number = self._left = self._faces = 0
        self._time = 1000.0
        self._wall: list[float] = []
        self._began = self._gave = 0.0
        self._is_open = False

    def start(self, scene: Message) -> None:
        """Take up another scene."""
        self._pictures = Pictures(
            scene["grey"], picture_fps=scene["picture_fps"], rate=scene["rate"]
        )
        self._number, self._start = 0, self._time + 1000.0
        self._time = self._start
        self.next = None
        self._is_open = False

    def read(self) -> Frame:
        """Give the next picture; EOFError when another scene is asked for, or nothing more."""
        now = time.perf_counter()
        if self._left:
            self._wall.append(1000.0 * (now - self._gave))
            self._left -= 1
            if not self._left:
                cpu = time.process_time() - self._began
                answer({"cpu_ms": 1000.0 * cpu, "wall_ms": self._wall, "faces": self._faces})
        if not self._left:
            self._wait()
        image, seconds = self._pictures.at(self._number)
        self._number += 1
        self._time = self._start + seconds
        frame = Frame(image, self._time)
        self._gave = time.perf_counter()
        return frame

    def _wait(self) -> None:
        for message in self._asked:
            if message["do"] == "play":
                self._left, self._wall, self._faces = message["count"], [], 0
                self._began = time.process_time()
                return
            if message["do"] == "open":
                self.next = message
                break
            answer({"pss_mb": pss_mb()})
        raise EOFError

    def see(self, seen: Seen) -> None:
        """Count the faces that were read."""
        self._faces += len(seen.expressions)

    def now(self) -> float:
        """Read the scene's clock."""
        return self._time

    def wait(self, seconds: float) -> None:
        """Let the scene's clock go on."""
        self._time += seconds

    def open(self) -> Self:
        """Open the camera, which is there all the time."""
        if not self._is_open:  # not again after a fault
            answer({})
        self._is_open = True
        return self

    def close(self) -> None:
        """Close it."""


def main() -> None:
    """Open a box for each scene."""
    asked = messages()
    table = Table(asked)
    scene = next(asked, None)
    while scene is not None:
        table.start(scene)
        with tempfile.TemporaryDirectory(prefix="cuelight-bench-") as folder:
            settings = Settings(
                lamp=LampSettings(pin_factory="mock"),
                mqtt=MqttSettings(host=""),
                store=StoreSettings(folder=folder),
            )
            with Box(
                settings,
                open_camera=table.open,
                mock_allowed=True,
                see=table.see,
                now=table.now,
                wait=table.wait,
            ) as box:
                box.run()
        scene = table.next


if __name__ == "__main__":
    main()
