"""How fast the loop works, told in a way that shows nothing of who is at the table."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.rate import RateLimits, claims_micro, min_detectable_seconds
from cuelight.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cuelight.read.movement import MovementTimes
    from cuelight.records import Availability

_TIMES_KEPT: Final = 900  # half a minute at 30 frames a second: one health message
_RENEWALS_KEPT: Final = 96  # a day of them, a quarter of an hour each
_SHARE: Final = RateLimits().share


class Pace:
    """How fast the work goes, over the last frames in which a face was read.

    Health must show what the box can do and not whether someone sits there. So the work is first
    measured without anybody, figures are coarse, and they are renewed every `renew_seconds` only.

    The shortest movement that can be told is a matter of the interval between frames, which is
    longer while faces are read where the processor is slow. It is therefore measured apart for
    frames with and without a face, each kept until there are newer ones; the worse of the two
    counts, rounded, and of that the worst of the last day's renewals is told. So people who come
    and leave change nothing in it. What is left to see is a step up in a quarter of an hour in
    which the box was slower than in the whole day before, and the step back a day later.

    A box that is hot reads one frame in `every` (see `Cooling`). Each such stage is measured and
    remembered by itself, and a change of stage, which is told anyway, renews the figures at once:
    so they are true from the first minute of a hot hour, and again from the first one after it.
    """

    def __init__(
        self, camera_fps: float, times: MovementTimes, *, renew_seconds: float = 900.0
    ) -> None:
        self._camera_fps, self._movement_times = camera_fps, times
        self._renew_seconds = renew_seconds
        self._works: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._latencies: deque[float] = deque(maxlen=_TIMES_KEPT)
        self._stages = defaultdict[int, _Stage](_Stage)
        self._every = 1
        self._before: tuple[float, bool, int] | None = None
        self._renewed: float | None = None
        self._figures = (0.0, 0, 0.0, 0.0, False, 0.0)
        self._skipped_before = 0
        self._skipped = 0
        self.frames = 0

    def update(self, *, work: float, latency: float) -> None:
        """Take one frame's work and its latency from the sensor's timestamp, in seconds."""
        self._works.append(work)
        self._latencies.append(latency)

    def step(self, timestamp: float, *, read: bool, skipped: int, every: int = 1) -> None:
        """Count a processed frame: whether a face was read in it, and the camera's skipped ones."""
        before, self._before = self._before, (timestamp, read, every)
        if before is not None and before[1:] == (read, every):
            self._stages[every].intervals[read].append(timestamp - before[0])
        self._skipped = skipped
        self.frames += 1

    def close(self, *, skipped: int) -> None:
        """Keep the count of a camera that is being closed; the next one's begins at 0."""
        self._skipped_before += skipped
        self._skipped = 0
        self._before = None

    def status(self, state: Availability, fault: str, *, now: float, every: int = 1) -> Status:
        """Sum up: frame rate in whole frames a second, latency up to the next 5 ms."""
        if self._works and (
            self._renewed is None
            or every != self._every
            or now - self._renewed >= self._renew_seconds
        ):
            self._renewed, self._every = now, every
            capability = min(self._camera_fps, 1.0 / max(float(np.mean(self._works)), 1e-6))
            p95 = _nearly_all(self._latencies) * 1000.0
            stage = self._stages[every]
            stage.shortest.append(self._min_detectable_seconds(every))
            shortest = max(stage.shortest)
            self._figures = (
                float(round(capability)),
                self._skipped_before + self._skipped,
                5.0 * float(np.ceil(p95 / 5.0)),
                float(round(1000.0 * shortest)),
                claims_micro(shortest, self._movement_times),
                round(min(capability, self._camera_fps / every), 1),
            )
        return Status(state, fault, *self._figures, backs_off=every > 1)

    def _min_detectable_seconds(self, every: int) -> float:
        measured = self._stages[every].intervals.values()
        known = [_nearly_all(intervals) for intervals in measured if intervals]
        # Until a face was read, nothing can be quicker than the work that was measured without.
        interval = max(every / self._camera_fps, _nearly_all(self._works), *known)
        return min_detectable_seconds(interval, self._movement_times)


class _Stage:
    """What was measured at one share of the frames: intervals, with a face or without, in s."""

    def __init__(self) -> None:
        self.intervals = {read: deque[float](maxlen=_TIMES_KEPT) for read in (True, False)}
        self.shortest: deque[float] = deque(maxlen=_RENEWALS_KEPT)


def _nearly_all(seconds: Iterable[float]) -> float:
    return float(np.percentile(list(seconds), 100.0 * _SHARE))


def keep_up(works: Iterable[float], camera_fps: float) -> list[float]:
    """Give the intervals between the frames that a loop takes whose frames cost this work.

    It always takes the newest frame of a camera at `camera_fps`, as the real loop does; all times
    in seconds.
    """
    taken: list[int] = []
    now = 0.0
    for work in works:
        newest = int(now * camera_fps + 1e-6)
        number = newest if not taken or newest > taken[-1] else taken[-1] + 1
        taken.append(number)
        now = max(now, number / camera_fps) + work
    return [(later - sooner) / camera_fps for sooner, later in pairwise(taken)]


def shortest_kept_up(works: Iterable[float], camera_fps: float, times: MovementTimes) -> float:
    """Give the shortest movement in seconds that such a loop can tell."""
    return min_detectable_seconds(_nearly_all(keep_up(works, camera_fps)), times)
