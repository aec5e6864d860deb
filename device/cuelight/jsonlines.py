"""The JSON lines of `replay` and `read`: one object a line, its kind in `type`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cuelight.records import Cue, Reading, Signal, VisitTally
from cuelight.sense.records import EMOTIONS, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cuelight.sense.records import Expression

_DIGITS = 4  # a tenth of a millisecond, a fortieth of the model's own step


def frame_line(expression: Expression) -> str:
    """Write one face in one frame: its action units, emotions, head and gaze."""
    head = {"t": _short(expression.timestamp), "track": expression.track}
    return _line("frame", head | _seen(expression))


def face_line(image: Path, expression: Expression) -> str:
    """Write one face in a still picture, with its box [left, top, right, bottom] in pixels."""
    box = expression.box
    corners = [round(value, 1) for value in (box.left, box.top, box.right, box.bottom)]
    return _line("face", {"image": str(image), "box": corners} | _seen(expression))


def event_line(event: Cue | Reading | Signal | VisitTally) -> str | None:
    """Write a cue, reading or signal; None for a tally, which no command prints."""
    match event:
        case Cue():
            return _line("cue", _cue(event))
        case Reading():
            return _line(
                "reading",
                {
                    "name": event.name,
                    "t": _short(event.timestamp),
                    "confidence": _short(event.confidence),
                    "evidence": [_cue(cue) for cue in event.evidence],
                },
            )
        case Signal():
            body = {"name": event.name, "t": _short(event.timestamp), "reading": event.reading}
            return _line("signal", body)
        case VisitTally():
            return None


def explain_line(timestamp: float, candidate: str, outcome: str, reason: str) -> str:
    """Write why a candidate did, or did not, become what it might have become."""
    body = {"candidate": candidate, "outcome": outcome, "reason": reason}
    return _line("explain", {"t": _short(timestamp), **body})


def _line(kind: str, body: Mapping[str, object]) -> str:
    return json.dumps({"type": kind, **body}, ensure_ascii=False)


def _cue(cue: Cue) -> dict[str, object]:
    times = {key: _short(getattr(cue, key)) for key in ("onset", "apex", "offset")}
    rest = {key: _short(getattr(cue, key)) for key in ("strength", "confidence")}
    flags = {"provisional": cue.provisional, "price": cue.price}
    return {"name": cue.name, "track": cue.track, **times, **rest, **flags}


def _seen(expression: Expression) -> dict[str, object]:
    head, gaze = expression.head, expression.gaze
    return {
        "action_units": _named(UNITS, expression.action_units),
        "emotions": _named(EMOTIONS, expression.emotions),
        "head": {
            "yaw": _short(head.yaw),
            "pitch": _short(head.pitch),
            "roll": _short(head.roll),
            "scale": _short(head.scale),
        },
        "gaze": {"yaw": _short(gaze.yaw), "pitch": _short(gaze.pitch)},
        "quality": _short(expression.quality),
    }


def _named(names: Iterable[str], values: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(names, (_short(value) for value in values.tolist()), strict=True))


def _short(value: float) -> float:
    return round(float(value), _DIGITS)
