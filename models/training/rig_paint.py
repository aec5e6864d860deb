"""Paint the rig's skin: masks in uv space for brows, lips, lids, beard, folds and creases.

A mask says where something is; a render's `Look` says how strongly it shows. Masks are functions of
the resting face's position at each texel, so that they sit right without any texture file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from rig import Floats, Rig

SIDE = 1024
"""Texels a side of the masks."""
MASKS = (
    "brow", "lips", "lash", "beard",
    "nostril", "nasolabial", "socket", "blush",
    "sneer", "furrow", "forehead", "crow",
    "dimple", "chin", "scalp", "cheekfold",
)  # fmt: skip
"""Sixteen masks, four to a texture."""


def rest_map(rig: Rig) -> tuple[Floats, Floats]:
    """Give the resting position (S,S,3) at each texel of the face, and a mask (S,S) of the used."""
    face = rig.kind[rig.drawn[:, 0]] == 1
    position = np.zeros((SIDE, SIDE, 3), np.float32)
    used = np.zeros((SIDE, SIDE), np.float32)
    points = rig.rest[rig.source]
    texels = rig.uv * SIDE - 0.5
    for corners in rig.drawn[face]:
        _fill(position, used, texels[corners], points[corners])
    return position, used


def _fill(position: Floats, used: Floats, texels: Floats, points: Floats) -> None:
    low = np.maximum(np.floor(texels.min(0)).astype(int), 0)
    high = np.minimum(np.ceil(texels.max(0)).astype(int) + 1, SIDE)
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    (ax, ay), (bx, by), (cx, cy) = texels
    area = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy)
    if x.size == 0 or abs(area) < 1e-9:
        return
    first = ((by - cy) * (x - cx) + (cx - bx) * (y - cy)) / area
    second = ((cy - ay) * (x - cx) + (ax - cx) * (y - cy)) / area
    third = 1 - first - second
    # A texel over the edge is filled too: bilinear sampling reads across.
    inside = (first > -0.3) & (second > -0.3) & (third > -0.3)
    weights = np.stack((first, second, third), -1)[inside].astype(np.float32)
    position[y[inside], x[inside]] = weights @ points
    used[y[inside], x[inside]] = 1


def _line(position: Floats, path: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Give distance (S,S) in cm to a polyline in the front view, and how far along, 0 to 1."""
    corners = np.array(path, np.float32)
    width = corners.shape[1]
    best = np.full(position.shape[:2], 99.0, np.float32)
    along = np.zeros(position.shape[:2], np.float32)
    steps = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    starts = np.concatenate(((0.0,), np.cumsum(steps)))
    own = np.abs(position[..., :1]) if corners[:, 0].min() >= 0 else position[..., :1]
    flat = np.concatenate((own, position[..., 1:]), -1)[..., :width]
    for start, a, b in zip(starts[:-1], corners[:-1], corners[1:], strict=True):
        arm = b - a
        share = np.clip(((flat - a) @ arm) / (arm @ arm), 0, 1)
        distance = np.linalg.norm(flat - a - share[..., None] * arm, axis=-1)
        near = distance < best
        best = np.where(near, distance, best)
        along = np.where(near, (start + share * np.linalg.norm(arm)) / starts[-1], along)
    return best, along


def _groove(position: Floats, path: npt.ArrayLike, width: float) -> Floats:
    distance, along = _line(position, path)
    ends = np.clip(4 * np.minimum(along, 1 - along) + 0.15, 0, 1)
    return np.asarray(np.exp(-((distance / width) ** 2)) * ends, np.float32)


def _ball(position: Floats, centre: tuple[float, float, float], size: float) -> Floats:
    mirrored = np.abs(position[..., :1])
    away = np.concatenate((mirrored, position[..., 1:]), -1) - np.array(centre, np.float32)
    return np.asarray(np.exp(-(away**2).sum(-1) / size**2), np.float32)


def _inside(position: Floats, outline: Floats, blur: float) -> Floats:
    """Give 1 inside a front-view outline, 0 outside, over `blur` centimetres."""
    scale = 40.0
    picture = np.zeros((int(26 * scale), int(26 * scale)), np.uint8)
    cv2.fillPoly(picture, [((outline[:, :2] + 13) * scale).astype(np.int32)], 255)
    soft = cv2.GaussianBlur(picture, (0, 0), blur * scale)
    place = ((position[..., :2] + 13) * scale).astype(np.float32)
    found = cv2.remap(soft, place[..., 0], place[..., 1], cv2.INTER_LINEAR)
    return np.asarray(found / 255 * (position[..., 2] > 6), np.float32)


def paint_masks(rig: Rig) -> Floats:
    """Paint all masks; give (len(MASKS),S,S), 0..1, row 0 at v = 0."""
    p, used = rest_map(rig)
    x, y, z = np.abs(p[..., 0]), p[..., 1], p[..., 2]
    marks = rig.rest[rig.landmarks68]
    masks: dict[str, npt.NDArray[np.floating]] = {}
    # The mesh's own brow ridge sits higher than brows do over the faces of the template.
    ridge = marks[22:27] - np.outer((0.72, 0.62, 0.5, 0.36, 0.18), (0, 1, 0)).astype(np.float32)
    distance, along = _line(p, ridge)
    half = np.interp(along, (0, 0.15, 0.6, 1), (0.36, 0.46, 0.40, 0.12))
    masks["brow"] = np.clip(1 - 0.5 * distance / half, 0, 1) * (z > 5)
    masks["lips"] = _inside(p, marks[48:60], 0.07)
    upper, _ = _line(p, marks[[42, 43, 44, 45]])
    lower, _ = _line(p, marks[[45, 46, 47, 42]])
    masks["lash"] = np.maximum(np.exp(-((upper / 0.13) ** 2)), 0.5 * np.exp(-((lower / 0.1) ** 2)))
    # The beard's upper line falls from the moustache to the jaw and rises again to the ear.
    line = np.interp(x, (0.0, 2.4, 3.6, 5.2, 6.6, 7.6), (-1.2, -1.5, -3.4, -3.6, -2.2, 1.0))
    jaw = np.clip((line - y) / 1.4, 0, 1)
    chops = 0.6 * np.exp(-(((x - 7.2) / 0.6) ** 2)) * np.clip((3 - y) / 2, 0, 1) * (z < 5)
    moustache = _groove(p, [(0.1, -1.75), (1.5, -2.0), (2.9, -3.3)], 0.5)
    masks["beard"] = np.maximum(np.maximum(jaw * (y > -12.5), chops), moustache)
    masks["beard"] = masks["beard"] * (1 - masks["lips"]) * np.clip(z - 1.5, 0, 1)
    masks["nostril"] = _ball(p, (0.62, -0.95, 11.0), 0.42)
    masks["nasolabial"] = _groove(p, [(1.75, 0.1), (2.3, -1.0), (2.9, -2.4), (3.3, -3.6)], 0.16)
    masks["socket"] = _groove(p, [(1.9, 2.7), (2.8, 2.1), (4.0, 2.2), (4.7, 2.8)], 0.35)
    masks["blush"] = _ball(p, (4.3, -0.3, 9.0), 1.8)
    sneer = [
        _groove(p, [(0.15, 2.4 + s), (0.9, 1.7 + s), (1.3, 1.1 + s)], 0.11) for s in (0, 0.45, 0.9)
    ]
    across = _groove(p, [(-0.7, 3.7), (0.0, 3.55), (0.7, 3.7)], 0.13)
    wing = _groove(p, [(1.2, 0.7), (1.65, 0.3), (1.85, -0.5)], 0.14)
    masks["sneer"] = np.max([*sneer, across, wing], 0)
    furrow = _groove(p, [(0.55, 4.2), (0.62, 5.0), (0.5, 5.9)], 0.12)
    masks["furrow"] = np.maximum(
        furrow, 0.5 * _groove(p, [(0.0, 4.1), (0.05, 4.9), (0.0, 5.5)], 0.1)
    )
    lines = [
        _groove(
            p,
            [(-4.6, 7.2 + s), (-2.2, 7.9 + s), (0, 7.6 + s), (2.2, 7.9 + s), (4.6, 7.2 + s)],
            0.13,
        )
        for s in (0.0, 0.8, 1.6)
    ]
    masks["forehead"] = np.max(lines, 0)
    rays = [[(5.0, 3.5), (5.7, 3.5 + rise), (6.3, 3.5 + 2.1 * rise)] for rise in (0.35, 0.05, -0.3)]
    masks["crow"] = np.max([_groove(p, ray, 0.09) for ray in rays], 0)
    masks["dimple"] = _groove(p, [(3.1, -2.6), (3.45, -3.4), (3.2, -4.2)], 0.17)
    masks["chin"] = _ball(p, (0.5, -5.9, 11.0), 0.8)
    masks["scalp"] = np.clip((y - 9.6 + 0.055 * x**2 * (x > 2)) / 2 + 0.5, 0, 1)
    masks["cheekfold"] = _groove(p, [(2.2, 1.6), (3.6, 1.0), (5.0, 1.6)], 0.16)
    stacked = np.stack([masks[name] * used for name in MASKS])
    return np.asarray(stacked, np.float32)
