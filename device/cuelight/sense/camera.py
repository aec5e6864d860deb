"""Open the camera that the settings name: the Pi's own, or a USB webcam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from cuelight.sense.records import Frame
    from cuelight.settings import CameraSettings


class Camera(Protocol):
    """An open camera. `skipped` counts the frames that came and went unread."""

    skipped: int

    def read(self) -> Frame:
        """Wait for the newest frame; the next read overwrites its image. CameraError on a fault."""

    def close(self) -> None:
        """Give the camera back."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def load_vendor(settings: CameraSettings) -> None:
    """Import the camera's software ahead of its use, which can take seconds on a cold SD card.

    Without it the first `open_camera` would take as long, within the watchdog's limit. Raises
    CameraError when it is not installed.
    """
    if settings.source == "v4l2":
        from cuelight.sense.webcam import opencv_module  # noqa: PLC0415

        opencv_module()
    else:
        from cuelight.sense.attached import picamera2_module  # noqa: PLC0415

        picamera2_module()


def open_camera(
    settings: CameraSettings,
    *,
    picamera2: Any = None,  # noqa: ANN401 - a vendor's module, or a stand-in for it
    cv2: Any = None,  # noqa: ANN401 - ditto
) -> Camera:
    """Open the camera; whoever calls lights the camera lamp first.

    `picamera2` and `cv2` stand in for the vendors' modules, which are imported otherwise. Raises
    CameraError when there is no such camera, it is in use, or its software is not installed.
    """
    # each camera's vendor is imported only where it is used
    if settings.source == "v4l2":
        from cuelight.sense.webcam import Webcam  # noqa: PLC0415

        return Webcam(settings, cv2=cv2)
    from cuelight.sense.picamera import PiCamera  # noqa: PLC0415

    return PiCamera(settings, picamera2=picamera2)
