"""Read the two still collections as grey pictures, enlarged and with room round the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path

Grey: TypeAlias = npt.NDArray[np.uint8]

FER_SIDE = 192
FER_BORDER = 48
PORTRAIT_SCALE = 1.5
PORTRAIT_BORDER = 40


@dataclass(frozen=True, slots=True)
class Collection:
    """Pictures of one source with votes (N,8+2) or none, and split 0 train or 1 valid."""

    name: str
    count: int
    votes: npt.NDArray[np.float32] | None
    split: npt.NDArray[np.uint8]
    _pixels: npt.NDArray[np.uint8]
    _offsets: npt.NDArray[np.int64] | None

    def picture(self, index: int) -> Grey:
        """Give picture `index` as (H,W) uint8, enlarged, its border replicated outwards."""
        if self._offsets is None:
            small = self._pixels[index]
            large = cv2.resize(small, (FER_SIDE, FER_SIDE), interpolation=cv2.INTER_CUBIC)
            return _widen(large, FER_BORDER)
        packed = self._pixels[self._offsets[index] : self._offsets[index + 1]]
        small = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
        large = cv2.resize(
            small, None, fx=PORTRAIT_SCALE, fy=PORTRAIT_SCALE, interpolation=cv2.INTER_CUBIC
        )
        return _widen(large, PORTRAIT_BORDER)


def _widen(picture: cv2.typing.MatLike, border: int) -> Grey:
    wide = cv2.copyMakeBorder(picture, border, border, border, border, cv2.BORDER_REPLICATE)
    return np.asarray(wide, np.uint8)


def open_collection(data: Path, name: str) -> Collection:
    """Open `ferplus` or `portraits` out of the data folder; every portrait counts as training."""
    if name == "ferplus":
        with np.load(data / "faces" / "ferplus48.npz") as held:
            images = held["image"]
            votes = held["votes"].astype(np.float32)
            split = (held["split"] == "valid").astype(np.uint8)
        return Collection(name, len(images), votes, split, images, None)
    if name == "portraits":
        with np.load(data / "faces" / "portraits176.npz") as held:
            packed, offsets = held["jpeg"], held["offset"]
        count = len(offsets) - 1
        split = np.zeros(count, np.uint8)
        # Every twentieth portrait is held out, so that landmarks and units have a clean test too.
        split[::20] = 1
        return Collection(name, count, None, split, packed, offsets)
    message = f"source is {name!r}; wanted ferplus or portraits"
    raise ValueError(message)
