"""Judge what was found in a face: is it a cue, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, inf
from typing import TYPE_CHECKING, Final

from cuelight.read.channel import NUMBER
from cuelight.read.cue import MICRO, PRICE_GAZE, RULES_OF, SUSTAINED, CueRule, confidence, misfit
from cuelight.read.decision import Decision, Explain
from cuelight.read.likeness import beside, features, smiled
from cuelight.records import Cue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cuelight.read.book import CueBook
    from cuelight.read.channel import Floats
    from cuelight.read.commotion import Commotion
    from cuelight.read.finder import MovementFinder
    from cuelight.read.gate import Gates
    from cuelight.read.gaze import GazeWatch, Glance
    from cuelight.read.head import Gesture
    from cuelight.read.likeness import Looks
    from cuelight.read.movement import Movement
    from cuelight.read.price import PriceMarks
    from cuelight.read.rate import FrameRate
    from cuelight.read.sides import Sides


_JUST_FOUND: Final = "the face had only just been found"
# What these do to a face outlasts them at both ends: any overlap voids a movement.
_ANY_TOUCH: Final = frozenset({"turned", "speech", "aside", "bent"})
_GESTURE_GATES: Final = {"nod": ("quality", "aside", "speech"), "shake": ("quality",)}


@dataclass(frozen=True, slots=True)
class View:
    """How a face is seen now: since when, how clearly, if its neutral is known, if it is gone."""

    track: int
    now: float
    came: float
    quality: float
    provisional: bool
    lost: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    onset: float
    apex: float
    offset: float
    strength: float
    confidence: float
    seen_seconds: float = inf


class Judge:
    """Turns one face's movements, gestures and glances into cues, or says why they are none.

    `faint` collects movements that look a little like a cue, too little to be told.
    """

    def __init__(
        self,
        *,
        book: CueBook,
        prices: PriceMarks,
        rate: FrameRate,
        finder: MovementFinder,
        gates: Gates,
        sides: Sides,
        commotion: Commotion,
        settle_seconds: float,
        delay_seconds: float,
        explain: Explain | None,
    ) -> None:
        self._book, self._prices, self._explain = book, prices, explain
        self._rate = rate
        self._finder, self._gates, self._sides = finder, gates, sides
        self._commotion = commotion
        self._settle_seconds, self._delay_seconds = settle_seconds, delay_seconds
        self._last: dict[str, tuple[float, float]] = {}
        self.faint: list[Cue] = []

    def movement(self, movement: Movement, view: View) -> list[Cue]:
        """Give the cues that a movement is."""
        found = []
        known: Floats | None = None
        quality = self._gates.quality_at(movement.apex)
        sure = confidence(movement, quality=quality, provisional=view.provisional)
        for rule in RULES_OF[movement.channel]:
            span = (movement.onset, movement.apex, movement.offset)
            candidate = _Candidate(rule.name, *span, movement.peak, sure, movement.seen_seconds)
            looks = self._book.looks.get(rule.name)
            # What a face came with was not seen to rise, so it cannot be compared.
            measured = looks is not None and self._settled(movement, view)
            if not rule.follows(movement.channel, weighed=measured):
                continue
            reason = misfit(rule, movement)
            if not reason and rule.one_sided:
                reason = self._sides.excuse(movement, view.now, weighed=measured)
            if not reason and not measured:
                reason = self._disturbed(rule, movement, view)
                reason = reason or self._undone(rule, movement, view)
                reason = reason or self._weak(candidate)
            elif not reason:
                assert looks is not None
                reason = self._spoilt(movement) or self._unseen(rule, movement, view)
                if not reason:
                    known = self._measure(movement, view) if known is None else known
                    whole = beside(known, self._share(rule, movement))
                    candidate, reason = self._compare(candidate, looks, rule, whole, view)
            found += self._settle(candidate, reason, view)
        return found

    def gesture(self, gesture: Gesture, view: View) -> list[Cue]:
        """Give the cue that a nod or shake is."""
        onset, offset, stroke = gesture.onset, gesture.offset, gesture.stroke_degrees
        candidate = _Candidate(
            name=gesture.name,
            onset=onset,
            apex=(onset + offset) / 2.0,
            offset=offset,
            strength=min(stroke / 20.0, 1.0),
            confidence=_sure(stroke / gesture.least_degrees, view),
        )
        reason = self._weak(candidate)
        for name in _GESTURE_GATES[gesture.name]:
            if self._gates[name].touches(onset, offset):
                reason = self._gates[name].reason
        return self._settle(candidate, reason, view)

    def glance(self, glance: Glance, gaze: GazeWatch, view: View) -> list[Cue]:
        """Give the cue that looking away around a price mark is."""
        wide = hypot(glance.yaw, glance.pitch) / gaze.enter_degrees
        candidate = _Candidate(
            name=PRICE_GAZE,
            onset=glance.onset,
            apex=glance.apex,
            offset=glance.end,
            strength=min(glance.widest / gaze.full_degrees, 1.0),
            confidence=_sure(1.0 + wide, view),
        )
        reason = gaze.excuse(glance) or self._weak(candidate)
        if glance.onset <= view.came + self._settle_seconds:
            reason = _JUST_FOUND
        return self._settle(candidate, reason, view, price=True)

    def _settled(self, movement: Movement, view: View) -> bool:
        return movement.onset > view.came + self._settle_seconds

    def _measure(self, movement: Movement, view: View) -> Floats:
        """Measure a movement once for all the cues that it may be."""
        return features(
            movement,
            self._commotion.since(movement.onset - 1.0),
            gates=self._gates,
            sides=self._sides.shares(movement, view.now),
            provisional=view.provisional,
            enter=self._commotion.enter,
            delay=self._delay_seconds,
        )

    def _compare(
        self, found: _Candidate, looks: Looks, rule: CueRule, known: Floats, view: View
    ) -> tuple[_Candidate, str]:
        """Say how sure what is `known` (F,) is the cue by what it looks like, and why it is not."""
        sure = looks.probability(known)
        found, reason = replace(found, confidence=sure), ""
        if (smile := smiled(known)) > rule.smile:
            reason = f"both corners of the mouth rose {smile:.1f} times as far"
        elif sure < looks.least:
            reason = f"it looks like one by {sure:.0%}, {looks.least:.0%} is wanted; against it: "
            reason += looks.doubts(known)
            if sure >= self._book.faint and not self._unfit(found):
                self.faint.append(self._cue(found, view))
                reason += "; it weighs as faint evidence"
        return found, reason

    def _share(self, rule: CueRule, movement: Movement) -> float:
        return self._commotion.share(movement.onset, movement.offset, rule.units, rule.kin)

    def _spoilt(self, movement: Movement, also: Iterable[str] = ()) -> str:
        """Say which disturbance hides a movement."""
        onset, offset, micro = movement.onset, movement.offset, movement.kind == MICRO
        for name in ("quality", "tap", *also):
            gate = self._gates[name]
            hidden = gate.covers(movement.apex) or gate.share(onset, offset) > 0.4
            if name in _ANY_TOUCH:
                hidden = gate.touches(onset, offset)
            if name == "blink":
                hidden = hidden and micro
            if hidden:
                return gate.reason
        return ""

    def _disturbed(self, rule: CueRule, movement: Movement, view: View) -> str:
        swing = self._gates.swing(movement.onset, movement.apex)
        if swing > rule.swing_degrees:
            return f"the head moved along by {swing:.0f} degrees"
        if spoilt := self._spoilt(movement, sorted(rule.gates)):
            return spoilt
        if self._settled(movement, view):
            share = self._share(rule, movement)
            if share > self._book.cues[rule.name].commotion:
                return f"the rest of the face moved {share:.0%} as far"
        return ""

    def _unseen(self, rule: CueRule, movement: Movement, view: View) -> str:
        """Say what was not seen of a movement, or what moved that should have been still."""
        # A movement is what was seen to begin and to end; what a face comes or goes with may be how
        # it is. Only an open smile is told by what people in general look like.
        if rule.name != "happiness":
            if not self._settled(movement, view):
                return _JUST_FOUND
            if view.lost and not movement.returned and movement.kind != SUSTAINED:
                return "the face was lost in it"
        for name in rule.still:
            if self._finder.moved_since(NUMBER[name], movement.onset):
                return f"{name} moved too"
        return ""

    def _undone(self, rule: CueRule, movement: Movement, view: View) -> str:
        """Say which other movement, or coming and going, explains this one."""
        if unseen := self._unseen(rule, movement, view):
            return unseen
        onset, offset = movement.onset, movement.offset
        for name, share in rule.rivals.items():
            rival = self._finder.highest(NUMBER[name], onset, offset)
            if movement.salience < share * rival:
                return f"{name} rose {rival / movement.salience:.1f} times as far"
        return ""

    def _settle(
        self, found: _Candidate, reason: str, view: View, *, price: bool = False
    ) -> list[Cue]:
        reason = reason or self._unfit(found)
        if self._explain is not None:
            outcome = "refused" if reason else "accepted"
            text = reason or f"confidence {found.confidence:.2f}, strength {found.strength:.2f}"
            span = (found.onset, found.offset)
            self._explain(Decision(view.now, "cue", found.name, outcome, text, view.track, *span))
        if reason:
            return []
        self._last[found.name] = (found.onset, found.offset)
        return [self._cue(found, view, price=price)]

    def _cue(self, found: _Candidate, view: View, *, price: bool = False) -> Cue:
        return Cue(
            name=found.name,
            track=view.track,
            onset=found.onset,
            apex=found.apex,
            offset=found.offset,
            strength=found.strength,
            confidence=found.confidence,
            provisional=view.provisional,
            price=price or self._prices.around(found.apex),
        )

    def _weak(self, found: _Candidate) -> str:
        entry = self._book.cues[found.name]
        if found.strength < entry.strength:
            return f"its strength {found.strength:.2f} is below {entry.strength:g}"
        if found.confidence < entry.confidence:
            return f"its confidence {found.confidence:.2f} is below {entry.confidence:g}"
        return ""

    def _unfit(self, found: _Candidate) -> str:
        if brief := self._rate.excuse(found.seen_seconds):
            return brief
        entry = self._book.cues[found.name]
        first, last = self._last.get(found.name, (inf, -inf))
        if found.onset < last + entry.refractory_seconds and found.offset > first:
            return "it goes on from the same cue just found"
        return ""


def _sure(multiple: float, view: View) -> float:
    """Say how sure a gesture or glance is that reached so many times its threshold."""
    sure = min(0.5 + 0.225 * max(multiple - 1.0, 0.0), 0.95)
    return sure * min(max(view.quality, 0.0), 1.0) * (0.85 if view.provisional else 1.0)
