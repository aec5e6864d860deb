"""A sensing process that acts: real lock, loop, line and queue, on a camera of another kind.

python acting.py PART LINE QUEUE PARENT

`signals`: every frame is told as a signal and every tenth as a visit. `junk`: after some frames it
sends what is no record. `attempts`: it tries every way out, and logs each that is open (`attempts
without landlock`: as on a kernel that has none). `crops`: it tries to send a face's crop through
the queue.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import mmap
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from cuelight.records import Signal, VisitTally
from cuelight.sensing import Seen
from cuelight.split import sensing


class Acting:
    """Stands before the real sensing and adds events of its own."""

    def __init__(self, real, part, queue):
        self._real, self._part, self._queue, self._frames = real, part, queue, 0

    def __getattr__(self, name):
        return getattr(self._real, name)

    def update(self, frame):
        seen = self._real.update(frame)
        self._frames += 1
        events = ()
        if self._part == "signals":
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            events = (Signal("go", "interest", now),)
            if self._frames % 10 == 0:
                events += (VisitTally(frozenset({"interest"}), price=False),)
        elif self._frames == 20:
            if self._part == "junk":
                os.write(self._queue, b"\x01no such record")
            elif self._part == "crops":
                os.write(self._queue, np.zeros((112, 112), np.uint8).tobytes())
            else:
                attempt_all(frame.image)
        return Seen(seen.timestamp, seen.expressions, events, seen.occupied, seen.places)


def attempt_all(image):
    """Try each way out and log those that are open; `OPEN` and `SHUT` begin a line each."""
    folder = Path(os.environ["CUELIGHT_STAND_IN"])
    existing = folder / "existing"
    pixels = image.tobytes()[:4096]

    def net(family, kind=socket.SOCK_STREAM, protocol=0):
        socket.socket(family, kind, protocol)

    def write(path, flags):
        os.write(os.open(path, flags, 0o600), pixels)

    def map_existing():
        number = os.open(existing, os.O_RDWR)
        with mmap.mmap(number, 4096) as mapped:
            mapped[:] = pixels

    libc = ctypes.CDLL(None, use_errno=True)

    def call(name, *words):
        if getattr(libc, name)(*words) < 0:
            raise OSError(ctypes.get_errno(), name)

    near, far = socket.socketpair()
    ways = {
        "inet": lambda: net(socket.AF_INET),
        "inet6": lambda: net(socket.AF_INET6),
        "udp": lambda: net(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": lambda: net(socket.AF_UNIX),
        "packet": lambda: net(socket.AF_PACKET, socket.SOCK_RAW),
        "route": lambda: net(socket.AF_NETLINK, socket.SOCK_RAW, 0),
        "vsock": lambda: net(40),
        "send": lambda: near.send(pixels),
        "socket write": lambda: os.write(near.fileno(), pixels),
        "create": lambda: write(f"{folder}/new", os.O_WRONLY | os.O_CREAT),
        "create rw": lambda: write(f"{folder}/new", os.O_RDWR | os.O_CREAT),
        "tmp": lambda: write("/tmp/cuelight-new", os.O_RDWR | os.O_CREAT),
        "shm": lambda: write("/dev/shm/cuelight-new", os.O_RDWR | os.O_CREAT),
        "tmpfile": lambda: write(folder, os.O_RDWR | os.O_TMPFILE),
        "write existing": lambda: write(existing, os.O_WRONLY),
        "append existing": lambda: write(existing, os.O_RDWR | os.O_APPEND),
        "update existing": lambda: write(existing, os.O_RDWR),
        "map existing": map_existing,
        "mkdir": (folder / pixels[:20].hex()).mkdir,
        "symlink": lambda: (folder / "link").symlink_to(pixels[:99].hex()),
        "rename": lambda: existing.rename(folder / "renamed"),
        "attribute": lambda: os.setxattr(existing, "user.pixels", pixels[:64]),
        "times": lambda: os.utime(existing, (1, 2)),
        "mode": lambda: existing.chmod(0o777),
        "unlink": existing.unlink,
        "shared memory": lambda: call("shmget", 77, 4096, 0o1600),
        "message queue": lambda: call("msgget", 77, 0o1600),
        "fork": os.fork,
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "parent's memory": lambda: call("ptrace", 16, os.getppid(), 0, 0),
        "io_uring": lambda: call("syscall", 425, 8, ctypes.create_string_buffer(256)),
        "sendfile": lambda: os.sendfile(far.fileno(), os.open(existing, os.O_RDONLY), 0, 9),
    }
    for name, way in ways.items():
        try:
            way()
        except (OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"SHUT {name}: {error}\n")
        else:
            sys.stderr.write(f"OPEN {name}\n")
        sys.stderr.flush()
    sys.stderr.write("ALL TRIED\n")
    sys.stderr.flush()


def main():
    part, *arguments = sys.argv[1:]
    queue = int(arguments[1])
    if part == "attempts without landlock":
        sensing.lock_in = functools.partial(sensing.lock_in, landlock=False)
    return sensing.main(arguments, wrap=lambda real: Acting(real, part, queue))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
