"""The panel: outputs first, buttons when they are needed, nothing half open after a failure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker import wait_until
from cuelight.errors import LampError
from cuelight.settings import LampSettings
from cuelight.tell.panel import Panel

MOCK = LampSettings(pin_factory="mock")
BUSY_BUTTON = replace(MOCK, price_pin=17)  # the lamp's own pin


class Clock:
    """A clock that only the test moves."""

    def __init__(self):
        self.time = 100.0

    def now(self):
        return self.time


def open_panel(settings=MOCK):
    return Panel(settings, mock_allowed=True, clock=(clock := Clock()).now), clock


def test_the_outputs_are_taken_and_dark_even_where_a_button_cannot_be_had():
    panel, _ = open_panel(BUSY_BUTTON)
    with panel:
        with pytest.raises(LampError, match=r"lamp\.price_pin is 17: .*pin of its own"):
            panel.open()
        pin = panel.pins.factory.pin(MOCK.camera_pin)
        assert (pin.function, pin.state) == ("output", 0)
        with pytest.raises(LampError, match=r"lamp\.price_pin"), panel.camera_lit():
            pytest.fail("the camera would have opened")
        assert pin.state == 0


def test_outputs_alone_leave_the_buttons_to_others():
    panel, _ = open_panel(BUSY_BUTTON)
    with panel:
        panel.open(outputs_only=True)
        panel.show(1.0, colour=(1.0, 1.0, 1.0))
        assert panel.pins.factory.pin(17).state == pytest.approx(MOCK.brightness)


def test_buttons_can_follow_outputs():
    panel, clock = open_panel()
    with panel:
        panel.open(outputs_only=True)
        factory = panel.pins.factory
        panel.open()
        assert panel.pins.factory is factory
        factory.pin(MOCK.price_pin).drive_low()
        assert [press.timestamp for press in panel.presses()] == [clock.time]


def test_a_failed_open_leaves_no_closed_lamp_behind():
    panel, _ = open_panel(replace(MOCK, camera_pin=17))
    with pytest.raises(LampError, match=r"lamp\.camera_pin"):
        panel.open()
    assert panel.pins is None
    panel.show(1.0, colour=(1.0, 1.0, 1.0))  # a lamp that was closed would raise
    assert not panel.camera_lamp_is_lit
    panel.close()


def test_presses_open_the_buttons_by_themselves():
    panel, clock = open_panel(replace(MOCK, pause_hold_seconds=0.2))
    with panel:
        assert panel.presses() == []
        panel.pins.factory.pin(MOCK.pause_pin).drive_low()
        heard = []
        wait_until(lambda: heard.extend(panel.presses()) or heard)
        assert [(press.name, press.timestamp) for press in heard] == [("pause", clock.time)]
        assert not panel.camera_lamp_is_lit


def test_buttons_that_cannot_be_had_are_said_once_and_tried_now_and_then(caplog):
    tries = []

    class Counted(Panel):
        def open(self, *, outputs_only=False):
            tries.append(clock.time)
            super().open(outputs_only=outputs_only)

    clock = Clock()
    with Counted(replace(MOCK, pin_factory="nonsense"), clock=clock.now) as panel:
        for _ in range(48):  # twelve seconds of a paused loop
            assert panel.presses() == []
            clock.time += 0.25
    assert tries == [100.0, 105.0, 110.0]
    assert caplog.text.count("no buttons: ") == 1
