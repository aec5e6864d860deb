"""Weigh evidence over time: a reading needs separate movements that agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log
from typing import TYPE_CHECKING, Final

from cuelight.read.cue import EXPRESSION_CUES, KIN_OF, PRICE_GAZE, SMILES, UNITS_OF
from cuelight.read.decision import Decision, Explain
from cuelight.records import Cue, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.read.book import CueBook

PRICE_CONCERN: Final = "price_concern"
_FORGET_HALF_LIVES: Final = 5.0
_TWITCH_SECONDS: Final = 0.5
_LIKELY: Final = 0.5  # from here on a faint movement is likelier there than not


@dataclass(frozen=True, slots=True)
class _Piece:
    cue: Cue
    faint: bool = False


@dataclass(frozen=True, slots=True)
class _Verdict:
    confidence: float
    pieces: tuple[_Piece, ...]
    """The strongest cue of every separate movement that speaks for the reading, oldest first."""

    @property
    def cues(self) -> tuple[Cue, ...]:
        return tuple(one.cue for one in self.pieces)


class Pattern:
    """One face's evidence, and what it adds up to.

    Odds = prior odds x the product over separate movements of LR^decay, with a 20 s half-life from
    the apex on. LR = 1 + (L - 1) r is Bayes' ratio of a find that is true with probability r, where
    L is that of the true movement; the odds of r are those of the cue's confidence times what was
    measured of the cue. So a sure find says nearly all that its movement says, a doubtful one
    little. Cues that share a unit and peak within 2 s are one movement, and so are those of which
    one brings the other's units along and that peak at once: the one that says most stands for it.
    A faint cue weighs like any other, but for odds above 1; it is one of the movements that a
    reading needs only if it is more likely there than not, and never the one that moves the lamp.
    Only cues near a price mark speak for a price concern; any may speak against it.
    """

    def __init__(self, book: CueBook, explain: Explain | None = None) -> None:
        self._book, self._explain = book, explain
        self._evidence: list[_Piece] = []

    def update(
        self, timestamp: float, cues: Sequence[Cue], faint: Sequence[Cue] = ()
    ) -> list[Reading]:
        """Take the cues of one frame; give the readings that they complete or renew."""
        keep = _FORGET_HALF_LIVES * self._book.half_life_seconds
        self._evidence = [one for one in self._evidence if timestamp - one.cue.apex <= keep]
        found = []
        fresh = [*(_Piece(cue) for cue in cues), *(_Piece(cue, faint=True) for cue in faint)]
        for one in fresh:
            before = {name: self._verdict(name, timestamp) for name in self._book.readings}
            self._evidence.append(one)
            for name in self._book.readings:
                if self._weight(one, name, one.cue.apex) > 0.0:
                    found += self._judge(name, timestamp, before[name], one.cue.track)
        # One reading of a kind in a frame: the last one knows all of its evidence.
        return list({reading.name: reading for reading in found}.values())

    def mark_price(self, timestamp: float, before_seconds: float) -> list[Reading]:
        """Count what was shown shortly before a price mark as shown around it."""
        near = [
            not one.cue.price and timestamp - before_seconds <= one.cue.apex <= timestamp
            for one in self._evidence
        ]
        if PRICE_CONCERN not in self._book.readings or not any(near):
            return []
        before = self._verdict(PRICE_CONCERN, timestamp)
        self._evidence = [
            replace(one, cue=replace(one.cue, price=True)) if hit else one
            for one, hit in zip(self._evidence, near, strict=True)
        ]
        return self._judge(PRICE_CONCERN, timestamp, before, self._evidence[-1].cue.track)

    def confidence(self, name: str, timestamp: float) -> float:
        """Give the posterior probability of a reading at a time."""
        return self._verdict(name, timestamp).confidence

    def reset(self) -> None:
        """Forget all evidence."""
        self._evidence.clear()

    def _judge(self, name: str, timestamp: float, before: _Verdict, track: int) -> list[Reading]:
        after = self._verdict(name, timestamp)
        entry = self._book.readings[name]
        reason = ""
        if len(after.pieces) < 2:
            reason = "one movement alone is no pattern"
        elif after.confidence < entry.confidence:
            reason = f"its confidence {after.confidence:.2f} is below {entry.confidence:g}"
        else:
            reason = unworthy(name, [cue.name for cue in after.cues])
            if not reason and not any(self._may_signal(one) for one in after.pieces):
                reason = "none of its cues is good enough to move the lamp"
        stood = len(before.pieces) >= 2 and before.confidence >= entry.confidence
        if not reason and stood and len(after.pieces) <= len(before.pieces):
            reason = "it was told already and nothing separate came to it"
        if self._explain is not None:
            outcome = "refused" if reason else "accepted"
            text = reason or f"{len(after.pieces)} movements agree ({after.confidence:.2f})"
            self._explain(Decision(timestamp, "reading", name, outcome, text, track))
        return [] if reason else [Reading(name, after.confidence, timestamp, after.cues)]

    def _verdict(self, name: str, timestamp: float) -> _Verdict:
        prior = self._book.readings[name].prior
        total = log(prior / (1.0 - prior))
        pieces = []
        for group in self._movements():
            weights = [(self._weight(one, name, timestamp), one) for one in group]
            # the first of the strongest
            weight, _ = max(weights, key=lambda row: abs(row[0]))
            total += weight
            stand = [row for row in weights if row[0] > 0.0 and self._stands(row[1])]
            if weight > 0.0 and stand:
                pieces.append(max(stand, key=lambda row: row[0])[1])
        pieces.sort(key=lambda one: one.cue.apex)
        return _Verdict(1.0 / (1.0 + exp(-total)), tuple(pieces))

    def _movements(self) -> list[list[_Piece]]:
        """Group the evidence into separate movements."""
        groups: list[list[_Piece]] = []
        for one in sorted(self._evidence, key=lambda one: one.cue.apex):
            same = [g for g in groups if any(self._same(one.cue, other.cue) for other in g)]
            merged = [other for group in same for other in group] + [one]
            groups = [group for group in groups if group not in same] + [merged]
        return groups

    def _same(self, one: Cue, other: Cue) -> bool:
        apart = abs(one.apex - other.apex)
        if UNITS_OF[one.name] & UNITS_OF[other.name]:
            return apart < self._book.separate_seconds
        along = any(
            UNITS_OF[a.name] & KIN_OF.get(b.name, frozenset())
            for a, b in ((one, other), (other, one))
        )
        return along and apart < _TWITCH_SECONDS

    def _weight(self, one: _Piece, name: str, timestamp: float) -> float:
        cue = one.cue
        ratio = self._book.cues[cue.name].likelihood.get(name, 1.0)
        if ratio > 1.0 and name == PRICE_CONCERN and not cue.price:
            return 0.0
        age = max(timestamp - cue.apex, 0.0)
        decay: float = 0.5 ** (age / self._book.half_life_seconds)
        return log(1.0 + (ratio - 1.0) * self._real(one)) * decay

    def _real(self, one: _Piece) -> float:
        """Say how likely a piece is true; odds above 1 were measured of told cues, not of less."""
        odds = self._book.cues[one.cue.name].odds
        return real(one.cue.confidence, min(odds, 1.0) if one.faint else odds)

    def _stands(self, one: _Piece) -> bool:
        return not one.faint or self._real(one) >= _LIKELY

    def _may_signal(self, one: _Piece) -> bool:
        entry = self._book.cues[one.cue.name]
        sure = one.cue.confidence >= entry.signal_confidence
        return entry.signal and sure and not one.faint


def real(confidence: float, odds: float) -> float:
    """Give the probability that a cue of some confidence is true, where its odds are so different.

    Nothing is surer than 99 to 1, nor less sure than 1 to 99, before what was measured.
    """
    sure = min(max(confidence, 0.01), 0.99)
    return odds * sure / (odds * sure + 1.0 - sure)


def unworthy(name: str, cues: Sequence[str]) -> str:
    """Say why the cues that agree on a reading are not enough to signal it, or nothing."""
    shown = set(cues)
    if shown <= EXPRESSION_CUES:
        return "expressions alone are no pattern"
    if shown <= {PRICE_GAZE}:
        return "looking away from the price alone is no pattern"
    if name == "interest" and shown <= SMILES | EXPRESSION_CUES:
        return "smiles alone are no interest"
    return ""
