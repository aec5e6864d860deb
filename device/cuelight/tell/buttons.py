"""Hear the buttons and the switch of the box, each press with its time on the sensor's clock."""

from __future__ import annotations

import logging
import queue
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from cuelight.clock import boot_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.settings import LampSettings
    from cuelight.tell.pins import Pins

_log = logging.getLogger(__name__)

_BOUNCE_SECONDS: Final = 0.02
"""Contacts of small push buttons settle within 20 ms; a finger cannot press twice in that time."""

_QUEUE_PRESSES: Final = 32
"""More presses than a hand can make between two frames; past that the oldest are kept."""


@dataclass(frozen=True, slots=True)
class Press:
    """One press: `price` or `consent` (at the touch), `pause` or `zone` (once held long enough).

    `zone` is the price button, held: the rep's word that the box stands as it should. `switch_off`
    and `switch_on` tell of the customer's switch, once at the start and then at each change. What
    else pauses a box comes the same way (see `pause.CHANGES`), and so does what taps turn out to
    mean (see `Taps`).
    """

    name: str
    timestamp: float


class Buttons:
    """The buttons of the box; presses wait in a bounded queue until the loop takes them.

    The customer's own one is there with `consent` only, the switch where settings say so. gpiozero
    calls from a thread of its own; `clock` (seconds, the sensor's clock) is read there, at the
    touch. The switch is looked at with every `drain`, so that no change of it can be missed; one
    that cannot be read is off. Raises LampError when a pin cannot be had.
    """

    def __init__(
        self,
        pins: Pins,
        settings: LampSettings,
        *,
        consent: bool = False,
        clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._clock = clock
        self._presses: queue.Queue[Press] = queue.Queue(maxsize=_QUEUE_PRESSES)
        wanted = {"price": settings.price_pin, "pause": settings.pause_pin}
        if consent:
            wanted["consent"] = settings.consent_pin
        if settings.off_switch:
            wanted["off"] = settings.off_pin
        with ExitStack() as opened:
            buttons = {
                name: opened.enter_context(
                    pins.button(
                        pin,
                        hold_seconds=settings.pause_hold_seconds,
                        bounce_seconds=_BOUNCE_SECONDS,
                        setting=f"lamp.{name}_pin",
                    )
                )
                for name, pin in wanted.items()
            }
            buttons["price"].when_pressed = lambda: self._heard("price")
            buttons["price"].when_held = lambda: self._heard("zone")
            buttons["pause"].when_held = lambda: self._heard("pause")
            if consent:
                buttons["consent"].when_pressed = lambda: self._heard("consent")
            self._switch = buttons.get("off")
            self._off: bool | None = None
            self._close = opened.pop_all().close

    def drain(self) -> list[Press]:
        """Take all presses since the last call, oldest first; never waits."""
        presses = []
        with suppress(queue.Empty):
            while True:
                presses.append(self._presses.get_nowait())
        if self._switch is not None and (off := self.is_off) != self._off:
            self._off = off
            presses.append(Press("switch_off" if off else "switch_on", self._clock()))
        return presses

    @property
    def is_off(self) -> bool:
        """Whether the customer's switch keeps the camera closed now; False where there is none."""
        if self._switch is None:
            return False
        try:
            return bool(not self._switch.is_pressed)
        except Exception as error:  # noqa: BLE001 - each pin library has errors of its own
            if not self._off:
                _log.error("lamp.off_pin cannot be read, which counts as off: %s", error)
            return True

    def close(self) -> None:
        """Stop listening and give the pins back."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _heard(self, name: str) -> None:
        try:
            self._presses.put_nowait(Press(name, self._clock()))
        except queue.Full:
            if name == "pause":  # the others are of a visit, and their times belong in no log
                _log.warning("pause press dropped: %d presses already wait", _QUEUE_PRESSES)
