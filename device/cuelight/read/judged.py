"""The alert budget that a rep's taps make stricter for a while, and never laxer than measured."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from cuelight.read.budget import SIGNAL_OF, AlertBudget, BudgetLimits, Refusal
from cuelight.records import Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.records import Reading

JUDGE_SECONDS: Final = 15.0
"""A tap this long after a signal may judge it (DESIGN section 3)."""

DOUBT_MAX: Final = 10.0
"""As many "not useful" in a row make a reading as strict as it gets; raising it learns slower."""

DOUBT_SHARE: Final = 0.5
"""How much of the way from a reading's measured confidence to certainty full doubt asks for: half,
so that whatever is tapped, a reading that is sure enough still lights the lamp."""

DOUBT_FADES: Final = 0.99
"""What is left of a doubt each time that its reading comes up: after 69 times, half of it."""

TAPS_MAX: Final = 10**6
"""More cannot have been tapped; a file that says so was made by somebody else."""


class JudgedBudget(AlertBudget):
    """An alert budget that a reading must be surer to pass, the less useful its hints were called.

    `confidences` gives each reading's measured confidence, below which none is read at all. A "not
    useful" adds one to the doubt about its reading, a "useful" takes one away, within 0 and
    `DOUBT_MAX`; the confidence needed rises in step, by at most `DOUBT_SHARE` of what lacks to
    certainty, and never falls below the measured one. So a tap can take signals away, and not give
    any: the budget's guarantee stands whatever is tapped.

    Kept are the doubts and two sums, how often "useful" and "not useful" were said on this box:
    no times, nobody's name, and nothing of it is published.
    """

    def __init__(
        self, confidences: Mapping[str, float], limits: BudgetLimits | None = None
    ) -> None:
        super().__init__(limits)
        self._confidences = dict(confidences)
        self._doubts: dict[str, float] = {}
        self.useful = self.not_useful = 0
        self._shown: Signal | None = None

    def needed(self, name: str) -> float:
        """Give the confidence that a reading must have now to light the lamp."""
        measured = self._confidences.get(name, 0.0)
        doubt = self._doubts.get(name, 0.0) / DOUBT_MAX
        return measured + (1.0 - measured) * DOUBT_SHARE * doubt

    def ask(self, reading: Reading) -> Signal | Refusal:
        """Give the signal for a reading, and count it; or refuse it with the reason."""
        needed, doubt = self.needed(reading.name), self._doubts.get(reading.name, 0.0)
        self._doubts[reading.name] = DOUBT_FADES * doubt
        if doubt and reading.confidence < needed and self._tick(reading.timestamp):
            reason = (
                f"such hints were called not useful lately, so {needed:.2f} is needed, and its "
                f"confidence is {reading.confidence:.2f}"
            )
            return Refusal(reading, reason)
        answer = super().ask(reading)
        if isinstance(answer, Signal):
            self._shown = answer
        return answer

    def awaits(self, timestamp: float) -> bool:
        """Say whether a tap at this time would judge a signal; each is judged once."""
        shown = self._shown
        return shown is not None and 0.0 <= timestamp - shown.timestamp <= JUDGE_SECONDS

    def judge(self, timestamp: float, *, useful: bool) -> bool:
        """Take a judgement of the last signal; False where there is none to judge any more."""
        if self._shown is None or not self.awaits(timestamp):
            return False
        name, self._shown = self._shown.reading, None
        self.useful += useful
        self.not_useful += not useful
        doubt = self._doubts.get(name, 0.0) + (-1.0 if useful else 1.0)
        self._doubts[name] = min(max(doubt, 0.0), DOUBT_MAX)
        return True

    def snapshot(self) -> dict[str, Any]:
        """Give what must survive a restart, as JSON-able data; keep it before the lamp is lit."""
        doubts = {name: doubt for name, doubt in sorted(self._doubts.items()) if doubt > 0.0}
        taps = {"useful": self.useful, "not_useful": self.not_useful, "doubts": doubts}
        return {**super().snapshot(), "taps": taps}

    def restore(self, kept: Mapping[str, Any], *, same_clock: bool) -> None:
        """Take up what an earlier process kept; see AlertBudget.

        Taps that make no sense, or are missing as from an older version, count as none; the signals
        beside them still count.
        """
        super().restore(kept, same_clock=same_clock)
        self._shown = None
        try:
            self.useful, self.not_useful, self._doubts = read_taps(kept.get("taps"))
        except ValueError:
            self.useful, self.not_useful, self._doubts = 0, 0, {}


def read_taps(kept: object) -> tuple[int, int, dict[str, float]]:
    """Read the sums and doubts of a snapshot; none where None. Raises ValueError for nonsense."""
    match kept:
        case None:
            return 0, 0, {}
        case {"useful": useful, "not_useful": not_useful, "doubts": dict(doubts), **rest} if (
            not rest
            and all(type(one) is int and 0 <= one <= TAPS_MAX for one in (useful, not_useful))
            and all(name in SIGNAL_OF and _is_doubt(one) for name, one in doubts.items())
        ):
            return useful, not_useful, {name: float(one) for name, one in doubts.items()}
        case _:
            raise ValueError("these are no sums of taps")


def _is_doubt(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and isfinite(value)
        and 0.0 <= value <= DOUBT_MAX
    )
