"""`opt_in`: the camera stays closed until the customer's own button, and nothing tells of it."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import Broker, Listener, wait_until
from cuelight.box import Box
from cuelight.consent import LAPSE_SECONDS, Consent
from cuelight.errors import CameraError
from cuelight.places import selftest_folder
from cuelight.records import VisitTally
from cuelight.sense.clip import open_clip
from cuelight.sense.records import Frame
from cuelight.settings import (
    LampSettings,
    MqttSettings,
    PrivacySettings,
    Settings,
    StoreSettings,
)

LAMP = LampSettings(pin_factory="mock", pause_hold_seconds=0.2)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def pictures():
    """A face in the middle of a room, and the room."""
    found = []
    with open_clip(selftest_folder() / "smiles.mkv") as clip:
        for frame in clip:
            wall = np.full((240, 320), 110, np.uint8)
            wall[:, :30] = 30
            high, wide = frame.image.shape
            high = min(high, 240)
            left = (320 - wide) // 2
            wall[240 - high :, left : left + wide] = frame.image[:high]
            found.append(wall)
    empty = np.full_like(found[0], 90)
    empty[:80], empty[:, :40] = 160, 20
    return found, empty


class Table:
    """A table with a clock of its own; `sits` until then, and whoever is there is filmed."""

    skipped = 7

    def __init__(self, pictures):
        self.faces, self.empty = pictures
        self.time, self.leaves = 1000.0, 0.0
        self.opened = self.closed = self.frames = self.waits = 0
        self.fails = False
        self.stop = threading.Event()

    def sits(self, seconds):
        self.leaves = self.time + seconds

    def now(self):
        return self.time

    def utc(self):
        return START + timedelta(seconds=self.time)

    def wait(self, seconds):
        self.waits += 1
        self.time += seconds
        self.stop.wait(0.001)

    def open(self):
        self.opened += 1
        return self

    def read(self):
        if self.fails:
            raise CameraError("the cable came off")
        self.frames += 1
        self.time += 0.2
        there = self.time < self.leaves
        image = self.faces[self.frames % len(self.faces)] if there else self.empty
        image = image.copy()
        image[0, 0] = self.frames % 251  # no two frames of a camera are the same
        return Frame(image, self.time)

    def close(self):
        self.closed += 1

    @property
    def filming(self):
        return self.opened > self.closed


@contextmanager
def at_work(table, folder, *, mode="opt_in", mqtt=None):
    heard = []
    settings = Settings(
        lamp=LAMP,
        mqtt=mqtt or MqttSettings(host=""),
        privacy=PrivacySettings(mode=mode, contact="privacy@example.com"),
        store=StoreSettings(folder=str(folder)),
    )
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
        running = threading.Thread(target=box.run)
        running.start()
        try:
            yield box, heard
        finally:
            table.stop.set()
            running.join(120)
        assert not running.is_alive()


def press(table, box, pin, *, until=None):
    wait_until(lambda: table.waits >= 3 or table.filming)  # its buttons are heard by now
    wired = box.panel.pins.factory.pin(pin)
    wired.drive_low()
    if until is not None:
        wait_until(until)
    wired.drive_high()


def idles(table):
    """Let the loop wait a good while."""
    seen = table.waits
    wait_until(lambda: table.waits >= seen + 20)


def tallies(heard):
    return [event for event in heard if isinstance(event, VisitTally)]


def test_nothing_is_filmed_before_the_press_and_one_visit_is_counted_after(tmp_path, pictures):
    table = Table(pictures)
    table.sits(1e9)
    with at_work(table, tmp_path) as (box, heard):
        idles(table)
        press(table, box, LAMP.price_pin)
        idles(table)
        assert (table.opened, box.panel.camera_lamp_is_lit) == (0, False)
        table.sits(60.0)
        press(table, box, LAMP.consent_pin, until=lambda: table.filming or table.opened)
        wait_until(lambda: tallies(heard))
        (tally,) = tallies(heard)
        assert not tally.price, "the mark before the press is forgotten"
        wait_until(lambda: not table.filming)
        wait_until(lambda: not box.panel.camera_lamp_is_lit)
        table.sits(1e9)  # the next one sits down, and is not asked on the strength of that press
        idles(table)
        assert (table.opened, len(tallies(heard))) == (1, 1)


def test_a_second_press_takes_it_back_and_the_visit_is_forgotten(tmp_path, pictures):
    table = Table(pictures)
    table.sits(1e9)
    with at_work(table, tmp_path) as (box, heard):
        press(table, box, LAMP.consent_pin, until=lambda: table.frames > 200)
        press(table, box, LAMP.consent_pin, until=lambda: not table.filming)
        idles(table)
        assert not box.panel.camera_lamp_is_lit
        table.sits(0.0)
        press(table, box, LAMP.consent_pin, until=lambda: table.opened == 2)
        wait_until(lambda: table.closed == 2)  # nobody came: it lapses
        assert tallies(heard) == []


def test_a_pause_ends_it_and_a_press_does_not_end_the_pause(tmp_path, pictures):
    table = Table(pictures)
    table.sits(1e9)
    with at_work(table, tmp_path) as (box, heard):
        press(table, box, LAMP.consent_pin, until=lambda: table.frames > 200)
        press(table, box, LAMP.pause_pin, until=lambda: box.loop.paused and not table.filming)
        press(table, box, LAMP.consent_pin)
        idles(table)
        assert not table.filming
        press(table, box, LAMP.pause_pin, until=lambda: not box.loop.paused)
        idles(table)
        assert not table.filming, "they are asked anew"
        assert tallies(heard) == []


def test_a_restart_ends_it(tmp_path, pictures):
    table = Table(pictures)
    table.sits(1e9)
    with at_work(table, tmp_path) as (box, _):
        press(table, box, LAMP.consent_pin, until=lambda: table.filming)
    again = Table(pictures)
    again.sits(1e9)
    with at_work(again, tmp_path) as (box, _):
        idles(again)
        assert again.opened == 0


def test_a_camera_that_stays_broken_ends_it(tmp_path, pictures):
    table = Table(pictures)
    table.sits(1e9)
    with at_work(table, tmp_path) as (box, _):
        press(table, box, LAMP.consent_pin, until=lambda: table.filming)
        table.fails = True
        wait_until(lambda: not table.filming)
        began = table.time
        wait_until(lambda: table.time > began + LAPSE_SECONDS + 60.0)
        table.fails = False
        opened = table.opened
        idles(table)
        assert table.opened == opened


def test_neither_broker_nor_log_tells_when_somebody_agreed(tmp_path, pictures, caplog):
    caplog.set_level(logging.INFO)
    table = Table(pictures)
    table.sits(1e9)
    folder = tmp_path / "broker"
    folder.mkdir()
    with (
        Broker(folder) as broker,
        Listener(broker.port) as listener,
        at_work(table, tmp_path / "store", mqtt=broker.settings()) as (box, heard),
    ):
        idles(table)
        listener.wait_for(lambda got: got.on("/availability") and got.on("/health"))
        listener.wait_for(lambda got: got.on("/availability")[-1].payload == "online")
        before = [one.payload for one in listener.on("/availability")]
        logged = len(caplog.records)
        table.sits(60.0)
        press(table, box, LAMP.consent_pin, until=lambda: table.opened)
        wait_until(lambda: tallies(heard) and not table.filming)
        healths = listener.on("/health")
        listener.wait_for(lambda got: len(got.on("/health")) > len(healths))
        assert [one.payload for one in listener.on("/availability")] == before
        assert {json.loads(one.payload)["skipped"] for one in listener.on("/health")} == {0}
        said = [record.getMessage() for record in caplog.records[logged:]]
    assert [line for line in said if "camera" in line or "visit" in line.lower()] == []


def test_with_notice_the_camera_opens_by_itself_and_has_no_such_button(tmp_path, pictures):
    table = Table(pictures)
    with at_work(table, tmp_path, mode="notice") as (box, _):
        wait_until(lambda: table.filming)
        press(table, box, LAMP.consent_pin)
        frames = table.frames
        wait_until(lambda: table.frames > frames + 20)
        assert table.filming


steps = st.lists(
    st.tuples(
        st.sampled_from(("press", "seen", "empty", "over", "withdraw")), st.floats(0.0, 200.0)
    )
)


@given(steps)
def test_it_is_never_given_without_a_press_since_it_last_ended(script):
    consent, now, pressed = Consent(needed=True), 0.0, False
    for what, seconds in script:
        now += seconds
        if what == "press":
            pressed = True
            consent.press(now)
        elif what == "withdraw":
            consent.withdraw()
        else:
            consent.update(now, occupied=what == "seen", over=what == "over")
        if what in {"over", "withdraw"}:
            assert not consent.is_given
        pressed = pressed and (what == "press" or consent.is_given)
        assert pressed or not consent.is_given


@given(steps)
def test_where_it_is_not_needed_it_is_always_given(script):
    consent, now = Consent(needed=False), 0.0
    for what, seconds in script:
        now += seconds
        if what == "press":
            consent.press(now)
        consent.update(now, occupied=what == "seen", over=what == "over")
        assert consent.is_given
