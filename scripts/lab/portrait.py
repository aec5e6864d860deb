"""Play a script on one real portrait: its mesh moves the picture, nothing is drawn anew.

It needs numpy and OpenCV only. Skin moves as the rig's coefficients say, turns are small.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self

import cv2
import numpy as np
from crop import MESH, NAMES

from lab.layout import STEP, draw_layout
from lab.mouth import Mouth
from lab.restraint import held_gaze, held_turn, list_held_back
from lab.room import paint_hand, shifted
from lab.skin import Skin
from lab.surroundings import FINER, paint_surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crop import Floats
    from numpy.typing import NDArray

    from lab.faces import Faces
    from lab.moment import Moment
    from lab.script import Script

SIZE = (320, 240)
ROOM_LIT = 0.25
"""How much of the key light's change the room shows."""
LIGHT, GRAIN, BANK = 1, 2, 3
"""Streams of random numbers."""
GRAINS, MARGIN = 4, 64
"""How many fields of grain there are, and how much larger than a picture each is."""
NO_MAP = np.empty(0, np.float32)
"""OpenCV's second map, where the first one holds both."""
MOUTH = [NAMES.index("lip_upper_outer"), NAMES.index("lip_lower_outer")]


class PortraitFilm:
    """Portraits before the camera of a script; `size` is (width, height) in pixels."""

    def __init__(self, faces: Faces, size: tuple[int, int] = SIZE) -> None:
        self._faces = faces
        self.size = size

    def frames(self, script: Script, fps: float) -> Iterator[NDArray[np.uint8]]:
        """Give the pictures (height,width) of a script at times 0, 1/fps and on."""
        shot = Shot(self._faces, script, self.size)
        for number in range(round(script.seconds * fps)):
            yield shot.take(number / fps)

    def truth(self, script: Script) -> dict[str, Any]:
        """Give what `truth.json` says of a portrait besides, or instead of, what it says of a rig.

        `held_back` lists when the head turns less far than the script says.
        """
        face = self._faces.of(script.split, script.seed)
        layout = draw_layout(face, self._faces.rest, script.person, self.size)
        return {
            "source": "portrait",
            "identity": face.number,
            "camera": {"face_px": round(layout.face_px, 1)},
            "held_back": list_held_back(script),
        }

    def close(self) -> None:
        """Give nothing back: there is nothing to be closed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Shot:
    """One script being filmed: what stays the same from frame to frame."""

    def __init__(self, faces: Faces, script: Script, size: tuple[int, int]) -> None:
        face = faces.of(script.split, script.seed)
        person = script.person
        self._script, self._size = script, size
        self._layout = draw_layout(face, faces.rest, person, size)
        self._skin = Skin(faces, self._layout)
        blur = person.blur_px * size[0] / 640
        self._still = paint_surroundings(face.crop, self._layout, blur_px=blur)
        self._fine = np.dstack((self._still.portrait, self._still.person))
        self._grid = np.stack(np.meshgrid(*(np.arange(side) for side in size)), 2)
        self._grid = self._grid.astype(np.float32)
        self._mouth = Mouth(self._layout, self._still.portrait)
        self._lit = self._key_light()
        self._grains = _grains(size)

    def _key_light(self) -> Floats:
        """Give how much each place of the face gains from the key light (height,width)."""
        chance = np.random.default_rng((self._script.person.look_seed, LIGHT))
        side = float(chance.uniform(-0.5, 0.5))
        across = (self._grid[..., 0] - self._layout.middle[0]) / self._layout.face_px
        return np.asarray(np.clip(0.5 + side * across, 0.1, 0.9), np.float32)

    def landmarks(self, t: float) -> Floats:
        """Give where the 32 landmarks are at `t` seconds, pixels of the picture (32,2)."""
        return self._places(self._script.at(t), MESH)

    def _seat(self, now: Moment) -> tuple[float, Floats]:
        """Give how much larger the person is than at rest, and where the picture's corner went."""
        far = self._script.person.distance_cm
        right, up, near = now.place
        size = (1 + now.lean) * far / max(far - near, 1.0)
        way = np.array((right, -up)) * self._layout.pixels_a_cm
        corner = self._layout.middle * (1 - size) + way
        return size, corner.astype(np.float32)

    def _places(self, now: Moment, rows: Sequence[int]) -> Floats:
        size, corner = self._seat(now)
        places = self._skin.places(now.moves, held_turn(now.head), rows)
        return np.asarray(places * np.float32(size) + corner, np.float32)

    def take(self, t: float) -> NDArray[np.uint8]:
        """Give the picture at `t` seconds; its grain too is drawn by its time alone."""
        now, person = self._script.at(t), self._script.person
        picture = self._draw(now)
        if any(now.shift):
            picture = shifted(picture, now.shift, self._size[0] / 640)
        chance = np.random.default_rng((person.look_seed, GRAIN, round(1e6 * t)))
        which, right, down = chance.integers((GRAINS, MARGIN, MARGIN)).tolist()
        width, height = self._size
        specks = self._grains[which][down : down + height, right : right + width]
        # Shot noise grows with the light.
        grain = picture * np.float32(0.7 / 255 * person.noise_greys)
        grain += np.float32(0.5 * person.noise_greys)
        grain *= specks
        picture *= np.float32(now.gain)
        picture += grain
        picture += np.float32(0.5)
        return np.asarray(np.clip(picture, 0, 255, out=picture), np.uint8)

    def _draw(self, now: Moment) -> Floats:
        flow = self._skin.flow(now.moves, held_turn(now.head), held_gaze(now.gaze))
        size, corner = self._seat(now)
        # Nodes are asked at each pixel's place in the picture at rest.
        to_rest = np.array(((1 / size, 0, -corner[0] / size), (0, 1 / size, -corner[1] / size)))
        way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        came = cv2.warpAffine(
            flow, to_rest / STEP, self._size, flags=way, borderMode=cv2.BORDER_REPLICATE
        )
        scale = np.float32(1 / size)
        places = self._grid * scale - corner * scale
        places -= came
        places *= FINER
        fine = cv2.remap(
            self._fine, places, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        portrait, person = np.moveaxis(np.asarray(fine, np.float32), -1, 0)
        self._mouth.paint(portrait, lambda rows: self._places(now, rows))
        room = self._still.room
        if now.key != 1:
            portrait = portrait * (1 + np.float32(now.key - 1) * self._lit)
            room = room * np.float32(1 + ROOM_LIT * (now.key - 1))
        picture = room + person * (portrait - room)
        if now.hand:
            marks = self._places(now, MESH)
            paint_hand(picture, marks, marks[MOUTH].mean(0), self._mouth.skin, now.hand)
        return np.asarray(picture, np.float32)


@cache
def _grains(size: tuple[int, int]) -> Floats:
    """Give fields of grain (GRAINS,height,width) with some margin, the same for every clip."""
    chance = np.random.default_rng(BANK)
    width, height = size
    return chance.standard_normal((GRAINS, height + MARGIN, width + MARGIN), np.float32)
