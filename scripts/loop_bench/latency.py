"""Measure from the sensor's timestamp to the write on a GPIO pin, at the pace of life.

Loop, models, reader, lamp, player, teller and ledger on disk are the device's own, and so is the
way from the loop to the pin. Two things differ from a day at the table. The alert budget lets one
signal in 90 s through, which would take hours for a percentile: so every few frames a pattern
counts as complete, once the real reader is done with that frame. And a rhythm is broken off after
its first light, so that the next one need not wait for its end.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.clock import boot_seconds
from cuelight.compose import build_sensing
from cuelight.loop import Loop
from cuelight.records import AlertLedger, Signal
from cuelight.settings import LampSettings, ReleaseSettings, Settings
from cuelight.tell.ledger import LedgerFile
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import Spool
from cuelight.tell.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cuelight.loop import FrameSource
    from cuelight.sense.records import Frame
    from cuelight.sensing import Seen, Sensing

EVERY: Final = 8
"""A pattern counts as complete in every eighth frame."""

_MEMORY: Final = "/dev/shm"  # noqa: S108 - memory, as the unit's folder is
_SETTLING_SECONDS: Final = 2.0
"""Nothing counts before: the first frames load what is loaded late, and find the face."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds from the sensor's timestamp, over `frames` frames; `skipped` went unread.

    `lit_ms` ends with the first write on a pin of the signal lamp, `answered_ms` with the loop's
    answer to a frame. `dropped` signals were never shown.
    """

    name: str
    fps: float
    frames: int
    skipped: int
    dropped: int
    lit_ms: list[float]
    answered_ms: list[float]


class Completing:
    """The sensing half, to whose answers a signal is added in every few frames with a face."""

    def __init__(self, sensing: Sensing, *, since: float) -> None:
        self._sensing = sensing
        self._since = since
        self._frames = 0
        self.stamps: list[float] = []

    def update(self, frame: Frame) -> Seen:
        """Read one frame, all of it, and say then that a pattern is complete."""
        seen = self._sensing.update(frame)
        self._frames += 1
        if self._frames % EVERY or not seen.expressions or frame.timestamp < self._since:
            return seen
        self.stamps.append(frame.timestamp)
        signal = Signal("reassure", "scepticism", frame.timestamp)
        return replace(seen, events=(*seen.events, signal))

    def warm_up(self) -> None:
        """As the sensing half does."""
        self._sensing.warm_up()

    def reset(self) -> None:
        """As the sensing half does."""
        self._sensing.reset()

    def flush(self, timestamp: float) -> tuple[object, ...]:
        """As the sensing half does."""
        return self._sensing.flush(timestamp)


def measure(
    name: str,
    open_camera: Callable[[], FrameSource],
    *,
    fps: float,
    seconds: float,
    memory: bool = True,
) -> Latencies:
    """Run the device on a camera for so many seconds.

    `memory` False is a box without the folder in memory that the service's unit gives the ledger.
    """
    settings = Settings(lamp=LampSettings(pin_factory="mock"))
    since = boot_seconds() + _SETTLING_SECONDS
    sensing = Completing(build_sensing(settings), since=since)
    answered: list[float] = []
    cameras: list[FrameSource] = []

    def opened() -> FrameSource:
        cameras.append(open_camera())
        return cameras[-1]

    def see(seen: Seen) -> None:
        if seen.timestamp >= since:
            answered.append(1000.0 * (boot_seconds() - seen.timestamp))

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelight-bench-")))
        quick = stack.enter_context(tempfile.TemporaryDirectory(dir=_MEMORY)) if memory else ""
        ledger = LedgerFile(folder / "alerts.json", quick=Path(quick) if quick else None)
        ledger.write({})  # as at a start: the disk has shown that it works
        spool = stack.enter_context(Spool(folder / "windows.sqlite"))
        panel = stack.enter_context(Panel(settings.lamp, mock_allowed=True))
        panel.open()
        writes = PinWrites(panel.pins.factory.pin(settings.lamp.pins[0]))
        player = stack.enter_context(Player(panel, wait=lambda _seconds: True))
        teller = stack.enter_context(_teller(player, spool, ledger))

        def tell(event: object) -> None:
            if isinstance(event, Signal):  # as the box does: the budget goes ahead of the signal
                teller.tell(AlertLedger({"signals": [event.timestamp]}))
            teller.tell(event)

        Loop(
            sensing=sensing,
            open_camera=opened,
            camera_lamp=panel.camera_lit,
            lamp_is_lit=lambda: panel.camera_lamp_is_lit,
            presses=panel.presses,
            tell=tell,
            report=teller.tell,
            progress=lambda: None,
            now=boot_seconds,
            wait=time.sleep,
            stopping=lambda: boot_seconds() >= since + seconds,
            see=see,
            camera_fps=fps,
        ).run()
        teller.close()
        player.wait_idle(timeout_seconds=5.0)
        lit = paired_with(sensing.stamps, writes.rises())
    return Latencies(
        name=name,
        fps=fps,
        frames=len(answered),
        skipped=sum(camera.skipped for camera in cameras),
        dropped=len(sensing.stamps) - len(lit),
        lit_ms=lit,
        answered_ms=answered,
    )


class PinWrites:
    """The history that gpiozero's mock pins keep of themselves, on the sensor's clock."""

    def __init__(self, pin: object) -> None:
        self._pin = pin
        self._pin.clear_states()
        self._start = boot_seconds()

    def rises(self) -> list[float]:
        """Give when the pin went from dark to lit, in seconds of the sensor's clock."""
        now, found, level = self._start, [], 0.0
        for state in self._pin.states:
            now += state.timestamp
            if state.state > 0.0 and not level:
                found.append(now)
            level = state.state
        return found


def paired_with(stamps: Sequence[float], rises: Sequence[float]) -> list[float]:
    """Give the milliseconds from each stamp to the first rise before the next stamp."""
    found = []
    for stamp, after in pairwise([*stamps, float("inf")]):
        here = [rise for rise in rises if stamp <= rise < after]
        if here:
            found.append(1000.0 * (here[0] - stamp))
    return found


def _teller(player: Player, spool: Spool, ledger: LedgerFile) -> Teller:
    settings = ReleaseSettings()
    start = datetime.now(UTC)
    return Teller(
        player=player,
        gatherer=Gatherer(settings, site="bench", device="bench", start=start),
        spool=spool,
        ledger=ledger,
        feed=None,
        settings=settings,
        now=boot_seconds,
    )
