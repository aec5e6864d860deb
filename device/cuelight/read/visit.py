"""Tell visits apart: a visit is a party at the table, not a face."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class VisitTimes:
    """When a visit begins and ends, in seconds (DESIGN section 2).

    `begin_seconds` of presence make a visit; while they build up, gaps of up to `gap_seconds` with
    nobody in the zone are forgiven (but not counted), a longer one starts again. `end_seconds` of
    empty zone end it. Time between two frames counts as seen only up to `blind_seconds`; a gap in
    the frames themselves of `end_seconds` ends the visit too, as nobody knows who sits there now.
    """

    begin_seconds: float = 30.0
    end_seconds: float = 120.0
    gap_seconds: float = 10.0
    blind_seconds: float = 2.0


class VisitEvent(Enum):
    """What the watch over the zone has just found."""

    ARRIVED = "someone came to the empty table"
    BEGAN = "they stayed long enough to be a visit"
    ENDED = "the visit is over"
    DISCARDED = "they left before they were a visit"
    EMPTY = "the zone has been seen empty for as long as ends a visit"


class VisitWatch:
    """Follows whether anybody is in the customer zone; who it is does not matter."""

    def __init__(self, times: VisitTimes) -> None:
        self._times = times
        self._before: float | None = None
        self._here = self._begun = self._was_occupied = self._told_empty = False
        self._present_seconds = self._empty_seconds = 0.0

    @property
    def here(self) -> bool:
        """Whether a party is at the table, or was a moment ago, be it a visit yet or not."""
        return self._here

    @property
    def visiting(self) -> bool:
        """Whether a visit has begun and is not over."""
        return self._begun

    def update(self, timestamp: float, *, occupied: bool) -> list[VisitEvent]:
        """Take one frame; `timestamp` must not run backwards. An end comes before a beginning."""
        times, events = self._times, list[VisitEvent]()
        elapsed = 0.0 if self._before is None else timestamp - self._before
        self._before = timestamp
        if elapsed >= times.end_seconds:
            events += self.finish()
            self._empty_seconds = 0.0
        elif not occupied and not self._was_occupied:
            self._empty_seconds += min(elapsed, times.blind_seconds)
        if occupied:
            self._empty_seconds = 0.0
            self._told_empty = False
            if not self._here:
                self._here, self._present_seconds = True, 0.0
                events.append(VisitEvent.ARRIVED)
            elif self._was_occupied:
                self._present_seconds += min(elapsed, times.blind_seconds)
            if not self._begun and self._present_seconds >= times.begin_seconds:
                self._begun = True
                events.append(VisitEvent.BEGAN)
        else:
            events += self._leave()
        self._was_occupied = occupied
        return events

    def finish(self) -> list[VisitEvent]:
        """End what is under way: at a clip's end, or when the camera was away too long."""
        events = []
        if self._begun:
            events = [VisitEvent.ENDED]
        elif self._here:
            events = [VisitEvent.DISCARDED]
        self._here = self._begun = self._was_occupied = False
        return events

    def reset(self) -> None:
        """Forget everything."""
        self._before = None
        self._here = self._begun = self._was_occupied = self._told_empty = False
        self._present_seconds = self._empty_seconds = 0.0

    def _leave(self) -> list[VisitEvent]:
        times, events = self._times, list[VisitEvent]()
        if self._here and not self._begun and self._empty_seconds > times.gap_seconds:
            events += self.finish()
        if self._empty_seconds >= times.end_seconds:
            events += self.finish()
            if not self._told_empty:
                self._told_empty = True
                events.append(VisitEvent.EMPTY)
        return events
