"""Draw a posed rig into the shard crop: camera, crop transform, rasteriser (OpenGL, off screen)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import cv2
import moderngl
import numpy as np
from crop import SHARD, to_shard, turn_degrees
from rig import Floats, Rig, Shape, turned
from rig_extras import Extras
from rig_paint import MASKS, paint_masks
from rig_points import find_points
from rig_relief import Relief
from rig_shader import FRAGMENT, VERTEX
from targets import head_degrees

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SUPER = 2
"""Samples a pixel and side before averaging, unless told otherwise."""
PIVOT = np.array((0.0, 1.0, 3.0), np.float32)
"""The point of the head, rig centimetres, that turns stay about and the camera looks at."""
BROW_TEXELS = 0.0395
"""How far a centimetre down the forehead is in v."""
NEAR, FAR = 5.0, 400.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head is: degrees of yaw, pitch, roll, and its place before the camera in cm."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    distance: float = 70.0
    aside: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class View:
    """A camera's view of a face in the crop.

    `to_crop` (4,4) takes rig centimetres to OpenGL's clip space, `landmarks` (32,2) are in shard
    pixels, `head` is yaw, pitch, roll in degrees as the levelled crop shows them, `turn` (3,3) is
    the head's rotation in the levelled camera, for shading.
    """

    to_crop: Floats
    landmarks: Floats
    head: Floats
    turn: Floats
    scale: float


@dataclass(frozen=True, slots=True)
class Look:
    """How one render is painted and lit: uniforms by name, extras by name.

    `brow_drop` lowers the painted brows and `hair_thickness` lifts the hair, both in cm.
    """

    uniforms: Mapping[str, float | tuple[float, ...]]
    brow_drop: float = 0.0
    hair_thickness: float = 0.0
    extras: Mapping[str, float] = field(default_factory=dict)


def see(shape: Shape, pose: Pose, template: Floats, *, brow_drop: float = 0.0) -> View:
    """Look at a shape, and fit the crop to its landmarks as the device will."""
    turn = turned(pose.yaw, pose.pitch, pose.roll)
    place = np.eye(4, dtype=np.float32)
    place[:3, :3] = turn
    place[:3, 3] = -turn @ PIVOT + (*pose.aside, -pose.distance)
    eyes = [
        place[:3, :3] @ point + place[:3, 3] for point in find_points(shape, brow_drop=brow_drop)
    ]
    seen = np.array(eyes, np.float32)
    # A picture of 1000 pixels' focal length, y down: what the crop transform is fitted in.
    flat = seen[:, :2] / -seen[:, 2:] * np.array((1000, -1000), np.float32)
    by = to_shard(template, flat)
    landmarks = flat @ by[:, :2].T + by[:, 2]
    clip = np.zeros((4, 4), np.float32)
    half = SHARD / 2
    clip[:2, 0] = by[:, 0] * 1000 / half
    clip[:2, 1] = -by[:, 1] * 1000 / half
    clip[:2, 2] = -(by[:, 2] / half - 1)
    clip[2, 2] = -(FAR + NEAR) / (FAR - NEAR)
    clip[2, 3] = -2 * FAR * NEAR / (FAR - NEAR)
    clip[3, 2] = -1
    level = turn_degrees(by)
    levelled = turned(0, 0, level) @ turn
    head = head_degrees(levelled[None])[0]
    scale = float(np.hypot(by[0, 0], by[1, 0]))
    return View(clip @ place, landmarks.astype(np.float32), head, levelled, scale)


class Renderer:
    """Draw shapes as grey crops, or pictures of another `size` (width, height) in pixels.

    `finer` is how many samples a pixel and side are averaged. Owns an off-screen OpenGL context.
    """

    def __init__(
        self,
        rig: Rig,
        masks: Floats | None = None,
        *,
        size: tuple[int, int] = (SHARD, SHARD),
        finer: int = SUPER,
    ) -> None:
        self._rig = rig
        self._size = size
        self._finer = finer
        self._extras = Extras(rig)
        count = len(rig.rest)
        triangles = np.concatenate((rig.triangles, self._extras.triangles + count))
        self._relief = Relief(triangles, count + self._extras.count)
        self._source = np.concatenate((rig.source, np.arange(self._extras.count) + count))
        drawn = np.concatenate((rig.drawn, self._extras.triangles + len(rig.source)))
        kinds = np.concatenate((rig.kind, self._extras.kind))
        rest = np.concatenate((rig.rest[rig.source], self._extras.rest))
        uv = np.concatenate((rig.uv, self._extras.uv))
        # Hair stands off the scalp by a thickness that differs from render to render.
        back = np.clip(np.maximum(-1.5 - rig.rest[:, 2], rig.rest[:, 1] - 9.5) / 3, 0, 1)
        self._scalp = np.where(rig.rest[:, 1] > -6, back, 0).astype(np.float32)
        self._scalp[rig.source[rig.kind > 1]] = 0
        # The stub asks for a dictionary where the library takes a name.
        self._gl = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
        self._gl.enable(moderngl.DEPTH_TEST | moderngl.BLEND)
        self._program = self._gl.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        self._moving = self._gl.buffer(reserve=len(self._source) * 7 * 4, dynamic=True)
        still = np.concatenate((rest, uv, kinds[:, None]), 1).astype(np.float32)
        self._array = self._gl.vertex_array(
            self._program,
            [
                (self._moving, "3f 3f 1f", "in_point", "in_normal", "in_hollow"),
                (self._gl.buffer(still.tobytes()), "3f 2f 1f", "in_rest", "in_uv", "in_kind"),
            ],
            self._gl.buffer(drawn.astype(np.int32).tobytes()),
        )
        large = (size[0] * finer, size[1] * finer)
        self._target = self._gl.framebuffer(
            [self._gl.texture(large, 4)], self._gl.depth_renderbuffer(large)
        )
        self._load_textures(paint_masks(rig) if masks is None else masks)

    def _load_textures(self, masks: Floats) -> None:
        chance = np.random.default_rng(1)
        side = 512
        noise = np.zeros((side, side, 4), np.float32)
        for cells, share in ((16, 0.45), (48, 0.3), (128, 0.25), (512, 0.2)):
            octave = chance.normal(0, 1, (cells, cells, 4)).astype(np.float32)
            wrapped = np.pad(octave, ((2, 2), (2, 2), (0, 0)), mode="wrap")
            edge = side // cells * 2
            large = cv2.resize(wrapped, (side + 2 * edge, side + 2 * edge))
            noise += share * large[edge : edge + side, edge : edge + side]
        noise = np.clip(0.5 + 0.28 * noise, 0, 1)
        pictures = [
            masks[first : first + 4].transpose(1, 2, 0) for first in range(0, len(MASKS), 4)
        ]
        for unit, picture in enumerate([*pictures, noise]):
            texels = np.ascontiguousarray(picture * 255).astype(np.uint8)
            texture = self._gl.texture(texels.shape[1::-1], 4, texels.tobytes())
            texture.build_mipmaps()
            # Nothing but speed asks for the nearest level: the rasteriser runs on the processor.
            texture.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
            texture.use(unit)
            name = "noise" if unit == len(pictures) else f"paint{unit}"
            self._program[name] = unit

    def draw(self, shape: Shape, view: View, look: Look) -> tuple[NDArray[np.uint8], Floats]:
        """Draw one shape; give the grey picture uint8 and its coverage, 0..1, both (height,width).

        OpenGL's rows begin at the bottom: `view.to_crop` turns the picture over, y down.
        """
        extras = self._extras.place(shape, look.extras)
        points = np.concatenate((shape.points, extras))
        normals, hollow = self._relief.find(points)
        if look.hair_thickness:
            rest, head = self._rig.rest, slice(len(self._scalp))
            # Locks: a wavy thickness whose pattern goes with the thickness itself.
            wave = np.sin(rest @ np.array((1.3, 0.9, 0.7)) + 40 * look.hair_thickness)
            wave += np.sin(rest @ np.array((-0.6, 1.1, 1.6)) + 70 * look.hair_thickness)
            stand = look.hair_thickness * self._scalp * (1 + 0.25 * wave)
            points[head] += stand[:, None].astype(np.float32) * normals[head]
        self._shade_eyes(shape, hollow)
        moving = np.concatenate((points, normals, hollow[:, None]), 1)[self._source]
        self._moving.write(moving.astype(np.float32).tobytes())
        # OpenGL reads matrices column by column.
        self._program["to_crop"] = tuple(view.to_crop.T.ravel().tolist())
        self._program["head"] = tuple(view.turn.T.ravel().tolist())
        self._program["brow_shift"] = BROW_TEXELS * look.brow_drop
        for name, value in look.uniforms.items():
            self._program[name] = value
        self._target.use()
        self._target.clear(0, 0, 0, 0, depth=1)
        self._array.render()
        width, height = self._size
        raw = np.frombuffer(self._target.read(components=2, alignment=1), np.uint8)
        raw = raw.reshape(height * self._finer, width * self._finer, 2)
        small = cv2.resize(raw, self._size, interpolation=cv2.INTER_AREA)
        cover = np.asarray(small[..., 1], np.float32) / np.float32(255)
        return np.asarray(small[..., 0], np.uint8), cover

    def _shade_eyes(self, shape: Shape, hollow: Floats) -> None:
        marks = shape.points[self._rig.landmarks68]
        for eye, lids in zip(self._rig.eyes, ((42, 43, 44, 45), (36, 37, 38, 39)), strict=True):
            points = shape.points[eye.vertices]
            line = marks[list(lids)]
            order = np.argsort(line[:, 0])
            roof = np.interp(points[:, 0], line[order, 0], line[order, 1])
            hollow[eye.vertices] = 0.75 * np.exp(-np.clip(roof - points[:, 1], 0, None) / 0.22)

    def close(self) -> None:
        """Give the context back."""
        self._gl.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
