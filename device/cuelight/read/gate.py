"""What makes a stretch of film unfit for some cues: blinks, speech, a turned head, a bump."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GateLimits:
    """When a gate closes. Raising a limit lets more movements through, true and false ones.

    `blink` is lid closure above this face's neutral (0 to 1), `speech` the least stroke of the
    opening mouth (0 to 1); `turned_degrees` and `turning_degrees_per_second` are of the head
    towards the camera; `quality` is how far a picture can be trusted (0 to 1, lower is gated).
    """

    blink: float = 0.3
    blink_pad_seconds: float = 0.1
    speech: float = 0.1
    speech_strokes: int = 3
    speech_pad_seconds: float = 0.7
    turned_degrees: float = 30.0
    nodded_degrees: float = 20.0
    turning_degrees_per_second: float = 60.0
    turn_pad_seconds: float = 0.2
    quality: float = 0.4
    tap_pad_seconds: float = 0.3
    settle_seconds: float = 0.3


class Gate:
    """The stretches of the last seconds in which one disturbance was there, padded on both sides."""

    def __init__(self, reason: str, *, pad_seconds: float, keep_seconds: float = 6.0) -> None:
        self.reason = reason
        self._pad, self._keep = pad_seconds, keep_seconds
        self._spans: deque[list[float]] = deque()
        self._shut = False

    def update(self, timestamp: float, *, shut: bool) -> None:
        """Note for one frame whether the disturbance is there."""
        if shut:
            if self._shut:
                self._spans[-1][1] = timestamp
            else:
                self.shut(timestamp, timestamp)
        elif self._spans and self._spans[0][1] < timestamp - self._keep:
            self._spans.popleft()
        self._shut = shut

    def shut(self, start: float, end: float) -> None:
        """Note a whole stretch at once."""
        self._spans.append([start, end])

    def share(self, start: float, end: float) -> float:
        """Give the part (0 to 1) of a movement that the disturbance covers."""
        pad = self._pad
        covered = sum(max(0.0, min(b + pad, end) - max(a - pad, start)) for a, b in self._spans)
        return covered / (end - start) if end > start else float(self.covers(start))

    def covers(self, timestamp: float) -> bool:
        """Say whether the disturbance was there at a time."""
        return any(a - self._pad <= timestamp <= b + self._pad for a, b in self._spans)

    def touches(self, start: float, end: float) -> bool:
        """Say whether the disturbance was there at any time of a movement."""
        return any(a - self._pad <= end and b + self._pad >= start for a, b in self._spans)

    def reset(self) -> None:
        """Forget all stretches."""
        self._spans.clear()
        self._shut = False
