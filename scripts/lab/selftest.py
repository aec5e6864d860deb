"""Pack the clips of `cuelight selftest`, and measure what is found in them.

With a folder of rendered clips, each is cut to the face and to its events and written small. With
or without one, every clip there is then played through the real loop, and its F1 stored.
`scripts/make-selftest` starts it in the device's own environment.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from cue_bench.clips import find_clips
from cue_bench.definition import also_true, due

from cuelight.commands.selftest import clip_text, play
from cuelight.compose import build_model
from cuelight.errors import CuelightError
from cuelight.known import EXPECTED, Expected, load_clip
from cuelight.places import selftest_folder
from cuelight.read.cue import CUES
from cuelight.sense.clip import open_clip
from cuelight.settings import Settings
from lab.matroska import fix_identifiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cue_bench.clips import BenchClip
    from cue_bench.truth import Event

    from cuelight.sense.records import Frame

BITS_A_SECOND = 700_000
"""Of the packed film; with few more, grain is what they go into."""
LEAD_SECONDS, TAIL_SECONDS = 3.0, 1.3
"""How much of a clip is kept before its first event and after its last."""
MARGIN = 0.3
"""How much is kept round the face, as a share of its box over the whole clip."""
F1_TOLERANCE = 0.25
"""One slip among three events still passes (0.8 instead of 1): another processor may round so."""
FALSE_TOLERANCE = 1
"""So may one false cue at the edge of being told."""
UNKNOWN = Expected(None, None, 0, 0)
HEADER = """\
# What scripts/make-selftest measured on these clips; `cuelight selftest` fails below
# f1 - f1_tolerance, or with more false cues than false + false_tolerance.
# f1 is over all cues of a clip together; a clip without it shows nothing that is to be found.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Pack the clips given, then measure all; exit code 2 for wrong input."""
    parser = argparse.ArgumentParser(prog="make-selftest", description=__doc__)
    parser.add_argument("films", type=Path, nargs="?", help="folder of the rendered clips")
    parser.add_argument("--out", type=Path, default=selftest_folder(), help="where they are kept")
    given = parser.parse_args(words)
    try:
        if given.films:
            given.out.mkdir(parents=True, exist_ok=True)
            for clip in find_clips([given.films]):
                pack(clip, given.out / clip.folder.parent.name)
        measure(given.out)
    except CuelightError as error:
        print(f"make-selftest: {error}", file=sys.stderr)
        return 2
    return 0


def pack(clip: BenchClip, path: Path) -> None:
    """Write one clip's film and truth beside each other: `path` with .mkv and .json."""
    truth = clip.truth
    spans = [(event.onset, event.offset) for event in truth.events]
    spans += [(stretch.start, stretch.end) for stretch in truth.distractors]
    start = round(max(min(a for a, _ in spans) - LEAD_SECONDS, 0.0) * truth.fps) / truth.fps
    end = min(max(b for _, b in spans) + TAIL_SECONDS, truth.seconds)
    with open_clip(clip.film) as film:
        frames = [frame for frame in film if start - 1e-3 <= frame.timestamp < end]
    write_film(path.with_suffix(".mkv"), frames, truth.fps)
    names = sorted({stretch.name for stretch in truth.distractors} | {e.name for e in truth.events})
    page = {
        "scene": truth.scene,
        "shows": ", ".join(name.replace("_", " ") for name in names),
        "events": [_row(event, start, truth.fps) for event in truth.events],
    }
    text = json.dumps(page, indent=1) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    size = path.with_suffix(".mkv").stat().st_size
    print(f"{path.name}: {len(frames)} frames, {size / 1000:.0f} kB")


def write_film(path: Path, frames: list[Frame], fps: float) -> None:
    """Write the frames, cut to the face, as MPEG-4 in Matroska."""
    left, top, right, bottom = _window(frames)
    os.environ["OPENCV_FFMPEG_WRITER_OPTIONS"] = f"b;{BITS_A_SECOND}"
    film = cv2.VideoWriter(
        str(path),
        cv2.CAP_FFMPEG,
        cv2.VideoWriter.fourcc(*"mp4v"),
        fps,
        (right - left, bottom - top),
    )
    for frame in frames:
        grey = frame.image[top:bottom, left:right]
        film.write(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    film.release()
    fix_identifiers(path)


def measure(folder: Path) -> None:
    """Play every clip of a folder and write `expected.toml`."""
    lines = [HEADER, f"f1_tolerance = {F1_TOLERANCE}", f"false_tolerance = {FALSE_TOLERANCE}"]
    for path in sorted(folder.glob("*.json")):
        played = play(load_clip(folder, path.stem, UNKNOWN), Settings())
        print(clip_text(played))
        lines += ["", f"[clip.{path.stem}]"]
        lines += [] if played.f1 is None else [f"f1 = {round(played.f1, 3)}"]
        lines.append(f"false = {played.false}")
    (folder / EXPECTED).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(event: Event, start: float, fps: float) -> dict[str, Any]:
    duty = due(event, fps=fps)
    owed = None if duty is None else [round(t - start, 3) for t in duty.interval]
    return {
        "name": event.name,
        "onset": round(event.onset - start, 3),
        "offset": round(event.offset - start, 3),
        "owed": owed,
        "met": None if duty is None else round(duty.met - start, 3),
        "also": sorted(cue for cue in CUES if also_true(cue, event)),
    }


def _window(frames: list[Frame]) -> tuple[int, int, int, int]:
    """Give the part of the picture, in even pixels, that holds the face throughout."""
    finder, model = build_model(Settings())
    boxes = []
    for frame in frames:
        for face in finder.update(frame):
            finder.follow(face.track, model.read(face, frame))
            boxes.append((face.box.left, face.box.top, face.box.right, face.box.bottom))
    sides = np.array(boxes)
    low, high = sides[:, :2].min(0), sides[:, 2:].max(0)
    margin = MARGIN * (high - low).max()
    height, width = frames[0].image.shape
    left, top = (int(each) & ~1 for each in np.clip(low - margin, 0, None))
    right, bottom = (int(each) & ~1 for each in np.minimum(high + margin, (width, height)))
    return left, top, right, bottom


if __name__ == "__main__":
    sys.exit(main())
