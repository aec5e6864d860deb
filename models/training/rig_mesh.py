"""Find where the teacher's mesh lies on the 3-D rig, and so how each movement moves that mesh.

A step of the recipe: rig -> `mesh_moves.npz` in the cache. The teacher looks at renders whose
mouth, lids and brows move; each of its points goes to the rig's vertex that lay nearest over all
renders. The rig's displacements at those vertices then say how far a movement of full strength
carries each point of any face that the teacher has labelled.
"""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rig import Rig, Shape
from rig_looks import draw_look
from rig_moves import MOVES, reached
from rig_render import Pose, Renderer, View, see
from rig_shards import draw_identity
from teacher import POINTS, Seen, Teacher
from tqdm import tqdm

if TYPE_CHECKING:
    from crop import Floats, Grey
    from rig import Ints

HERE = Path(__file__).parent
IRISES = 468
"""The first of the teacher's iris points: movements of the skin leave them where they are."""
ENLARGED = 3
"""Shard crops are enlarged by this for the teacher, which wants some 200 pixels of face."""
SKIN = 1
"""The rig's number for the material of the face (`rig.KINDS`)."""
BEHIND = 1.0
"""Vertices less far out than this, cm, are ears and neck: none of the teacher's points."""
AS_GOOD = 0.6
"""Vertices this much farther off than the nearest, shard pixels, may be the right ones too."""
APART = ("jaw", "brows_up", "brows_down", "smile", "wide", "blink", "pucker")
"""Movements that take lids, lips and brows apart, so that points on either side are told apart."""


def project(shape: Shape, view: View, side: int) -> tuple[Floats, Floats]:
    """Give a shape's vertices in crop pixels (V,2) and their distance from the camera (V,)."""
    points = np.column_stack((shape.points, np.ones(len(shape.points), np.float32)))
    clip = points @ view.to_crop.T
    flat = clip[:, :2] / clip[:, 3:]
    # The framebuffer is read from its last row on, so that down is up already.
    pixels = (flat + 1) * (side / 2)
    return pixels.astype(np.float32), clip[:, 3].astype(np.float32)


def _enlarged(crop: Grey) -> Grey:
    large = cv2.resize(crop, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def find_vertices(rig: Rig, template: Floats, *, seed: int, renders: int) -> Ints:
    """Give the rig's vertex (478,) for each of the teacher's points."""
    chance = np.random.default_rng(seed)
    skin = np.unique(rig.source[rig.kind == SKIN])
    skin = skin[rig.rest[skin, 2] > BEHIND]
    total = np.zeros((POINTS, len(skin)), np.float32)
    found = 0
    with Renderer(rig) as renderer, Teacher() as teacher:
        for _ in tqdm(range(renders), desc="mesh", unit="face", disable=None):
            own = draw_identity(rig, valid=False, chance=chance)
            moves = {
                name: float(chance.uniform(0, 0.7))
                for move in chance.choice(APART, 2, replace=False)
                for name in MOVES[str(move)]
            }
            shape = rig.shape(own, reached(moves))
            pose = Pose(*chance.normal(0, 4, 2).tolist(), distance=80.0)
            look = draw_look(moves, chance)
            view = see(shape, pose, template, brow_drop=look.brow_drop)
            crop, _ = renderer.draw(shape, view, look)
            seen: Seen | None = teacher.look(_enlarged(crop))
            if seen is None:
                continue
            pixels, _ = project(shape, view, len(crop))
            at = seen.points[:, :2] / ENLARGED
            off = np.linalg.norm(at[:, None] - pixels[skin][None], axis=2)
            # Far off counts no further: one render gone wrong must not decide.
            total += np.minimum(off, 8)
            found += 1
    if found < renders // 2:
        message = f"the teacher found a face in {found} of {renders} renders; wanted half or more"
        raise RuntimeError(message)
    mean = total / found
    near = mean < mean.min(1, keepdims=True) + AS_GOOD
    # Of several as good, the outermost: behind closed lips lies the mouth's lining.
    best = np.where(near, rig.rest[skin, 2], -np.inf).argmax(1)
    off = np.take_along_axis(mean, best[:, None], 1)[:IRISES]
    print(f"{found} renders; mean distance {off.mean():.2f}, largest {off.max():.2f} shard pixels")
    return np.asarray(skin[best], np.int32)


def displacements(rig: Rig, vertices: Ints) -> Floats:
    """Give how far each shape at 1 moves each point (S,478,3), cm, the irises not at all."""
    own = rig.shape(rig.rest, {}).points[vertices]
    moved = [rig.shape(rig.rest, {name: 1.0}).points[vertices] - own for name in rig.names]
    out = np.asarray(np.stack(moved), np.float32)
    out[:, IRISES:] = 0
    return out


def main() -> None:
    """Find the vertices, and write the teacher's mesh at rest and moved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rig", type=Path, required=True, help="face_rig.npz")
    parser.add_argument("--cache", type=Path, required=True, help="folder that holds template.npy")
    parser.add_argument("--recipe", type=Path, default=HERE / "recipe.toml")
    parser.add_argument("--renders", type=int, default=96)
    given = parser.parse_args()
    recipe = tomllib.loads(given.recipe.read_text())
    rig = Rig(given.rig)
    template = np.load(given.cache / "template.npy")
    vertices = find_vertices(rig, template, seed=recipe["seed"], renders=given.renders)
    np.savez(
        given.cache / "mesh_moves.npz",
        rest=rig.rest[vertices],
        names=np.array(rig.names),
        moves=displacements(rig, vertices),
        vertices=vertices,
    )


if __name__ == "__main__":
    main()
