"""Make a clean render look like a camera's picture: background, blur, lost pixels, noise, gain."""

from __future__ import annotations

import cv2
import numpy as np
from crop import SHARD, Floats, Grey


def draw_background(chance: np.random.Generator) -> Floats:
    """Give a random background (160,160), 0..255: cloudy, shaded, with blurred shapes at times."""
    picture = np.full((SHARD, SHARD), chance.uniform(10, 240), np.float32)
    slope = chance.normal(0, 0.5, 2)
    y, x = np.mgrid[:SHARD, :SHARD] - SHARD / 2
    picture += (slope[0] * x + slope[1] * y).astype(np.float32)
    for cells in (3, 6, 14, 40):
        if chance.random() < 0.5:
            cloud = chance.normal(0, chance.uniform(3, 35), (cells, cells)).astype(np.float32)
            picture += cv2.resize(cloud, (SHARD, SHARD), interpolation=cv2.INTER_CUBIC)
    if chance.random() < 0.6:
        shapes = picture.copy()
        for _ in range(chance.integers(1, 9)):
            shade = float(chance.uniform(0, 255))
            corner = chance.integers(-30, SHARD + 30, 2)
            reach = chance.integers(8, 110, 2)
            if chance.random() < 0.5:
                cv2.rectangle(shapes, corner.tolist(), (corner + reach).tolist(), shade, -1)
            else:
                cv2.ellipse(
                    shapes,
                    corner.tolist(),
                    (reach // 2).tolist(),
                    float(chance.uniform(0, 180)),
                    0,
                    360,
                    shade,
                    -1,
                )
        blur = float(chance.uniform(0.6, 9))
        picture = np.asarray(cv2.GaussianBlur(shapes, (0, 0), blur), np.float32)
    return np.clip(picture, 0, 255).astype(np.float32)


def _cut_edge(picture: Floats, chance: np.random.Generator) -> Floats:
    """Let the picture end inside the crop at one side, and repeat its border from there."""
    depth = int(chance.integers(2, 26))
    side = chance.integers(4)
    edges = [0, 0, 0, 0]
    edges[side] = depth
    top, bottom, left, right = edges
    inner = picture[top : SHARD - bottom, left : SHARD - right]
    return np.asarray(cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE))


def _smear(picture: Floats, length: float, angle: float) -> Floats:
    size = int(length) * 2 + 3
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    arm = (length / 2 * np.array((np.cos(angle), np.sin(angle)))).round().astype(int)
    cv2.line(kernel, (middle - arm[0], middle - arm[1]), (middle + arm[0], middle + arm[1]), 1.0)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()))


def photograph(
    clean: Grey,
    cover: Floats,
    chance: np.random.Generator,
    grain: np.random.Generator | None = None,
) -> tuple[Grey, float]:
    """Put a render before a background and degrade it; give (160,160) uint8 and `clear`, 0..1.

    Pixel noise comes from `grain`, if given: pictures with equal `chance` then differ by it alone.
    `clear` falls with blur (shard pixels), lost resolution, noise and lack of contrast.
    """
    picture = clean.astype(np.float32) + (1 - cover) * draw_background(chance)
    if chance.random() < 0.12:
        picture = _cut_edge(picture, chance)
    soft = 0.0
    if chance.random() < 0.4:
        blur = float(
            chance.uniform(0.3, 1.1) if chance.random() < 0.88 else chance.uniform(1.1, 3.0)
        )
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
        soft += blur
    if chance.random() < 0.07:
        length = float(chance.uniform(2, 9))
        picture = _smear(picture, length, float(chance.uniform(0, np.pi)))
        soft += length / 3
    factor = float(chance.uniform(1.0, 2.0) if chance.random() < 0.92 else chance.uniform(2.0, 4.0))
    if chance.random() < 0.5:
        small = cv2.resize(
            picture, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA
        )
        way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[chance.integers(2)]
        picture = np.asarray(cv2.resize(small, (SHARD, SHARD), interpolation=way), np.float32)
        soft += 0.5 * (factor - 1)
    gain = float(np.exp(chance.normal(0, 0.15)))
    contrast = float(
        chance.uniform(0.8, 1.25) if chance.random() < 0.93 else chance.uniform(0.3, 0.8)
    )
    level = float(picture.mean())
    picture = (picture - level) * contrast + level * gain
    face = picture[50:135, 40:120]
    noise = float(chance.uniform(0, 3) if chance.random() < 0.9 else chance.uniform(3, 11))
    seen = float(face.std())
    specks = (grain or chance).normal(0, 1, picture.shape).astype(np.float32)
    if chance.random() < 0.4:
        specks = np.asarray(cv2.GaussianBlur(specks, (0, 0), 0.7) * 2, np.float32)
    picture = picture + noise * specks
    picture = np.clip(picture, 0, 255)
    out = np.asarray(picture, np.uint8)
    if chance.random() < 0.25:
        quality = int(chance.integers(35, 90))
        _, packed = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
        out = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    clear = 1 - 0.28 * max(soft - 1.3, 0) - 0.05 * max(noise - 5, 0) - 0.05 * max(14 - seen, 0)
    return out, float(np.clip(clear, 0.1, 1))
