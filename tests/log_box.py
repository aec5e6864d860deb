"""A program: the whole box at its most talkative, at a table with visits or at an empty one.

python log_box.py STORE WORLD MODE FAULT

WORLD is `visits`, `empty`, or `planted` (visits, and one line in the log that tells of one); MODE
`notice` or `opt_in`; FAULT `none`, or `disk` for one that takes nothing more after a while. Every
line of the log begins with the second of the box's own clock in which it came; the last line says
what really happened. Time is virtual, and the same in both worlds.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import threading
from datetime import UTC, datetime, timedelta

import numpy as np

from cuelight.box import Box
from cuelight.places import selftest_folder
from cuelight.records import Cue, Reading, Signal
from cuelight.sense.clip import open_clip
from cuelight.sense.records import Frame
from cuelight.sensing import Seen
from cuelight.settings import LampSettings, MqttSettings, PrivacySettings, Settings, StoreSettings

START, END = 1000.0, 1960.0
DISK_FAILS = 1030.0
VISITS = ((1040.0, 1110.0), (1400.0, 1470.0))
LAMP = LampSettings(pin_factory="mock")


class Table:
    """A table with a clock of its own."""

    skipped = 0

    def __init__(self, *, taken: bool) -> None:
        self.time, self.frames, self.opened, self.taken = START, 0, 0, taken
        self.stop = threading.Event()
        self.presses: list[tuple[float, int]] = []
        self.box: Box | None = None
        with open_clip(selftest_folder() / "smiles.mkv") as clip:
            self.faces = [in_a_room(frame.image) for frame in clip]
        self.room = in_a_room(np.zeros((0, 1), np.uint8))

    @property
    def is_sat_at(self) -> bool:
        return self.taken and any(begin <= self.time < end for begin, end in VISITS)

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=self.time)

    def wait(self, seconds: float) -> None:
        self.pass_time(seconds)
        self.stop.wait(0.0005)

    def pass_time(self, seconds: float) -> None:
        self.time += seconds
        if self.time >= END:
            self.stop.set()
        while self.taken and self.presses and self.presses[0][0] <= self.time:
            _, number = self.presses.pop(0)
            pin = self.box.panel.pins.factory.pin(number)
            pin.drive_low()
            pin.drive_high()

    def open(self) -> Table:
        self.opened += 1
        return self

    def read(self) -> Frame:
        self.frames += 1
        self.pass_time(0.25)
        image = self.faces[self.frames % len(self.faces)] if self.is_sat_at else self.room
        image = image.copy()
        image[0, 0] = self.frames % 251
        return Frame(image, self.time)

    def close(self) -> None:
        pass


def in_a_room(face: np.ndarray) -> np.ndarray:
    wall = np.full((240, 320), 110, np.uint8)
    wall[:80, :], wall[:, :40] = 160, 20
    high, wide = face.shape
    high = min(high, 240)
    left = (320 - wide) // 2
    wall[240 - high :, left : left + wide] = face[:high]
    return wall


class Handler(logging.Handler):
    """Writes each line with the second of the box's clock."""

    def __init__(self, table: Table) -> None:
        super().__init__(logging.NOTSET)
        self.table = table
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{int(self.table.time)} {self.format(record)}\n")


def main() -> None:
    store, world, mode, fault = sys.argv[1:]
    table = Table(taken=world != "empty")
    logging.basicConfig(level=logging.NOTSET, handlers=[Handler(table)])
    told: list[str] = []
    settings = Settings(
        lamp=LAMP,
        mqtt=MqttSettings(host=""),
        privacy=PrivacySettings(mode=mode, contact="privacy@example.com"),
        store=StoreSettings(folder=store),
    )
    with Box(
        settings,
        open_camera=table.open,
        mock_allowed=True,
        heard=lambda event: told.append(type(event).__name__),
        stop=table.stop,
        now=table.now,
        utc=table.utc,
        wait=table.wait,
    ) as box:
        table.box = box
        box.panel.open()
        agrees = (
            [(begin - 5.0, LAMP.consent_pin) for begin, _ in VISITS] if mode == "opt_in" else []
        )
        prices = [(begin + 20.0 + n, LAMP.price_pin) for begin, _ in VISITS for n in range(3)]
        table.presses = sorted(agrees + prices)
        real = box.sensing.update
        cue = Cue("nod", 1, 1.0, 1.1, 1.2, 0.9, 0.9)

        def update(frame: Frame) -> Seen:
            seen = real(frame)
            if fault == "disk" and table.time > DISK_FAILS:
                fail(box)
            if not table.is_sat_at or table.frames % 40:
                return seen
            if world == "planted":
                logging.getLogger("cuelight.sense.face").debug("somebody is there")
            events = (
                *(cue, Reading("interest", 0.9, seen.timestamp, (cue,))),
                *(Signal("go", "interest", seen.timestamp), *seen.events),
            )
            return Seen(seen.timestamp, seen.expressions, events, seen.occupied, seen.places)

        box.sensing.update = update
        box.run()
        happened = {name: told.count(name) for name in ("Reading", "Signal", "VisitTally")}
        lit = len(box.teller.signal_latencies)
    sys.stdout.write(
        json.dumps({**happened, "lit": lit, "opened": table.opened, "frames": table.frames}) + "\n"
    )


def fail(box: Box) -> None:
    """From now on the disk takes nothing more."""

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    for name in ("save", "put", "try_write"):
        setattr(box.spool, name, full)
    box.teller._ledger.write = full  # noqa: SLF001 - where a test gets at the disk


if __name__ == "__main__":
    main()
