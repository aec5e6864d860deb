"""Take frames from a USB webcam through OpenCV's V4L2."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from cuelight.clock import boot_seconds
from cuelight.errors import CameraError, CameraHeldError, InputError
from cuelight.sense.picture import opencv
from cuelight.sense.records import Frame
from cuelight.sense.said import say_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.sense.records import Luma
    from cuelight.settings import CameraSettings

_log = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 3.0  # no frame for so long: the plug or the driver has failed
# How long OpenCV waits for a frame by itself (10 s unless told; whole seconds), less than we do.
_SELECT_SECONDS: Final = 2
_EXPOSURE_AUTO: Final = 3  # V4L2_EXPOSURE_APERTURE_PRIORITY: automatic exposure


class Webcam:
    """A webcam whose frames a thread keeps taking, so that `read` gives the newest one.

    A webcam's queue hands out its oldest frame first; a thread that always empties it is the only
    way to the newest with every driver. Timestamps are the moment a frame arrived (`now`, by
    default CLOCK_BOOTTIME): the driver's own ones count from elsewhere. `close` waits for the
    driver for at most `close_seconds`, which is longer than OpenCV's own wait for a frame.
    """

    def __init__(
        self,
        settings: CameraSettings,
        *,
        cv2: Any = None,  # noqa: ANN401 - the module, or a stand-in
        now: Callable[[], float] = boot_seconds,
        close_seconds: float = 5.0,
    ) -> None:
        self._cv2 = opencv_module() if cv2 is None else cv2
        self._now = now
        self._close_seconds = close_seconds
        self._where = f"/dev/video{settings.index}"
        self._capture = self._opened(settings)
        self._arrived = threading.Condition()
        self._newest: Frame | None = None
        self._given: Luma | None = None
        self._buffers: list[Luma] = []
        self._failed = self._closing = self._released = False
        self._why = "stopped giving frames"
        self.skipped = 0
        self._taker = threading.Thread(target=self._take, name="webcam", daemon=True)
        try:
            self._taker.start()
        except RuntimeError as error:  # no room for another thread
            self._give_back(self._capture)
            raise CameraError(f"The webcam at {self._where} cannot be read: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> Frame:
        """Wait for a frame that was not read yet. Raises CameraError when none comes."""
        with self._arrived:
            self._arrived.wait_for(
                lambda: self._newest is not None or self._failed, timeout=_TIMEOUT_SECONDS
            )
            frame, self._newest = self._newest, None
            self._given = None if frame is None else frame.image
        if frame is None:
            raise CameraError(
                f"The webcam at {self._where} {self._why}. Check its plug, then restart."
            )
        return frame

    def close(self) -> None:
        """Stop the thread, which gives the webcam back, and wait until it has.

        Raises CameraHeldError when the driver hangs: the webcam is still open then, so its lamp
        must stay lit; another `close` waits again.
        """
        self._closing = True
        self._taker.join(timeout=self._close_seconds)
        with self._arrived:
            self._newest = None
            for buffer in self._buffers:
                buffer.fill(0)
        if not self._released:
            raise CameraHeldError(
                f"The webcam at {self._where} hangs: its driver did not let it go within "
                f"{self._close_seconds:g} s, and it is still open. Pull its plug, then restart."
            )

    def _opened(self, settings: CameraSettings) -> Any:  # noqa: ANN401 - the vendor's object
        cv2 = self._cv2
        # OpenCV reads it once, with the first frame of the process; a longer wait outlasts `close`
        os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(_SELECT_SECONDS)
        capture = cv2.VideoCapture(settings.index, cv2.CAP_V4L2)
        if not capture.isOpened():
            self._give_back(capture)
            there = "is there, but another program holds it or you may not use it (group video)"
            if not Path(self._where).exists():
                there = "does not exist"
            raise CameraError(
                f"No webcam: {self._where} {there}. Plug one in, stop the other program, or edit "
                "camera.index."
            )
        try:
            self._set_up(capture, settings)
        except Exception as error:  # whatever OpenCV raises, the webcam must not stay open
            self._give_back(capture)
            raise CameraError(
                f"The webcam at {self._where} cannot be set up: {error}. Edit [camera] in "
                "device.toml."
            ) from error
        return capture

    def _give_back(self, capture: Any) -> None:  # noqa: ANN401 - the vendor's object
        try:
            capture.release()
        except Exception as error:
            raise CameraHeldError(
                f"The webcam at {self._where} cannot be given back ({error}) and may still be "
                "open. Pull its plug, then restart."
            ) from error

    def _set_up(self, capture: Any, settings: CameraSettings) -> None:  # noqa: ANN401 - ditto
        cv2 = self._cv2
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        capture.set(cv2.CAP_PROP_FPS, settings.fps)
        capture.set(cv2.CAP_PROP_AUTOFOCUS, 0)  # hunting looks like leaning
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _EXPOSURE_AUTO)
        given = (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if given != (settings.width, settings.height):
            wide, high = given
            say_once(
                _log,
                logging.WARNING,
                f"{self._where} gives {wide:g} x {high:g} pixels instead of {settings.width} x "
                f"{settings.height}",
            )

    def _take(self) -> None:
        """Take frames as they come and keep the newest."""
        try:
            while not self._closing:
                good, image = self._capture.read()
                if not good:
                    break
                self._keep(image, self._now())
        except Exception as error:  # noqa: BLE001 - whatever OpenCV makes of a broken frame
            self._why = f"gave a frame that cannot be read ({error})"
        finally:
            # here and not in `close`: a driver may not be let go while it is being read
            try:
                self._capture.release()
                self._released = True
            finally:
                with self._arrived:
                    self._failed = True
                    self._arrived.notify_all()

    def _keep(self, image: Any, timestamp: float) -> None:  # noqa: ANN401 - OpenCV has no types
        cv2 = self._cv2
        with self._arrived:
            if self._newest is not None:
                self.skipped += 1
            buffer = self._buffer(image.shape[:2], image.dtype)
            grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
            np.copyto(buffer, grey)
            for left_over in (grey, image):  # OpenCV makes new ones each time, and just frees them
                left_over.fill(0)
            self._newest = Frame(buffer, timestamp)
            self._arrived.notify_all()

    def _buffer(self, shape: tuple[int, ...], dtype: Any) -> Luma:  # noqa: ANN401 - NumPy's own
        """Give the one of three buffers that is neither the newest frame nor the one being read."""
        if not self._buffers or (self._buffers[0].shape, self._buffers[0].dtype) != (shape, dtype):
            self._buffers = [np.empty(shape, dtype) for _ in range(3)]
        used = (self._given, None if self._newest is None else self._newest.image)
        return next(each for each in self._buffers if not any(each is one for one in used))


def opencv_module() -> Any:  # noqa: ANN401 - OpenCV has no types
    """Import OpenCV. Raises CameraError when it is not installed."""
    try:
        return opencv()
    except InputError as error:
        raise CameraError(str(error)) from error
