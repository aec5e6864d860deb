"""A table before a whole box: parties come and go on a clock of their own, in composed pictures."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle

from cuelight.box import Box
from cuelight.records import VisitTally
from cuelight.sense.records import Frame
from cuelight.settings import LampSettings, MqttSettings, Settings, StoreSettings

LAMP = LampSettings(pin_factory="mock", pause_hold_seconds=0.2)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SITS_FRAMES, AWAY_FRAMES = 80, 65
"""Of half a second, and of two seconds: long enough for a visit, and for its end."""


class Table:
    """The film of a script: who sits there, frame by frame; after its end the table stays empty."""

    skipped = 0
    empty = "empty"

    def __init__(self, pictures, start=1000.0):
        self.pictures = {name: cycle(images) for name, images in pictures.items()}
        self.time = start
        self.script = []
        self.opened = self.closed = self.frames = 0
        self.stop = threading.Event()
        self.more = threading.Event()

    def sits(self, where, parties=1):
        for _ in range(parties):
            self.script += [where] * SITS_FRAMES + [self.empty] * AWAY_FRAMES
        self.more.set()

    def now(self):
        return self.time

    def utc(self):
        return START + timedelta(seconds=self.time)

    def wait(self, seconds):
        self.time += seconds
        self.stop.wait(0.001)

    def open(self):
        self.opened += 1
        return self

    def read(self):
        while not self.script:
            self.more.clear()
            if self.stop.is_set():
                raise EOFError
            if not self.more.wait(0.05):
                break  # an empty table goes on
        where = self.script.pop(0) if self.script else self.empty
        self.frames += 1
        self.time += 2.0 if where == self.empty else 0.5
        return Frame(next(self.pictures[where]), self.time)

    def close(self):
        self.closed += 1

    @property
    def filming(self):
        return self.opened > self.closed


def settings_of(folder, mqtt=None, **more):
    return Settings(
        lamp=LAMP,
        mqtt=mqtt or MqttSettings(host=""),
        store=StoreSettings(folder=str(folder)),
        **more,
    )


@contextmanager
def at_work(table, settings):
    heard = []
    with Box(
        settings,
        open_camera=table.open,
        mock_allowed=True,
        heard=heard.append,
        stop=table.stop,
        now=table.now,
        utc=table.utc,
        wait=table.wait,
    ) as box:
        running = table.running = threading.Thread(target=box.run)
        running.start()
        try:
            yield box, heard
        finally:
            table.stop.set()
            running.join(120)
        assert not running.is_alive()


def tallies(heard):
    return [event for event in heard if isinstance(event, VisitTally)]


def healths(listener):
    return [json.loads(one.payload) for one in listener.on("/health")]
