"""A movement of a face, and how long movements last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Movement:
    """One rise of one channel above this face's neutral, and its return.

    `side` is left, right, both, or empty for units without sides. `peak` is the rise above neutral
    at the apex (0 to 1), `salience` the same as a multiple of the channel's enter threshold.
    `kind` is micro, macro or sustained. `returned` is False if the end was not seen: a sustained
    movement (reported as soon as it has lasted long enough), a lost face, or the end of a clip.
    `seen_seconds` is how long it stood above the leave threshold; onset and offset lie a
    little further apart.
    """

    track: int
    unit: str
    side: str
    onset: float
    apex: float
    offset: float
    peak: float
    kind: str
    channel: int = -1
    salience: float = 1.0
    returned: bool = True
    seen_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MovementTimes:
    """How long movements last, in seconds (DESIGN section 2).

    `smoothing_seconds` is the time constant of the causal filter in front: longer is calmer and
    later. `refractory_seconds` is how long a channel rests after a movement: longer merges less
    chatter into cues. `rise_seconds` is how far an onset may lie before the enter threshold.
    `tail` is the part of its peak at which a movement counts as over. Brief movements are claimed
    only while the shortest that can be told is `micro_claim_seconds` or less: by default the
    shortest brief expressions of published collections (5 % of them are briefer; the median is
    0.392 s); raising it claims them at lower frame rates, where more of them fall between frames.
    """

    micro_min_seconds: float = 0.1
    micro_min_frames: float = 3.0
    micro_max_seconds: float = 0.5
    micro_claim_seconds: float = 0.2
    sustained_seconds: float = 4.0
    refractory_seconds: float = 0.15
    rise_seconds: float = 1.0
    smoothing_seconds: float = 0.04
    tail: float = 0.35
