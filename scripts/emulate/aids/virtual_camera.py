"""picamera2 over libcamera's virtual pipeline, which has no raw mode and no Bayer sensor."""

from __future__ import annotations

from typing import Any

import picamera2
from picamera2.allocators import LibcameraAllocator

MappedArray = picamera2.MappedArray


class Picamera2(picamera2.Picamera2):
    """The vendor's class; libcamera allocates the buffers, and one raw mode is named."""

    def __init__(self, camera_num: int = 0, **options: Any) -> None:  # noqa: ANN401 - as the vendor has it
        super().__init__(camera_num, **options)
        self.allocator = LibcameraAllocator(self.camera)

    def _get_raw_modes(self) -> list[dict[str, Any]]:
        return [{"format": "SRGGB10", "size": (640, 480)}]
