"""The camera is closed while anything says so, and a local hand is never overruled."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin
from hypothesis import given
from hypothesis import strategies as st

from broker import PASSWORD, Broker, Listener, wait_until
from cuelight.box import Box
from cuelight.errors import LampError
from cuelight.examine.hardware import examine_hardware
from cuelight.pause import CHANGES, after, held_over, is_by_hand, is_paused, read_pause, reasons
from cuelight.read.budget import Refusal
from cuelight.records import PauseState, Reading
from cuelight.sense.records import Frame
from cuelight.settings import (
    CameraSettings,
    LampSettings,
    MqttSettings,
    Settings,
    SiteSettings,
    StoreSettings,
)
from cuelight.tell.buttons import Buttons
from cuelight.tell.panel import Panel
from cuelight.tell.pause_keeper import PauseKeeper
from cuelight.tell.pauses import PAUSED, PAUSES
from cuelight.tell.pins import Pins
from cuelight.tell.reminder import Reminder
from cuelight.tell.signal import REMINDER, RHYTHMS
from cuelight.tell.spool import Spool

LAMP = LampSettings(pin_factory="mock", pause_hold_seconds=0.1)
SITE = SiteSettings(time_zone="Europe/Berlin")
NAMES = [*CHANGES, "pause"]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, ten o'clock in Berlin
SET = "cuelight/showroom/table-1/set"


# the rules


@given(st.lists(st.sampled_from([*NAMES, "price", "tap", "nonsense"])))
def test_only_a_hand_ends_what_a_hand_began(story):
    state = PauseState()
    for name in story:
        before, state = state, after(state, name)
        if name != "pause":
            assert state.pressed == before.pressed
        if name not in ("switch_on", "switch_off"):
            assert state.off == before.off
        if name not in ("hours_over", "hours_begun"):
            assert state.closed == before.closed
        if before.ordered and not state.ordered:
            assert name in ("pause", "resume_ordered")
        if is_paused(before) and not is_paused(state):
            assert name in ("pause", "switch_on", "hours_begun", "resume_ordered")
        assert bool(reasons(state)) == is_paused(state)
        assert not is_by_hand(state) or is_paused(state)


@given(st.lists(st.sampled_from(sorted(set(NAMES) - {"pause"}))))
def test_nothing_from_afar_ends_a_local_pause(story):
    pressed, switched = after(PauseState(), "pause"), after(PauseState(), "switch_off")
    for name in story:
        pressed = after(pressed, name)
        assert is_paused(pressed)
        if name != "switch_on":
            switched = after(switched, name)
            assert is_paused(switched)


def test_the_button_ends_its_own_pause_and_the_brokers():
    ordered = after(PauseState(), "pause_ordered")
    assert is_paused(ordered)
    assert not is_paused(after(ordered, "pause"))
    assert not is_paused(after(after(PauseState(), "pause"), "pause"))


@given(st.builds(PauseState, st.booleans(), st.booleans(), st.booleans(), st.booleans()))
def test_a_pause_is_read_as_it_was_told(state):
    assert read_pause(json.loads(json.dumps(asdict(state)))) == state
    assert read_pause(held_over(state)) == replace(state, off=False, closed=False)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_what_makes_no_sense_is_a_pause(kept):
    state = read_pause(kept)
    assert is_paused(state) == (kept is not None and kept is not False)
    assert is_paused(read_pause({"pressed": kept})) == (kept is not False)
    assert is_paused(read_pause({"anna": False}))


# what is kept


class FullDisk(Spool):
    full = 0

    def save(self, key, value):
        if self.full and key == PAUSED:
            self.full -= 1
            raise sqlite3.OperationalError("database or disk is full")
        super().save(key, value)


def test_a_pause_is_on_disk_at_once_and_tried_again_where_the_disk_is_full(tmp_path, caplog):
    with FullDisk(tmp_path / "windows.sqlite") as spool:
        keeper = PauseKeeper(spool, utc=lambda: START)
        keeper.keep(PauseState(pressed=True))
        assert spool.load(PAUSED) == {"pressed": True, "ordered": False}
        spool.full = 2
        keeper.keep(PauseState())
        keeper.retry()
        assert caplog.text.count("cannot be kept on disk") == 1, "said once"
        assert spool.load(PAUSED) == {"pressed": True, "ordered": False}
        keeper.retry()
        assert spool.load(PAUSED) == {"pressed": False, "ordered": False}
        assert PauseKeeper(spool, utc=lambda: START).state == PauseState()


def test_pauses_by_hand_are_counted_when_they_begin_and_hours_are_not(tmp_path):
    with Spool(tmp_path / "windows.sqlite") as spool:
        keeper = PauseKeeper(spool, utc=lambda: START)
        state = PauseState()
        for name in ("pause", "pause_ordered", "pause", "switch_off", "switch_on"):
            state = after(state, name)
            keeper.keep(state)
        for name in ("hours_over", "pause", "pause", "hours_begun"):
            state = after(state, name)
            keeper.keep(state)
        assert sum(spool.load(PAUSES)["by_hour"]) == 2


def test_a_reminder_comes_every_half_hour_of_a_pause_by_hand():
    reminder, found = Reminder(30.0), []
    for minute in range(200):
        by_hand = minute < 100 or minute >= 110
        if reminder.update(60.0 * minute, by_hand=by_hand):
            found.append(minute)
    assert found == [30, 60, 90, 140, 170]
    never = Reminder(0.0)
    assert not any(never.update(60.0 * minute, by_hand=True) for minute in range(200))


def test_the_reminder_is_like_no_hint():
    assert len(REMINDER.pulses) == 1
    for rhythm in RHYTHMS.values():
        assert len(rhythm.pulses) > 1
        assert rhythm.duration_seconds > 10 * REMINDER.duration_seconds


# the switch


def test_a_switch_is_heard_at_the_start_and_at_each_change():
    settings = replace(LAMP, off_switch=True)
    with Pins(MockFactory(pin_class=MockPWMPin)) as pins:
        pin = pins.factory.pin(settings.off_pin)
        with Buttons(pins, settings) as buttons:
            assert [press.name for press in buttons.drain()] == ["switch_off"], "open, or cut"
            assert buttons.drain() == []
            pin.drive_low()
            assert [press.name for press in buttons.drain()] == ["switch_on"]
            pin.drive_high()
            assert [press.name for press in buttons.drain()] == ["switch_off"]


def test_a_switch_that_cannot_be_read_is_off(caplog):
    class Broken(MockPWMPin):
        broken = False

        def _get_state(self):
            if self.broken:
                raise OSError("the line is gone")
            return super()._get_state()

    settings = replace(LAMP, off_switch=True)
    with Pins(MockFactory(pin_class=Broken)) as pins:
        pin = pins.factory.pin(settings.off_pin)
        with Buttons(pins, settings) as buttons:
            pin.drive_low()
            assert [press.name for press in buttons.drain()] == ["switch_on"]
            Broken.broken = True
            assert [press.name for press in buttons.drain()] == ["switch_off"]
            assert buttons.drain() == []
            Broken.broken = False
            assert [press.name for press in buttons.drain()] == ["switch_on"]
    assert caplog.text.count("lamp.off_pin cannot be read") == 1


def test_whoever_lights_the_camera_lamp_minds_the_switch():
    panel = Panel(replace(LAMP, off_switch=True), mock_allowed=True)
    with panel:
        panel.open()
        switch = panel.pins.factory.pin(LAMP.off_pin)
        with pytest.raises(LampError, match=r"lamp\.off_pin\) is off"), panel.camera_lit():
            pytest.fail("the camera would have opened")
        assert panel.pins.factory.pin(LAMP.camera_pin).state == 0
        switch.drive_low()
        with panel.camera_lit():
            assert panel.camera_lamp_is_lit


def test_doctor_opens_no_camera_while_the_switch_is_off():
    def opened(_settings):
        pytest.fail("the camera was opened")

    found = examine_hardware(
        CameraSettings(),
        replace(LAMP, off_switch=True),
        service=None,
        mock_allowed=True,
        attached=lambda _settings: "a camera",
        opened=opened,
    )
    assert "the customer's switch (lamp.off_pin) is off" in found[0].text
    assert "off-switch 6" in found[1].text


# the whole box


class Room:
    """An empty room with a clock of its own, on which a camera can be opened."""

    skipped = 0

    def __init__(self, *, step=0.1, is_real=False):
        self.is_real = is_real
        self.time, self.waits, self.frames = 1000.0, 0, 0
        self.step = step
        self.opened = self.closed = 0
        self.utc_shift = timedelta(0)
        self.given = START - timedelta(days=1)
        self.stop = threading.Event()
        walls = np.random.default_rng(5).integers(0, 255, (12, 16), np.uint8)
        self.picture = np.kron(walls, np.ones((10, 10), np.uint8))

    def now(self):
        return self.time

    def utc(self):
        if self.is_real:  # orders go stale in a minute, which this clock passes at a glance
            return datetime.now(UTC)
        return START + self.utc_shift + timedelta(seconds=self.time - 1000.0)

    def wait(self, seconds):
        self.waits += 1
        self.time += seconds
        self.stop.wait(0.001)

    def open(self):
        self.opened += 1
        return self

    def read(self):
        self.frames += 1
        self.time += self.step
        self.stop.wait(0.001)
        image = self.picture.copy()
        image[0, 0] = self.frames % 251
        return Frame(image, self.time)

    def close(self):
        self.closed += 1
        self.closed_at = self.utc()

    @property
    def filming(self):
        return self.opened > self.closed

    def goes_on(self):
        """Let the loop live on for a while, whatever it does."""
        seen = self.waits + self.frames
        wait_until(lambda: self.waits + self.frames >= seen + 25)


@contextmanager
def at_work(room, folder, **sections):
    settings = Settings(
        **{
            "lamp": LAMP,
            "site": SITE,
            "mqtt": MqttSettings(host=""),
            "store": StoreSettings(folder=str(folder)),
            **sections,
        }
    )
    with Box(
        settings,
        open_camera=room.open,
        mock_allowed=True,
        stop=room.stop,
        now=room.now,
        utc=room.utc,
        wait=room.wait,
    ) as box:
        running = threading.Thread(target=box.run)
        running.start()
        try:
            yield box
        finally:
            room.stop.set()
            running.join(120)
        assert not running.is_alive()


def wired(box, pin):
    wait_until(lambda: box.panel.is_open)
    return box.panel.pins.factory.pin(pin)


def hold(box, room, until):
    pin = wired(box, LAMP.pause_pin)
    pin.drive_low()
    wait_until(until)
    pin.drive_high()
    room.goes_on()


def test_outside_opening_hours_the_camera_is_closed_and_no_hand_opens_it(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    room, site = Room(step=3.0), replace(SITE, opening_hours="mo 10:00-10:30, mo 10:40-12:00")
    with at_work(room, tmp_path, site=site) as box:
        wait_until(lambda: room.filming)
        wait_until(lambda: not room.filming, timeout_seconds=180.0)
        half_past = START + timedelta(minutes=30)
        assert half_past <= room.closed_at <= half_past + timedelta(seconds=2 * room.step)
        wait_until(lambda: not box.panel.camera_lamp_is_lit)
        hold(box, room, lambda: box.loop.pause.pressed)
        hold(box, room, lambda: not box.loop.pause.pressed)
        assert not room.filming
        wait_until(lambda: room.filming, timeout_seconds=180.0)
        assert room.utc() >= START + timedelta(minutes=40)
        assert room.opened == 2
    assert "paused: outside opening hours" in caplog.text


def test_a_box_that_starts_at_night_stays_dark(tmp_path):
    room = Room()
    room.utc_shift = timedelta(hours=14)
    with at_work(room, tmp_path, site=replace(SITE, opening_hours="mo-sa 09:00-19:00")) as box:
        room.goes_on()
        wait_until(lambda: box.panel.is_open)
        assert room.opened == 0
        assert box.spool.load(PAUSED) is None, "the hours are no pause of anybody's"


def test_the_customers_switch_closes_the_camera_and_a_cut_wire_does_too(tmp_path):
    room, lamp = Room(), replace(LAMP, off_switch=True)
    with at_work(room, tmp_path, lamp=lamp) as box:
        room.goes_on()
        switch = wired(box, lamp.off_pin)
        assert room.opened == 0, "the mock pin floats high, as a cut wire does"
        switch.drive_low()
        wait_until(lambda: room.filming)
        hold(box, room, lambda: not room.filming)
        switch.drive_high()
        wait_until(lambda: box.loop.pause.off)
        hold(box, room, lambda: not box.loop.pause.pressed)
        assert not room.filming, "the button does not overrule the switch"
        switch.drive_low()
        wait_until(lambda: room.filming)
        switch.drive_high()
        wait_until(lambda: not room.filming)
        wait_until(lambda: not box.panel.camera_lamp_is_lit)


def test_a_long_pause_is_reminded_of_and_stays_one(tmp_path):
    room = Room()
    lamp = replace(LAMP, remind_minutes=2.0)
    with at_work(room, tmp_path, lamp=lamp) as box:
        wait_until(lambda: room.filming)
        red = wired(box, lamp.pins[0])
        red.clear_states()
        assert all(state.state == 0 for state in red.states)
        hold(box, room, lambda: not room.filming)
        opened = room.opened
        wait_until(lambda: any(state.state > 0 for state in red.states), timeout_seconds=180.0)
        assert box.loop.pause.pressed
        assert (room.filming, room.opened) == (False, opened)


def test_a_double_tap_after_a_signal_is_kept_as_a_sum_and_is_no_price(tmp_path):
    room, folder = Room(step=0.02), tmp_path / "broker"
    folder.mkdir()
    with (
        Broker(folder) as broker,
        Listener(broker.port) as listener,
        at_work(room, tmp_path, mqtt=broker.settings()) as box,
    ):
        wait_until(lambda: room.filming)
        button = wired(box, LAMP.price_pin)
        marks, mark = [], box.sensing.mark_price
        box.sensing.mark_price = lambda t, **more: (marks.append(t), mark(t, **more))

        def tap():
            button.drive_low()
            button.drive_high()

        tap()
        wait_until(lambda: len(marks) == 1)
        budget = box.sensing.budget
        assert budget.snapshot()["now"] is None, "nobody came yet"
        budget.visit_began(room.time - 50.0)
        shown = budget.ask(Reading("interest", 0.95, room.time, ()))
        assert not isinstance(shown, Refusal)
        wait_until(lambda: budget.awaits(room.time))
        tap()
        tap()
        wait_until(lambda: budget.not_useful == 1)
        path = tmp_path / "alerts.json"
        wait_until(lambda: path.exists() and '"not_useful": 1' in path.read_text())
        assert budget.needed("interest") > 0.8
        assert len(marks) == 1, "the double tap marked no price"
        tap()
        wait_until(lambda: len(marks) == 2)
        healths = len(listener.on("/health"))
        room.step = 0.5
        listener.wait_for(lambda heard: len(heard.on("/health")) > healths)
        told = [one.payload for one in listener.heard if not one.topic.endswith("/privacy")]
    assert any('"fps_capability"' in payload for payload in told)
    for word in ("useful", "taps", "doubt", "judged"):
        assert not any(word in payload for payload in told), "nothing of it is published"
    again = Room()
    with at_work(again, tmp_path) as box:
        assert (box.sensing.budget.useful, box.sensing.budget.not_useful) == (0, 1)
        assert box.sensing.budget.needed("interest") > 0.8


# the broker

ACL = (
    "user collector\ntopic read cuelight/#\n"
    "user operator\ntopic write cuelight/showroom/+/set\n"
    "user manager\ntopic read cuelight/#\n"
    "user box\ntopic write cuelight/showroom/table-1/#\ntopic read cuelight/showroom/table-1/set\n"
)


def later(room):
    """Give a moment after all that were given before: the room's clock may not have moved."""
    wait_until(lambda: room.utc() > room.given)
    room.given = room.utc()
    return room.given


def pause_at(moment):
    return json.dumps({"pause": True, "at": moment.isoformat()})


def resume_at(moment):
    return json.dumps({"pause": False, "at": moment.isoformat()})


@contextmanager
def at_broker(folder, room, **mqtt):
    folder.mkdir(exist_ok=True)
    broker = Broker(folder, acl=ACL)
    for user in ("operator", "manager"):
        broker.set_password(user, PASSWORD)
    with (
        broker,
        Listener(broker.port) as listener,
        Listener(broker.port, SET, username="operator") as operator,
        at_work(room, folder / "store", mqtt=broker.settings(**mqtt)) as box,
    ):
        listener.wait_for(lambda heard: state_of(heard) == "online")
        yield box, operator, listener, broker


def state_of(listener):
    return next((one.payload for one in reversed(listener.on("/availability"))), "")


def test_an_operator_pauses_and_resumes_and_never_ends_a_local_pause(tmp_path):
    room = Room(is_real=True)
    with at_broker(tmp_path / "b", room, pause=True) as (box, operator, listener, broker):
        wait_until(lambda: room.filming)
        operator.send(SET, pause_at(later(room)))
        listener.wait_for(lambda heard: state_of(heard) == "paused")
        wait_until(lambda: not room.filming)
        operator.send(SET, resume_at(later(room)))
        listener.wait_for(lambda heard: state_of(heard) == "online")
        wait_until(lambda: room.filming)
        hold(box, room, lambda: not room.filming)
        operator.send(SET, resume_at(later(room)))
        operator.send(SET, pause_at(later(room)))
        wait_until(lambda: box.loop.pause.ordered)
        operator.send(SET, resume_at(later(room)))
        wait_until(lambda: not box.loop.pause.ordered)
        room.goes_on()
        assert box.loop.pause.pressed
        assert not room.filming
        hold(box, room, lambda: room.filming)
        with Listener(broker.port, SET, username="manager") as manager:
            manager.send(SET, pause_at(later(room)))
        operator.send(SET, '{"resend_from": 0}')
        room.goes_on()
        assert room.filming, "a manager's role may not write there"


def test_the_button_ends_the_brokers_pause(tmp_path):
    room = Room(is_real=True)
    with at_broker(tmp_path / "b", room, pause=True) as (box, operator, listener, _):
        operator.send(SET, pause_at(later(room)))
        listener.wait_for(lambda heard: state_of(heard) == "paused")
        hold(box, room, lambda: room.filming)
        listener.wait_for(lambda heard: state_of(heard) == "online")
        assert box.loop.pause == PauseState()


def test_retained_replayed_stale_and_undated_orders_do_nothing(tmp_path, caplog):
    room = Room(is_real=True)
    with at_broker(tmp_path / "b", room, pause=True) as (box, operator, _, broker):
        wait_until(lambda: room.filming)
        resume = resume_at(later(room))
        pause = pause_at(later(room))
        operator.send(SET, pause)
        wait_until(lambda: box.loop.pause.ordered)
        for replayed in (resume, pause):
            operator.send(SET, replayed)
        operator.send(SET, resume_at(room.utc() - timedelta(seconds=61)))
        operator.send(SET, resume_at(room.utc() + timedelta(seconds=600)))
        operator.send(SET, '{"pause": false}')
        operator.send(SET, '{"pause": false, "at": "2026-03-02T09:00:00"}')
        said = ("obeyed already", " s from now", "is missing", "no time with its zone")
        wait_until(lambda: all(words in caplog.text for words in said))
        assert box.loop.pause.ordered
        operator.send(SET, resume_at(later(room)), retain=True)
        wait_until(lambda: not box.loop.pause.ordered)  # as it is published, it is no old one
        broker.stop()
        broker.start()
        wait_until(lambda: "it is retained" in caplog.text, timeout_seconds=180)
        operator.send(SET, b"", retain=True)


def test_what_was_obeyed_once_is_not_obeyed_again_after_a_restart(tmp_path, caplog):
    room = Room(is_real=True)
    with at_broker(tmp_path / "b", room, pause=True) as (box, operator, _, _broker):
        first, second = resume_at(later(room)), pause_at(room.utc() + timedelta(seconds=1))
        operator.send(SET, first)
        operator.send(SET, second)
        wait_until(lambda: box.loop.pause.ordered)
    again = Room(is_real=True)
    folder = tmp_path / "b"
    (folder / "passwords").unlink()
    broker = Broker(folder, acl=ACL)
    broker.set_password("operator", PASSWORD)
    with (
        broker,
        Listener(broker.port, SET, username="operator") as operator,
        at_work(again, folder / "store", mqtt=broker.settings(pause=True)) as box,
    ):
        assert box.loop.pause.ordered, "the pause outlives a restart"
        wait_until(lambda: box.feed.state.name == "connected")
        wait_until(lambda: "obeyed already" in caplog.text or operator.send(SET, first))
        again.goes_on()
        assert box.loop.pause.ordered
        assert again.opened == 0


def test_without_leave_in_the_settings_nobody_pauses_from_afar(tmp_path, caplog):
    room = Room(is_real=True)
    with at_broker(tmp_path / "b", room) as (box, operator, listener, _):
        operator.send(SET, pause_at(later(room)))
        wait_until(lambda: "mqtt.pause is false" in caplog.text)
        room.goes_on()
        assert room.filming
        assert box.loop.pause == PauseState()
        assert state_of(listener) == "online"
