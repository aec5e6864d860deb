"""Take a clip's frames out of the same clip at a higher rate, rather than render them again.

What a frame shows, its grain included, depends on its time alone: the bytes are the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lab.clip_folder import CLIP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from lab.plan import Job


def find_source(job: Job, jobs: Sequence[Job]) -> tuple[Job, int] | None:
    """Find the fastest job that shows the same clip at a whole multiple of the rate, and which."""
    found = [
        (other, round(other.fps / job.fps))
        for other in jobs
        if other.fps > job.fps
        and other.fps % job.fps == 0
        and replace(other, fps=job.fps, folder=job.folder) == job
    ]
    return max(found, key=lambda each: each[1], default=None)


def every(folder: Path, step: int) -> Iterator[NDArray[np.uint8]]:
    """Give every `step`-th picture (height,width) of a finished clip's folder."""
    film = cv2.VideoCapture(str(folder / CLIP), cv2.CAP_FFMPEG)
    try:
        number = 0
        while film.grab():
            if number % step == 0:
                _, picture = film.retrieve()
                grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
                yield np.asarray(grey, np.uint8)
            number += 1
    finally:
        film.release()
