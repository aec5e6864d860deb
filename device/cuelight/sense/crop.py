"""Cut a square, levelled patch out of a luma picture, in plain numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cuelight.sense.geometry import Similarity
    from cuelight.sense.records import Luma

    Ints = NDArray[np.int32]

_FRACTION_BITS = 5  # OpenCV's own bilinear warp keeps 5 bits, too; products then fit 32 bits


class Cropper:
    """Cut patches of `side` x `side` pixels; one cropper serves every face of a picture.

    Bilinear; a part of the picture that is to shrink is first averaged over whole blocks, so that
    fine texture does not turn into moving noise. Beyond the picture its border is repeated.
    """

    def __init__(self, side: int) -> None:
        self.side = side
        # the training recipe's convention, too: pixel j of the patch lies at j / side
        places = np.arange(side, dtype=np.float32) / np.float32(side)
        self._columns, self._rows = places[None, :], places[:, None]
        shape = (side, side)
        self._x = np.empty(shape, np.int32)
        self._y = np.empty(shape, np.int32)
        self._float = np.empty(shape, np.float32)
        self._column = np.empty(shape, np.int32)
        self._index = np.empty(shape, np.intp)  # any other kind numpy would convert at each use
        self._taps = np.empty(shape, np.uint8)
        # a blended row has 13 bits; what is negative on the way comes out right modulo 2^16
        self._weight = np.empty(shape, np.uint16)
        self._right = np.empty(shape, np.uint16)
        self._row = np.empty(shape, np.uint16)
        self._upper = np.empty(shape, np.int32)
        self._lower = np.empty(shape, np.int32)

    def shrink(self, similarity: Similarity, before: int = 1) -> int:
        """Say over blocks of how many pixels to average, 1 for none.

        `before` is what was said for this face's last picture: between two sizes that last answer
        stands, since a crop that changes its sharpness from frame to frame looks like a movement.
        """
        ratio = similarity.side / self.side
        return before if before - 0.35 <= ratio < before + 0.85 else max(1, int(ratio + 0.25))

    def wipe(self) -> None:
        """Overwrite what is left of pictures."""
        for buffer in (self._taps, self._right, self._row, self._upper, self._lower):
            buffer.fill(0)

    def cut(self, image: Luma, similarity: Similarity, *, shrink: int, out: Luma) -> None:
        """Fill `out`, uint8 (side, side), from `image`, uint8 (height, width).

        `similarity` carries crop units to pixels of the picture; in both, pixel centres lie at
        whole numbers of pixels.
        """
        a, b, x0, y0 = similarity.a, similarity.b, similarity.x0, similarity.y0
        shrink = min(shrink, *image.shape)
        if shrink > 1:
            image, left, top = _averaged(image, similarity, shrink)
            # a block's centre lies (shrink - 1) / 2 pixels after its first pixel
            x0 = (x0 - left - (shrink - 1) / 2) / shrink
            y0 = (y0 - top - (shrink - 1) / 2) / shrink
            a, b = a / shrink, b / shrink
        height, width = image.shape
        ends_right = self._positions(a, -b, x0, self._x, width - 1)
        ends_below = self._positions(b, a, y0, self._y, height - 1)
        self._look_up(width, height, ends_right=ends_right, ends_below=ends_below)
        self._blend(np.ascontiguousarray(image).reshape(-1), width, height, out)

    def _positions(
        self, per_column: float, per_row: float, start: float, out: Ints, last: int
    ) -> bool:
        """Write fixed-point source positions, held inside the picture; say if the last is met."""
        one = 1 << _FRACTION_BITS
        most = np.float32(last * one)
        along = self._columns * np.float32(per_column * one)
        down = self._rows * np.float32(per_row * one) + np.float32(start * one + 0.5)
        np.add(along, down, out=self._float)
        # rounding keeps the order, so the corners are the least and the greatest of all
        corners = [self._float.item(at) for at in (0, self.side - 1, -self.side, -1)]
        if not min(corners) >= 0.0:
            np.maximum(self._float, np.float32(0), out=self._float)
        is_met = not max(corners) < most
        if is_met:
            np.minimum(self._float, most, out=self._float)
        # nothing is negative any more, so cutting the fraction off is rounding down
        np.copyto(out, self._float, casting="unsafe")
        return is_met

    def _look_up(self, width: int, height: int, *, ends_right: bool, ends_below: bool) -> None:
        """Part the positions into where the upper left neighbour lies, and weights of 1/32."""
        bits, mask = _FRACTION_BITS, (1 << _FRACTION_BITS) - 1
        row, column = self._lower, self._column
        np.right_shift(self._y, bits, out=row)
        np.bitwise_and(self._y, mask, out=self._y)
        np.right_shift(self._x, bits, out=column)
        np.bitwise_and(self._x, mask, out=self._x)
        # one step less where the last row or column would be left; its weight there is full
        if ends_below:
            last = row == height - 1
            row[last] -= min(1, height - 1)
            self._y[last] = mask + 1 if height > 1 else 0
        if ends_right:
            last = column == width - 1
            column[last] -= min(1, width - 1)
            self._x[last] = mask + 1 if width > 1 else 0
        np.multiply(row, width, out=row)
        np.add(row, column, out=row)
        np.copyto(self._index, row)
        np.copyto(self._weight, self._x, casting="unsafe")

    def _blend(self, flat: Luma, width: int, height: int, out: Luma) -> None:
        """Blend the four neighbours of every position."""
        bits = _FRACTION_BITS
        right, below = min(1, width - 1), width if height > 1 else 0
        self._blend_row(flat, right, self._upper)
        self._blend_row(flat[below:], right, self._lower)
        # between the two rows by the vertical weight, and round
        np.subtract(self._lower, self._upper, out=self._lower)
        np.multiply(self._lower, self._y, out=self._lower)
        np.left_shift(self._upper, bits, out=self._upper)
        np.add(self._upper, self._lower, out=self._upper)
        np.add(self._upper, 1 << (2 * bits - 1), out=self._upper)
        np.right_shift(self._upper, 2 * bits, out=self._upper)
        np.copyto(out, self._upper, casting="unsafe")

    def _blend_row(self, flat: Luma, step: int, out: Ints) -> None:
        """Blend a position's two neighbours in one row, times 32."""
        np.take(flat, self._index, out=self._taps, mode="wrap")
        np.copyto(self._row, self._taps)
        np.take(flat[step:], self._index, out=self._taps, mode="wrap")
        np.copyto(self._right, self._taps)
        np.subtract(self._right, self._row, out=self._right)
        np.multiply(self._right, self._weight, out=self._right)
        np.left_shift(self._row, np.uint16(_FRACTION_BITS), out=self._row)
        np.add(self._row, self._right, out=self._row)
        np.copyto(out, self._row)


def _averaged(image: Luma, similarity: Similarity, shrink: int) -> tuple[Luma, int, int]:
    """Average blocks of the part that the patch needs; return it and its left and top pixel."""
    height, width = image.shape
    corners = [similarity.point(x, y) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
    sides = []
    for values, length in (
        ([x for x, _ in corners], width),
        ([y for _, y in corners], height),
    ):
        # whole blocks counted from the picture's own corner, so that a drifting crop keeps them
        blocks = max(1, length // shrink)
        first = min(max(int(min(values)) // shrink - 1, 0), blocks - 1)
        last = min(max(int(max(values)) // shrink + 2, first + 1), blocks)
        sides.append((first * shrink, last - first))
    (left, columns), (top, rows) = sides
    part = image[top : top + rows * shrink, left : left + columns * shrink]
    return _block_means(part, shrink), left, top


def _block_means(part: Luma, shrink: int) -> Luma:
    """Average whole blocks: sums of rows first, which lie together, then of columns of those."""
    most = 255 * shrink * shrink + shrink * shrink // 2
    kind = np.uint16 if most < 1 << 16 else np.uint32
    high = np.add(part[::shrink], part[1::shrink], dtype=kind)
    for y in range(2, shrink):
        np.add(high, part[y::shrink], out=high)
    total = np.add(high[:, ::shrink], high[:, 1::shrink])
    for x in range(2, shrink):
        np.add(total, high[:, x::shrink], out=total)
    total += kind(shrink * shrink // 2)
    total //= kind(shrink * shrink)
    means: Luma = total.astype(np.uint8)
    return means
