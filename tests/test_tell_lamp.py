from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from gpiozero import LED, Device
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin, PinState

from broker import wait_until
from cuelight.clock import boot_seconds
from cuelight.errors import InputError, LampError, SettingsError
from cuelight.settings import LampSettings
from cuelight.tell.buttons import Buttons, Press
from cuelight.tell.lamp import CameraLamp, HapticMotor, SignalLamp
from cuelight.tell.pins import Output, Pins, open_pins
from cuelight.tell.player import Player
from cuelight.tell.signal import RHYTHMS, rhythm

MOCK = LampSettings(pin_factory="mock")


class VirtualClock:
    """A clock that moves when somebody waits for it."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.time += seconds
        return False


class Timed:
    """Makes gpiozero's mock pins record the times of a virtual clock in `states`."""

    clock = VirtualClock()

    def _change_state(self, value):
        if self._state == value:
            return False
        now = self.clock.now()
        self.states.append(PinState(now - self._last_change, value))
        self._state, self._last_change = value, now
        return True

    def clear_states(self):
        self._last_change = self.clock.now()
        self.states = [PinState(0.0, self._state)]


class TimedPin(Timed, MockPWMPin):
    """A pin with PWM."""


class PlainTimedPin(Timed, MockPin):
    """A pin without PWM."""


@pytest.fixture
def clock():
    Timed.clock = VirtualClock()
    return Timed.clock


@pytest.fixture
def pins(clock):
    with Pins(MockFactory(pin_class=TimedPin)) as opened:
        yield opened


def timeline(pin):
    """Return (seconds from the start, level) of everything a mock pin recorded."""
    now, found = 0.0, []
    for passed, level in pin.states[1:]:
        now += passed
        found.append((now, level))
    return found


def lit(pin):
    """Return (start, end) of every time the pin was on."""
    found, start = [], None
    for now, level in timeline(pin):
        if level > 0 and start is None:
            start = now
        elif level == 0 and start is not None:
            found.append((start, now))
            start = None
    assert start is None, "left on"
    return found


def play(name, clock, *outputs):
    with Player(*outputs, wait=clock.wait, now=clock.now) as player:
        assert player.play(name)
        assert player.wait_idle(timeout_seconds=180)


@pytest.mark.parametrize(
    ("name", "pulses"),
    [
        ("go", [(0.0, 0.8), (2.3, 3.1)]),
        ("ease", [(0.0, 0.2), (0.45, 0.65), (2.15, 2.35), (2.6, 2.8)]),
        (
            "reassure",
            [(0, 0.12), (0.24, 0.36), (0.48, 0.6), (2.1, 2.22), (2.34, 2.46), (2.58, 2.7)],
        ),
    ],
)
def test_mock_pins_record_the_rhythms_of_the_design(pins, clock, name, pulses):
    settings = replace(MOCK, motor=True)
    with SignalLamp(pins, settings) as lamp, HapticMotor(pins, settings) as motor:
        recorded = [pins.factory.pin(number) for number in (*settings.pins, settings.motor_pin)]
        for pin in recorded:
            pin.clear_states()
        play(name, clock, lamp, motor)
        for pin, channel in zip(recorded[:3], rhythm(name).colour, strict=True):
            if channel:
                assert lit(pin) == [pytest.approx(pulse) for pulse in pulses]
                assert max(level for _, level in timeline(pin)) == pytest.approx(
                    settings.brightness * channel, rel=0.01
                )
            else:
                assert timeline(pin) == []
        assert lit(recorded[3]) == [pytest.approx(pulse) for pulse in pulses]
        assert {level for _, level in timeline(recorded[3])} == {0.0, 1.0}


def test_the_recorded_swell_is_the_whole_timeline(pins, clock):
    settings = replace(MOCK, kind="single", pins=(17,), brightness=0.5)
    with SignalLamp(pins, settings) as lamp:
        pin = pins.factory.pin(17)
        pin.clear_states()
        play("go", clock, lamp)
        wanted, now = [(0.0, 0.0)], 0.0
        for seconds, level in (*rhythm("go").steps, (0.0, 0.0)):
            if level * 0.5 != wanted[-1][1]:
                wanted.append((now, level * 0.5))
            now += seconds
        assert timeline(pin) == [pytest.approx(step) for step in wanted[1:]]


def test_the_three_recordings_differ(pins, clock):
    settings = replace(MOCK, kind="single", pins=(17,))
    seen = set()
    with SignalLamp(pins, settings) as lamp:
        for name in RHYTHMS:
            pin = pins.factory.pin(17)
            pin.clear_states()
            play(name, clock, lamp)
            seen.add(tuple((round(a, 3), round(b, 3)) for a, b in lit(pin)))
    assert len(seen) == 3


def test_pwm_runs_at_a_thousand_hertz_or_more(pins):
    with SignalLamp(pins, MOCK):
        assert {pins.factory.pin(number).frequency for number in MOCK.pins} == {1000}


def test_what_comes_while_one_plays_is_dropped_and_no_log_tells_of_signals(pins, caplog):
    caplog.set_level(logging.DEBUG, "cuelight.tell.player")
    playing, go_on = threading.Event(), threading.Event()

    def wait(_):
        playing.set()
        return not go_on.wait(10)

    with SignalLamp(pins, MOCK) as lamp, Player(lamp, wait=wait) as player:
        assert player.play("ease")
        assert playing.wait(60)
        assert not player.play("go")
        assert caplog.text == ""
        go_on.set()
        assert player.wait_idle(timeout_seconds=180)
        assert [pins.factory.pin(number).state for number in MOCK.pins] == [0, 0, 0]
        assert player.play("go"), "and then it is free again"
        assert player.wait_idle(timeout_seconds=180)


def test_waking_late_does_not_stretch_a_rhythm(pins, clock):
    settings = replace(MOCK, kind="single", pins=(17,))

    def oversleep(seconds):
        clock.wait(seconds + 0.015)  # a busy box
        return False

    with SignalLamp(pins, settings) as lamp, Player(lamp, wait=oversleep, now=clock.now) as player:
        pin = pins.factory.pin(17)
        pin.clear_states()
        player.play("go")
        assert player.wait_idle(timeout_seconds=180)
        assert lit(pin) == [pytest.approx((0.0, 0.815)), pytest.approx((2.315, 3.115))]


def test_closing_in_the_middle_of_a_pulse_leaves_every_pin_dark():
    with open_pins(MOCK) as pins:
        lamp = SignalLamp(pins, MOCK)
        player = Player(lamp)  # in real time: the first pulse lasts 200 ms
        player.play("ease")
        wait_until(lambda: pins.factory.pin(17).state > 0)
        player.close()
        assert [pins.factory.pin(number).state for number in MOCK.pins] == [0, 0, 0]
        assert not player.play("go"), "a closed player plays nothing"
        lamp.close()


def test_outputs_are_cleared_after_an_exception():
    with open_pins(MOCK) as pins:
        pin = pins.factory.pin(17)
        lit = []

        def fail():
            with SignalLamp(pins, MOCK) as lamp:
                lamp.show(1.0)
                lit.append(pin.state)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert lit == [pytest.approx(MOCK.brightness)]
        assert pin.state == 0
        LED(17, pin_factory=pins.factory).close()  # the pin is free again


def test_one_broken_output_does_not_silence_the_other(pins, clock, caplog):
    class Broken:
        def show(self, level, *, colour):
            raise LampError("the motor fell off")

    with SignalLamp(pins, MOCK) as lamp:
        pin = pins.factory.pin(17)
        pin.clear_states()
        play("ease", clock, Broken(), lamp)
        assert len(lit(pin)) == 4
    assert "the motor fell off" in caplog.text


def test_the_player_tells_of_the_first_light_that_an_output_takes(pins, clock):
    class Broken:
        def show(self, level, *, colour):
            raise LampError("the lamp fell off")

    settings = replace(MOCK, kind="single", pins=(17,))
    seen = []
    with SignalLamp(pins, settings) as lamp:
        pin = pins.factory.pin(17)
        for outputs in ((Broken(), lamp), (Broken(),), ()):
            with Player(*outputs, wait=clock.wait, now=clock.now) as player:
                player.play("ease", lit=lambda: seen.append((clock.now(), pin.state)))
                assert player.wait_idle(timeout_seconds=180)
    assert seen == [(100.0, pytest.approx(MOCK.brightness))]


def test_a_write_leaves_the_warning_filters_alone(pins):
    # they belong to the whole process, and writes come from two threads
    filters = warnings.filters

    class Device:
        untouched = None

        @property
        def value(self):
            return 0.0

        @value.setter
        def value(self, _):
            self.untouched = warnings.filters is filters

    device = Device()
    Output(device, setting="lamp.pins", dims=True).write(1.0)
    assert device.untouched


def test_an_unknown_signal_is_refused_at_once(pins):
    with SignalLamp(pins, MOCK) as lamp, Player(lamp) as player, pytest.raises(InputError):
        player.play("stop")


def test_the_camera_lamp_is_lit_before_the_camera_opens_and_dark_after_it_closed():
    with open_pins(MOCK) as pins, CameraLamp(pins, MOCK) as lamp:
        pin = pins.factory.pin(MOCK.camera_pin)
        seen = []

        class Camera:
            def __enter__(self):
                seen.append(("opens", pin.state))

            def __exit__(self, *_):
                seen.append(("closed", pin.state))

        for error in (None, OSError("camera gone")):
            try:
                with lamp.lit(), Camera():
                    assert lamp.is_lit
                    if error:
                        raise error
            except OSError:
                seen.append(("failed", pin.state))
            assert not lamp.is_lit
        assert seen == [
            ("opens", 1),
            ("closed", 1),
            ("opens", 1),
            ("closed", 1),
            ("failed", 0),
        ]


def test_without_a_working_camera_lamp_no_camera_opens():
    class StuckPin(MockPWMPin):
        def _change_state(self, value):
            return False

    with Pins(MockFactory(pin_class=StuckPin)) as pins, CameraLamp(pins, MOCK) as lamp:
        opened = False
        with pytest.raises(LampError, match="still reads off"), lamp.lit():
            opened = True
        assert not opened


def test_a_price_press_carries_the_time_of_the_touch(pins, clock):
    with Buttons(pins, MOCK, clock=clock.now) as buttons:
        pin = pins.factory.pin(MOCK.price_pin)
        assert buttons.drain() == []
        for seconds in (1.0, 2.5):
            clock.wait(seconds)
            pin.drive_low()
            clock.wait(0.1)
            pin.drive_high()
        assert buttons.drain() == [Press("price", 101.0), Press("price", 103.6)]
        assert buttons.drain() == []


def test_pause_wants_the_button_held(pins, clock):
    settings = replace(MOCK, pause_hold_seconds=0.2)
    with Buttons(pins, settings, clock=clock.now) as buttons:
        pin = pins.factory.pin(MOCK.pause_pin)
        pin.drive_low()
        pin.drive_high()  # a tap
        clock.wait(1.0)
        pin.drive_low()
        heard = []
        wait_until(lambda: heard.extend(buttons.drain()) or heard)
        pin.drive_high()
        assert heard + buttons.drain() == [Press("pause", 101.0)]


def test_presses_by_default_use_the_clock_since_boot():
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert boot_seconds() == pytest.approx(uptime, abs=5)


def test_more_presses_than_the_queue_holds_are_dropped_and_those_of_a_visit_not_said(
    pins, clock, caplog
):
    with Buttons(pins, MOCK, clock=clock.now) as buttons:
        pin = pins.factory.pin(MOCK.price_pin)
        for _ in range(40):
            pin.drive_low()
            pin.drive_high()
        assert len(buttons.drain()) == 32
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (replace(MOCK, camera_pin=17), "lamp.camera_pin is 17: .*pin of its own"),
        (replace(MOCK, camera_pin=99), "lamp.camera_pin is 99: .*BCM pin number"),
    ],
)
def test_pin_trouble_is_one_clear_sentence(settings, message):
    with (
        open_pins(settings) as pins,
        SignalLamp(pins, settings),
        pytest.raises(LampError, match=message),
    ):
        CameraLamp(pins, settings)


def test_a_lamp_that_fails_half_way_gives_its_pins_back():
    settings = replace(MOCK, pins=(17, 27, 99))
    with open_pins(settings) as pins:
        with pytest.raises(LampError, match=r"lamp\.pins is 99"):
            SignalLamp(pins, settings)
        SignalLamp(pins, replace(MOCK, pins=(17, 27, 22))).close()


def test_a_lamp_with_the_wrong_number_of_pins_is_refused():
    with (
        open_pins(MOCK) as pins,
        pytest.raises(SettingsError, match=r'\[17\]; lamp.kind "rgb" wants 3'),
    ):
        SignalLamp(pins, replace(MOCK, pins=(17,)))


def test_an_unknown_pin_factory_is_refused_with_the_known_ones():
    with pytest.raises(LampError, match=r'"nonsense"; gpiozero here knows .*"lgpio".*"mock"'):
        open_pins(replace(MOCK, pin_factory="nonsense"))


@pytest.mark.skipif(
    any(Path("/dev").glob("gpiochip*")) or Path("/dev/gpiomem").exists(),
    reason="this machine has GPIO",
)
@pytest.mark.parametrize("name", ["", "native"])
def test_no_gpio_is_one_clear_error_and_no_warning(name, recwarn, monkeypatch):
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setattr(Device, "pin_factory", None)
    with pytest.raises(LampError, match=r"install python3-lgpio .* group gpio; .*\"mock\""):
        open_pins(replace(MOCK, pin_factory=name))
    assert list(recwarn) == []


def test_a_factory_without_pwm_still_shows_the_rhythm(clock, caplog):
    settings = replace(MOCK, kind="single", pins=(17,))
    with Pins(MockFactory(pin_class=PlainTimedPin)) as pins, SignalLamp(pins, settings) as lamp:
        pin = pins.factory.pin(17)
        pin.clear_states()
        play("go", clock, lamp)
        assert lit(pin) == [pytest.approx((0.0, 0.8)), pytest.approx((2.3, 3.1))]
    assert "cannot dim it" in caplog.text


def test_lgpio_gets_a_folder_for_its_pipe(tmp_path):
    # lgpio reads LG_WD on import, so this is seen from a fresh process in an innocent folder.
    program = (
        "import os\n"
        "from dataclasses import replace\n"
        "from cuelight.errors import LampError\n"
        "from cuelight.settings import LampSettings\n"
        "from cuelight.tell.pins import open_pins\n"
        "try:\n"
        "    open_pins(LampSettings(pin_factory='lgpio')).close()\n"
        "except LampError as error:\n"
        "    assert 'lgpio' in str(error)\n"
        "print(os.environ['LG_WD'])\n"
        "assert os.path.isdir(os.environ['LG_WD'])\n"
    )
    plain = {key: value for key, value in os.environ.items() if key != "LG_WD"}
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for given, wanted in (
        ({}, None),
        ({"RUNTIME_DIRECTORY": f"{runtime}:/elsewhere"}, runtime),
        ({"LG_WD": str(tmp_path), "RUNTIME_DIRECTORY": str(runtime)}, tmp_path),
    ):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=plain | given,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        folder = Path(done.stdout.strip())
        assert folder == wanted if wanted else not folder.exists(), "a folder of ours is removed"
    assert [entry.name for entry in tmp_path.iterdir()] == ["runtime"]


def test_the_mock_factory_says_that_it_is_one():
    with open_pins(MOCK) as pins:
        assert pins.mock


def test_a_pin_that_was_busy_can_be_had_once_it_is_free():
    class BusyPin(MockPWMPin):
        busy = True

        def __init__(self, factory, info):
            if self.busy:
                raise OSError("'GPIO busy'")
            super().__init__(factory, info)

    with Pins(MockFactory(pin_class=BusyPin)) as pins:
        with pytest.raises(LampError, match="Another program holds this pin") as kept:
            CameraLamp(pins, MOCK)
        BusyPin.busy = False
        with CameraLamp(pins, MOCK) as lamp, lamp.lit():  # while the error is still at hand
            assert lamp.is_lit
    assert kept.value


def test_pins_that_cannot_be_given_back_are_said_and_stop_nothing(caplog):
    class StuckPin(MockPWMPin):
        stuck = False

        def _change_state(self, value):
            if self.stuck:
                raise OSError("the line is gone")
            return super()._change_state(value)

    with Pins(MockFactory(pin_class=StuckPin)) as pins, CameraLamp(pins, MOCK) as lamp:
        with lamp.lit():
            pass
        StuckPin.stuck = True
        pins.factory.pin(MOCK.camera_pin)._state = 1.0  # noqa: SLF001 - lit, and no way to put it out
    StuckPin.stuck = False  # gpiozero tries once more when the device is collected
    assert "cannot give back" in caplog.text
