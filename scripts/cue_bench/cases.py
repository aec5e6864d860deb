"""List every case by itself: what was found, missed and false, clip by clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cue_bench.score import ClipScore
    from cue_bench.truth import Event
    from cue_bench.visits import PatternScore
    from cuelight.records import Signal


def cases_of(system: str, scores: Sequence[ClipScore]) -> Iterator[dict[str, Any]]:
    """Give a JSON-able row a case, times in seconds, to look up what went wrong where."""
    for score in scores:
        where = {"system": system, "clip": str(score.clip.folder)}
        for name, cue in score.cues.items():
            head = where | {"cue": name}
            for hit in cue.hits:
                found = hit.told.cue
                yield (
                    head
                    | {"outcome": "hit"}
                    | _event(hit.event)
                    | {"found": [found.onset, found.offset], "told": hit.told.at}
                )
            for event in cue.missed:
                yield head | {"outcome": "missed"} | _event(event)
            for false in cue.false:
                found = false.told.cue
                yield (
                    head
                    | {"outcome": "false", "found": [found.onset, found.offset]}
                    | {"told": false.told.at, "span": false.span, "amid": false.amid}
                )


def visit_cases_of(system: str, scores: Sequence[ClipScore]) -> Iterator[dict[str, Any]]:
    """Give a JSON-able row a true pattern, and a false signal anywhere, times in seconds."""
    for score in scores:
        where = {"system": system, "clip": str(score.clip.folder)}
        for one in score.patterns:
            yield where | {"pattern": one.pattern.reading} | _pattern(one)
        if score.clip.truth.kind != "cues":
            for signal in score.false_signals:
                yield where | {"outcome": "false", "signal": signal.name, **_told(signal)}


def _pattern(score: PatternScore) -> dict[str, Any]:
    true = [score.pattern.start, score.pattern.met, score.pattern.end]
    row = {"outcome": score.outcome, "true": true, "cause": score.cause}
    told = {} if score.signal is None else {"signal": score.signal.name, **_told(score.signal)}
    return row | {"missing": list(score.missing)} | told


def _told(signal: Signal) -> dict[str, Any]:
    return {"reading": signal.reading, "told": signal.timestamp}


def _event(event: Event) -> dict[str, Any]:
    true = [event.onset, event.offset]
    return {"true": true, "strength": event.strength, "span": event.span}
