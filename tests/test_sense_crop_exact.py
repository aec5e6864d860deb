"""A crop is what its formula says, to the last bit, however it is computed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelight.sense.crop import Cropper
from cuelight.sense.geometry import Similarity

SIDE = 9
PICTURES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
WHERE = st.builds(
    lambda side, turn, x0, y0: Similarity(
        side * math.cos(turn), side * math.sin(turn), float(x0), float(y0)
    ),
    st.floats(1, 60),
    st.one_of(st.just(0.0), st.floats(-math.pi, math.pi)),
    st.floats(-30, 50),
    st.floats(-30, 50),
)


def positions(per_column, per_row, start, last):
    """In 1/32 of a pixel, held inside the picture; in float32, as the recipe has them."""
    places = np.arange(SIDE, dtype=np.float32) / np.float32(SIDE)
    along = places * np.float32(per_column * 32)
    down = places * np.float32(per_row * 32) + np.float32(start * 32 + 0.5)
    exact = along[None, :] + down[:, None]
    return [[math.floor(min(max(x, 0.0), last * 32)) for x in row] for row in exact.tolist()]


def blended(image, where):
    """Blend pixel by pixel in Python's own whole numbers."""
    height, width = len(image), len(image[0])
    columns = positions(where.a, -where.b, where.x0, width - 1)
    rows = positions(where.b, where.a, where.y0, height - 1)

    def at(y, x):
        return image[min(y, height - 1)][min(x, width - 1)]

    cut = np.empty((SIDE, SIDE), np.uint8)
    for i in range(SIDE):
        for j in range(SIDE):
            (y, v), (x, u) = divmod(rows[i][j], 32), divmod(columns[i][j], 32)
            upper = at(y, x) * (32 - u) + at(y, x + 1) * u
            lower = at(y + 1, x) * (32 - u) + at(y + 1, x + 1) * u
            cut[i, j] = (upper * (32 - v) + lower * v + 512) // 1024
    return cut


def averaged(image, shrink):
    """Average every whole block of the picture, rounding halves up."""
    high, wide = len(image) // shrink, len(image[0]) // shrink
    return [
        [
            (
                sum(
                    image[y * shrink + v][x * shrink + u]
                    for v in range(shrink)
                    for u in range(shrink)
                )
                + shrink * shrink // 2
            )
            // (shrink * shrink)
            for x in range(wide)
        ]
        for y in range(high)
    ]


def cut(picture, where, shrink):
    out = np.full((SIDE, SIDE), 99, np.uint8)
    Cropper(SIDE).cut(picture, where, shrink=shrink, out=out)
    return out


def drawn(height, width, seed):
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


@given(picture=PICTURES, where=WHERE)
@settings(max_examples=150)
def test_a_crop_is_blended_to_the_last_bit(picture, where):
    """Also where it leaves the picture on any side, and in pictures one pixel wide."""
    image = drawn(*picture)
    assert np.array_equal(cut(image, where, 1), blended(image.tolist(), where))


@pytest.mark.parametrize(
    ("size", "side", "x0", "y0"),
    [
        ((9, 2060), 12.0, 2040.5, -3.0),
        ((2060, 9), 12.0, -3.0, 2040.5),
        ((300, 310), 290.0, 4.0, 9.0),
    ],
    ids=["wide", "high", "large"],
)
def test_large_pictures_and_parts_are_cut_the_same(size, side, x0, y0):
    """Past 16 bits: 2048 pixels from the corner, or more than 65,536 pixels looked at."""
    image, where = drawn(*size, seed=5), Similarity(side, 0.1 * side, x0, y0)
    assert np.array_equal(cut(image, where, 1), blended(image.tolist(), where))


@given(seed=st.integers(0, 99), shrink=st.integers(2, 20), where=WHERE)
@settings(max_examples=60)
def test_blocks_are_averaged_to_the_last_bit(seed, shrink, where):
    """Bright blocks of 17 pixels and more have sums past 16 bits."""
    image = drawn(63, 61, seed) | np.uint8(128 * (seed % 2))
    small = averaged(image.tolist(), shrink)
    middle = (shrink - 1) / 2
    there = Similarity(
        where.a / shrink,
        where.b / shrink,
        (where.x0 - middle) / shrink,
        (where.y0 - middle) / shrink,
    )
    made = cut(image, where, shrink).astype(int)
    # the part that is averaged begins elsewhere, so float32 may round a position by 1/32 pixel
    assert np.abs(made - blended(small, there).astype(int)).max() <= 8


def test_white_stays_white_at_any_size():
    for shrink in range(1, 30):
        image = np.full((90, 90), 255, np.uint8)
        assert (cut(image, Similarity(80.0, 3.0, 2.0, 2.0), shrink) == 255).all()
