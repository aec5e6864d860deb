"""One visitor's face: expressions in, cues out."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, isfinite
from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.read.baseline import POSES, Baseline, BaselineTimes
from cuelight.read.channel import ANEW, CHANNELS, EXPRESSIVE, STANCES, ChannelBank, Floats
from cuelight.read.commotion import Commotion
from cuelight.read.cue import JUDGED, awaited_with
from cuelight.read.decision import Decision, Explain
from cuelight.read.ending import Endings
from cuelight.read.finder import MovementFinder
from cuelight.read.gate import GateLimits, Gates
from cuelight.read.gaze import GazeLimits, GazeWatch
from cuelight.read.head import HeadLimits, HeadWatch
from cuelight.read.judge import Judge, View
from cuelight.read.movement import MovementTimes
from cuelight.read.recent import Recent
from cuelight.read.sides import SideLimits, Sides
from cuelight.read.unrest import Unrest, UnrestLimits
from cuelight.sense.records import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.read.book import CueBook
    from cuelight.read.price import PriceMarks
    from cuelight.read.rate import FrameRate
    from cuelight.read.thresholds import UnitThresholds
    from cuelight.records import Cue
    from cuelight.sense.records import Box, Expression

LOST_SECONDS: Final = 0.35
"""A face unseen for so long may have moved unseen: what was under way is closed."""

_STANCE_STRENGTH: Final = 0.25
"""How strong a tilt or lean at its threshold is; four times as far is as strong as can be."""

_POSE: Final = len(EXPRESSIVE)
_YAW: Final = _POSE
_ANEW: Final = len(EXPRESSIVE) + len(STANCES)


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """All that is fixed about how faces are read; each part explains its own numbers."""

    baseline: BaselineTimes = field(default_factory=BaselineTimes)
    movement: MovementTimes = field(default_factory=MovementTimes)
    gate: GateLimits = field(default_factory=GateLimits)
    gaze: GazeLimits = field(default_factory=GazeLimits)
    head: HeadLimits = field(default_factory=HeadLimits)
    sides: SideLimits = field(default_factory=SideLimits)
    unrest: UnrestLimits = field(default_factory=UnrestLimits)


class Sitter:
    """Follows one face from neutral to movements to cues.

    `update` takes its expressions in order of time; `close` ends what is open when it is gone. It
    is kept while its face is lost, and another track may take it over (see `Party`).
    """

    def __init__(
        self,
        *,
        bank: ChannelBank,
        units: Mapping[str, UnitThresholds],
        book: CueBook,
        prices: PriceMarks,
        rate: FrameRate,
        limits: ReadLimits,
        explain: Explain | None = None,
    ) -> None:
        self._bank, self._prices, self._explain = bank, prices, explain
        self._rate, self._limits = rate, limits
        self._baseline = Baseline(units, limits.baseline)
        self._relative = np.array([name in units and units[name].slope > 0.0 for name in UNITS])
        self._finder = MovementFinder(bank.leave, limits.movement, JUDGED)
        self._endings = Endings(awaited_with(book.looks))
        self._head = HeadWatch(limits.head)
        self._gaze = GazeWatch(limits.gaze)
        self._sides = Sides(limits.sides)
        self._gates = Gates(limits.gate)
        self._commotion = Commotion(units)
        self._unrest = Unrest(limits.unrest)
        self._judge = Judge(
            book=book,
            prices=prices,
            rate=rate,
            finder=self._finder,
            gates=self._gates,
            sides=self._sides,
            commotion=self._commotion,
            settle_seconds=limits.gate.settle_seconds,
            delay_seconds=limits.movement.smoothing_seconds,
            explain=explain,
        )
        self._raw = self._smooth = np.zeros(len(EXPRESSIVE) + POSES)
        self._recent = Recent()
        self._base, self._shown, self._zero = np.zeros((3, _ANEW + len(ANEW)))
        self._quality = 1.0
        self._neutral_probability = 0.0
        self._came = 0.0
        self._open = False
        self.seen: float | None = None
        self.box: Box | None = None
        self.track = -1
        if explain is not None:
            self._finder.near = self._tell_near

    @property
    def provisional(self) -> bool:
        """Whether this face's neutral is still being learned."""
        return self._baseline.provisional

    @property
    def neutral(self) -> Floats:
        """This face's neutral (37,): 24 units, seven probabilities, then pose and gaze."""
        neutral: Floats = self._baseline.neutral.copy()
        return neutral

    def faint(self) -> list[Cue]:
        """Take what looked too little like a cue to be told, since the last time."""
        taken = self._judge.faint
        if taken:
            self._judge.faint = []
        return taken

    def update(self, expression: Expression) -> list[Cue]:
        """Take one expression.

        Values that are no numbers are passed over, as if the face had not been seen.
        """
        now, raw = expression.timestamp, self._observe(expression)
        # a sum of squares is finite only where all of it is
        if not (isfinite(raw @ raw) and isfinite(expression.quality)):
            return []
        cues: list[Cue] = []
        if self.seen is None or now - self.seen > LOST_SECONDS:
            cues += self.close()
            elapsed = self._come(expression, raw)
        else:
            elapsed = now - self.seen
            self._filter(raw, elapsed, expression)
        self._open = True
        self._raw, self.seen, self.box, self.track = raw, now, expression.box, expression.track
        view = View(self.track, now, self._came, self._quality, self.provisional)
        cues += self._look(view, expression, elapsed)
        yaw = abs(float(self._smooth[_YAW]))
        limits = self._limits.gate
        if expression.quality >= limits.quality and yaw <= limits.turned_degrees:
            self._learn(elapsed, expression)
        return cues

    def lost(self, timestamp: float) -> bool:
        """Whether the face has been unseen long enough to close what was under way, once."""
        return self._open and self.seen is not None and timestamp - self.seen > LOST_SECONDS

    def close(self, *, lost: bool = True) -> list[Cue]:
        """End what is under way at the last frame in which the face was seen.

        `lost` is False at a clip's end, where nothing but the film broke off.
        """
        if self.seen is None or not self._open:
            return []
        self._open = False
        view = View(self.track, self.seen, self._came, self._quality, self.provisional, lost)
        left = self._finder.close(track=self.track, interval=self._rate.interval)
        left = self._endings.close(self.seen) + left
        cues = [cue for movement in left for cue in self._judge.movement(movement, view)]
        self._gaze.lose()
        self._head.lose()
        self._gates.lose()
        self._commotion.lose()
        return cues

    def tap(self, timestamp: float) -> None:
        """Distrust what the camera saw around a tap on the box."""
        self._gates["tap"].shut(timestamp, timestamp)

    def _come(self, expression: Expression, raw: Floats) -> float:
        """Begin an unbroken view of the face; no time has passed in it yet."""
        self._smooth, self._came = raw, expression.timestamp
        self._recent.come(raw)
        self._quality = expression.quality
        self._neutral_probability = float(expression.emotions[0])
        if not self._baseline.seen_seconds:
            self._learn(0.0, expression)
        return 0.0

    def _look(self, view: View, expression: Expression, elapsed: float) -> list[Cue]:
        """Find the cues that one smoothed frame completes."""
        now = view.now
        self._commotion.update(now, self._smooth, expression.action_units)
        rises, multiples, level = self._baseline.rises(self._smooth, unrest=self._unrest.value)
        anew = self._recent.rises(self._smooth, elapsed)
        yaw, pitch, roll, scale, gaze_yaw, gaze_pitch = self._smooth[_POSE:].tolist()
        usual = self._baseline.neutral[_POSE:].tolist()
        gesture = self._head.update(now, elapsed, (yaw, pitch, roll))
        self._gates.update(
            now,
            rises,
            yaw=yaw,
            pitch=pitch - usual[1],
            aside=abs(yaw - usual[0]),
            speed=self._head.speed,
            quality=self._quality,
        )
        self._unrest.update(
            elapsed,
            speed=self._head.speed,
            away_degrees=max(abs(pitch - usual[1]), abs(yaw - usual[0])),
            talking=self._gates["speech"].covers(now),
        )
        self._sides.update(now, rises, elapsed)
        stances = self._head.stances(roll, usual[2], scale, usual[3])
        self._base[:_POSE] = self._sides.balance(multiples)
        self._base[_POSE:_ANEW] = stances
        self._base[_ANEW:] = self._sides.balance(anew / level[: len(UNITS)])
        np.maximum(self._base, self._zero, out=self._base)
        self._shown[:_POSE] = rises
        self._shown[_POSE:_ANEW] = [_STANCE_STRENGTH * stance for stance in stances]
        self._shown[_ANEW:] = anew
        found = self._finder.update(
            now,
            self._bank.values(self._base),
            self._bank.rises(self._shown),
            track=view.track,
            interval=self._rate.interval,
        )
        ended = self._endings.update(now, found)
        cues = [cue for movement in ended for cue in self._judge.movement(movement, view)]
        if gesture is not None:
            cues += self._judge.gesture(gesture, view)
        self._gaze.update(
            now,
            yaw - usual[0] + gaze_yaw - usual[4],
            pitch - usual[1] + gaze_pitch - usual[5],
            learn=not self._prices.around(now),
        )
        for glance in self._gaze.lasting if self._prices else ():
            if self._prices.around(glance.onset):
                glance.judged = True
                cues += self._judge.glance(glance, self._gaze, view)
        return cues

    def _filter(self, raw: Floats, elapsed: float, expression: Expression) -> None:
        """Smooth by a first-order filter that takes what happened between frames as straight lines.

        Exact for any frame interval, so the frame rate does not change the delay.
        """
        constant = self._limits.movement.smoothing_seconds
        keep = exp(-elapsed / constant)
        lag = (raw - self._raw) * (constant / elapsed)
        self._smooth = raw - lag + (self._smooth - self._raw + lag) * keep
        some = 1.0 - exp(-elapsed / 0.3)
        self._quality += some * (expression.quality - self._quality)
        self._neutral_probability += some * (
            float(expression.emotions[0]) - self._neutral_probability
        )

    def _learn(self, elapsed: float, expression: Expression) -> None:
        intensities: Floats | None = None
        if self._baseline.arriving:
            shown = (expression.action_units, expression.emotions[1:])
            intensities = np.concatenate(shown, dtype=np.float64)
        self._baseline.update(
            self._smooth,
            elapsed,
            neutral_probability=self._neutral_probability,
            unrest=self._unrest.value,
            talking=self._gates["speech"].covers(self.seen if self.seen is not None else 0.0),
            intensities=intensities,
        )

    def _observe(self, expression: Expression) -> Floats:
        """Give what is compared with this face's neutral (37,)."""
        units = np.where(self._relative, expression.relative_units, expression.action_units)
        head, gaze = expression.head, expression.gaze
        pose = (head.yaw, head.pitch, head.roll, head.scale, gaze.yaw, gaze.pitch)
        raw: Floats = np.concatenate([units, expression.emotions[1:], pose], dtype=np.float64)
        return raw

    def _tell_near(self, channel: int, peak: float, seconds: float) -> None:
        now = self.seen or 0.0
        reason = f"{seconds:.2f} s are too brief to be told from noise"
        if peak < 1.0:
            reason = f"it reached {peak:.0%} of its threshold"
        name = CHANNELS[channel].name
        assert self._explain is not None
        self._explain(
            Decision(now, "movement", name, "refused", reason, self.track, now - seconds, now)
        )
