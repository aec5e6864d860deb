"""Derive what a cue is worth from how often it was found, and how often it was false.

The measured ratio is that of the cue to the movement: P(cue | movement) / P(cue | none), where the
first is the hit rate per true event, and the second the chance of at least one false alarm within
one half-life of the evidence. It says nothing of what a movement means. That part is stated (see
`plan.toml`): with L, how many times likelier the true movement is when the reading holds, and b,
how often it is shown when the reading does not, the ratio of the *cue* to the *reading* is

    (b L h + f) / (b h + f) = 1 + (L - 1) r,    r = b h / (b h + f)

with h the hit rate and f that chance; r is the share of cues that are real. A flawless reader
(f = 0) would leave L as it is, a reader that finds nothing makes every ratio 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Final

from cue_bench.chance import poisson_at_most, poisson_upper
from cue_bench.plan import load_plan
from cuelight.read.cue import PRICE_GAZE
from cuelight.read.price import PriceTimes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cue_bench.summary import CueSummary, Summary

_LEAST_USUAL: Final = 0.1  # what a cue book takes
_A_MOMENT: Final = 1e-3  # hours: where nothing was watched thresholds are beyond reach


@dataclass(frozen=True, slots=True)
class Worth:
    """What goes into cues.toml for one cue.

    `ratio` is the measured one, cue to movement; `likelihood` by reading, cue to reading, of a cue
    as sure as half of its hits were (`usual_confidence`). `signal`
    says whether it may move the lamp, `why` in words. What is not `measured` had too few cases; if
    it was `watched` long enough without the cue, its visit thresholds hold all the same.
    """

    hit_rate: float
    alarm_chance: float
    ratio: float
    real: float
    likelihood: Mapping[str, float]
    usual_confidence: float
    visit_threshold: int
    after_price_threshold: int
    signal: bool
    measured: bool
    watched: bool
    why: str


def worth_of(summary: Summary, *, half_life_seconds: float) -> dict[str, Worth]:
    """Judge every cue of a summary."""
    return {
        name: cue_worth(name, cue, half_life_seconds=half_life_seconds)
        for name, cue in summary.cues.items()
    }


def cue_worth(name: str, cue: CueSummary, *, half_life_seconds: float) -> Worth:
    """Judge one cue."""
    plan, times = load_plan(), PriceTimes()
    visit, marks = plan.visit["seconds"], plan.visit["marks"]
    hit = hit_rate(cue.hits, cue.events)
    false = alarm_chance(cue.alarms.cases, cue.hours, seconds=half_life_seconds)
    shown = plan.worth["base_rate"] * hit
    real = shown / (shown + false)
    if name == PRICE_GAZE:  # found around price marks only, and its hours are counted so
        visit = marks * (times.before_seconds + times.after_seconds)
    after = min(marks * times.flag_seconds, visit)
    hours = max(cue.hours, _A_MOMENT)
    doubt = _doubt(name, cue, visit_seconds=visit)
    few = _too_few(name, cue)
    return Worth(
        hit_rate=hit,
        alarm_chance=false,
        ratio=hit / false,
        real=real,
        likelihood={key: tempered(stated, real) for key, stated in plan.stated[name].items()},
        usual_confidence=(
            1.0 if few or not cue.hits else min(max(cue.confidence.median, _LEAST_USUAL), 1.0)
        ),
        visit_threshold=visit_threshold(cue.alarms.cases, hours, seconds=visit),
        after_price_threshold=visit_threshold(cue.alarms.cases, hours, seconds=after),
        signal=not doubt,
        measured=not few,
        watched=cue.hours >= _least_hours(name),
        why=few or doubt or "good enough to move the lamp",
    )


def hit_rate(hits: int, events: int) -> float:
    """Give the smoothed share of true events that are found, never 0 or 1."""
    prior = load_plan().worth["hit_prior"]
    return (hits + prior) / (events + 2.0 * prior)


def alarm_chance(alarms: int, hours: float, *, seconds: float) -> float:
    """Give the smoothed chance of at least one false alarm in so many seconds, never 0.

    Where nothing was watched nothing is known: that is 1.
    """
    if hours <= 0.0:
        return 1.0
    mean = (alarms + load_plan().worth["alarm_prior"]) / hours * seconds / 3600.0
    return 1.0 - exp(-mean)


def tempered(stated: float, real: float) -> float:
    """Give the ratio of a cue of which the share `real` is true, from that of its movement."""
    return 1.0 + (stated - 1.0) * real


def visit_threshold(alarms: int, hours: float, *, seconds: float) -> int:
    """Give the fewest cues that at most 5 % of neutral visits show.

    False alarms fall as a Poisson process, at the upper end of the interval of their rate, over
    `seconds` of a visit. Raises ValueError where nothing was watched.
    """
    if hours <= 0.0:
        raise ValueError(f"hours is {hours}; time without the cue must have been watched")
    plan = load_plan().visit
    mean = poisson_upper(alarms, plan["upper_share"]) / hours * seconds / 3600.0
    least = 1
    while 1.0 - poisson_at_most(least - 1, mean) > plan["counted_share"]:
        least += 1
    return least


def _too_few(name: str, cue: CueSummary) -> str:
    wanted, least = load_plan().worth["least_events"], _least_hours(name)
    if cue.events < wanted:
        return f"{cue.events} true events; {wanted:g} are wanted"
    if cue.hours < least:
        return f"{cue.hours:.2f} h without it; {least:g} h are wanted"
    return ""


def _least_hours(name: str) -> float:
    return load_plan().worth["least_marked_hours" if name == PRICE_GAZE else "least_hours"]


def _doubt(name: str, cue: CueSummary, *, visit_seconds: float) -> str:
    good = load_plan().good
    if name not in good["may_signal"]:
        return "evidence only, by design"
    if not cue.precision.low >= good["least_precision"]:
        return f"precision may be as low as {cue.precision.low:.2f}"
    a_visit = cue.alarms.high * visit_seconds / 3600.0
    if a_visit > good["most_alarms_a_visit"]:
        return f"false alarms may be as many as {a_visit:.1f} a visit"
    return ""
