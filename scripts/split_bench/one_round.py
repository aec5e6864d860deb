"""One round of `scripts/bench-split`: a box of one form on a clip for a while, then its figures.

python one_round.py FORM CLIP SECONDS FOLDER        (FORM `sense`: be the second process)

Each form imports only what it runs, as `cuelight run` does.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.clock import boot_seconds
from cuelight.records import Signal
from cuelight.settings import LampSettings, MqttSettings, Settings, StoreSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.loop import FrameSource
    from cuelight.sensing import Seen, Sensing

EVERY = 10
"""A signal with every tenth frame of 30 a second."""


class Signalling:
    """Stands before the real sensing and adds signals, stamped as they are made."""

    def __init__(self, real: Sensing) -> None:
        self._real, self._frames = real, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    def update(self, frame: object) -> Seen:
        """Read a frame, and tell of a signal now and then."""
        seen = self._real.update(frame)
        self._frames += 1
        if self._frames % EVERY:
            return replace(seen, events=())
        return replace(seen, events=(Signal("go", "interest", boot_seconds()),))


def camera(clip: str, seconds: float) -> Callable[[], FrameSource]:
    """Give what plays the clip at the pace of life, for longer than is measured."""
    from cuelight.sense.paced import PacedClip  # noqa: PLC0415

    def wait(pause: float) -> None:
        time.sleep(pause)

    loops = int(seconds / 5.0) + 10
    return lambda: PacedClip(Path(clip), loops=loops, now=boot_seconds, wait=wait)


def sense(arguments: list[str]) -> int:
    """Be the sensing process."""
    from cuelight.split import sensing  # noqa: PLC0415

    clip, seconds, *rest = arguments
    opened = camera(clip, float(seconds))
    import cv2  # noqa: PLC0415 - before the lock, as a camera's software is

    assert cv2
    return sensing.main(rest, camera_of=lambda _: opened, wrap=Signalling)


def pss_of(process: int) -> tuple[float, float]:
    """Give a process's share of memory in MB, and the part of it that is OpenCV's own."""
    whole = decoder = 0
    path = ""
    for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            path = line[73:]
        elif line.startswith("Pss:"):
            whole += int(line.split()[1])
            if re.search(r"opencv|cv2|/libav|libsw|Qt5", path):
                decoder += int(line.split()[1])
    return whole / 1000.0, decoder / 1000.0


def cpu_of(process: int) -> float:
    """Give the processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run one round and print its figures."""
    form, *rest = sys.argv[1:]
    if form == "sense":
        return sense(rest)
    clip, seconds, folder = rest[0], float(rest[1]), rest[2]
    began = boot_seconds()
    settings = Settings(
        lamp=LampSettings(pin_factory="mock"),
        mqtt=MqttSettings(host=""),
        store=StoreSettings(folder=folder),
    )
    stop = threading.Event()
    if form == "one process":
        from cuelight.box import Box  # noqa: PLC0415

        box = Box(settings, open_camera=camera(clip, seconds), mock_allowed=True, stop=stop)
        box.sensing.update = wrapped(box)
        processes = [os.getpid()]
    else:
        from cuelight.split.box import SplitBox  # noqa: PLC0415

        program = (sys.executable, "-P", __file__, "sense", clip, str(seconds))
        box = SplitBox(settings, program=program, mock_allowed=True, stop=stop)
        processes = [os.getpid(), box.sensing_process]
    figures: dict[str, object] = {}
    box.teller._player._wait = lambda _seconds: False  # noqa: SLF001 - rhythms take no time here
    watcher = threading.Thread(
        target=watch, args=(box, processes, seconds, stop, figures, began), daemon=True
    )
    with box:
        watcher.start()
        box.run()
        watcher.join(30)
        figures["ms"] = [1000.0 * one for one in box.teller.signal_latencies]
    print(json.dumps(figures))
    return 0


def wrapped(box: object) -> Callable[[object], Seen]:
    """Put the signals before a box's own sensing."""

    class Real:
        update = staticmethod(box.sensing.update)

    return Signalling(Real()).update


def watch(  # noqa: PLR0917 - a thread's arguments
    box: object,
    processes: list[int],
    seconds: float,
    stop: threading.Event,
    figures: dict[str, object],
    began: float,
) -> None:
    """Wait for the first signal, measure for a while, and stop the box."""
    while not box.teller.signal_latencies:
        stop.wait(0.01)
    figures["start_seconds"] = boot_seconds() - began - EVERY / 30.0
    del box.teller.signal_latencies[:]
    before, start = [cpu_of(one) for one in processes], boot_seconds()
    stop.wait(seconds)
    spent = sum(cpu_of(one) for one in processes) - sum(before)
    figures["cpu_percent"] = 100.0 * spent / (boot_seconds() - start)
    shares = [pss_of(one) for one in processes]
    figures["parts"] = [round(whole, 1) for whole, _ in shares]
    figures["pss_mb"] = sum(whole for whole, _ in shares)
    figures["decoder_mb"] = sum(decoder for _, decoder in shares)
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
