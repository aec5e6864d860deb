"""Break the service that a real systemd runs, and say what came of it; see emulate-systemd."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("/var/lib/cuelight")
CAMERA_PIN, PAUSE_PIN = 5, 24


def shown(name: str) -> str:
    """Ask systemd for one property of the service."""
    done = subprocess.run(
        ["/usr/bin/systemctl", "show", "--value", "-p", name, "cuelight.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def wait_for(ready: Callable[[], object], what: str, *, seconds: float = 60.0) -> float:
    """Wait until `ready()`; returns the seconds that it took."""
    began = time.monotonic()
    while not ready():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"never {what}: {shown('ActiveState')}, {shown('StatusText')}")
        time.sleep(0.02)
    return time.monotonic() - began


def works() -> bool:
    """Say whether the service is up with an open camera."""
    return shown("ActiveState") == "active" and shown("StatusText") == "online"


def is_up() -> bool:
    """Say whether the service is up, with an open camera or paused."""
    return works() or (shown("ActiveState") == "active" and shown("StatusText") == "paused")


def level() -> float:
    """Read the camera lamp's pin."""
    path = FOLDER / f"gpio{CAMERA_PIN}"
    return float(path.read_text()) if path.exists() else 0.0


def camera(word: str) -> None:
    """Say what the camera does from now on."""
    (FOLDER / "camera").write_text(word)


def breaks(what: str, act: Callable[[int], object]) -> None:
    """Break the service, wait until it works again, and say how long that took."""
    restarts, process = int(shown("NRestarts")), int(shown("MainPID"))
    history = len((FOLDER / "pins").read_text().splitlines())
    began = time.monotonic()
    act(process)
    wait_for(lambda: not Path(f"/proc/{process}").exists(), f"dead after {what}")
    dead = time.monotonic() - began
    camera("good")
    wait_for(lambda: int(shown("NRestarts")) > restarts and is_up(), f"back after {what}")
    back, state = time.monotonic() - began, shown("StatusText")
    if state == "paused":
        press()
    wait_for(works, f"online after {what}")
    since = (FOLDER / "pins").read_text().splitlines()[history:]
    of_lamp = [line.split()[1] for line in since if line.startswith(f"{CAMERA_PIN} ")]
    cleared = "cleared" if of_lamp[:1] == ["0"] else f"NOT cleared ({of_lamp})"
    print(
        f"{what}: dead after {dead:.1f} s, {state} again after {back:.1f} s, lamp {cleared} between"
    )


def main() -> None:
    """Go through the faults."""
    version = subprocess.run(
        ["/usr/bin/systemctl", "--version"], capture_output=True, text=True, check=True
    )
    print(version.stdout.splitlines()[0])
    print(f"start to open camera: {wait_for(works, 'up'):.1f} s, camera lamp {level():g}")
    breaks("a camera that hangs", lambda _: camera("hang"))
    breaks("kill -9", lambda process: os.kill(process, signal.SIGKILL))
    breaks("SIGABRT", lambda process: os.kill(process, signal.SIGABRT))
    if senses := sensing_process():
        kill_sensing(senses)
    else:
        breaks("a camera that does not close at a pause", lambda _: (camera("stuck"), press()))
    cores = [
        str(path) for place in ("/run/cuelight", FOLDER) for path in Path(place).glob("*core*")
    ]
    print(f"core dumps: {cores or 'none'}")
    status = Path(f"/proc/{shown('MainPID')}/status").read_text().splitlines()
    wanted = ("Uid", "CapEff", "NoNewPrivs", "Seccomp:", "VmHWM")
    print("; ".join(" ".join(line.split()[:2]) for line in status if line.startswith(wanted)))
    began = time.monotonic()
    subprocess.run(["/usr/bin/systemctl", "stop", "cuelight.service"], check=True)
    print(
        f"clean stop: {time.monotonic() - began:.2f} s, {shown('Result')}, camera lamp {level():g}"
    )
    if (FOLDER / "diary").exists():
        diary = (FOLDER / "diary").read_text().splitlines()
        dark = [line for line in diary if not line.endswith(" 1")]
        print(f"calls to the camera: {len(diary)}, of them with its lamp dark: {len(dark)}")
    else:
        was_dark = (FOLDER / "dark_while_open").exists()
        print(f"camera lamp dark while the camera was open: {was_dark}")


def sensing_process() -> int:
    """Give the number of the sensing process, where it is one of its own; else 0."""
    main = shown("MainPID")
    found = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    return int(found[0]) if found else 0


def kill_sensing(process: int) -> None:
    """Kill the sensing process alone; the service goes on."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    wanted = ("Uid", "CapEff", "NoNewPrivs", "Seccomp", "VmHWM")
    lines = (" ".join(line.split()[:2]) for line in status if line.startswith(wanted))
    print(f"the sensing process: {'; '.join(lines)}")
    main, began = shown("MainPID"), time.monotonic()
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: shown("StatusText") != "online", "noticed")
    wait_for(works, "online after a killed sensing process")
    same = "the same" if shown("MainPID") == main else "ANOTHER"
    print(f"kill -9 of sensing: works again after {time.monotonic() - began:.1f} s, {same} service")


def press() -> None:
    """Hold the pause button."""
    (FOLDER / f"gpio{PAUSE_PIN}").write_text("0")
    time.sleep(2.5)
    (FOLDER / f"gpio{PAUSE_PIN}").write_text("1")


if __name__ == "__main__":
    try:
        main()
    finally:
        log = Path("/run/cuelight.log")
        if os.environ.get("VERBOSE") and log.exists():
            print(log.read_text())
