"""Paint what is round the head: a room that stands still, a trunk, a hand before the mouth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crop import Grey
    from numpy.typing import NDArray
    from rig import Floats
    from rig_render import Look

    from lab.moment import Moment
    from lab.view import Camera

TRUNK = np.array(
    [(-9, -14.2), (-13, -15), (-19, -18), (-22, -23), (-24, -34), (-25, -70), (25, -70), (24, -34),
     (22, -23), (19, -18), (13, -15), (9, -14.2), (6, -13.6), (3, -15.4), (0, -16), (-3, -15.4),
     (-6, -13.6)],
    np.float32,
)  # fmt: skip
"""Shoulders, chest and neckline, rig centimetres, right and up; it hides where the rig ends."""
TRUNK_DEPTH = 2.0
SUBPIXEL = 4
"""OpenCV draws to a sixteenth of a pixel with this shift."""


def draw_room(size: tuple[int, int], chance: np.random.Generator) -> Floats:
    """Give a room (height,width), 0..255: a shaded wall with furniture out of focus."""
    width, height = size
    scale = width / 640
    y, x = np.mgrid[:height, :width].astype(np.float32) / width
    slope = chance.normal(0, 50, 2)
    wall = chance.uniform(60, 190) + slope[0] * (x - 0.5) + slope[1] * (y - 0.3)
    picture = wall.astype(np.float32)
    for _ in range(int(chance.integers(4, 12))):
        shade = float(np.clip(wall.mean() + chance.normal(0, 40), 20, 240))
        corner = (chance.uniform(-0.1, 1.0, 2) * size).astype(int)
        reach = (chance.uniform(0.05, 0.4, 2) * width).astype(int)
        cv2.rectangle(picture, corner.tolist(), (corner + reach).tolist(), (shade,), -1)
    blur = float(chance.uniform(2, 7)) * scale
    picture = cv2.GaussianBlur(picture, (0, 0), blur).astype(np.float32)
    for cells in (12, 60):
        cloud = chance.normal(0, 2, (cells * 9 // 16, cells)).astype(np.float32)
        picture += cv2.resize(cloud, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(picture, 0, 255), np.float32)


def grey_of(look: Look, tone: float) -> float:
    """Give the grey, 0..255, that the shader would give cloth or skin of a tone."""
    light, shader = look.uniforms["light"], look.uniforms["tone"]
    assert isinstance(light, tuple)
    assert isinstance(shader, tuple)
    lit = 1 - np.exp(-1.4 * shader[0] * tone * (0.55 * light[0] + 0.8 * light[1]))
    return float(255 * lit ** (1 / shader[1]))


def paint_trunk(picture: Floats, camera: Camera, look: Look, now: Moment) -> None:
    """Paint shoulders and chest into a picture (height,width), before the neck's end."""
    cloth = look.uniforms["mouth"]
    assert isinstance(cloth, tuple)
    outline = np.concatenate((TRUNK, np.full((len(TRUNK), 1), TRUNK_DEPTH, np.float32)), 1)
    corners = camera.body(outline, now)
    mask = _blank(picture)
    cv2.fillPoly(mask, [_fixed(corners)], (255,), cv2.LINE_AA, SUBPIXEL)
    # Cloth turns to the light of the room further down.
    down = (np.arange(len(picture)) - corners[:, 1].min()) / 100
    grey = grey_of(look, cloth[2]) * (0.88 + 0.12 * np.clip(down, 0, 1))
    _blend(picture, grey[:, None].astype(np.float32), mask)


def paint_hand(picture: Floats, landmarks: Floats, mouth: Floats, skin: float, up: float) -> None:
    """Paint a loose fist with its forearm over the picture; at `up` = 1 it is before the mouth.

    `landmarks` (32,2) size it, `mouth` (2,) is the mouth's place in pixels, `skin` a grey.
    """
    wide = float(np.ptp(landmarks[:, 0]))
    below = picture.shape[0] - mouth[1] + 1.2 * wide
    middle = mouth + np.array((0.04 * wide, 0.1 * wide + (1 - up) * below))
    layer, mask = _blank(picture), _blank(picture)
    # Forearm, back of the hand, four fingers across the mouth; each a little darker.
    parts = [((0.08, 0.2), (0.55, 2.2), 0.40, 0.80), ((0.0, 0.05), (0.1, 0.3), 0.52, 0.92)]
    for finger in range(4):
        left, right = (-0.25, -0.12 + 0.115 * finger), (0.16, -0.14 + 0.125 * finger)
        parts.append((left, right, 0.135, 1.02 - 0.05 * finger))
    for start, end, thick, shade in parts:
        a, b = (_fixed(middle + np.array(place) * wide).tolist() for place in (start, end))
        outer, inner = (max(round(share * thick * wide), 1) for share in (1.0, 0.8))
        cv2.line(mask, a, b, (255,), outer, cv2.LINE_AA, SUBPIXEL)
        for grey, width in ((shade - 0.18, outer), (shade, inner)):
            cv2.line(layer, a, b, (min(skin * grey, 255),), width, cv2.LINE_AA, SUBPIXEL)
    soft = max(0.012 * wide, 0.5)
    shaded = cv2.GaussianBlur(layer, (0, 0), 1.5 * soft).astype(np.float32)
    _blend(picture, shaded, cv2.GaussianBlur(mask, (0, 0), soft).astype(np.uint8))


def shifted(picture: Floats, shift: Sequence[float], scale: float) -> Floats:
    """Give the picture (height,width) as a bumped camera sees it.

    `shift` is to the right, down (pixels of 640 across, which `scale` adapts) and degrees.
    """
    height, width = picture.shape
    right, down, degrees = shift
    by = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), np.float64)
    by[:, 2] += (right * scale, down * scale)
    moved = cv2.warpAffine(picture, by, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


def _blank(picture: Floats) -> Grey:
    # OpenCV smooths the edges of what it draws in eight bits only.
    return np.zeros(picture.shape, np.uint8)


def _fixed(places: NDArray[np.floating[Any]]) -> NDArray[np.int32]:
    return np.asarray(np.rint(places * 2**SUBPIXEL), np.int32)


def _blend(picture: Floats, layer: Floats, mask: Grey) -> None:
    share = mask.astype(np.float32) / np.float32(255)
    picture += share * (layer - picture)
