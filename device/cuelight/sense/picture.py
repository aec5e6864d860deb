"""Read a picture file as luma, whatever its colours, depth or orientation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cuelight.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.sense.records import Luma

PICTURE_ENDINGS: Final = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".tif", ".tiff", ".webp")


def read_image(path: Path) -> Luma:
    """Read a picture as uint8 (height, width) luma, turned as its EXIF orientation says.

    Luma is full-range ITU-R BT.601 Y, as the camera's own Y plane is; 16 bits are cut to 8, and
    transparency is ignored. Raises InputError for a file that is missing, empty or no picture.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; one picture is wanted. Name a file in it.")
    try:
        stored = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise InputError(f"Cannot read the picture {path}: {error.strerror}.") from error
    if not stored.size:
        raise InputError(f"The picture {path} is empty. Save or copy it again.")
    cv2 = opencv()
    try:
        luma: Luma | None = cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # more pixels than OpenCV allows
        luma = None
    if luma is None:
        raise InputError(f"{path} is no picture that OpenCV can read. Convert it to JPEG or PNG.")
    return luma


def opencv() -> Any:  # noqa: ANN401 - the module has no types
    """Import OpenCV, which clips, pictures and webcams need and the Pi's own camera does not."""
    # its decoders' complaints go to stderr by themselves; ours say the same in a sentence
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    try:
        import cv2  # noqa: PLC0415 - only who reads clips pays for it
    except ImportError as error:
        raise InputError(
            "Clips, pictures and webcams need OpenCV, which is not installed. "
            "Run: pip install 'cuelight[clip]'"
        ) from error
    return cv2
