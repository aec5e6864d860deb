"""Say how alike the cues of one scene are at two frame rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cue_bench.chance import Figure, share_of
from cue_bench.match import match
from cue_bench.plan import load_plan
from cue_bench.truth import span_of
from cuelight.read.cue import GESTURES, MACRO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cuelight.records import Cue


def alike(one: Mapping[str, Sequence[Cue]], other: Mapping[str, Sequence[Cue]]) -> Figure:
    """Give the share of macro cues that the other rate shows too: same name, overlap >= 0.5.

    Both maps hold the cues of each scene; scenes that only one rate has are passed over. Nods and
    shakes are rows of turns and no macro movement. Every cue of either rate counts once.
    """
    same = total = 0
    for scene in sorted(one.keys() & other.keys()):
        for mine, theirs in ((one[scene], other[scene]), (other[scene], one[scene])):
            asked = [cue for cue in mine if _macro(cue)]
            total += len(asked)
            same += sum(_found(name, asked, theirs) for name in {cue.name for cue in asked})
    return share_of(same, total)


def _found(name: str, asked: Sequence[Cue], theirs: Sequence[Cue]) -> int:
    mine = [(cue.onset, cue.offset) for cue in asked if cue.name == name]
    others = [(cue.onset, cue.offset) for cue in theirs if cue.name == name]
    return len(match(mine, others, least=load_plan().match["iou"]))


def _macro(cue: Cue) -> bool:
    return cue.name not in GESTURES and span_of(cue.offset - cue.onset) == MACRO
