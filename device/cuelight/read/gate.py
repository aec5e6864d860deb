"""What makes a stretch of film unfit for some cues: blinks, speech, a turned head, a bump."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cuelight.read.swing import Swing, SwingLimits
from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from cuelight.read.channel import Floats

_LIDS: Final = (UNITS.index("AU45L"), UNITS.index("AU45R"))
_QUALITIES_KEPT: Final = 256  # four seconds at 60 frames a second: a movement's apex lies within
_MOUTH: Final = (UNITS.index("AU25"), UNITS.index("AU26"))


@dataclass(frozen=True, slots=True)
class GateLimits:
    """When a gate closes. Raising a limit lets more movements through, true and false ones.

    `blink` is lid closure above this face's neutral (0 to 1), `speech` the least stroke of the
    opening mouth (0 to 1), of which there must be several in a row; `turned_degrees` is the head's
    yaw towards the camera, `bent_degrees` and `aside_degrees` its pitch and yaw from the usual
    ones; `quality` is how far a picture can be trusted (0 to 1, lower is gated). A gate stays shut
    for its pad before and after. `settle_seconds` after a face came, no movement is believed.
    """

    blink: float = 0.06
    blink_pad_seconds: float = 0.1
    speech: float = 0.06
    speech_strokes: int = 3
    speech_stroke_seconds: float = 0.6
    speech_within_seconds: float = 2.0
    speech_pad_seconds: float = 1.0
    turned_degrees: float = 30.0
    bent_degrees: float = 9.0
    aside_degrees: float = 7.0
    turning_degrees_per_second: float = 30.0
    turn_pad_seconds: float = 0.2
    quality: float = 0.6
    tap_pad_seconds: float = 0.3
    settle_seconds: float = 0.3


class Gate:
    """The stretches of the last seconds in which one disturbance was there, padded."""

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


class Gates:
    """All gates of one face, by name: blink, speech, turned, bent, aside, quality, tap."""

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._gates = {
            "blink": Gate("a blink hides it", pad_seconds=limits.blink_pad_seconds),
            "speech": Gate("the visitor was talking", pad_seconds=limits.speech_pad_seconds),
            "turned": Gate("the head was turned or turning", pad_seconds=limits.turn_pad_seconds),
            "bent": Gate("the head was bent far", pad_seconds=limits.turn_pad_seconds),
            "aside": Gate("the head was turned aside", pad_seconds=limits.turn_pad_seconds),
            "quality": Gate("the picture was poor", pad_seconds=0.0),
            "tap": Gate("the box was tapped", pad_seconds=limits.tap_pad_seconds),
        }
        self._qualities: deque[tuple[float, float]] = deque(maxlen=_QUALITIES_KEPT)
        self._poses: deque[tuple[float, float, float]] = deque(maxlen=_QUALITIES_KEPT)
        self._mouth = Swing(
            SwingLimits(
                least=limits.speech,
                strokes=limits.speech_strokes,
                stroke_seconds=limits.speech_stroke_seconds,
                within_seconds=limits.speech_within_seconds,
            )
        )

    def __getitem__(self, name: str) -> Gate:
        return self._gates[name]

    def update(
        self,
        timestamp: float,
        rises: Floats,
        *,
        yaw: float,
        pitch: float,
        aside: float,
        speed: float,
        quality: float,
    ) -> None:
        """Take one frame's rises (31,), yaw to the camera, pitch from the usual, and head speed.

        `aside` is how far the head is turned from the usual yaw.
        """
        limits, gates = self._limits, self._gates
        self._qualities.append((timestamp, quality))
        self._poses.append((timestamp, yaw, pitch))
        lids = max(float(rises[_LIDS[0]]), float(rises[_LIDS[1]]))
        gates["blink"].update(timestamp, shut=lids > limits.blink)
        self._mouth.update(timestamp, float(rises[_MOUTH[0]] + rises[_MOUTH[1]]))
        speech = self._mouth.span(timestamp)
        if speech is not None and not gates["speech"].covers(timestamp):
            # Known to be speech only now, but it was from its first stroke on.
            gates["speech"].shut(speech[0], speech[1])
        gates["speech"].update(timestamp, shut=speech is not None)
        turned = abs(yaw) > limits.turned_degrees or speed > limits.turning_degrees_per_second
        gates["turned"].update(timestamp, shut=turned)
        gates["bent"].update(timestamp, shut=abs(pitch) > limits.bent_degrees)
        gates["aside"].update(timestamp, shut=aside > limits.aside_degrees)
        gates["quality"].update(timestamp, shut=quality < limits.quality)
        gates["tap"].update(timestamp, shut=False)

    def swing(self, onset: float, apex: float) -> float:
        """Give by how many degrees the head turned or bent from a movement's onset to its apex."""
        way = [pose for pose in self._poses if onset <= pose[0] <= apex]
        if not way:
            return 0.0
        (_, yaw, pitch), (_, last_yaw, last_pitch) = way[0], way[-1]
        return max(abs(last_yaw - yaw), abs(last_pitch - pitch))

    def quality_at(self, timestamp: float) -> float:
        """Give how far the picture could be trusted at a time, not at the end when a face leaves.

        Before what is remembered, the oldest that is.
        """
        oldest = self._qualities[0][1] if self._qualities else 1.0
        known = (quality for seen, quality in reversed(self._qualities) if seen <= timestamp)
        return next(known, oldest)

    def lose(self) -> None:
        """Start anew what needs an unbroken view: the face was lost for a moment."""
        self._mouth.reset()
        self._poses.clear()
