"""Fit what each cue looks like to clips for tuning, and write models/looks.toml."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cue_bench.clips import find_clips
from cue_bench.fit import fit
from cue_bench.likenesses import LEARNED, gather_sample
from cuelight.errors import CuelightError
from cuelight.looks import LOOKS_FILE
from cuelight.places import models_folder
from cuelight.read.likeness import FEATURES
from cuelight.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cue_bench.fit import Fitted

_HEAD: Final = """\
# What each cue looks like: weights that scripts/fit-looks found on rendered heads and warped
# portraits of people kept for tuning. A movement is the cue with the probability
# logistic(bias + sum of (weights + bends x apart) x apart), where apart is features - means, four
# spreads at most, and cues are as common as in those clips. It is told from `least` on; raising
# that finds fewer, true and false ones. What the features are, device/cuelight/read/likeness.py
# says. A cue that is not here is told by the limits of cues.toml.
"""


def main() -> int:
    """Fit every cue; 2 where the clips cannot be used."""
    parser = argparse.ArgumentParser(prog="fit-looks", description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path, help="folders of clips for tuning")
    parser.add_argument(
        "--cache", type=Path, required=True, help="where sensing's results are kept"
    )
    parser.add_argument("--write", action="store_true", help=f"write models/{LOOKS_FILE}")
    given = parser.parse_args()
    settings = Settings()
    try:
        clips = [c for c in find_clips(given.clips, split="tune") if c.truth.fps == 30.0]
        sample = gather_sample(clips, settings, given.cache)
    except CuelightError as error:
        print(error, file=sys.stderr)
        return 2
    found = {name: fit(name, sample) for name in LEARNED}
    print(
        f"{len(clips)} clips; F1 at half strength and false alarms an hour, each person judged by "
        "weights fitted to the others"
    )
    print("| cue | true | false | F1 micro | F1 macro | alarms an hour | least |")
    print("|---|---|---|---|---|---|---|")
    for name, one in found.items():
        print(
            f"| {name} | {one.true} | {one.false} | {one.f1.get('micro', 0.0):.2f} "
            f"| {one.f1.get('macro', 0.0):.2f} | {one.alarms:.1f} | {one.looks.least:.2f} |"
        )
    if given.write:
        path = models_folder(settings.model.folder) / LOOKS_FILE
        path.write_text(_HEAD + "\n".join(_lines(found)) + "\n", encoding="utf-8")
    return 0


def _lines(found: Mapping[str, Fitted]) -> Iterable[str]:
    yield "\nfeatures = ["
    for start in range(0, len(FEATURES), 8):
        yield "  " + ", ".join(f'"{name}"' for name in FEATURES[start : start + 8]) + ","
    yield "]"
    for name, one in ((name, fitted.looks) for name, fitted in found.items()):
        yield f"\n[cue.{name}]"
        yield f"least = {one.least:.3f}"
        yield f"bias = {one.bias:.4f}"
        for key, values in (
            ("means", one.means),
            ("spreads", one.spreads),
            ("weights", one.weights),
            ("bends", one.bends),
        ):
            yield f"{key} = ["
            for start in range(0, len(values), 12):
                yield "  " + ", ".join(f"{value:.4g}" for value in values[start : start + 12]) + ","
            yield "]"


if __name__ == "__main__":
    sys.exit(main())
