"""One whole box: everything that `run` and `demo` open, owned in one place."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from cuelight.clock import boot_seconds
from cuelight.compose import build_sensing, model_hashes
from cuelight.sensing_half import SensingHalf
from cuelight.telling import SensingFacts, Telling
from cuelight.vitals import SYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cuelight.loop import FrameSource
    from cuelight.records import Reading, Signal, VisitTally
    from cuelight.sensing import Seen
    from cuelight.settings import Settings


class Box:
    """The loop with its lamp, sums and broker; `run` works until `stop` is set or a clip ends.

    `open_camera` gives the frames; `publish` False keeps everything on this machine; `mock_allowed`
    lets mock pins serve; `see` takes what each frame gave and `heard` what is told; `mqtt5` False
    begins with MQTT 3.1.1. `ready` is called once settings, model and lamp are found good.
    `settings_fault` says why other settings than the operator's are in use, for health and log.
    Time is `now` (s, the sensor's clock), `wait` and `utc`, and `sys` is where the kernel shows
    temperature and throttling; all are the machine's own unless given.
    Raises ModelError or SettingsError when it cannot be put together, or StoreError when the store
    folder cannot be written; missing pins, camera or broker are retried.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        open_camera: Callable[[], FrameSource],
        publish: bool = True,
        mqtt5: bool = True,
        mock_allowed: bool = False,
        see: Callable[[Seen], object] | None = None,
        heard: Callable[[Signal | Reading | VisitTally], object] | None = None,
        stop: threading.Event | None = None,
        ready: Callable[[], object] | None = None,
        settings_fault: str = "",
        now: Callable[[], float] = boot_seconds,
        wait: Callable[[float], object] | None = None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        sys: Path = SYS,
    ) -> None:
        self._stop = stop or threading.Event()
        with ExitStack() as stack:
            self.sensing = build_sensing(settings)
            self._telling = telling = stack.enter_context(
                Telling(
                    settings,
                    SensingFacts(
                        self.sensing.model_sha256,
                        model_hashes(settings, self.sensing),
                        self.sensing.countable,
                    ),
                    publish=publish,
                    mqtt5=mqtt5,
                    mock_allowed=mock_allowed,
                    heard=heard,
                    ready=ready,
                    settings_fault=settings_fault,
                    now=now,
                    utc=utc,
                    sys=sys,
                )
            )
            self.panel, self.spool, self.feed = telling.panel, telling.spool, telling.feed
            self.teller = telling.teller
            self._half = SensingHalf(
                settings,
                sensing=self.sensing,
                telling=telling,
                open_camera=open_camera,
                now=now,
                wait=wait or self._stop.wait,
                stopping=self._stop.is_set,
                see=see,
                sys=sys,
            )
            self.loop = self._half.loop
            self._opened = stack.pop_all()

    def run(self) -> None:
        """Run the loop until it is stopped or its clip has ended."""
        self._half.run()

    def identify(self) -> None:
        """Blink, so that a person finds this box; from any thread, and never during a signal."""
        self._telling.identify()

    def close(self) -> None:
        """Put the lamps out, keep the sums, leave the broker."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
