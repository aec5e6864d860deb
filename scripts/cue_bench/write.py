"""Write measured values into cues.toml, and leave everything else as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cuelight.cuebook import load_cuebook
from cuelight.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cue_bench.worth import Worth

_HEADER = re.compile(r"^\[(?P<name>[^\[\]]+)\]\s*(#.*)?$")
_PAIR = re.compile(r"^(?P<key>\w+)(?P<is>\s*=\s*)(?P<value>\{[^}]*\}|[^#\s]+)(?P<rest>\s*(#.*)?)$")


def write_cues(path: Path, worths: Mapping[str, Worth]) -> list[str]:
    """Put the values of measured cues into the file, whole or not at all; give their names.

    Comments, order, and every key that is not measured stay. Raises ModelError if the file is no
    cue book before, or would be none after.
    """
    load_cuebook(path)
    fresh = path.with_name(path.name + ".part")
    fresh.write_text(with_worths(path.read_text(encoding="utf-8"), worths), encoding="utf-8")
    try:
        load_cuebook(fresh)
    except ModelError:
        fresh.unlink()
        raise
    fresh.replace(path)
    return sorted(name for name, worth in worths.items() if worth.measured)


def with_worths(text: str, worths: Mapping[str, Worth]) -> str:
    """Give the text of a cues.toml with the values of every measured cue in it.

    Of a cue with too few events only the visit thresholds, which rest on its false alarms alone.

    Raises ModelError where a measured cue's table lacks one of the keys.
    """
    lines, fresh, waiting = text.splitlines(keepends=True), dict[str, str](), ""
    result: list[str] = []
    for line in lines:
        bare = line.rstrip("\r\n")
        if header := _HEADER.match(bare):
            _all_there(waiting, fresh)
            section, _, cue = header["name"].partition(".")
            worth = worths.get(cue) if section == "cue" else None
            fresh = _values(worth) if worth is not None else {}
            waiting = header["name"]
        pair = _PAIR.match(bare)
        if pair and pair["key"] in fresh:
            value = fresh.pop(pair["key"])
            result.append(f"{pair['key']}{pair['is']}{value}{pair['rest']}{line[len(bare) :]}")
        else:
            result.append(line)
    _all_there(waiting, fresh)
    return "".join(result)


def _values(worth: Worth) -> dict[str, str]:
    thresholds = {
        "visit_threshold": str(worth.visit_threshold),
        "after_price_threshold": str(worth.after_price_threshold),
    }
    if not worth.measured:
        return thresholds if worth.watched else {}
    return thresholds | {
        "odds": f"{worth.odds:.3g}",
        "signal": str(worth.signal).lower(),
        "signal_confidence": f"{worth.signal_confidence:g}",
        "measured": "true",
    }


def _all_there(section: str, left: Mapping[str, str]) -> None:
    if left:
        raise ModelError(f"cues.toml: [{section}] lacks {', '.join(sorted(left))}; add them.")
