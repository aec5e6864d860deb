"""Break errors on held-out renders down by skin tone, light, turn and camera height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from channels import UNITS
from validate import correlation

if TYPE_CHECKING:
    from pathlib import Path

    from crop import Floats
    from shards import Shard

Marks: TypeAlias = dict[str, "Floats"]

SHOWN = ("AU12L", "AU09", "AU01")


def marks_of(shard: Shard, cache: Path) -> Marks:
    """Give what is known of each held-out strip: `tone`, `key_side`, `yaw` and `pitch`.

    The first two are read from the strips' own files, whose order `open_shards` keeps.
    """
    marks = {
        "yaw": np.abs(shard.fields["head"][:, 0]),
        "pitch": shard.fields["head"][:, 1],
    }
    parts: dict[str, list[Floats]] = {"tone": [], "key_side": []}
    for path in sorted((cache / shard.name).glob("*.npz")):
        if path.name.endswith(".part.npz"):
            continue
        with np.load(path) as held:
            if not all(name in held for name in parts):
                return marks
            for name, values in parts.items():
                values.append(held[name][held["split"] == 1])
    found = {name: np.concatenate(values) for name, values in parts.items()}
    if len(found["tone"]) != len(shard):
        message = f"{cache / shard.name}: files came or went meanwhile; run the report anew"
        raise ValueError(message)
    return marks | found


def by_bucket(
    said: list[Floats], shard: Shard, marks: Marks, edges: dict[str, list[float]]
) -> dict[str, Any]:
    """Give head and gaze errors, and some units' correlation with the truth, by bucket."""
    found: dict[str, Any] = {}
    for mark, values in marks.items():
        bucket = np.digitize(values, edges[mark])
        found[mark] = [
            _scores(said, shard, np.flatnonzero(bucket == number))
            for number in range(len(edges[mark]) + 1)
        ]
    return found


def _scores(said: list[Floats], shard: Shard, rows: Any) -> dict[str, Any]:  # noqa: ANN401
    known = {name: shard.fields[name][rows] for name in ("units", "head", "gaze")}
    units = {name: UNITS.index(name) for name in SHOWN}
    if not len(rows):
        return {"faces": 0}
    return {
        "faces": len(rows),
        "head": np.nanmean(np.abs(said[2][rows] - known["head"]), 0).tolist(),
        "gaze": np.nanmean(np.abs(said[3][rows] - known["gaze"]), 0).tolist(),
        "r": {
            name: correlation(said[0][rows, row], known["units"][:, row])
            for name, row in units.items()
        },
    }
