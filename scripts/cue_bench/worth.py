"""Derive what a cue is worth from how often it was found, and how often it was false.

The measured ratio is that of the cue to the movement: P(cue | movement) / P(cue | none), where the
first is the hit rate per true event, and the second the chance of at least one false alarm within
one half-life of the evidence. It says nothing of what a movement means. That part is stated (see
`cues.toml`): with L, how many times likelier the true movement is when the reading holds, and b,
how often it is shown when the reading does not, the ratio of the *cue* to the *reading* is

    (b L h + f) / (b h + f) = 1 + (L - 1) r,    r = b h / (b h + f)

with h the hit rate and f that chance; r is the share of cues that are real. A flawless reader
(f = 0) would leave L as it is, a reader that finds nothing makes every ratio 1.

Not all finds are alike: r rises with a find's confidence c. The odds of c are taken to be wrong by
one factor for all finds of a cue, since a customer's visit holds another mixture of true and false
movements than the clips that the confidence was fitted to (King and Zeng, "Logistic Regression in
Rare Events Data", 2001, section 4.1); the factor is the likeliest one for the hits and false alarms
that were counted, each weighed by how often it comes in a half-life of a visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from statistics import median
from typing import TYPE_CHECKING, Final

from cue_bench.chance import poisson_at_most, poisson_upper
from cue_bench.plan import load_plan
from cuelight.read.cue import PRICE_GAZE
from cuelight.read.pattern import real
from cuelight.read.price import PriceTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cue_bench.summary import Above, CueSummary, Summary

_ODDS: Final = (0.001, 1000.0)  # what a cue book takes
_DOUBTFUL: Final = 0.5  # how sure the half cases of the priors are where nothing was found
_A_MOMENT: Final = 1e-3  # hours: where nothing was watched thresholds are beyond reach


@dataclass(frozen=True, slots=True)
class Worth:
    """What goes into cues.toml for one cue.

    `ratio` is the measured one, cue to movement; `real` the share of cues that are, `odds` how many
    times likelier to be so a find is than its confidence says. `signal` says whether it may move
    the lamp, from `signal_confidence` on, `why` in words. What is not `measured` had too few cases;
    if it was `watched` long enough without the cue, its visit thresholds hold all the same.
    """

    hit_rate: float
    alarm_chance: float
    ratio: float
    real: float
    odds: float
    visit_threshold: int
    after_price_threshold: int
    signal: bool
    signal_confidence: float
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
    share = shown / (shown + false)
    if name == PRICE_GAZE:  # found around price marks only, and its hours are counted so
        visit = marks * (times.before_seconds + times.after_seconds)
    after = min(marks * times.flag_seconds, visit)
    hours = max(cue.hours, _A_MOMENT)
    start, doubt = _signals_from(name, cue, visit_seconds=visit)
    few = _too_few(name, cue)
    return Worth(
        hit_rate=hit,
        alarm_chance=false,
        ratio=hit / false,
        real=share,
        odds=odds(
            cue.sure,
            cue.alarms_sure,
            each_hit=plan.worth["base_rate"] / (cue.events + 2.0 * plan.worth["hit_prior"]),
            each_alarm=half_life_seconds / 3600.0 / hours,
        ),
        visit_threshold=visit_threshold(cue.alarms.cases, hours, seconds=visit),
        after_price_threshold=visit_threshold(cue.alarms.cases, hours, seconds=after),
        signal=not doubt,
        signal_confidence=start,
        measured=not few,
        watched=cue.hours >= _least_hours(name),
        why=few or doubt or _good_from(start),
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


def odds(
    hits: Sequence[float], alarms: Sequence[float], *, each_hit: float, each_alarm: float
) -> float:
    """Give the factor by which the odds of all confidences are likeliest to be wrong.

    `hits` and `alarms` are the confidences of true and false finds, `each_hit` and `each_alarm` how
    many a visit has of each in one half-life. The half cases of the priors are as sure as the
    median of their kind. At the likeliest factor as many finds are expected to be true as are.
    """
    plan = load_plan().worth
    usual = median(hits) if hits else _DOUBTFUL
    found = [(sure, each_hit) for sure in hits]
    found.append((usual, each_hit * plan["hit_prior"]))
    false = [(sure, each_alarm) for sure in alarms]
    false.append((median(alarms) if alarms else usual, each_alarm * plan["alarm_prior"]))
    true = sum(weight for _, weight in found)
    low, high = _ODDS
    for _ in range(60):
        middle = sqrt(low * high)
        expected = sum(weight * real(sure, middle) for sure, weight in (*found, *false))
        low, high = (middle, high) if expected < true else (low, middle)
    return low


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


def _signals_from(name: str, cue: CueSummary, *, visit_seconds: float) -> tuple[float, str]:
    """Give the confidence from which a cue's finds are good enough for the lamp, or what is not."""
    if name not in load_plan().good["may_signal"]:
        return 0.0, "evidence only, by design"
    doubts = [_doubt(above, visit_seconds) for above in cue.above]
    good = [above.confidence for above, doubt in zip(cue.above, doubts, strict=True) if not doubt]
    return (good[0], "") if good else (0.0, doubts[0])


def _doubt(above: Above, visit_seconds: float) -> str:
    good = load_plan().good
    if above.hits < good["least_hits"]:
        return f"{above.hits} hits; {good['least_hits']} are wanted"
    if not above.precision.low >= good["least_precision"]:
        return f"precision may be as low as {above.precision.low:.2f}"
    a_visit = above.alarms.high * visit_seconds / 3600.0
    if a_visit > good["most_alarms_a_visit"]:
        return f"false alarms may be as many as {a_visit:.1f} a visit"
    return ""


def _good_from(start: float) -> str:
    return "good enough to move the lamp" + (f" from {start:g} on" if start else "")
