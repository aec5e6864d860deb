"""Add real films up: each has too few cues to say much by itself."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from cue_bench.chance import share_of
from cue_bench.labels import pass_of
from cue_bench.markdown import figure, table
from cue_bench.plan import load_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cue_bench.chance import Figure
    from cue_bench.group import Group
    from cue_bench.summary import CueSummary, Summary

_ALL = "all cues"


def write_films(groups: Mapping[Group, Summary]) -> list[str]:
    """Add up the films besides those for tuning: a row a reader, pass and cue.

    `films.tuned` of the plan names those for tuning. Nothing where no such film was measured.
    """
    tuned = load_plan().films["tuned"]
    passes: defaultdict[tuple[str, str], dict[str, Summary]] = defaultdict(dict)
    for group, summary in groups.items():
        made = pass_of(group.split)
        if made is not None and made[0] not in tuned:
            film, labels = made
            passes[group.system, labels][film] = summary
    if not passes:
        return []
    films = sorted({film for some in passes.values() for film in some})
    rows = [
        (system, labels, name, *map(figure, shares))
        for (system, labels), some in passes.items()
        for name, shares in _added(some).items()
    ]
    said = f"{', '.join(films)}: every cue told and every one labelled, each once."
    head = ("reader", "labels", "cue", "precision", "recall")
    return ["## Real films besides the one for tuning", said, table(head, rows)]


def _added(films: Mapping[str, Summary]) -> dict[str, tuple[Figure, Figure]]:
    """Give precision and recall of all cues, and of each that was told or labelled."""
    found: defaultdict[str, list[CueSummary]] = defaultdict(list)
    for summary in films.values():
        for name, cue in summary.cues.items():
            if cue.events or cue.false:
                found[_ALL].append(cue)
                found[name].append(cue)
    shares = {}
    for name in [_ALL, *sorted(found.keys() - {_ALL})]:
        hits, events, false = (
            sum(getattr(cue, what) for cue in found[name]) for what in ("hits", "events", "false")
        )
        shares[name] = (share_of(hits, hits + false), share_of(hits, events))
    return shares
