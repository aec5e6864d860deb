"""The limit: nothing but the invokes of our models that the loop makes on the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocol import Message, Pictures, serve, timed

from cuelight.compose import build_reader
from cuelight.places import models_folder
from cuelight.sense.card import load_card
from cuelight.sense.detect import DETECTOR_FILE, DETECTOR_SHA256, Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.face import FaceFinder
from cuelight.sense.records import Frame
from cuelight.sense.runtime import open_model
from cuelight.sensing import Sensing
from cuelight.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cuelight.sense.detect import Detection
    from cuelight.sense.records import Luma


class Counted:
    """The detector, and how often it was asked."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.calls = 0

    def detect(self, image: Luma, region: tuple[int, int, int, int]) -> Sequence[Detection]:
        """Ask it."""
        self.calls += 1
        return self._detector.detect(image, region)


class Invokes:
    """Runs the loop over the pictures first, untimed, then the bare invokes that it made."""

    def __init__(self, scene: Message) -> None:
        settings, folder = Settings(), models_folder("")
        self._pictures = Pictures(
            scene["grey"], picture_fps=scene["picture_fps"], rate=scene["rate"]
        )
        model = ExpressionModel(folder)
        self._detector = Counted(Detector(folder))
        finder = FaceFinder(self._detector, card=model.card, zone=settings.zone)
        reader = build_reader(settings, model.card)
        self._sensing = Sensing(finder=finder, model=model, reader=reader)
        self._number = 0
        card = load_card(folder)
        self._express = open_model(card.file, sha256=card.sha256)
        self._detect = open_model(folder / "fetched" / DETECTOR_FILE, sha256=DETECTOR_SHA256)

    def play(self, count: int) -> Message:
        """See what the loop asks of the models for the next pictures; time that alone."""
        asked = []
        for number in range(self._number, self._number + count):
            before = self._detector.calls
            seen = self._sensing.update(Frame(*self._pictures.at(number)))
            asked.append((self._detector.calls - before, len(seen.expressions)))
        self._number += count

        def invoke(number: int) -> int:
            searches, faces = asked[number]
            for _ in range(searches):
                self._detect.invoke()
            for _ in range(faces):
                self._express.invoke()
            return faces

        detections = sum(searches for searches, _ in asked)
        return {**timed(invoke, iter(range(count))), "detections": detections}


if __name__ == "__main__":
    serve(Invokes)
