"""Render a script's frames as the device's camera would see them.

Runs where the model's recipe runs: it needs moderngl and the rig's file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
import rig_shards
from channels import POINTS
from rig import Rig
from rig_looks import draw_look
from rig_moves import REACH
from rig_render import Look, Renderer

from lab.moment import Moment
from lab.person import IDENTITIES, TRAIN_SHARE
from lab.room import draw_room, grey_of, paint_hand, paint_trunk, shifted
from lab.view import Camera

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from rig import Floats

    from lab.script import Script

ROOM, GRAIN = 1, 2
"""Streams of random numbers of a look."""
GREYS, CONTRAST = (80.0, 180.0), 20.0
"""Mean and least spread of a face's greys; as on a device, exposure sees to the mean."""
GAMMA, EXPOSURES = 2.0, 4
"""How exposure follows from greys, about, and how often it is tried."""
MOST_LOOKS = 60
MOST_BEARD = 0.3
"""Past this the paint of the rig's neck shows, which crops do not see."""
LOWEST_CLOTH = -13.0
"""Cloth begins here at the latest, rig centimetres up."""
NAMES = list(POINTS)
MOUTH = [NAMES.index("lip_upper_outer"), NAMES.index("lip_lower_outer")]


class Film:
    """A rig before the camera of a script; owns the renderer, which is opened with `with`."""

    def __init__(self, rig: Path, size: tuple[int, int] = (640, 360)) -> None:
        assert rig_shards.TRAIN_SHARE == TRAIN_SHARE
        self._rig = Rig(rig)
        assert self._rig.identities == IDENTITIES
        # The lens blurs more than finer samples would smooth, and they cost half the time.
        self._renderer = Renderer(self._rig, size=size, finer=1)
        self.size = size

    def frames(self, script: Script, fps: float) -> Iterator[NDArray[np.uint8]]:
        """Give the pictures (height,width) of a script at times 0, 1/fps and on."""
        shot = _Shot(self, script)
        for number in range(round(script.seconds * fps)):
            yield shot.take(number / fps)

    def draw(
        self, camera: Camera, own: Floats, now: Moment, look: Look
    ) -> tuple[Floats, Floats, Floats]:
        """Draw a head alone: greys and coverage (height,width), landmarks (32,2) in pixels."""
        yaw, pitch = now.gaze
        shape = self._rig.shape(own, now.moves, (yaw, pitch))
        view = camera.see(shape, now, brow_drop=look.brow_drop)
        clean, cover = self._renderer.draw(shape, view, look)
        return clean.astype(np.float32), cover, view.landmarks

    def face(self, script: Script) -> Floats:
        """Give the resting face (V,3) of the script's person."""
        return self._rig.identity(dict(script.person.identity))

    def close(self) -> None:
        """Give the renderer back."""
        self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Shot:
    """One script being filmed: what stays the same from frame to frame."""

    def __init__(self, film: Film, script: Script) -> None:
        self._film, self._script = film, script
        self._own = film.face(script)
        self._camera = Camera(script.person, film.size)
        self._look_seed = self._find_look()
        self._room = draw_room(film.size, np.random.default_rng((*self._look_seed, ROOM)))

    def _find_look(self) -> tuple[int, ...]:
        """Find the first look in which the resting face is not flat, once it is well exposed."""
        for attempt in range(MOST_LOOKS):
            self._look_seed = (self._script.person.look_seed, attempt)
            self._exposure = 1.0
            for _ in range(EXPOSURES):
                face = self._resting_face()
                wanted = float(np.clip(face.mean(), *GREYS))
                self._exposure *= (wanted / float(face.mean())) ** GAMMA
            if self._resting_face().std() > CONTRAST:
                break
        return self._look_seed

    def _resting_face(self) -> Floats:
        """Give the greys (N,) of the resting face."""
        now = Moment()
        clean, cover, marks = self._film.draw(self._camera, self._own, now, self._look(now))
        left, top = np.maximum(marks.min(0), 0).astype(int)
        right, bottom = marks.max(0).astype(int)
        area = (slice(top, bottom), slice(left, right))
        return clean[area][cover[area] > 0.9]

    def _look(self, now: Moment) -> Look:
        """Give the look, whose folds follow the movement: equal numbers, so one skin throughout."""
        look = draw_look(_strengths(now.moves), np.random.default_rng(self._look_seed))
        uniforms = dict(look.uniforms)
        for name, place, most in (("face_paint", 2, MOST_BEARD), ("mouth", 3, LOWEST_CLOTH)):
            values = list(_four(look, name))
            values[place] = min(values[place], most) if place == 2 else max(values[place], most)
            uniforms[name] = tuple(values)
        exposure, *curve = _four(look, "tone")
        uniforms["tone"] = (exposure * self._exposure, *curve)
        key, *others = _four(look, "light")
        uniforms["light"] = (key * now.key, *others)
        return replace(look, uniforms=uniforms)

    def take(self, t: float) -> NDArray[np.uint8]:
        """Give the picture at `t` seconds; its grain too is drawn by its time alone."""
        now, person = self._script.at(t), self._script.person
        look = self._look(now)
        clean, cover, marks = self._film.draw(self._camera, self._own, now, look)
        picture = clean + (1 - cover) * self._room
        paint_trunk(picture, self._camera, look, now)
        if now.hand:
            skin = grey_of(look, _four(look, "skin")[0])
            paint_hand(picture, marks, marks[MOUTH].mean(0), skin, now.hand)
        scale = self._film.size[0] / 640
        blurred = cv2.GaussianBlur(picture, (0, 0), person.blur_px * scale)
        picture = np.asarray(blurred, np.float32)
        if any(now.shift):
            picture = shifted(picture, now.shift, scale)
        chance = np.random.default_rng((*self._look_seed, GRAIN, round(1e6 * t)))
        specks = chance.standard_normal(picture.shape, np.float32)
        # Shot noise grows with the light.
        grain = person.noise_greys * (0.5 + picture * np.float32(0.7 / 255))
        picture = picture * np.float32(now.gain) + grain * specks
        return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


def _four(look: Look, name: str) -> tuple[float, ...]:
    values = look.uniforms[name]
    assert isinstance(values, tuple)
    return values


def _strengths(moves: Mapping[str, float]) -> dict[str, float]:
    """Give what training calls the strengths of these rig coefficients, by which skin folds."""
    return {name: value / REACH.get(name.split("_")[0], 1.0) for name, value in moves.items()}
