"""Hear the buttons for price, pause and consent, each press with its time on the sensor's clock."""

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
    """One press: `price` or `consent` (at the touch), or `pause` (once held long enough)."""

    name: str
    timestamp: float


class Buttons:
    """The buttons of the box; presses wait in a bounded queue until the loop takes them.

    The customer's own one is there with `consent` only. gpiozero calls from a thread of its own;
    `clock` (seconds, the sensor's clock) is read there, at the touch. Raises LampError when a pin
    cannot be had.
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
            buttons["pause"].when_held = lambda: self._heard("pause")
            if consent:
                buttons["consent"].when_pressed = lambda: self._heard("consent")
            self._close = opened.pop_all().close

    def drain(self) -> list[Press]:
        """Take all presses since the last call, oldest first; never waits."""
        presses = []
        with suppress(queue.Empty):
            while True:
                presses.append(self._presses.get_nowait())
        return presses

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
            _log.warning("%s press dropped: %d presses already wait", name, _QUEUE_PRESSES)
