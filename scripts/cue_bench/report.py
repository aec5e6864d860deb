"""Write the benchmark's answer as Markdown, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cue_bench.chance import share_of
from cue_bench.films import write_films
from cue_bench.group import OURS, PEER
from cue_bench.markdown import figure, short, spread_ms, table
from cue_bench.plan import load_plan
from cue_bench.truth import LASTING
from cue_bench.visits_report import write_visits
from cuelight.read.cue import MACRO, MICRO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cue_bench.bars import Verdict
    from cue_bench.chance import Figure, Spread
    from cue_bench.group import Group
    from cue_bench.summary import CueSummary, Summary
    from cue_bench.worth import Worth

_WHO: Final = ("ours", "peer")

STATEMENT: Final = (
    "Rendered heads and warped portraits are synthetic: **field precision unknown**. Brackets hold "
    "95 % intervals: of F1, precision and recall from resampled clips, of rates as Poisson counts, "
    "of shares Wilson's."
)

LEGEND: Final = (
    "F1: one-to-one matches at an overlap of 0.5 or more (MEGC's rule); of micro and macro apart a "
    "false cue counts by its own duration. Other true cues of an event (surprise raises the "
    "eyebrows) are neither right nor wrong. Onset error: found less true, positive is late. After "
    "met: from the moment the definition is met to the frame that told the cue. That is the "
    "event's end where the rule asks for the return to neutral; three strokes of nods and shakes; "
    "1.2 s and a mark for looking away from a price; else the shortest duration that the rule "
    "allows. After the end: from the end of the interval that is owed (at most 4 s of what lasts). "
    "Both in the clip's time; what the machine takes, `cuelight bench` measures. False alarms: on "
    "distractor and neutral clips and in visits, per hour with a face (of looking away: per hour "
    "around a mark)."
)


def write_report(
    groups: Mapping[Group, Summary],
    *,
    alike: Mapping[tuple[str, str, float, float], Figure],
    verdicts: Sequence[Verdict],
    worths: Mapping[str, Worth],
) -> str:
    """Put every group's tables, the bars and the worth of each cue into one page."""
    parts = ["# Cues, measured", STATEMENT, LEGEND, *write_films(groups)]
    for group, summary in groups.items():
        parts += [f"## {group}", *_group(summary)]
    parts += _beside(groups)
    if alike:
        parts.append("## The same macro cues at two frame rates")
        parts.append(
            table(
                ("reader", "source", "frames a second", "alike"),
                [
                    (system, source, f"{a:g} and {b:g}", figure(shared))
                    for (system, source, a, b), shared in alike.items()
                ],
            )
        )
    parts.append("## Bars")
    head = ("bar", "of", "wanted", "measured", "reached")
    parts.append(table(head, [verdict.row() for verdict in verdicts]))
    if worths:
        parts += ["## What each cue is worth", *_worths(worths)]
    return "\n\n".join(parts) + "\n"


def _group(summary: Summary) -> list[str]:
    cues = {
        name: cue
        for name, cue in summary.cues.items()
        if cue.events or cue.false or cue.alarms.cases
    }
    facts = (
        f"{summary.clips} clips, {summary.hours:.2f} h with a face. One-sided taken for "
        f"both-sided smiles or the reverse: {figure(summary.sides_confused)}. On distractor and "
        f"neutral clips and in visits, patterns apart: {figure(summary.false_readings)} readings "
        f"an hour, {figure(summary.false_signals)} signals an hour."
    )
    facts += _all_cues(summary)
    strengths = ("all", *load_plan().strengths)
    found = table(
        ("cue", "events", "F1", "F1 micro", "F1 macro", "precision", "false", "also true"),
        [_found_row(name, cue) for name, cue in cues.items()],
    )
    spans = [(span, strength) for span in (MICRO, MACRO) for strength in strengths]
    head = ("cue", *(f"{span} {strength}" for span, strength in spans), LASTING)
    recall = table(
        head,
        [
            (name, *(figure(cue.recall.get(cell)) for cell in [*spans, (LASTING, "all")]))
            for name, cue in cues.items()
            if cue.events
        ],
    )
    times = table(
        ("cue", "onset error ms", "after met ms", "after end ms", "to reading ms", "to signal ms"),
        [(name, *map(spread_ms, _times(cue))) for name, cue in cues.items() if cue.hits],
    )
    kinds = sorted({kind for cue in cues.values() for kind in cue.alarms_amid})
    alarms = table(
        ("cue", "an hour", "hours", "visits counted", *kinds),
        [
            (
                name,
                figure(cue.alarms),
                f"{cue.hours:.2f}",
                figure(cue.visits),
                *(short(cue.alarms_amid.get(kind)) for kind in kinds),
            )
            for name, cue in cues.items()
        ],
    )
    return [
        facts,
        *("### Found", found, "### Recall by span and strength", recall),
        *("### Times: median (5 to 95 %), cases", times, "### False alarms", alarms),
        *(write_visits(summary.visits) if summary.visits is not None else []),
    ]


def _all_cues(summary: Summary) -> str:
    """Add all cues up, each event and each cue once."""
    hits, events, false = (
        sum(getattr(cue, name) for cue in summary.cues.values())
        for name in ("hits", "events", "false")
    )
    return (
        f" All cues together: precision {figure(share_of(hits, hits + false))} where they are "
        f"shown, recall {figure(share_of(hits, events))}."
    )


def _beside(groups: Mapping[Group, Summary]) -> list[str]:
    """Set the two readers' figures side by side wherever both saw the same clips."""
    rows = []
    for group, ours in groups.items():
        peer = groups.get(group._replace(system=PEER))
        if group.system != OURS or peer is None:
            continue
        for name, cue in ours.cues.items():
            pair = (cue, peer.cues[name])
            if cue.events:
                scores = [figure(one.f1.get((s, "all"))) for s in (MICRO, MACRO) for one in pair]
                alarms = [figure(one.alarms) for one in pair]
                where = f"{group.source}, {group.split}, {group.fps:g}"
                rows.append((where, name, *scores, *alarms))
    if not rows:
        return []
    head = [f"{what} {who}" for what in ("F1 micro", "F1 macro", "false an hour") for who in _WHO]
    return ["## Beside Face Landmarker's blendshapes", table(("clips", "cue", *head), rows)]


def _found_row(name: str, cue: CueSummary) -> tuple[str, ...]:
    scores = (figure(cue.f1.get((span, "all"))) for span in ("all", MICRO, MACRO))
    rest = (figure(cue.precision), str(cue.false), str(cue.excused))
    return (name, str(cue.events), *scores, *rest)


def _times(cue: CueSummary) -> tuple[Spread, ...]:
    return (cue.onset_error, cue.after_met, cue.after_end, cue.to_reading, cue.to_signal)


def _worths(worths: Mapping[str, Worth]) -> list[str]:
    few = [f"{name} ({worth.why})" for name, worth in worths.items() if not worth.measured]
    measured = table(
        ("cue", "hit rate", "ratio", "real", "odds", "visit", "after price", "signal", "why"),
        [
            (
                name,
                f"{worth.hit_rate:.2f}",
                f"{worth.ratio:.1f}",
                f"{worth.real:.2f}",
                f"{worth.odds:.2f}",
                str(worth.visit_threshold),
                str(worth.after_price_threshold),
                "yes" if worth.signal else "no",
                worth.why,
            )
            for name, worth in worths.items()
            if worth.measured
        ],
    )
    return [measured, f"Not measured: {', '.join(few) or 'none'}."]
