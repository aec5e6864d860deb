"""Inside the emulated root: take frames with cuelight's PiCamera from libcamera's virtual camera.

python3 picamera2_frames.py JPEG [locked] prints one line a check; exit code 1 when one does not
hold. `locked`: in a process that is locked in as that of `sandbox.split` is.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import virtual_camera
from PIL import Image

from cuelight.clock import boot_seconds
from cuelight.errors import CameraError
from cuelight.sense.attached import attached_camera
from cuelight.sense.camera import open_camera
from cuelight.settings import CameraSettings
from cuelight.split.locked import lock_in

if TYPE_CHECKING:
    from cuelight.sense.records import Luma

SETTINGS: Final = CameraSettings()
FRAMES: Final = 100
REOPENED: Final = 100
NEAR: Final = 4
"""Grey levels by which two JPEG decoders may differ in a pixel."""

_failed = 0


def main() -> int:
    """Check names, pictures, times, errors, closing and opening again."""
    logging.disable(logging.WARNING)  # that this camera has no tuning file is said at each opening
    picture = Image.open(sys.argv[1])
    picture.draft("L", picture.size)  # the luma as it stands in the file, not computed from RGB
    luma = np.asarray(picture)
    if sys.argv[2:] == ["locked"]:
        locks = lock_in((1, 2), landlock=False)  # Raspberry Pi OS has no Landlock either
        shut = locks["sensing_without_network"] and locks["sensing_cannot_write_files"]
        _check("this process can neither open a socket nor make a file", holds=shut, found="tried")
    name = attached_camera(SETTINGS, picamera2=virtual_camera)
    _check("the camera's name, read without opening it", holds=name == "one JPEG", found=name)
    _frames(luma)
    _newest()
    _refusals()
    _reopened(luma)
    print(f"{_failed} failed")
    return 1 if _failed else 0


def _frames(luma: Luma) -> None:
    with open_camera(SETTINGS, picamera2=virtual_camera) as camera:
        worst, mean, mirrored, times = 0, 0.0, 255.0, []
        for _ in range(FRAMES):
            frame = camera.read()
            times.append(frame.timestamp)
            apart = np.abs(frame.image.astype(int) - luma)
            worst, mean = max(worst, int(apart.max())), max(mean, float(apart.mean()))
            mirrored = min(mirrored, float(np.abs(frame.image[:, ::-1].astype(int) - luma).mean()))
        shape, kind = frame.image.shape, frame.image.dtype
        late = boot_seconds() - times[-1]
    _check(
        f"{FRAMES} frames are the JPEG's luma",
        holds=worst <= NEAR and mean < 1.0 and shape == luma.shape and kind == np.uint8,
        found=f"{shape[1]} x {shape[0]} {kind}; grey levels apart: worst {worst}, mean {mean:.2f}",
    )
    _check(
        "... and nothing else would be taken for it",
        holds=mirrored > 2 * NEAR,
        found=f"mirrored it is {mirrored:.1f} apart",
    )
    steps = np.diff(times) * 1000.0
    _check(
        "timestamps rise",
        holds=bool((steps > 0).all()),
        found=f"steps of {steps.min():.2f} to {steps.max():.1f} ms, median {np.median(steps):.2f}",
    )
    _check(
        "timestamps are of the boot clock",
        holds=0 <= late < 1.0,
        found=f"the last one was {late * 1000:.1f} ms old when it had been read and compared",
    )


def _newest() -> None:
    with open_camera(SETTINGS, picamera2=virtual_camera) as camera:
        camera.read()
        first = camera.skipped
        time.sleep(1.0)  # a loop that is held up
        began = boot_seconds()
        camera.read()
        frame = camera.read()
        age, skipped = began - frame.timestamp, camera.skipped - first
    _check(
        "after a second's pause the second frame is new, and the gap is counted",
        holds=age < 0.1 and skipped > 0,
        found=f"taken {-age * 1000:.1f} ms after the pause, {skipped} counted as skipped",
    )


def _refusals() -> None:
    with open_camera(SETTINGS, picamera2=virtual_camera) as camera:
        _refused("a second opening while it is open", SETTINGS, "Another program may hold it")
        camera.read()
    _refused("camera 3 of 1", replace(SETTINGS, index=3), "1 camera(s) are attached")
    wide = replace(SETTINGS, width=1280, height=720)
    _refused("1280 x 720 of a 640 x 480 camera", wide, "640 x 480")
    _refused("120 frames a second of 30 to 60", replace(SETTINGS, fps=120.0), "allows 30 to 60")


def _refused(what: str, settings: CameraSettings, wanted: str) -> None:
    try:
        open_camera(settings, picamera2=virtual_camera).close()
    except CameraError as error:
        _check(f"{what} is refused", holds=wanted in str(error), found=str(error))
    else:
        _check(f"{what} is refused", holds=False, found="it opened")


def _reopened(luma: Luma) -> None:
    gc.collect()
    before = _handles()
    most = mute = 0
    near = True
    for _ in range(REOPENED):
        with open_camera(SETTINGS, picamera2=virtual_camera) as camera:
            try:
                near = near and int(np.abs(camera.read().image.astype(int) - luma).max()) <= NEAR
            except CameraError:  # what the service meets by closing and opening again, as here
                mute += 1
        most = max(most, _handles())
    gc.collect()
    after = _handles()
    _check(
        f"closed and opened again {REOPENED} times: true frames, no handle left open",
        holds=near and mute <= REOPENED // 20 and after <= before and most < 200,
        found=f"handles {before} before, {after} after, {most} at most until Python collected what "
        f"picamera2 left; openings that gave no frame: {mute}",
    )


def _handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _check(what: str, *, holds: bool, found: str) -> None:
    global _failed  # noqa: PLW0603 - one count for the whole run
    _failed += not holds
    print("ok" if holds else "NO", what, found, sep=" | ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
