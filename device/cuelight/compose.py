"""Put the sensing half together from settings: detector, model, reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuelight.cuebook import load_cuebook
from cuelight.places import models_folder
from cuelight.read.reader import Reader, UnitThresholds
from cuelight.sense.detect import Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.face import FaceFinder
from cuelight.sensing import Sensing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cuelight.read.reader import Decision
    from cuelight.settings import Settings


def cues_path(settings: Settings) -> Path:
    """Return the path of the cue parameters that go with the model."""
    return models_folder(settings.model.folder) / "cues.toml"


def build_model(settings: Settings) -> tuple[FaceFinder, ExpressionModel]:
    """Open detector and expression model. Raises ModelError when either cannot be used."""
    folder = models_folder(settings.model.folder)
    runtime, threads = settings.model.runtime, settings.model.threads
    model = ExpressionModel(folder, runtime=runtime, threads=threads)
    detector = Detector(folder, runtime=runtime, threads=threads)
    return FaceFinder(detector, card=model.card, zone=settings.zone), model


def build_sensing(
    settings: Settings,
    *,
    lap: Callable[[str], object] | None = None,
    explain: Callable[[Decision], object] | None = None,
) -> Sensing:
    """Open everything between a frame and what the reader says of it."""
    finder, model = build_model(settings)
    units = {
        name: UnitThresholds(unit.enter, unit.leave, unit.noise, unit.prior, live=unit.live)
        for name, unit in model.card.units.items()
    }
    reader = Reader(units, load_cuebook(cues_path(settings)), explain=explain)
    return Sensing(finder=finder, model=model, reader=reader, lap=lap)
