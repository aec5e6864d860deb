"""Light the signal lamp, drive the haptic motor, and show truthfully when the camera is open."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Self

from cuelight.errors import LampError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cuelight.settings import LampSettings
    from cuelight.tell.pins import Pins
    from cuelight.tell.signal import Colour

_log = logging.getLogger(__name__)

_WHITE: Final = (1.0, 1.0, 1.0)
_PINS_OF_KIND: Final = {"rgb": 3, "single": 1}


class SignalLamp:
    """The dim lamp that faces the rep: red, green and blue pins, or one.

    It is opened dark and left dark. Levels are scaled by `brightness`; PWM runs at `pulse_hz`.
    Raises SettingsError when the number of pins does not fit the kind, LampError when a pin cannot
    be had.
    """

    def __init__(self, pins: Pins, settings: LampSettings) -> None:
        wanted = _PINS_OF_KIND[settings.kind]
        if len(settings.pins) != wanted:
            raise SettingsError(
                f'lamp.pins is {list(settings.pins)}; lamp.kind "{settings.kind}" wants {wanted}. '
                "Edit lamp.pins or lamp.kind in device.toml."
            )
        self._brightness = settings.brightness
        with ExitStack() as opened:
            self._outputs = []
            for pin in settings.pins:
                output = pins.dimmer(pin, pulse_hz=settings.pulse_hz, setting="lamp.pins")
                opened.callback(output.close)
                self._outputs.append(output)
            self._close = opened.pop_all().close

    def show(self, level: float, *, colour: Colour = _WHITE) -> None:
        """Show `level` (0 to 1, of the set brightness); a single lamp ignores the colour.

        Raises LampError when a pin cannot be written.
        """
        channels = colour if len(self._outputs) == len(colour) else (1.0,)
        for output, channel in zip(self._outputs, channels, strict=True):
            output.write(level * channel * self._brightness)

    def close(self) -> None:
        """Go dark and give the pins back."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class HapticMotor:
    """The wired puck under hand or foot; it runs or it stands, since a slow motor may stall.

    Raises LampError when its pin cannot be had.
    """

    def __init__(self, pins: Pins, settings: LampSettings) -> None:
        self._output = pins.output(settings.motor_pin, setting="lamp.motor_pin")

    def show(self, level: float, *, colour: Colour = _WHITE) -> None:  # noqa: ARG002 - as SignalLamp
        """Run while `level` is above 0. Raises LampError when the pin cannot be written."""
        self._output.write(level)

    def close(self) -> None:
        """Stop and give the pin back."""
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class CameraLamp:
    """The lamp that is lit whenever the camera is open; no lamp, no camera.

    Open the camera inside `lit()`, so that the lamp is on before it and off after it:

        with lamp.lit(), open_camera(settings.camera) as camera: ...

    Raises LampError when its pin cannot be had.
    """

    def __init__(self, pins: Pins, settings: LampSettings) -> None:
        self._output = pins.output(settings.camera_pin, setting="lamp.camera_pin")

    @property
    def is_lit(self) -> bool:
        """Whether the pin is on now, read back from the pin."""
        return self._output.level > 0

    @contextmanager
    def lit(self, *, quiet: bool = False) -> Iterator[None]:
        """Light the lamp for as long as the block lasts, however it ends.

        `quiet` leaves it out of the log at any level, where a press of the customer opens the
        camera. Raises LampError when the lamp cannot be lit or does not read back as lit; the block
        is then not entered, so no camera opens.
        """
        try:
            self._output.write(1.0)
            if not self.is_lit:
                raise LampError(
                    "the camera lamp was switched on and its pin still reads off. The camera stays "
                    "closed: check the wiring of lamp.camera_pin."
                )
            if not quiet:
                _log.info("camera lamp on")
            yield
        finally:
            try:
                self._output.write(0.0)
            except LampError:
                self._output.write(0.0)  # once more: a lamp left lit is not true either
            if not quiet:
                _log.info("camera lamp off")

    def close(self) -> None:
        """Go dark and give the pin back; the camera must be closed by now."""
        self._output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
