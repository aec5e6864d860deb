"""Where the mirror's pictures come from: a webcam, or a clip that plays as one would."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.clock import boot_seconds
from cuelight.errors import InputError
from cuelight.sense.camera import open_camera
from cuelight.sense.paced import PacedClip
from cuelight.settings import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.sense.camera import Camera

WEBCAM: Final = "0"

_LAST_WEBCAM: Final = 63

_LOOPS: Final = 1000
"""A clip comes round again as long as a look can last."""


def mirror_source(text: str) -> Callable[[], Camera]:
    """Read what --mirror-source says; the result opens it, and nothing is opened before.

    A number is a webcam (1: /dev/video1), anything else a clip's path. Raises InputError when that
    is neither.
    """
    if text.isdecimal() and int(text) <= _LAST_WEBCAM:
        settings = CameraSettings(source="v4l2", index=int(text))
        return lambda: open_camera(settings)
    path = Path(text).expanduser()
    if not path.exists():
        raise InputError(
            f"--mirror-source is {text!r}; the number of a webcam (0 to {_LAST_WEBCAM}) or the "
            "path of a clip is wanted."
        )
    return lambda: PacedClip(path, loops=_LOOPS, now=boot_seconds, wait=time.sleep)
