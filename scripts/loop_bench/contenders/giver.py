"""Give a scene's pictures through a pipe at the pace of life: giver.py PIPE COLOUR.npy FPS RATE."""

from __future__ import annotations

import struct
import sys
import time
from contextlib import suppress
from pathlib import Path

from protocol import Pictures


def main(path: str, colour: str, picture_fps: str, rate: str) -> None:
    """Stamp each picture with the sensor's clock when it is due; leave out what is too late."""
    pictures = Pictures(colour, picture_fps=float(picture_fps), rate=float(rate))
    step, number = 1.0 / float(rate), 0
    with Path(path).open("wb", buffering=0) as pipe, suppress(BrokenPipeError):
        start = now()
        while True:
            time.sleep(max(0.0, start + number * step - now()))
            stamp = now()
            rest = memoryview(struct.pack("<d", stamp) + pictures.at(number)[0].tobytes())
            while rest:
                rest = rest[pipe.write(rest) :]
            # what was due while the pipe was full is lost, as in a driver's queue
            number = max(number + 1, int((now() - start) / step))


def now() -> float:
    """Read the sensor's clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


if __name__ == "__main__":
    main(*sys.argv[1:])
