"""Inside the emulated Pi: look for a moment in which a camera is open and its lamp is dark.

python3 gpio_watch.py PIN FILE: until FILE appears, reads who holds /dev/video0, then the lamp's
line in the kernel's own list, then who holds the camera again; a camera open before and after a
dark lamp is a lie. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

CAMERA = Path("/dev/video0")
SERVICE = Path("/sys/fs/cgroup/system.slice/cuelight.service/cgroup.procs")


def main() -> None:
    """Count looks, looks with an open camera, and lies."""
    pin, stop = int(sys.argv[1]), Path(sys.argv[2])
    looks = opened = lies = 0
    while not stop.exists():
        before = _holders()
        dark = not _lit(pin)
        both = before & _holders()
        looks += 1
        opened += bool(both)
        lies += bool(both and dark)
    print(json.dumps({"looks": looks, "camera_open": opened, "lies": lies}))


def _holders() -> set[str]:
    """Return the service's processes that have the camera open."""
    found: set[str] = set()
    try:
        processes = SERVICE.read_text(encoding="utf-8").split()
    except OSError:
        return found
    for process in processes:
        try:
            for handle in Path(f"/proc/{process}/fd").iterdir():
                if handle.readlink() == CAMERA:
                    found.add(process)
        except OSError:
            continue
    return found


def _lit(pin: int) -> bool:
    for line in Path("/sys/kernel/debug/gpio").read_text(encoding="utf-8").splitlines():
        if f" (GPIO{pin} " in line:
            return " out hi" in line
    return False


if __name__ == "__main__":
    main()
