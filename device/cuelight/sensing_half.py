"""The sensing half of a box: camera, model, reader and the loop, beside whatever does the telling.

`Telling` is the other half where both are one process; where they are two, `split.Counterpart`
stands for it here and hands everything on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from cuelight.compose import movement_times
from cuelight.consent import Consent
from cuelight.cooling import Cooling
from cuelight.loop import Loop
from cuelight.pause import read_pause
from cuelight.records import SeatLedger, Signal, VisitTally
from cuelight.seats import Seats, fingerprint
from cuelight.taps import Taps
from cuelight.vitals import SYS, vitals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cuelight.loop import FrameSource, Pressed
    from cuelight.records import Reading, Status
    from cuelight.sensing import Seen, Sensing
    from cuelight.settings import Settings


class Tells(Protocol):
    """The telling half, as far as sensing knows it; see `Telling` for what each one does."""

    @property
    def paused(self) -> Any:  # noqa: ANN401 - whatever the loop keeps of its pause
        """The pause as it was last kept."""

    @property
    def alerts(self) -> tuple[dict[str, Any], bool] | None:
        """What the alert budget kept, and whether its clock still runs."""

    @property
    def seats(self) -> object:
        """Where faces sat, as it was last kept."""

    @property
    def camera_lamp_is_lit(self) -> bool:
        """Whether the camera lamp is on."""

    def camera_lit(self) -> AbstractContextManager[object]:
        """Light the camera lamp for as long as the block lasts."""

    def presses(self) -> Sequence[Pressed]:
        """Take the presses since the last call."""

    def remember(self, alerts: Mapping[str, Any]) -> bool:
        """Keep the alert budget's memory; False if it is not kept."""

    def tell(self, event: Signal | Reading | SeatLedger | VisitTally) -> object:
        """Take what the reader said."""

    def report(self, status: Status) -> object:
        """Take how sensing is doing."""

    def progress(self) -> object:
        """Hear that the loop got on."""

    def stopping(self) -> object:
        """Hear that a clean stop has begun."""


class SensingHalf:
    """The loop over a camera, with the alert budget as the other half kept it.

    `open_camera` gives the frames and `see` takes what each gave; time is `now` (s, the sensor's
    clock) and `wait`; `stopping` says when to end. `sys` is where the kernel shows how warm it is.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        sensing: Sensing,
        telling: Tells,
        open_camera: Callable[[], FrameSource],
        now: Callable[[], float],
        wait: Callable[[float], object],
        stopping: Callable[[], bool],
        see: Callable[[Seen], object] | None = None,
        sys: Path = SYS,
    ) -> None:
        self._sensing = sensing
        self._telling = telling
        self._now = now
        if (kept := telling.alerts) is not None:
            sensing.restore_alerts(kept[0], same_clock=kept[1], now=now())
        self.loop = Loop(
            sensing=sensing,
            open_camera=open_camera,
            wipe=sensing.wipe,
            camera_lamp=telling.camera_lit,
            lamp_is_lit=lambda: telling.camera_lamp_is_lit,
            presses=telling.presses,
            tell=self.tell,
            report=telling.report,
            progress=telling.progress,
            now=now,
            wait=wait,
            stopping=stopping,
            see=see,
            camera_fps=settings.camera.fps,
            movement_times=movement_times(settings),
            pause=read_pause(telling.paused),
            taps=Taps(sensing.awaits_judgement),
            keep_alerts=lambda: telling.remember(sensing.budget.snapshot()),
            consent=Consent(needed=settings.privacy.asks_first),
            seats=Seats(zone=fingerprint(settings), kept=telling.seats),
            cooling=Cooling(settings.camera.fps, health=lambda: vitals(sys)),
        )

    def run(self) -> None:
        """Run the loop until it is stopped or its clip has ended."""
        try:
            self.loop.run()
        finally:
            self._telling.stopping()
            self._keep_alerts()

    def tell(self, event: Signal | Reading | SeatLedger | VisitTally) -> None:
        """Tell the other half; the budget's memory goes ahead.

        Ahead of a signal, so that a restart knows of it; at a visit's end, so that its times go.
        """
        if isinstance(event, Signal | VisitTally):
            kept = self._telling.remember(self._sensing.budget.snapshot())
            if isinstance(event, Signal) and not kept:
                return
        self._telling.tell(event)

    def _keep_alerts(self) -> None:
        """Break off what visit there is and keep the budget as it stands at a clean stop.

        So the next start knows how old its signals are, and none of their times stays on disk for
        longer than it counts.
        """
        self._sensing.budget.visit_over(self._now())
        self._telling.remember(self._sensing.budget.snapshot())
