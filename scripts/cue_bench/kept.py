"""Keep what sensing gave of a clip's film, so that the reader is tuned without the models.

The folder holds expressions of the lab's own clips, never of a visit at a table.
"""

from __future__ import annotations

import hashlib
import tomllib
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

import cuelight
from cue_bench.play import gather, play_clip
from cue_bench.rows import Row, play_rows
from cuelight.commands.replay import replay
from cuelight.compose import build_reader, build_sensing
from cuelight.places import models_folder
from cuelight.sense.card import CARD_FILE, load_card
from cuelight.sense.clip import open_clip
from cuelight.sense.detect import DETECTOR_FILE
from cuelight.sense.records import Box, Expression, Gaze, Head
from cuelight.sense.runtime import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cue_bench.clips import BenchClip
    from cue_bench.play import Play
    from cuelight.sensing import Seen
    from cuelight.settings import Settings

FORMAT: Final = 2
"""Raised when the arrays of a kept file change their meaning."""

_SENSES: Final = (
    *("clip", "crop", "detect", "expression", "face", "geometry"),
    *("picture", "records", "runtime", "shape", "track", "zone"),
)
"""The rooms of `sense` that a clip passes through; cameras and the reading of cards are none."""

_PACKAGES: Final = ("numpy", "opencv-python-headless", *(name for _, name in RUNTIMES.values()))


def play_kept(clip: BenchClip, settings: Settings, folder: Path | None) -> Play:
    """Play a clip from what `folder` keeps of it; else by the real loop, and keep that.

    Without a folder it is the real loop, and nothing is kept.
    """
    if folder is None:
        return play_clip(clip, settings)
    card = load_card(models_folder(settings.model.folder))
    return play_rows(kept_rows(clip, settings, folder), build_reader(settings, card), clip.marks)


def kept_rows(clip: BenchClip, settings: Settings, folder: Path) -> Sequence[Row]:
    """Give what sensing gave of a clip, from what `folder` keeps of it, else by the real loop."""
    kept = folder / f"{key_of(clip.film, settings)}.npz"
    rows = load_rows(kept)
    if rows is None:
        rows = []
        with open_clip(clip.film) as film:
            gather(_noted(replay(build_sensing(settings), film, clip.marks), rows))
        keep_rows(kept, rows)
    return rows


def key_of(film: Path, settings: Settings) -> str:
    """Name what the expressions of a film depend on: film, sensing's settings, models and source.

    The card's thresholds and the cue parameters belong to the reader, and are left out.
    """
    folder, source = models_folder(settings.model.folder), Path(cuelight.__file__).parent
    table = tomllib.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    table.pop("units", None)
    files = [
        folder / table["model"]["file"],
        folder / "fetched" / DETECTOR_FILE,
        source / "sensing.py",
        *(source / "sense" / f"{name}.py" for name in _SENSES),
    ]
    digest = hashlib.sha256(repr((FORMAT, settings.zone, settings.model, table)).encode())
    for path in files:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    for path in sorted(film.iterdir()) if film.is_dir() else [film]:
        stat = path.stat()
        digest.update(repr((str(path.resolve()), stat.st_size, stat.st_mtime_ns)).encode())
    digest.update(repr([_installed(name) for name in _PACKAGES]).encode())
    return digest.hexdigest()[:24]


def keep_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as one .npz, whole or not at all."""
    faces = [expression for row in rows for expression in row.expressions]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part.npz")
    np.savez_compressed(
        fresh,
        times=np.array([row.timestamp for row in rows], np.float64),
        occupied=np.array([row.occupied for row in rows], bool),
        faces=np.array([len(row.expressions) for row in rows], np.int64),
        tracks=np.array([face.track for face in faces], np.int64),
        units=np.array([face.action_units for face in faces], np.float32),
        relative=np.array([face.relative_units for face in faces], np.float32),
        emotions=np.array([face.emotions for face in faces], np.float32),
        landmarks=np.array([face.landmarks for face in faces], np.float32),
        floats=np.array([_floats(face) for face in faces], np.float64).reshape(-1, 11),
    )
    fresh.replace(path)


def load_rows(path: Path) -> list[Row] | None:
    """Give the rows of a kept file; None where there is none or it is broken."""
    try:
        with np.load(path) as file:
            kept = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        return None
    faces = list(_expressions(kept))
    spans = pairwise(accumulate(kept["faces"].tolist(), initial=0))
    frames = zip(kept["times"].tolist(), spans, kept["occupied"].tolist(), strict=True)
    return [Row(time, tuple(faces[start:end]), there) for time, (start, end), there in frames]


def _expressions(kept: Mapping[str, NDArray[Any]]) -> Iterator[Expression]:
    columns = (
        np.repeat(kept["times"], kept["faces"]).tolist(),
        kept["tracks"].tolist(),
        kept["units"],
        kept["relative"],
        kept["emotions"],
        kept["landmarks"],
        kept["floats"].tolist(),
    )
    for timestamp, track, units, relative, emotions, landmarks, some in zip(*columns, strict=True):
        yield Expression(
            track=track,
            timestamp=timestamp,
            action_units=units,
            relative_units=relative,
            emotions=emotions,
            head=Head(*some[:4]),
            gaze=Gaze(*some[4:6]),
            landmarks=landmarks,
            box=Box(*some[7:]),
            quality=some[6],
        )


def _floats(face: Expression) -> tuple[float, ...]:
    head, gaze, box = face.head, face.gaze, face.box
    pose = (head.yaw, head.pitch, head.roll, head.scale, gaze.yaw, gaze.pitch)
    return (*pose, face.quality, box.left, box.top, box.right, box.bottom)


def _noted(seen: Iterable[Seen], rows: list[Row]) -> Iterator[Seen]:
    """Pass on what is seen, and note every frame of it; the last item is none."""
    waiting: Row | None = None
    for one in seen:
        if waiting is not None:
            rows.append(waiting)
        waiting = Row(one.timestamp, one.expressions, one.occupied)
        yield one


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
