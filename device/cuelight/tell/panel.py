"""All that the box lights, shakes and hears, opened together and only when its pins can be had."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Self

from cuelight.clock import boot_seconds
from cuelight.errors import LampError
from cuelight.tell.buttons import Buttons
from cuelight.tell.lamp import CameraLamp, HapticMotor, SignalLamp
from cuelight.tell.pins import open_pins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cuelight.settings import LampSettings
    from cuelight.tell.buttons import Press
    from cuelight.tell.pins import Pins
    from cuelight.tell.signal import Colour

_log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 5.0
"""How often `presses` tries to open pins that could not be had; a try may take 100 ms."""


class Panel:
    """Signal lamp, motor, camera lamp and buttons of one box.

    Nothing is opened before it is needed, so a box without GPIO can still start, say what is wrong
    and try again. Mock pins show nothing to anyone, so they are refused unless `mock_allowed`
    (clips and --dry-run). `consent` says that the customer has a button too. `clock` is the
    sensor's clock in seconds. All but `show` belongs to one thread.
    """

    def __init__(
        self,
        settings: LampSettings,
        *,
        mock_allowed: bool = False,
        consent: bool = False,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._settings = settings
        self._mock_allowed = mock_allowed
        self._consent = consent
        self._clock = clock
        self._opened = ExitStack()
        self._lamp: SignalLamp | None = None
        self._motor: HapticMotor | None = None
        self._camera_lamp: CameraLamp | None = None
        self._buttons: Buttons | None = None
        self._fault = ""
        self._retry_due: float | None = None
        self.pins: Pins | None = None
        self.level = 0.0

    def open(self, *, outputs_only: bool = False) -> None:
        """Open every pin, dark; does nothing when they are open. Raises LampError.

        Outputs come first, so that they are dark even where a button cannot be had;
        `outputs_only` leaves the buttons alone.
        """
        try:
            if self.pins is None:
                self._open_outputs()
            if self._buttons is None and not outputs_only:
                assert self.pins is not None
                buttons = Buttons(
                    self.pins, self._settings, consent=self._consent, clock=self._clock
                )
                self._buttons = self._opened.enter_context(buttons)
        except LampError as error:
            self._fault = str(error)
            raise

    def _open_outputs(self) -> None:
        with ExitStack() as stack:
            pins = stack.enter_context(open_pins(self._settings))
            if pins.mock and not self._mock_allowed:
                raise LampError(
                    "the pins are mock pins, so no camera lamp can be lit, and without it the "
                    "camera stays closed. Use --dry-run, or name a real lamp.pin_factory in "
                    "device.toml."
                )
            lamp = stack.enter_context(SignalLamp(pins, self._settings))
            motor = None
            if self._settings.motor:
                motor = stack.enter_context(HapticMotor(pins, self._settings))
            camera_lamp = stack.enter_context(CameraLamp(pins, self._settings))
            self._opened = stack.pop_all()
        self.pins, self._lamp, self._motor, self._camera_lamp = pins, lamp, motor, camera_lamp

    @contextmanager
    def camera_lit(self) -> Iterator[None]:
        """Light the camera lamp for as long as the block lasts. Raises LampError.

        No lamp, no block; nor is there any while the customer's switch is off.
        """
        self.open()
        assert self._camera_lamp is not None
        if self.is_switched_off:
            raise LampError(
                "the customer's switch (lamp.off_pin) is off, so the camera stays closed. Turn it "
                "on, or look for a cut wire."
            )
        with self._camera_lamp.lit(quiet=self._consent):
            yield

    @property
    def is_open(self) -> bool:
        """Whether the lamps' pins could be had, so that the camera may open."""
        return self.pins is not None

    @property
    def is_switched_off(self) -> bool:
        """Whether the customer's switch is off; known only while the pins are open."""
        return self._buttons is not None and self._buttons.is_off

    @property
    def camera_lamp_is_lit(self) -> bool:
        """Whether the camera lamp's pin is on."""
        return self._camera_lamp is not None and self._camera_lamp.is_lit

    def show(self, level: float, *, colour: Colour) -> None:
        """Show `level` (0 to 1) on the lamp and the motor. Raises LampError."""
        self.level = level
        for output in (self._lamp, self._motor):
            if output is not None:
                output.show(level, colour=colour)

    def presses(self) -> list[Press]:
        """Take the button presses since the last call; never waits for one.

        A box that starts paused opens its buttons here. Where they cannot be had there are no
        presses; why is logged once, and they are tried again every five seconds.
        """
        if self._buttons is None:
            self._try_to_open()
        return self._buttons.drain() if self._buttons is not None else []

    def _try_to_open(self) -> None:
        now = self._clock()
        if self._retry_due is not None and now < self._retry_due:
            return
        self._retry_due = now + _RETRY_SECONDS
        said = self._fault
        try:
            self.open()
        except LampError as error:
            if str(error) != said:
                _log.warning("no buttons: %s", error)

    def close(self) -> None:
        """Put everything out and give the pins back."""
        self._lamp = self._motor = self._camera_lamp = self._buttons = self.pins = None
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
