"""Take frames from the Pi's camera through picamera2, with focus and exposure held for faces."""

from __future__ import annotations

import gc
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from cuelight.errors import CameraError, CameraHeldError
from cuelight.sense.attached import picamera2_module
from cuelight.sense.records import Frame
from cuelight.sense.said import say_once

if TYPE_CHECKING:
    from cuelight.sense.records import Luma
    from cuelight.settings import CameraSettings

_log = logging.getLogger(__name__)

# libcamera's enumerations by number, so that its Python module need not be imported for them.
_AF_MANUAL: Final = 0  # AfModeManual
_AE_SHORT: Final = 1  # ExposureShort: raise the gain rather than the exposure
_FLICKER_MANUAL: Final = 1  # FlickerManual

_TIMEOUT_SECONDS: Final = 3.0  # no frame for so long: the cable or the sensor has failed
_BUFFERS: Final = 4  # one being filled, one ready, one read, one to spare
_GAIN_MAX: Final = 16.0  # what the exposure limit takes is given back as gain up to here


class PiCamera:
    """The Y plane of a YUV420 `lores` stream, at a fixed frame duration, focused on the seat.

    Written against picamera2 0.3 and libcamera's control list. The newest frame wins: picamera2
    keeps only the last completed request, and `skipped` counts the gaps in the sensor's timestamps
    (CLOCK_BOOTTIME). `controls` are those that were set; a control that this camera does not have
    is left out. `fps_limits` are the slowest and fastest rate of the sensor's chosen mode.
    """

    def __init__(self, settings: CameraSettings, *, picamera2: Any = None) -> None:  # noqa: ANN401 - the module, or a stand-in
        self._module = picamera2_module() if picamera2 is None else picamera2
        self._period = 1.0 / settings.fps
        self._image: Luma = np.empty((settings.height, settings.width), np.uint8)
        self._last: float | None = None
        self.skipped = 0
        self.controls: dict[str, Any] = {}
        self.fps_limits = (settings.fps, settings.fps)
        self._camera = self._opened(settings)
        try:
            self._configure(settings)
            self._camera.start()
        except Exception as error:
            why = (
                f"The Pi's camera {settings.index} cannot give {settings.width} x "
                f"{settings.height} pixels and {settings.fps:g} frames a second: {error}. "
                "Edit [camera] in device.toml."
            )
            try:
                self.close()
            except CameraHeldError as held:
                raise CameraHeldError(f"{why} {held}") from error
            raise CameraError(why) from error
        say_once(_log, logging.INFO, f"Camera {settings.index} opened, controls {self.controls}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self) -> Frame:
        """Wait for the newest frame; the next read overwrites its image.

        Raises CameraError when none comes; close and open the camera again after that.
        """
        if self._camera is None:
            raise CameraError("The camera is closed. Open it again.")
        try:
            request = self._camera.capture_request(wait=_TIMEOUT_SECONDS)
        except Exception as error:  # picamera2 raises TimeoutError, RuntimeError and others here
            raise CameraError(
                f"The camera gave no frame for {_TIMEOUT_SECONDS:g} s ({error!r}). "
                "Check its ribbon cable, then restart."
            ) from error
        try:
            try:
                timestamp = self._take(request)
            finally:
                request.release()
        except Exception as error:  # whatever the vendor raises, the camera is what failed
            raise CameraError(f"A camera frame cannot be read: {error!r}. Restart.") from error
        if self._last is not None:
            self.skipped += max(0, round((timestamp - self._last) / self._period) - 1)
        self._last = timestamp
        return Frame(self._image, timestamp)

    def _take(self, request: Any) -> float:  # noqa: ANN401 - the vendor's object
        """Copy a request's picture; returns its time in seconds."""
        height, width = self._image.shape
        with self._module.MappedArray(request, "lores", write=False) as mapped:
            # rows carry padding, and the U and V planes follow below the Y plane
            if mapped.array.ndim != 2 or len(mapped.array) != height + height // 2:
                raise ValueError(f"its buffer has the shape {mapped.array.shape}")
            np.copyto(self._image, mapped.array[:height, :width])
        return float(request.get_metadata()["SensorTimestamp"] / 1e9)

    def close(self) -> None:
        """Stop the camera and give it back.

        Raises CameraHeldError when libcamera does not let it go: it may still be open then, so its
        lamp must stay lit; another `close` tries again.
        """
        if self._camera is None:
            return
        _close(self._camera)
        self._camera = None
        self._image.fill(0)
        # picamera2 leaves its buffers, and the last pictures in them, in reference cycles.
        gc.collect()

    def _opened(self, settings: CameraSettings) -> Any:  # noqa: ANN401 - the vendor's object
        try:
            attached = self._module.Picamera2.global_camera_info()
        except Exception as error:
            raise CameraError(
                f"libcamera does not start: {error}. Reboot, then try again."
            ) from error
        if settings.index >= len(attached):
            raise CameraError(
                f"camera.index is {settings.index}, but {len(attached)} camera(s) are attached. "
                "Check the ribbon cable (rpicam-hello --list-cameras), or edit camera.index."
            )
        tuning = self._tuning(str(attached[settings.index].get("Model", "")), settings)
        # Made in two steps, since a constructor that fails may hold the camera by then.
        kind = self._module.Picamera2
        camera = kind.__new__(kind)
        try:
            camera.__init__(settings.index, tuning=tuning)
        except Exception as error:
            _abandon(camera)
            raise CameraError(
                f"The Pi's camera {settings.index} cannot be opened: {error} Another program may "
                "hold it: stop that one (sudo fuser /dev/media* names it)."
            ) from error
        return camera

    def _tuning(self, model: str, settings: CameraSettings) -> dict[str, Any] | None:
        """Cut the exposure steps of the sensor's tuning at `exposure_max_ms`.

        libcamera has no control for a longest exposure under automatic gain; the tuning file's
        exposure modes are where it is set (picamera2 issue 634). Without such a file only the
        frame duration and the `short` mode hold exposure down.
        """
        kind = self._module.Picamera2
        try:
            tuning: dict[str, Any] = kind.load_tuning_file(f"{model}.json")
            agc = kind.find_tuning_algo(tuning, "rpi.agc")
            for channel in agc.get("channels", [agc]):
                for mode in channel["exposure_modes"].values():
                    _limit(mode, settings.exposure_max_ms * 1000.0)
        except (RuntimeError, KeyError, StopIteration, TypeError, ValueError, OSError) as error:
            say_once(
                _log,
                logging.WARNING,
                f"No tuning to limit the exposure of camera {model!r} ({error!r}); in dim light "
                "movements may smear. Add light if the picture is dark.",
            )
            return None
        return tuning

    def _configure(self, settings: CameraSettings) -> None:
        size = (settings.width, settings.height)
        microseconds = round(1e6 * self._period)
        wanted: dict[str, Any] = {
            "FrameDurationLimits": (microseconds, microseconds),
            "AeEnable": True,
            "AeExposureMode": _AE_SHORT,
            # autofocus hunting looks like leaning in and out
            "AfMode": _AF_MANUAL,
            "LensPosition": 1.0 / settings.seat_distance_m,  # dioptres
        }
        if settings.mains_hz:
            wanted["AeFlickerMode"] = _FLICKER_MANUAL
            # lamps flicker at twice the mains frequency
            wanted["AeFlickerPeriod"] = round(1e6 / (2 * settings.mains_hz))
        has = self._camera.camera_controls
        self.controls = {name: value for name, value in wanted.items() if name in has}
        # a preview's colour space is full-range sYCC; a video's of this size would be 16 to 235
        configuration = self._camera.create_preview_configuration(
            main={"size": size, "format": "YUV420"},
            lores={"size": size, "format": "YUV420"},
            raw=None,
            controls=self.controls,
            buffer_count=_BUFFERS,
            queue=True,
            display=None,
            encode=None,
        )
        self._camera.configure(configuration)
        given = tuple(configuration["lores"]["size"])
        if given != size:
            raise ValueError(f"the nearest size it offers is {given[0]} x {given[1]}")
        # the limits are those of the sensor's mode, which is chosen by then
        shortest, longest = self._camera.camera_controls["FrameDurationLimits"][:2]
        if not shortest <= microseconds <= longest:
            raise ValueError(
                f"this mode of the sensor allows {1e6 / longest:.3g} to {1e6 / shortest:.3g}"
            )
        self.fps_limits = (1e6 / longest, 1e6 / shortest)


def _close(camera: Any) -> None:  # noqa: ANN401 - the vendor's object
    """Close the vendor's camera. Raises CameraHeldError when it may still be open."""
    try:
        camera.close()
    except Exception as error:  # picamera2 raises RuntimeError, libcamera others
        raise CameraHeldError(
            f"The Pi's camera does not close ({error!r}) and may still be open. Restart cuelight."
        ) from error


def _abandon(camera: Any) -> None:  # noqa: ANN401 - the vendor's object
    """Give back whatever a constructor that failed has taken by then.

    picamera2 acquires the camera first and may fail later. Where it did not get that far, closing
    does nothing and leaves one end of a pipe open: one more with every attempt, until the process
    may open no more files. Raises CameraHeldError when the camera may still be open.
    """
    if getattr(camera, "is_open", False):
        _close(camera)
    elif isinstance(end := getattr(camera, "notifyme_w", None), int):
        with suppress(OSError):
            os.close(end)


def _limit(mode: dict[str, Any], most: float) -> None:
    """Cut an exposure mode's steps (microseconds) at `most`, and go on with gain instead."""
    shutter, gain = list(mode["shutter"]), list(mode["gain"])
    if max(shutter) <= most:
        return
    mode["shutter"] = [min(step, most) for step in shutter] + [most]
    mode["gain"] = [*gain, max(_GAIN_MAX, *gain)]
