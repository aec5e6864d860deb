"""How fast the loop works, told in a way that shows nothing of who is at the table."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.records import Status

if TYPE_CHECKING:
    from cuelight.records import Availability

_TIMES_KEPT: Final = 900  # half a minute at 30 frames a second: one health message


class Pace:
    """How fast the work goes, over the last frames in which a face was read.

    Health must show what the box can do and not whether someone sits there. So the work is first
    measured without anybody, figures are coarse, and they are renewed every `renew_seconds` only.
    """

    def __init__(self, camera_fps: float, *, renew_seconds: float = 900.0) -> None:
        self._camera_fps = camera_fps
        self._renew_seconds = renew_seconds
        self._works: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._latencies: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._renewed: float | None = None
        self._figures = (0.0, 0, 0.0)
        self.frames = 0
        self.skipped = 0
        self.skipped_before = 0

    def update(self, *, work: float, latency: float) -> None:
        """Take one frame's work and its latency from the sensor's timestamp, in seconds."""
        self._works.append(work)
        self._latencies.append(latency)

    def status(self, state: Availability, fault: str, *, now: float) -> Status:
        """Sum up: frame rate in whole frames a second, latency up to the next 5 ms."""
        if self._works and (self._renewed is None or now - self._renewed >= self._renew_seconds):
            self._renewed = now
            capability = min(self._camera_fps, 1.0 / max(float(np.mean(self._works)), 1e-6))
            p95 = float(np.percentile(self._latencies, 95)) * 1000.0
            skipped = self.skipped_before + self.skipped
            self._figures = (float(round(capability)), skipped, 5.0 * float(np.ceil(p95 / 5.0)))
        return Status(state, fault, *self._figures)
