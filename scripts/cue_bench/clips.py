"""Find the clips to measure, each a folder with its truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cue_bench.truth import Truth, load_truth
from cuelight.errors import InputError
from cuelight.price_marks import load_price_marks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TRUTH_FILE: Final = "truth.json"
_UNFINISHED: Final = ".part"  # a folder that is still being written
_FILMS: Final = (".mkv", ".mp4", ".mov", ".avi", ".webm")


@dataclass(frozen=True, slots=True)
class BenchClip:
    """A clip with its truth: `film` is a video or a folder of pictures, `marks` in seconds."""

    folder: Path
    film: Path
    marks: tuple[float, ...]
    truth: Truth


def find_clips(given: Iterable[Path], *, split: str | None = None) -> list[BenchClip]:
    """Find every clip in the folders given, at any depth, in the order of their names.

    Raises InputError where a folder holds none, or a clip is not whole.
    """
    found: dict[Path, BenchClip] = {}
    for path in given:
        truths = sorted(path.rglob(TRUTH_FILE))
        if not truths:
            raise InputError(f"No {TRUTH_FILE} in {path} or below. Make clips: scripts/make-clips.")
        for file in truths:
            if file.parent.name.endswith(_UNFINISHED):
                continue
            clip = _load(file)
            if split in (None, clip.truth.split):
                found[file.resolve()] = clip
    if not found:
        raise InputError(f"None of the clips given is whole and of the split {split or 'any'}.")
    return list(found.values())


def _load(file: Path) -> BenchClip:
    folder, truth = file.parent, load_truth(file)
    films = [path for path in sorted(folder.glob("clip.*")) if path.suffix.lower() in _FILMS]
    films += [path for path in (folder / "frames",) if path.is_dir()]
    if not films:
        raise InputError(f"{folder} holds no clip.mkv and no frames/. Make the clip anew.")
    events = folder / "events.txt"
    marks = tuple(load_price_marks(events)) if events.exists() else truth.marks
    return BenchClip(folder, films[0], marks, truth)
