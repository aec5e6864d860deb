"""Cut a square, levelled patch out of a luma picture, in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cuelight.sense.geometry import Similarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cuelight.sense.records import Luma

    Whole = NDArray[np.unsignedinteger[Any]]
    Kind = type[np.unsignedinteger[Any]]

_FRACTION_BITS = 5  # OpenCV's own bilinear warp keeps 5 bits, too
_ONE = 1 << _FRACTION_BITS
_KINDS: tuple[Kind, ...] = (np.uint16, np.uint32)


class Cropper:
    """Cut patches of `side` x `side` pixels; one cropper serves every face of a picture.

    Bilinear; a part of the picture that is to shrink is first averaged over whole blocks, so that
    fine texture does not turn into moving noise. Beyond the picture its border is repeated.
    """

    def __init__(self, side: int) -> None:
        self.side = side
        # the training recipe's convention, too: pixel j of the patch lies at j / side
        self._places = np.arange(side, dtype=np.float32) / np.float32(side) * _ONE
        # A cut is some twenty passes over the patch. Each in memory of its own would push the rest
        # out of the processor's cache, so they take turns in few pieces. Of a pair (x and y, upper
        # and lower neighbours) one call does both; a row lies between the two, because numpy takes
        # arrays that touch for overlapping ones, and is slow with those.
        pair = np.zeros((2, side + 1, side), np.float32)
        self._exact = self._rows = pair[:, :side]
        self._index = pair.reshape(-1)[: 2 * side * side].view(np.int64).reshape(side, side)
        # numpy needs half the time for 16 bits; only large parts and pictures need 32
        self._fixed = {kind: np.zeros((2, side, side), kind) for kind in _KINDS}
        self._pixel = {kind: np.zeros((2, side, side), kind) for kind in _KINDS}
        self._left = np.zeros((2, side, side), np.uint16)
        self._right = self._pixel[np.uint16]
        self._spare = self._right.reshape(-1).view(np.float32).reshape(side, side)

    def shrink(self, similarity: Similarity, before: int = 1) -> int:
        """Say over blocks of how many pixels to average, 1 for none.

        `before` is what was said for this face's last picture: between two sizes that last answer
        stands, since a crop that changes its sharpness from frame to frame looks like a movement.
        """
        ratio = similarity.side / self.side
        return before if before - 0.35 <= ratio < before + 0.85 else max(1, int(ratio + 0.25))

    def wipe(self) -> None:
        """Overwrite what is left of pictures."""
        for buffer in (self._left, self._right, self._rows):
            buffer.fill(0)

    def cut(self, image: Luma, similarity: Similarity, *, shrink: int, out: Luma) -> None:
        """Fill `out`, uint8 (side, side), from `image`, uint8 (height, width).

        `similarity` carries crop units to pixels of the picture; in both, pixel centres lie at
        whole numbers of pixels.
        """
        shrink = min(shrink, *image.shape)
        (left, right), (top, bottom) = _needed(image.shape, similarity, shrink)
        part: Whole = image[top:bottom, left:right]
        height, width = image.shape
        if shrink > 1:
            part = _block_means(image[top:bottom, left:right], shrink)
            height, width = part.shape
            similarity = _in_blocks(similarity, left, top, shrink)
            left = top = 0
        fits = part.size <= 1 << 16 and max(height, width) <= 1 << 16 - _FRACTION_BITS
        kind = _KINDS[0 if fits else 1]
        fixed, pixel = self._fixed[kind], self._pixel[kind]
        self._place(similarity, (width - 1, height - 1), out=fixed)
        np.right_shift(fixed, kind(_FRACTION_BITS), out=pixel)
        np.bitwise_and(fixed, kind(_ONE - 1), out=fixed)
        if left or top:
            pixel -= np.array(((left,), (top,)), kind)[:, None]
        x, y = pixel
        np.multiply(y, kind(part.shape[1]), out=y)
        np.add(x, y, out=x)
        np.copyto(self._index, x)
        self._blend(part, fixed, out)

    def _place(self, where: Similarity, last: Sequence[int], *, out: Whole) -> None:
        """Write x and y of each pixel of the patch in 1/32 pixels, at most `last` (x, y) pixels."""
        a, b, x0, y0 = where.a, where.b, where.x0, where.y0
        exact, bound = self._exact, self._spare
        along = np.array(((a,), (b,)), np.float32) * self._places
        down = np.array(((-b,), (a,)), np.float32) * self._places
        down += np.array(((x0 * _ONE + 0.5,), (y0 * _ONE + 0.5,)), np.float32)
        np.add(along[:, None, :], down[:, :, None], out=exact)
        # rounding keeps the order, so the corners are the least and the greatest of all
        corners = exact[:, :: self.side - 1, :: self.side - 1].reshape(2, 4).tolist()
        for places, ends, most in zip(exact, corners, last, strict=True):
            # numpy compares with an array three times as fast as with a number
            if not min(ends) >= 0.0:
                bound.fill(0)
                np.maximum(places, bound, out=places)
            if not max(ends) <= most * _ONE:
                bound.fill(most * _ONE)
                np.minimum(places, bound, out=places)
        # nothing is negative any more, so cutting the fraction off is rounding down
        np.copyto(out, exact, casting="unsafe")

    def _blend(self, part: Whole, share: Whole, out: Luma) -> None:
        """Blend the four neighbours of every position by their shares, x and y, of 32."""
        width = part.shape[1]
        # beyond the last pixel the share is 0, but something must be there
        values = np.zeros(part.size + width + 1, np.uint16)
        np.copyto(values[: part.size].reshape(part.shape), part, casting="unsafe")
        left, right = self._left, self._right
        for row, start in enumerate((0, width)):
            np.take(values[start:], self._index, out=left[row], mode="wrap")
            np.take(values[start + 1 :], self._index, out=right[row], mode="wrap")
        across, down = share
        # times 32, in 13 bits; what is negative on the way comes out right modulo 2^16
        right -= left
        np.multiply(right, across, out=right, casting="unsafe")
        left *= np.uint16(_ONE)
        left += right
        # times 1024 it would not fit into 16 bits, but with its fraction into float32
        np.copyto(self._rows, left)
        (upper, lower), weight = self._rows, self._spare
        np.copyto(weight, down, casting="unsafe")
        weight *= np.float32(1 / _ONE)
        lower -= upper
        lower *= weight
        upper += lower
        upper += np.float32(_ONE / 2)
        upper *= np.float32(1 / _ONE)
        np.copyto(out, upper, casting="unsafe")


def _needed(
    shape: tuple[int, ...], similarity: Similarity, shrink: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give from where to where the patch needs the picture's columns and rows, in whole blocks."""
    height, width = shape
    xs, ys = zip(*similarity.corners, strict=True)
    return _whole_blocks(xs, width, shrink), _whole_blocks(ys, height, shrink)


def _whole_blocks(corners: Sequence[float], length: int, shrink: int) -> tuple[int, int]:
    """Count from the picture's own corner, so that a drifting crop keeps its blocks."""
    blocks = max(1, length // shrink)
    first = min(max(int(min(corners)) // shrink - 1, 0), blocks - 1)
    last = min(max(int(max(corners)) // shrink + 2, first + 1), blocks)
    return first * shrink, last * shrink


def _in_blocks(similarity: Similarity, left: int, top: int, shrink: int) -> Similarity:
    """Count in blocks from the part's first one; its centre lies (shrink - 1) / 2 pixels in."""
    return Similarity(
        similarity.a / shrink,
        similarity.b / shrink,
        (similarity.x0 - left - (shrink - 1) / 2) / shrink,
        (similarity.y0 - top - (shrink - 1) / 2) / shrink,
    )


def _block_means(part: Luma, shrink: int) -> Whole:
    """Average whole blocks, rounding halves up."""
    most = 255 * shrink * shrink + shrink * shrink // 2
    kind = _KINDS[0 if most < 1 << 16 else 1]
    high = np.add(part[::shrink], part[1::shrink], dtype=kind)
    for y in range(2, shrink):
        np.add(high, part[y::shrink], out=high)
    # numpy is slow where it has to skip; so sums begin at every column, and skipping comes last
    flat = high.reshape(-1)
    count = flat.size - shrink + 1
    wide = flat[:count] + flat[1 : count + 1]
    for x in range(2, shrink):
        wide += flat[x : count + x]
    total = wide[::shrink].copy()
    total += kind(shrink * shrink // 2)
    total //= kind(shrink * shrink)
    means: Whole = total.reshape(len(high), -1)
    return means
