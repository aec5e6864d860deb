"""Open a box on its own camera: as one process, or as two where the settings want it so.

Neither form is imported before it is chosen: a telling process that knows no model, no numpy and no
camera is smaller by as much.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cuelight.errors import CameraError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from cuelight.box import Box
    from cuelight.records import Reading, Signal, VisitTally
    from cuelight.settings import Settings
    from cuelight.split.box import SplitBox

_log = logging.getLogger(__name__)


def open_box(
    settings: Settings,
    *,
    publish: bool,
    mock_allowed: bool,
    heard: Callable[[Signal | Reading | VisitTally], object] | None,
    stop: threading.Event,
    ready: Callable[[], object] | None,
    settings_fault: str,
) -> Box | SplitBox:
    """Open the box; the arguments, and what is raised, are those of `Box`."""
    if settings.sandbox.split:
        from cuelight.split.box import SplitBox  # noqa: PLC0415

        return SplitBox(
            settings,
            publish=publish,
            mock_allowed=mock_allowed,
            heard=heard,
            stop=stop,
            ready=ready,
            settings_fault=settings_fault,
        )
    from cuelight.box import Box  # noqa: PLC0415
    from cuelight.sense.camera import load_vendor, open_camera  # noqa: PLC0415

    try:
        load_vendor(settings.camera)
    except CameraError as error:  # said again, and to the broker too, when the camera is opened
        _log.debug("%s", error)
    return Box(
        settings,
        open_camera=lambda: open_camera(settings.camera),
        publish=publish,
        mock_allowed=mock_allowed,
        heard=heard,
        stop=stop,
        ready=ready,
        settings_fault=settings_fault,
    )
