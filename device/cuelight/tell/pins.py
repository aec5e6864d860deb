"""Open the box's GPIO pins through gpiozero, on any of its pin factories."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
import traceback
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from cuelight.errors import LampError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cuelight.settings import LampSettings

_log = logging.getLogger(__name__)


class Output:
    """One output pin; `dims` says whether it can show levels between off and on."""

    def __init__(self, device: Any, *, setting: str, dims: bool) -> None:  # noqa: ANN401 - untyped
        self._device = device
        self._setting = setting
        self.dims = dims

    @property
    def level(self) -> float:
        """What the pin puts out now, 0 to 1."""
        return float(self._device.value)

    def write(self, level: float) -> None:
        """Put out `level`, 0 to 1; a pin that cannot dim is on for anything above 0.

        Raises LampError when the pin cannot be written.
        """
        with _clear_errors(f"cannot write to {self._setting}", ()):
            self._device.value = level if self.dims else float(level > 0)

    def close(self) -> None:
        """Clear the pin, then give it back; an output's level would outlive the process.

        Trouble is only said: whatever else is being closed goes on.
        """
        if self._device.closed:
            return
        with suppress(LampError):
            self.write(0.0)
        _give_back(f"cannot give back {self._setting}", self._device.close)


class Pins:
    """The pins of this box; every lamp and button shares one gpiozero factory.

    `mock` says that no real pin is behind it: good for clips and --dry-run only. `factory` is
    gpiozero's own object, on which tests press buttons and read what was shown.
    """

    def __init__(self, factory: Any) -> None:  # noqa: ANN401 - gpiozero is untyped
        from gpiozero.pins.mock import MockFactory  # noqa: PLC0415 - vendor loaded only when used

        self.factory = factory
        self.mock: bool = isinstance(factory, MockFactory)
        self.name = str(type(factory).__name__)

    def output(self, pin: int, *, setting: str) -> Output:
        """Open an on-off output on BCM `pin`, off; `setting` names the option in messages.

        Raises LampError when the pin does not exist or is taken.
        """
        from gpiozero import LED  # noqa: PLC0415 - vendor loaded only when used

        with _opening(f"{setting} is {pin}"):
            return Output(LED(pin, pin_factory=self.factory), setting=setting, dims=False)

    def dimmer(self, pin: int, *, pulse_hz: int, setting: str) -> Output:
        """Open a dimmable output on BCM `pin`, off; on-off only where the factory has no PWM.

        Raises LampError when the pin does not exist or is taken.
        """
        from gpiozero import PWMLED, PinPWMError  # noqa: PLC0415 - vendor loaded only when used

        with _opening(f"{setting} is {pin}"):
            try:
                device = PWMLED(pin, frequency=pulse_hz, pin_factory=self.factory)
            except PinPWMError:
                _log.warning(
                    "%s is %d: %s cannot dim it; its resistor alone sets the brightness",
                    setting,
                    pin,
                    self.name,
                )
                return self.output(pin, setting=setting)
            return Output(device, setting=setting, dims=True)

    def button(self, pin: int, *, hold_seconds: float, bounce_seconds: float, setting: str) -> Any:  # noqa: ANN401
        """Open a button between BCM `pin` and ground; returns gpiozero's Button.

        Raises LampError when the pin does not exist or is taken.
        """
        from gpiozero import Button  # noqa: PLC0415 - vendor loaded only when used

        with _opening(f"{setting} is {pin}"):
            return Button(
                pin,
                pull_up=True,
                hold_time=hold_seconds,
                bounce_time=bounce_seconds,
                pin_factory=self.factory,
            )

    def close(self) -> None:
        """Give all pins back; trouble is only said."""
        from gpiozero import Device  # noqa: PLC0415 - vendor loaded only when used

        _give_back("cannot give back the pins", self.factory.close)
        if Device.pin_factory is self.factory:
            Device.pin_factory = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_pins(settings: LampSettings) -> Pins:
    """Open the pin factory that settings name: gpiozero's own choice, one by name, or mock.

    Raises LampError when this machine has no GPIO or the factory cannot be used.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to load, seldom needed

    from gpiozero import Device  # noqa: PLC0415 - vendor loaded only when used
    from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: PLC0415 - ditto

    name = settings.pin_factory
    if name == "mock":
        return Pins(MockFactory(pin_class=MockPWMPin))
    _give_lgpio_a_folder()
    if not name:
        with _opening("no GPIO found (lamp.pin_factory is empty: gpiozero chooses)"):
            Device.ensure_pin_factory()
        return Pins(Device.pin_factory)
    known = {entry.name: entry for entry in entry_points(group="gpiozero_pin_factories")}
    if name not in known:
        names = ", ".join(f'"{each}"' for each in sorted(known))
        raise LampError(
            f'lamp.pin_factory is "{name}"; gpiozero here knows {names}. '
            "Name one of these in device.toml, or leave it empty."
        )
    with _opening(f'lamp.pin_factory is "{name}"'):
        return Pins(known[name].load()())


def _give_back(what: str, close: Callable[[], object]) -> None:
    try:
        with _clear_errors(what, ()):
            close()
    except LampError as error:
        _log.warning("%s", error)


def _give_lgpio_a_folder() -> None:
    # lgpio makes its notification pipe in the working directory unless LG_WD says otherwise;
    # a service's working directory may be read-only, and a user's is no place for it.
    if "LG_WD" in os.environ:
        return
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    if not runtime:
        runtime = tempfile.mkdtemp(prefix="cuelight-lgpio-")
        atexit.register(shutil.rmtree, runtime, ignore_errors=True)
    os.environ["LG_WD"] = runtime


@contextmanager
def _opening(what: str) -> Iterator[None]:
    # gpiozero's fallback warnings say why each pin library failed, which belongs into the error,
    # once, and into the log otherwise. Recording warnings changes the whole process, so only the
    # one thread that opens pins does it, and never a write.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with _clear_errors(what, caught):
            yield
    for warning in caught:
        _log.info("%s: %s", what, warning.message)


@contextmanager
def _clear_errors(what: str, caught: Sequence[warnings.WarningMessage]) -> Iterator[None]:
    """Turn any trouble with a pin into one sentence, with the warnings that came before it."""
    try:
        yield
    except LampError:
        raise
    except Exception as error:  # each pin library has errors of its own
        reasons = [str(warning.message) for warning in caught]
        detail = "; ".join([*reasons, str(error) or type(error).__name__])
        # gpiozero reserves a pin before it opens it, for as long as the device that failed lives;
        # the traceback would keep that alive, and the pin could never be had again
        traceback.clear_frames(error.__traceback__)
        raise LampError(f"{what}: {detail}. {_advice(error)}") from error


def _advice(error: Exception) -> str:
    from gpiozero import GPIOPinInUse, PinInvalidPin  # noqa: PLC0415 - vendor loaded only when used

    if isinstance(error, GPIOPinInUse):
        return "Give every lamp and button a pin of its own in device.toml, section [lamp]."
    if isinstance(error, PinInvalidPin):
        return (
            "Name a BCM pin number of the 40-pin header (2 to 27) in device.toml, section [lamp]."
        )
    if "busy" in str(error).lower():
        return "Another program holds this pin: stop it, or choose another in device.toml."
    return (
        "On a Raspberry Pi, install python3-lgpio and add this user to the group gpio; "
        'elsewhere set lamp.pin_factory = "mock" (clips and --dry-run only).'
    )
