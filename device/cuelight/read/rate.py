"""Tell from the times of the frames how brief a movement can be and still be told."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.read.movement import MovementTimes

STEP_SECONDS: Final = 0.01
"""What can be told is said in steps of this: clips and clocks round a frame's time to a whole ms,
and three frames 66 and 67 ms apart are no other rate than three frames 66.7 ms apart."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How the interval between frames is measured.

    It is the interval that `share` of those in the last `window_seconds` do not exceed: raising
    `share` gives more weight to frames that were dropped. A longer window forgets a slow stretch
    later. A gap counts as `longest_seconds` at most; until two frames came, `usual_fps` is assumed.
    """

    window_seconds: float = 5.0
    share: float = 0.95
    longest_seconds: float = 0.5
    usual_fps: float = 30.0


def min_detectable_seconds(interval: float, times: MovementTimes) -> float:
    """Give the shortest movement that frames this far apart can tell, to `STEP_SECONDS`.

    That is max(100 ms, 3 frames), DESIGN section 2.
    """
    shortest = max(times.micro_min_seconds, times.micro_min_frames * interval)
    return round(shortest / STEP_SECONDS) * STEP_SECONDS


def claims_micro(shortest: float, times: MovementTimes) -> bool:
    """Say whether brief movements may be claimed where `shortest` seconds are the least told."""
    return shortest <= times.micro_claim_seconds + STEP_SECONDS / 2.0


class FrameRate:
    """Measures the interval between the frames that were processed, by their timestamps alone.

    Frames that are dropped or late now and then make it longer, as they should: a mean would claim
    movements that fall between two frames.
    """

    def __init__(self, times: MovementTimes, limits: RateLimits | None = None) -> None:
        self._times, self._limits = times, limits or RateLimits()
        self._window: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []
        self._before: float | None = None

    def update(self, timestamp: float) -> None:
        """Take the time of one processed frame, later than the one before."""
        before, self._before = self._before, timestamp
        if before is None:
            return
        interval = min(timestamp - before, self._limits.longest_seconds)
        self._window.append((timestamp, interval))
        insort(self._sorted, interval)
        # The newest stays, however long ago the one before it was.
        while self._window[0][0] < timestamp - self._limits.window_seconds:
            _, old = self._window.popleft()
            del self._sorted[bisect_left(self._sorted, old)]

    @property
    def interval(self) -> float:
        """The interval in seconds that nearly all of the last frames kept to."""
        if not self._sorted:
            return 1.0 / self._limits.usual_fps
        return self._sorted[ceil(self._limits.share * len(self._sorted)) - 1]

    @property
    def min_detectable_seconds(self) -> float:
        """The shortest movement that can be told at this rate."""
        return min_detectable_seconds(self.interval, self._times)

    @property
    def claims_micro(self) -> bool:
        """Whether brief movements are claimed at this rate."""
        return claims_micro(self.min_detectable_seconds, self._times)

    def excuse(self, seconds: float) -> str:
        """Say why a movement that took so long is not claimed, or nothing if it is.

        Where three frames take longer than the tenth of a second, a brief movement must be longer
        by one more: both of its ends lie somewhere between two frames, and one that truly fell
        short of three would else pass for longer.
        """
        if seconds > self._times.micro_max_seconds:
            return ""
        least = self.min_detectable_seconds
        if not claims_micro(least, self._times):
            return f"it is brief, and {1000.0 * least:.0f} ms is the least that these frames tell"
        if least > self._times.micro_min_seconds + STEP_SECONDS / 2.0:
            least += self.interval
            if seconds < least:
                return f"it is brief for these frames, {1000.0 * least:.0f} ms are sure"
        return ""

    def reset(self) -> None:
        """Forget the frames."""
        self._window.clear()
        self._sorted.clear()
        self._before = None
