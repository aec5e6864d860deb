"""Write one clip's folder: the film, the price marks and the truth."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2

from lab.matroska import fix_identifiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from lab.script import Script

GREY = (False,)
"""OpenCV's word for one channel, which it takes by place only."""
CLIP, EVENTS, TRUTH = "clip.mkv", "events.txt", "truth.json"


@dataclass(frozen=True, slots=True)
class ClipFolder:
    """Where one clip lies; it is finished once its folder has that name."""

    path: Path

    @property
    def finished(self) -> bool:
        """Tell whether the clip is there and whole."""
        return (self.path / TRUTH).exists()

    def truth(self) -> dict[str, Any]:
        """Read what the clip's truth says."""
        said: dict[str, Any] = json.loads((self.path / TRUTH).read_text(encoding="utf-8"))
        return said

    def write(
        self,
        script: Script,
        pictures: Iterable[NDArray[np.uint8]],
        fps: float,
        size: tuple[int, int],
        truth: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the clip under another name first: a stop in mid-write leaves no half clip.

        `truth` replaces what the script says of itself, key by key. Lossless FFV1 in Matroska,
        full-range luma. Raises RuntimeError without FFV1.
        """
        part = self.path.with_name(self.path.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        film = cv2.VideoWriter(
            str(part / CLIP), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), fps, size, *GREY
        )
        if not film.isOpened():
            raise RuntimeError("This OpenCV cannot write FFV1; install opencv-python-headless.")
        for picture in pictures:
            film.write(picture)
        film.release()
        fix_identifiers(part / CLIP)
        (part / EVENTS).write_text(script.side_car(), encoding="utf-8")
        said = json.dumps(script.truth(fps, size) | dict(truth or {}), indent=1)
        (part / TRUTH).write_text(said + "\n", encoding="utf-8")
        part.rename(self.path)
