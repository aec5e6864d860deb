"""Read a face's expression with the quantised model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from cuelight.errors import ModelError
from cuelight.sense.card import OUTPUTS, load_card
from cuelight.sense.records import Expression, Gaze, Head
from cuelight.sense.runtime import open_model

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.sense.card import Card
    from cuelight.sense.records import Face, Floats, Frame, Luma

_SIZES: Final = {name: len(names) for name, names in OUTPUTS.items()} | {
    "landmarks": 2 * len(OUTPUTS["landmarks"])
}


class ExpressionModel:
    """The int8 model of `folder` and its card: crop in, Expression out.

    Raises ModelError when file and card are not what they should be.
    """

    def __init__(self, folder: Path, *, runtime: str = "auto", threads: int = 1) -> None:
        self.card: Card = load_card(folder)
        self._model = open_model(
            self.card.file, sha256=self.card.sha256, runtime=runtime, threads=threads
        )
        self.runtime_name = self._model.runtime_name
        self._check()

    def read(self, face: Face, frame: Frame) -> Expression:
        """Read one face of a frame.

        Landmarks come back in frame pixels, the head's roll in the frame: the crop's own turn is
        added to what is left inside the crop. `head.scale` is the crop's side by the frame's
        height; `quality` is the product of both qualities: a face is present, and it is clear.
        """
        self._write(face.crop)
        self._model.invoke()
        yaw, pitch, roll = self._values("head").tolist()
        gaze_yaw, gaze_pitch = self._values("gaze").tolist()
        present, clear = self._values("quality").tolist()
        turn, shift = face.to_frame[:, :2], face.to_frame[:, 2]
        landmarks = self._values("landmarks").reshape(-1, 2) @ turn.T + shift
        side = float(np.hypot(turn[0, 0], turn[1, 0]))
        return Expression(
            track=face.track,
            timestamp=frame.timestamp,
            action_units=self._values("units"),
            relative_units=self._values("relative") * self.card.scales,
            emotions=self._values("emotions"),
            head=Head(
                yaw=yaw,
                pitch=pitch,
                roll=roll + face.roll_degrees,
                scale=side / frame.image.shape[0],
            ),
            gaze=Gaze(yaw=gaze_yaw, pitch=gaze_pitch),
            landmarks=landmarks,
            box=face.box,
            quality=present * clear,
        )

    def _write(self, crop: Luma) -> None:
        """Put the crop into the input tensor: 0 to 255 becomes -128 to 127 by its highest bit."""
        target = self._model.input.reshape(crop.shape).view(np.uint8)
        np.bitwise_xor(crop, 0x80, out=target)

    def _values(self, output: str) -> Floats:
        return self._model.dequantised(self.card.outputs[output]).reshape(-1)

    def _check(self) -> None:
        """Refuse a model whose tensors are not what the card says."""
        entry, wanted = self._model.inputs[0], (1, self.card.height, self.card.width, 1)
        if entry.shape != wanted or entry.dtype != np.int8:
            raise ModelError(
                f"{self.card.file}: the input is {entry.dtype} {entry.shape}; int8 {wanted} is "
                "wanted by its card. Take the card that was made with this model."
            )
        for name, size in _SIZES.items():
            position = self.card.outputs[name]
            shape = self._model.outputs[position].shape if position < self._outputs else ()
            if int(np.prod(shape)) != size or not shape:
                raise ModelError(
                    f"{self.card.file}: output {position} ({name}) has shape {shape}; {size} "
                    "values are wanted by its card. Take the card that was made with this model."
                )

    @property
    def _outputs(self) -> int:
        return len(self._model.outputs)
