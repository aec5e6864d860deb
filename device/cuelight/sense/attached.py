"""Name the camera that is attached, without opening it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import CameraError

if TYPE_CHECKING:
    from cuelight.settings import CameraSettings

_V4L2: Final = Path("/sys/class/video4linux")


def attached_camera(
    settings: CameraSettings,
    *,
    picamera2: Any = None,  # noqa: ANN401 - the vendor's module, or a stand-in for it
    v4l2: Path = _V4L2,
) -> str:
    """Return the name of the camera that settings mean, as the system knows it.

    Nothing is opened, so no lamp need be lit. Raises CameraError when there is no such camera, or
    when its software is not installed.
    """
    if settings.source == "v4l2":
        return _webcam(settings.index, v4l2)
    module = picamera2 or picamera2_module()
    try:
        found = module.Picamera2.global_camera_info()
    except Exception as error:  # picamera2 and libcamera raise what they like
        raise CameraError(f"libcamera does not start: {error}. Reboot, then try again.") from error
    if settings.index >= len(found):
        raise CameraError(
            f"camera.index is {settings.index}, and {len(found)} camera(s) are attached. Check the "
            "ribbon cable (rpicam-hello --list-cameras), or edit camera.index."
        )
    return str(found[settings.index].get("Model", f"camera {settings.index}"))


def _webcam(index: int, v4l2: Path) -> str:
    try:
        return (v4l2 / f"video{index}" / "name").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CameraError(
            f"No webcam: there is no /dev/video{index}. Plug one in, or edit camera.index "
            "(v4l2-ctl --list-devices shows what there is)."
        ) from error


def picamera2_module() -> Any:  # noqa: ANN401 - the module has no types
    """Import picamera2. Raises CameraError, which says how to install it."""
    try:
        return importlib.import_module("picamera2")
    except ImportError as error:
        raise CameraError(
            f"camera.source is picamera2, which cannot be imported ({error}). On a Pi: sudo apt "
            "install python3-picamera2, and a virtual environment made with "
            '--system-site-packages; elsewhere set camera.source = "v4l2".'
        ) from error
