"""Find when a movement begins, peaks and ends."""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.channel import CHANNELS, Floats
from cuelight.read.flank import LONGEST_FOOT_SECONDS, fallen, feet, last_rise
from cuelight.read.movement import Movement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from numpy.typing import NDArray

    from cuelight.read.movement import MovementTimes

_KEEP_SECONDS: Final = 6.0  # a sustained movement is told after four


class MovementFinder:
    """Follows all channels of one face at once, by two thresholds each (enter at 1, leave below).

    Onset and offset are where the value crosses the leave threshold, interpolated between frames,
    so 15 and 60 frames a second agree within a frame, and then put out to where flanks of the same
    steepness would begin and end. A movement is over once it fell to its tail; what then is left of
    it is where the next one is counted from, so that a raised brow upon a raised brow is found.
    `near` is told of rises that came close. Movements are given of the channels `wanted`; the
    others are followed for `moved_since` and `highest` only.
    """

    def __init__(
        self, leave: Floats, times: MovementTimes, wanted: Collection[int] = range(len(CHANNELS))
    ) -> None:
        count = len(CHANNELS)
        self._leave, self._times, self._wanted = leave, times, frozenset(wanted)
        self.moving = np.zeros(count, bool)
        self.ended = np.full(count, -np.inf)
        self._told = np.zeros(count, bool)
        self._value = np.zeros(count)
        self._base = np.zeros(count)
        self._rose = np.full(count, np.inf)
        self._apex = np.zeros(count)
        self._peak = np.zeros(count)
        self._rise = np.zeros(count)
        self._over = np.full(count, -np.inf)
        self._floor = np.zeros(count)
        # No movement under way began before it, so most frames need not ask which are held.
        self._first_onset = np.inf
        # numpy makes an array of each number that it is given
        self._ones, self._zeros = np.ones(count), np.zeros(count)
        self._wavered = np.zeros(count, bool)
        self._onset = np.zeros(count)
        self._before = -np.inf
        self._since = -np.inf
        self._past: deque[tuple[float, Floats]] = deque()
        self.near: Callable[[int, float, float], None] | None = None

    def update(
        self, timestamp: float, values: Floats, rises: Floats, *, track: int, interval: float
    ) -> list[Movement]:
        """Take one frame's channel values (C,) and rises (C,); give the movements it completes."""
        before, old = self._before, self._value
        values = self._above_base(values)
        self._before, self._value = timestamp, values
        self._past.append((timestamp, values))
        if self._past[0][0] < timestamp - _KEEP_SECONDS:
            self._past.popleft()
        above = values > self._leave
        if before == -np.inf:
            # Nothing is known of the time before: what is up already began here at the latest.
            self._rose[above] = timestamp
            self._since = timestamp
        else:
            crossed = above & (old <= self._leave)
            if np.count_nonzero(crossed):
                self._rose[crossed] = self._cross(before, timestamp, old, values, crossed)
        entering = (values >= self._ones) & ~self.moving
        if np.count_nonzero(entering):
            self._enter(timestamp, entering)
        if self.near is not None:
            self._watch_near(timestamp, values, above)
        if not np.count_nonzero(self.moving):
            self._first_onset = np.inf
            return []
        higher = self.moving & (values > self._peak)
        if np.count_nonzero(higher):
            np.copyto(self._peak, values, where=higher)
            np.copyto(self._rise, rises, where=higher)
            self._apex[higher] = timestamp
            self._floor = np.maximum(self._leave, self._times.tail * self._peak)
        done = self.moving & (values <= self._floor)
        found = self._hold(timestamp, done, track)
        if np.count_nonzero(done):
            for index in np.flatnonzero(done).tolist():
                there, here = (before, float(old[index])), (timestamp, float(values[index]))
                end = fallen(there, here, float(self._floor[index]))
                found += self._close(index, end, track, interval)
            # Counted anew from here on.
            left = np.where(done, np.maximum(values, self._zeros), self._zeros)
            self._base += left
            self._base[self._base <= self._leave] = 0.0
            self._value = values - left
        return found

    def close(self, *, track: int, interval: float) -> list[Movement]:
        """End what is still open at the last frame: the face is lost, or the clip is over."""
        found: list[Movement] = []
        for index in np.flatnonzero(self.moving):
            found += self._close(int(index), self._before, track, interval, returned=False)
        self._before = -np.inf
        self._value = np.zeros(len(CHANNELS))
        self._base[:] = 0.0
        self._rose[:] = np.inf
        return found

    def moved_since(self, channel: int, timestamp: float) -> bool:
        """Say whether a channel is moving now or was at any time since `timestamp`."""
        return bool(self.moving[channel]) or float(self.ended[channel]) > timestamp

    def highest(self, channel: int, start: float, end: float) -> float:
        """Give a channel's greatest value from `start` to `end`, as far as it is remembered."""
        since = takewhile(lambda row: row[0] >= start, reversed(self._past))
        return float(max((values[channel] for at, values in since if at <= end), default=0.0))

    def _above_base(self, values: Floats) -> Floats:
        """Count from what has not come back all the way: there the next movement begins."""
        if not np.count_nonzero(self._base):
            return values
        resting = ~self.moving
        np.copyto(self._base, np.minimum(self._base, values), where=resting)
        self._base[resting & (values <= self._leave)] = 0.0
        rest: Floats = values - self._base
        return rest

    def _enter(self, timestamp: float, entering: NDArray[np.bool_]) -> None:
        """Begin a movement in the channels that are `entering` and have rested long enough."""
        entering &= timestamp - self.ended >= self._times.refractory_seconds
        earliest = np.maximum(timestamp - self._times.rise_seconds, self.ended)
        self._onset[entering] = np.maximum(self._rose, earliest)[entering]
        self._peak[entering] = 0.0
        self._told[entering] = False
        self.moving |= entering
        first = self._onset[entering].min(initial=np.inf)
        self._first_onset = min(self._first_onset, float(first))

    def _hold(self, timestamp: float, done: NDArray[np.bool_], track: int) -> list[Movement]:
        """Give the movements that have just lasted long enough to be sustained."""
        if timestamp - self._first_onset < self._times.sustained_seconds:
            return []
        held = self.moving & ~self._told & ~done
        held &= timestamp - self._onset >= self._times.sustained_seconds
        self._told |= held
        return [
            self._movement(index, timestamp, track, returned=False)
            for index in np.flatnonzero(held).tolist()
            if index in self._wanted
        ]

    def _close(
        self, index: int, end: float, track: int, interval: float, *, returned: bool = True
    ) -> list[Movement]:
        self.moving[index] = False
        self.ended[index] = end
        self._rose[index] = end
        if self._told[index]:
            return []
        times = self._times
        rising = start = float(self._onset[index])
        if returned:
            level = max(float(self._leave[index]), times.tail * float(self._peak[index]))
            apex = float(self._apex[index])
            rising = last_rise(self._seen(index), start=start, apex=apex, level=level)
        self._wavered[index] = rising - start > LONGEST_FOOT_SECONDS
        if self._wavered[index]:
            self._onset[index] = rising
        shortest = max(times.micro_min_seconds, times.micro_min_frames * interval)
        if end - self._onset[index] < shortest:
            if self.near is not None:
                self.near(index, float(self._peak[index]), end - float(self._onset[index]))
            return []
        if index not in self._wanted:
            return []
        return [self._movement(index, end, track, returned=returned)]

    def _movement(self, index: int, end: float, track: int, *, returned: bool) -> Movement:
        channel = CHANNELS[index]
        # The filter in front delays everything by its time constant; all three times alike.
        delay = self._times.smoothing_seconds
        first = second = 0.0
        if returned:
            first, second = feet(
                self._seen(index),
                start=float(self._onset[index]),
                end=end,
                peak=float(self._peak[index]),
                leave=float(self._leave[index]),
                tail=self._times.tail,
                wavered=bool(self._wavered[index]),
            )
        onset = max(float(self._onset[index]) - delay - first, self._since, self._over[index])
        last = inf if returned else self._before
        offset = max(min(end - delay + second, last), onset)
        self._over[index] = offset
        apex = min(max(float(self._apex[index]) - delay, onset), offset)
        lasted = end - float(self._onset[index])
        kind = "micro" if lasted <= self._times.micro_max_seconds else "macro"
        if lasted >= self._times.sustained_seconds:
            kind = "sustained"
        return Movement(
            track=track,
            unit=channel.unit,
            side=channel.side,
            onset=onset,
            apex=apex,
            offset=offset,
            peak=min(max(float(self._rise[index]), 0.0), 1.0),
            kind=kind,
            channel=index,
            salience=float(self._peak[index]),
            returned=returned,
            seen_seconds=lasted,
        )

    def _seen(self, index: int) -> Iterator[tuple[float, float]]:
        """Give what is remembered of a channel, time and value, the latest first."""
        return ((timestamp, float(values[index])) for timestamp, values in reversed(self._past))

    def _cross(
        self, before: float, now: float, old: Floats, new: Floats, which: NDArray[np.bool_]
    ) -> Floats:
        start, end = old[which], new[which]
        part = (self._leave[which] - start) / (end - start)
        result: Floats = before + np.clip(part, 0.0, 1.0) * (now - before)
        return result

    def _watch_near(self, timestamp: float, values: Floats, above: NDArray[np.bool_]) -> None:
        """Tell of rises that fall back without having reached the enter threshold."""
        assert self.near is not None
        rising = above & ~self.moving & (timestamp >= self._rose)
        self._peak[rising] = np.maximum(self._peak, values)[rising]
        fallen = ~above & ~self.moving & (self._peak >= 0.7)
        for index in np.flatnonzero(fallen & (self._peak < 1.0)):
            self.near(int(index), float(self._peak[index]), timestamp - float(self._rose[index]))
        self._peak[~above & ~self.moving] = 0.0
