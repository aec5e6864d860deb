"""The mirror on the rep's own machine: one look at a time, and what it measures beside it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from cuelight.errors import CameraError
from cuelight.practice.mirror.look import Limits, Look
from cuelight.practice.mirror.targets import measure_targets
from cuelight.sense.picture import read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cuelight.practice.mirror.eye import Eye, Glance
    from cuelight.practice.stills import Stills
    from cuelight.sense.camera import Camera


class Mirror:
    """Opens the camera when it is asked to and at no other time; keeps no figure at all.

    `open_eye` loads the models, once, when the mirror's page is first opened. Safe for threads.
    """

    def __init__(
        self,
        stills: Stills,
        *,
        open_eye: Callable[[], Eye],
        open_camera: Callable[[], Camera],
        limits: Limits | None = None,
    ) -> None:
        self._stills = stills
        self._open_eye = open_eye
        self._open_camera = open_camera
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._eye: Eye | None = None
        self._guide: dict[str, Any] | None = None
        self._look: Look | None = None

    def guide(self) -> dict[str, Any]:
        """Give what the page shows beside the rep: movements, targets, limits. No camera opens.

        Raises InputError or ModelError where the models or OpenCV are missing.
        """
        with self._lock:
            if self._guide is None:
                self._end()  # the eye is one, and a look elsewhere may be using it
                eye = self._ready()
                targets = measure_targets(
                    self._stills,
                    eye.movements,
                    read_picture=read_image,
                    figures=eye.look_at_still,
                )
                self._guide = {
                    "movements": [
                        {"words": one.words, "whole": one.whole, "angle": one.is_angle}
                        | {"name": one.name}
                        for one in eye.movements
                    ],
                    "targets": [
                        {"words": one.target.words, "file": one.file, "amounts": one.amounts}
                        for one in targets
                    ],
                    "whole_seconds": self._limits.whole_seconds,
                    "alone_seconds": self._limits.alone_seconds,
                }
            return self._guide

    def open(self, tell: Callable[[Glance | str], object]) -> Look:
        """Begin a look, as in `Look`; one that is under way elsewhere ends first.

        Raises CameraError when that one does not let the camera go.
        """
        with self._lock:
            self._end()
            self._look = Look(self._open_camera, self._ready(), limits=self._limits, tell=tell)
            return self._look

    def close(self) -> None:
        """End the look that is under way, if there is one, and wait until its camera is closed."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ready(self) -> Eye:
        if self._eye is None:
            self._eye = self._open_eye()
        return self._eye

    def _end(self) -> None:
        if self._look is None:
            return
        self._look.stop()
        if not self._look.wait():
            raise CameraError(
                "the camera of the look before does not close. Pull its plug, then start "
                "`cuelight practice` again."
            )
        self._look = None
