"""A stand-in for the picamera2 module: a camera that honours the calls that PiCamera makes.

Names, arguments, dictionaries and quirks follow picamera2 0.3: configurations are plain
dictionaries, unknown controls are refused, rows carry stride padding, a video configuration of a
small size is limited to 16..235, and a request that is not released starves the camera.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PADDING = 32
"""Bytes that a row is padded to a multiple of."""


class Sensor:
    """What is attached: its model and controls, and the frames it will give.

    `ticks` are the frames' times in periods from the first (a gap is a frame that was lost);
    `starts_at` is the first frame's time in nanoseconds of CLOCK_BOOTTIME.
    """

    def __init__(
        self,
        *,
        model: str = "imx708",
        lens: bool = True,
        ticks: tuple[int, ...] = (0, 1, 2, 3),
        starts_at: int = 7_000_000_000,
        period_limits: tuple[int, int] = (8_333, 1_000_000),
        busy: bool = False,
        size_step: int = 2,
        fails_closing: bool = False,
    ) -> None:
        self.model = model
        self.ticks = list(ticks)
        self.starts_at = starts_at
        self.period_limits = period_limits
        self.busy = busy
        self.size_step = size_step
        self.fails_closing = fails_closing
        self.controls: dict[str, tuple[Any, Any, Any]] = {
            "FrameDurationLimits": (0, 0, 0),
            "AeEnable": (False, True, True),
            "AeExposureMode": (0, 3, 0),
            "AeFlickerMode": (0, 1, 0),
            "AeFlickerPeriod": (100, 1_000_000, None),
            "ExposureTime": (26, 1_000_000, 20_000),
        }
        if lens:
            self.controls |= {"AfMode": (0, 2, 0), "LensPosition": (0.0, 32.0, 1.0)}


class FakePicamera2:
    """The module: pass an instance where the picamera2 module is wanted."""

    def __init__(self, *sensors: Sensor, tunings: dict[str, dict[str, Any]] | None = None) -> None:
        self.opened: list[_Camera] = []
        module = self
        known = {"imx708.json": tuning()} if tunings is None else tunings

        class Picamera2(_Camera):
            """Bound to this module's sensors, as the vendor's class is to the system's."""

            def __init__(self, camera_num: int = 0, tuning: dict[str, Any] | None = None) -> None:
                super().__init__(sensors[camera_num], tuning)
                module.opened.append(self)

            @staticmethod
            def global_camera_info() -> list[dict[str, Any]]:
                return [{"Model": each.model, "Num": n} for n, each in enumerate(sensors)]

            @staticmethod
            def load_tuning_file(tuning_file: str) -> dict[str, Any]:
                if tuning_file not in known:
                    raise RuntimeError("Tuning file not found")
                return known[tuning_file]

            @staticmethod
            def find_tuning_algo(tuning: dict[str, Any], name: str) -> Any:
                if tuning.get("version", 1) == 1:
                    return tuning[name]
                return next(algo for algo in tuning["algorithms"] if name in algo)[name]

        self.Picamera2 = Picamera2
        self.MappedArray = MappedArray


class _Camera:
    """One camera, from opening to closing."""

    def __init__(self, sensor: Sensor, tuning: dict[str, Any] | None) -> None:
        if sensor.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.sensor = sensor
        self.tuning = tuning
        self.configuration: dict[str, Any] = {}
        self.started = self.closed = False
        self.waits: list[float] = []
        self.requests: list[Request] = []
        self.fails_mapping = False
        self.fails_closing = sensor.fails_closing

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        controls = dict(self.sensor.controls)
        if self.configuration:  # the limits are those of the chosen mode
            controls["FrameDurationLimits"] = (*self.sensor.period_limits, 33_333)
        return controls

    def create_preview_configuration(self, **wanted: Any) -> dict[str, Any]:
        return self._configuration("sYCC", 4, wanted)

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        width, height = wanted["main"]["size"]
        small = width < 1280 or height < 720
        return self._configuration("SMPTE170M" if small else "Rec709", 6, wanted)

    def _configuration(self, space: str, buffers: int, wanted: dict[str, Any]) -> dict[str, Any]:
        known = {"main", "lores", "raw", "controls", "buffer_count", "queue", "display", "encode"}
        unknown = set(wanted) - known
        if unknown:
            raise TypeError(f"got an unexpected keyword argument {unknown.pop()!r}")
        made = {"colour_space": space, "buffer_count": buffers, "queue": True} | wanted
        for stream in ("main", "lores"):
            step = self.sensor.size_step
            width, height = made[stream]["size"]
            made[stream] = made[stream] | {"size": (width - width % step, height - height % step)}
        return made

    def configure(self, configuration: dict[str, Any]) -> None:
        if configuration["lores"]["size"] > configuration["main"]["size"]:
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        for name in configuration["controls"]:
            if name not in self.sensor.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        width = configuration["lores"]["size"][0]
        configuration["lores"]["stride"] = -(-width // PADDING) * PADDING + PADDING
        self.configuration = configuration

    def start(self) -> None:
        self.started = True

    def capture_request(self, *, wait: float) -> Request:
        self.waits.append(wait)
        held = sum(not request.released for request in self.requests)
        if held >= self.configuration["buffer_count"] or not self.sensor.ticks:
            raise TimeoutError("Timed out")
        tick = self.sensor.ticks.pop(0)
        period = self.configuration["controls"]["FrameDurationLimits"][0]
        request = Request(self, tick, self.sensor.starts_at + tick * period * 1000)
        self.requests.append(request)
        return request

    def close(self) -> None:
        if self.fails_closing:
            raise RuntimeError("Failed to release camera")
        self.started, self.closed = False, True


class Request:
    """A completed request; its Y plane holds the frame's tick plus the column, U and V hold 77."""

    def __init__(self, camera: _Camera, tick: int, timestamp_ns: int) -> None:
        self.camera = camera
        self.timestamp_ns = timestamp_ns
        self.released = False
        stream = camera.configuration["lores"]
        (width, height), stride = stream["size"], stream["stride"]
        self.buffer: NDArray[np.uint8] = np.full((height * 3 // 2, stride), 77, np.uint8)
        self.buffer[:height] = 255  # the padding must not show
        self.buffer[:height, :width] = (np.arange(width) + tick) % 250

    def get_metadata(self) -> dict[str, Any]:
        return {"SensorTimestamp": self.timestamp_ns, "ExposureTime": 9_000}

    def release(self) -> None:
        if self.released:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        self.released = True
        self.buffer[:] = 0  # the camera writes the next frame into it


class MappedArray:
    """The buffer of one stream, as rows of stride bytes."""

    def __init__(self, request: Request, stream: str, *, write: bool = True) -> None:
        if stream != "lores" or write:
            raise AssertionError("only lores is read, and nothing is written")
        self._request = request
        self.array = request.buffer

    def __enter__(self) -> Self:
        if self._request.camera.fails_mapping:
            raise RuntimeError("mmap failed")
        return self

    def __exit__(self, *_: object) -> None:
        pass


def tuning() -> dict[str, Any]:
    """Give a tuning file's part for exposure, as the Pi's version 2.0 files have it."""
    modes = {
        "normal": {"shutter": [100, 15000, 30000, 60000], "gain": [1.0, 2.0, 3.0, 8.0]},
        "short": {"shutter": [100, 5000, 10000, 20000], "gain": [1.0, 2.0, 4.0, 6.0]},
    }
    algorithms = [{"rpi.black_level": {}}, {"rpi.agc": {"channels": [{"exposure_modes": modes}]}}]
    return {"version": 2.0, "algorithms": algorithms}
