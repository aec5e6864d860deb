"""Read fewer frames while a Raspberry Pi is hot, before its firmware slows it down."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from cuelight.vitals import vitals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CoolingTimes:
    """When the box backs off, how far, and when it takes that back. Seconds, degrees C.

    From `hot_degrees` on for `hot_seconds`, or as long `throttled`, one stage is taken, and the
    next after `step_seconds` of the same; raising `hot_degrees` keeps the full rate for longer and
    leaves the firmware less room (it slows the processor down from 80 on, a Pi 5 from 80 to 85).
    Down to `cool_degrees` for `cool_seconds` without a break, one is given back; raising those
    keeps a box that swings between the two slow for longer. Each stage halves the frames read, down
    to `least_fps` at the least: three frames then take 0.4 s, so only brief cues are lost (lasting
    ones begin at half a second). A look at the sensors is taken every `look_seconds`.

    All is judged by the temperature that health tells, which goes in steps of 5 degrees: 80 begins
    at 77.5, and 70 ends at 72.5.
    """

    hot_degrees: int = 80
    cool_degrees: int = 70
    hot_seconds: float = 60.0
    step_seconds: float = 300.0
    cool_seconds: float = 900.0
    look_seconds: float = 30.0
    least_fps: float = 7.5


class Cooling:
    """Says how many of the camera's frames are read: one in `every`, which is 1 while all is well.

    `update` is told the time, whatever the camera does, and `takes` asked for each frame. What it
    knows is what health says beside it (`vitals`): the coarse temperature and whether the firmware
    slows the processor down. So its state follows from what is published anyway, and shows no more
    of who sits there than that. It changes at most once in `CoolingTimes.step_seconds`. A machine
    without a Pi's firmware never backs off, since its sensors could be anything.
    """

    def __init__(
        self,
        camera_fps: float,
        *,
        health: Callable[[], Mapping[str, object]] = vitals,
        times: CoolingTimes | None = None,
    ) -> None:
        self._camera_fps = camera_fps
        self._health = health
        self._times = times or CoolingTimes()
        self._stages = _stages(camera_fps / self._times.least_fps)
        self._stage = 0
        self._looked: float | None = None
        self._changed = -inf
        self._hot_since = self._cool_since = inf
        self._taken: float | None = None
        self._said = False

    @property
    def every(self) -> int:
        """One frame in so many is read."""
        return self._stages[self._stage]

    def takes(self, timestamp: float) -> bool:
        """Say whether the frame of this time (s) is to be read.

        It goes by the time since the last one that was: where the work takes longer than a frame,
        the camera's own skipping already counts.
        """
        if self.every > 1 and self._taken is not None:
            since = timestamp - self._taken
            if 0.0 <= since < (self.every - 0.5) / self._camera_fps:
                return False
        self._taken = timestamp
        return True

    def update(self, now: float) -> None:
        """Look at the sensors if that is due; `now` in seconds of a steady clock."""
        times = self._times
        if self._looked is not None and now - self._looked < times.look_seconds:
            return
        self._looked = now
        hot, cool = self._feel()
        self._hot_since = min(self._hot_since, now) if hot else inf
        self._cool_since = min(self._cool_since, now) if cool else inf
        rested = now - self._changed
        if rested >= times.step_seconds and now - self._hot_since >= times.hot_seconds:
            self._go(self._stage + 1, now)
        if min(rested, now - self._cool_since) >= times.cool_seconds:
            self._go(self._stage - 1, now)

    def _feel(self) -> tuple[bool, bool]:
        """Say whether it is hot, and whether it is cool; neither in between."""
        found = self._health()
        degrees, throttled = found.get("temperature"), found.get("throttled")
        if throttled is None:
            return False, True
        if not isinstance(degrees, int):
            return bool(throttled), not throttled
        hot = bool(throttled) or degrees >= self._times.hot_degrees
        return hot, not throttled and degrees <= self._times.cool_degrees

    def _go(self, stage: int, now: float) -> None:
        if not 0 <= stage < len(self._stages):
            return
        self._stage, self._changed = stage, now
        if not self._said:  # once: heat follows use, so each turn with its time would be a journal
            self._said = True
            _log.warning(
                "the processor is hot or slowed down. While it is, only one frame in %d or fewer "
                "is read, and health says so. Give the box air, and its own power supply.",
                self.every,
            )


def _stages(most: float) -> tuple[int, ...]:
    """Give 1, 2, 4 and so on, up to the largest whole number in `most`."""
    found = [1]
    while 2 * found[-1] < most:
        found.append(2 * found[-1])
    if found[-1] < int(most):
        found.append(int(most))
    return tuple(found)
