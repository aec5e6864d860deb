"""All that the box lights, shakes and hears, opened together and only when its pins can be had."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

from cuelight.errors import LampError
from cuelight.tell.buttons import Buttons, boot_seconds
from cuelight.tell.lamp import CameraLamp, HapticMotor, SignalLamp
from cuelight.tell.pins import open_pins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cuelight.settings import LampSettings
    from cuelight.tell.buttons import Press
    from cuelight.tell.pins import Pins
    from cuelight.tell.signal import Colour


class Panel:
    """Signal lamp, motor, camera lamp and buttons of one box.

    Nothing is opened before `open` or the first `camera_lit`, so a box without GPIO can still
    start, say what is wrong and try again. Mock pins show nothing to anyone, so they are refused
    unless `mock_allowed` (clips and --dry-run).
    """

    def __init__(
        self,
        settings: LampSettings,
        *,
        mock_allowed: bool = False,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._settings = settings
        self._mock_allowed = mock_allowed
        self._clock = clock
        self._opened = ExitStack()
        self._lamp: SignalLamp | None = None
        self._motor: HapticMotor | None = None
        self._camera_lamp: CameraLamp | None = None
        self._buttons: Buttons | None = None
        self.pins: Pins | None = None
        self.level = 0.0

    def open(self) -> None:
        """Open every pin, dark; does nothing when they are open. Raises LampError."""
        if self._camera_lamp is not None:
            return
        with ExitStack() as stack:
            pins = stack.enter_context(open_pins(self._settings))
            if pins.mock and not self._mock_allowed:
                raise LampError(
                    "the pins are mock pins, so no camera lamp can be lit, and without it the "
                    "camera stays closed. Use --dry-run, or name a real lamp.pin_factory in "
                    "device.toml."
                )
            self._lamp = stack.enter_context(SignalLamp(pins, self._settings))
            if self._settings.motor:
                self._motor = stack.enter_context(HapticMotor(pins, self._settings))
            self._buttons = stack.enter_context(Buttons(pins, self._settings, clock=self._clock))
            self._camera_lamp = stack.enter_context(CameraLamp(pins, self._settings))
            self.pins = pins
            self._opened = stack.pop_all()

    @contextmanager
    def camera_lit(self) -> Iterator[None]:
        """Light the camera lamp for as long as the block lasts; no lamp, no block. LampError."""
        self.open()
        assert self._camera_lamp is not None
        with self._camera_lamp.lit():
            yield

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
        """Take the button presses since the last call; never waits."""
        return self._buttons.drain() if self._buttons is not None else []

    def close(self) -> None:
        """Put everything out and give the pins back."""
        self._opened.close()
        self._lamp = self._motor = self._camera_lamp = self._buttons = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
