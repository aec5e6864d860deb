"""Write what came of scripted visits as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cue_bench.markdown import counts, figure, spread_ms, table
from cue_bench.plan import load_plan

if TYPE_CHECKING:
    from cue_bench.visits import VisitsSummary


def write_visits(visits: VisitsSummary) -> list[str]:
    """Give the section's parts: patterns by reading, what was false, what was counted."""
    limits = load_plan().visits
    facts = (
        f"{visits.visits} scripted visits. With a true pattern: right signal by "
        f"{limits['right_seconds']:g} s after its last movement was complete in "
        f"{figure(visits.right)}, of those that the cue book can tell of flawless cues in "
        f"{figure(visits.within_book)}; late: up to {limits['late_seconds']:g} s after. Outside of "
        f"patterns ({visits.hours:.2f} h): {figure(visits.false_signals)} signals an hour "
        f"({counts(visits.false_of)}), {figure(visits.false_readings)} readings an hour."
    )
    patterns = table(
        (
            *("pattern", "visits", "right", "late", "wrong", "missed"),
            *("signal after met ms", "why not", "movements not found there"),
        ),
        [
            (
                *(name, str(one.visits), figure(one.right)),
                *(str(one.late), str(one.wrong), str(one.missed), spread_ms(one.delay)),
                *(counts(one.causes), counts(one.missing)),
            )
            for name, one in visits.readings.items()
            if one.visits
        ],
    )
    some = {name: share for name, share in visits.counted.items() if share.value > 0.0}
    rest = [share.cases for share in visits.counted.values() if share.value == 0.0]
    none = f"{len(rest)} other cells: none, of {min(rest, default=0)} visits or more."
    cells = table(
        ("counted in visits without it", "share"),
        [(name, figure(share)) for name, share in some.items()],
    )
    return ["### Visits", facts, patterns, *([cells] if some else []), none]
