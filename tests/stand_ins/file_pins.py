"""A gpiozero pin factory whose levels lie in files, and so outlive the process as real pins do.

`gpio5` in the folder that CUELIGHT_STAND_IN names holds `0` or `1` (or the duty of a dimmed pin);
every change is also a line of `pins` there. `busy` in that folder names pins that another program
holds. A button is down while `gpio24` (its number) holds `0`. If the camera lamp (`gpio5`) goes out
while a process holds a lock on `sensor`, its camera, that is a line of `dark_while_open`.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

from gpiozero.pins.local import LocalPiFactory, LocalPiPin

FOLDER = Path(os.environ.get("CUELIGHT_STAND_IN", "."))
REVISION_4B = 0xC03111
CAMERA_LAMP = 5


def is_camera_open():
    """Say whether any process holds its camera, as the kernel tells by a lock."""
    try:
        with (FOLDER / "sensor").open() as sensor:
            fcntl.flock(sensor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class FilePin(LocalPiPin):
    """One pin of a Pi 4B."""

    def __init__(self, factory, info):
        super().__init__(factory, info)
        self._number = int(info.name.removeprefix("GPIO"))
        busy = FOLDER / "busy"
        if busy.exists() and str(self._number) in busy.read_text().split():
            raise OSError("'GPIO busy'")
        self._function, self._frequency, self._state = "input", None, 0.0

    def _write(self, value):
        if self._number == CAMERA_LAMP and not value and is_camera_open():
            with (FOLDER / "dark_while_open").open("a") as found:
                found.write(f"{value:g}\n")
        path = FOLDER / f"gpio{self._number}"
        path.with_suffix(".new").write_text(f"{value:g}")
        path.with_suffix(".new").replace(path)
        with (FOLDER / "pins").open("a") as history:
            history.write(f"{self._number} {value:g}\n")

    def _get_function(self):
        return self._function

    def _set_function(self, value):
        self._function = value

    def _get_state(self):
        if self._function == "output":
            try:
                return float((FOLDER / f"gpio{self._number}").read_text() or 0)
            except FileNotFoundError:
                return 0.0
        try:
            return int((FOLDER / f"gpio{self._number}").read_text() or 1)
        except FileNotFoundError:
            return 1

    def _set_state(self, value):
        self._write(float(value))

    def _get_pull(self):
        return "up"

    def _set_pull(self, value):
        pass

    def _get_frequency(self):
        return self._frequency

    def _set_frequency(self, value):
        self._frequency = value

    def _get_bounce(self):
        return None

    def _set_bounce(self, value):
        pass

    def _get_edges(self):
        return "both"

    def _set_edges(self, value):
        pass

    def _enable_event_detect(self):
        self._deaf = threading.Event()
        threading.Thread(target=self._watch, args=(self._deaf,), daemon=True).start()

    def _disable_event_detect(self):
        self._deaf.set()

    def _watch(self, deaf):
        before = self._get_state()
        while not deaf.wait(0.01):
            if (now := self._get_state()) != before:
                before = now
                (FOLDER / f"gpio{self._number}.heard").write_text(str(now))
                self._call_when_changed(self._factory.ticks(), now)

    def close(self):
        self._frequency = None
        self._function = "input"


class FileFactory(LocalPiFactory):
    """The pins of a Pi 4B in a folder."""

    def __init__(self):
        super().__init__()
        self.pin_class = FilePin
        (FOLDER / "sensor").touch()

    def _get_revision(self):
        return REVISION_4B
