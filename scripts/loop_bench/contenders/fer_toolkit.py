"""Another peer: FER, which finds faces by OpenCV's cascade and reads seven expressions of each."""

from __future__ import annotations

import os

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0")

import cv2
from fer.fer import FER
from protocol import Message, Pictures, serve, timed


class Toolkit:
    """Sees every picture with the toolkit's defaults: its quantised TFLite model, no MTCNN."""

    def __init__(self, scene: Message) -> None:
        cv2.setNumThreads(1)
        self._pictures = Pictures(
            scene["colour"], picture_fps=scene["picture_fps"], rate=scene["rate"]
        )
        self._toolkit = FER()
        self._number = 0

    def play(self, count: int) -> Message:
        """Look at the next pictures."""
        first, self._number = self._number, self._number + count
        return timed(self._look, iter(range(first, self._number)))

    def _look(self, number: int) -> int:
        return len(self._toolkit.detect_emotions(self._pictures.at(number)[0]))


if __name__ == "__main__":
    serve(Toolkit)
