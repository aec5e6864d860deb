"""Put the sensing half together from settings: detector, model, reader."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cuelight.cuebook import load_cuebook
from cuelight.looks import LOOKS_FILE
from cuelight.places import models_folder
from cuelight.read.judged import JudgedBudget
from cuelight.read.movement import MovementTimes
from cuelight.read.reader import Reader, UnitThresholds
from cuelight.read.sitter import ReadLimits
from cuelight.sandbox import forbid_core_dumps, overwrite_freed_memory
from cuelight.sense.card import load_card
from cuelight.sense.detect import DETECTOR_SHA256, Detector
from cuelight.sense.expression import ExpressionModel
from cuelight.sense.face import FaceFinder
from cuelight.sense.sight import Lookout
from cuelight.sensing import Sensing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cuelight.read.reader import CueBook, Decision
    from cuelight.sense.card import Card
    from cuelight.settings import Settings


def cues_path(settings: Settings) -> Path:
    """Return the path of the cue parameters that go with the model."""
    return models_folder(settings.model.folder) / "cues.toml"


def book_paths(settings: Settings) -> dict[str, Path]:
    """Return the paths of what says what cues are, by name: looks only where there are any."""
    cues = cues_path(settings)
    looks = cues.with_name(LOOKS_FILE)
    return {"cues": cues, "looks": looks} if looks.exists() else {"cues": cues}


def model_hashes(settings: Settings, sensing: Sensing) -> dict[str, str]:
    """Return the SHA-256 of everything that decides what is read, by what it is."""
    return {
        "expression": sensing.model_sha256,
        "detector": DETECTOR_SHA256,
        **{
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in book_paths(settings).items()
        },
    }


def movement_times(settings: Settings) -> MovementTimes:
    """Return how long movements last, and from which frame rate on brief ones are claimed."""
    return MovementTimes(micro_claim_seconds=settings.read.micro_claim_ms / 1000.0)


def build_model(settings: Settings) -> tuple[FaceFinder, ExpressionModel]:
    """Open detector and expression model. Raises ModelError when either cannot be used.

    From here on this process sees faces, so it leaves no core file and nothing in freed memory.
    """
    forbid_core_dumps()
    overwrite_freed_memory()
    folder = models_folder(settings.model.folder)
    runtime, threads = settings.model.runtime, settings.model.threads
    model = ExpressionModel(folder, runtime=runtime, threads=threads)
    detector = Detector(folder, runtime=runtime, threads=threads)
    return FaceFinder(detector, card=model.card, zone=settings.zone), model


def build_lookout(settings: Settings) -> Lookout:
    """Open what looks for faces without reading any: the detector and the face's shape."""
    folder = models_folder(settings.model.folder)
    detector = Detector(folder, runtime=settings.model.runtime, threads=settings.model.threads)
    return Lookout(detector, card=load_card(folder))


def build_sensing(
    settings: Settings,
    *,
    lap: Callable[[str], object] | None = None,
    explain: Callable[[Decision], object] | None = None,
) -> Sensing:
    """Open everything between a frame and what the reader says of it."""
    finder, model = build_model(settings)
    reader = build_reader(settings, model.card, explain=explain)
    return Sensing(finder=finder, model=model, reader=reader, lap=lap)


def build_reader(
    settings: Settings, card: Card, *, explain: Callable[[Decision], object] | None = None
) -> Reader:
    """Open what judges the expressions of a card's model. Raises ModelError for a bad cue book."""
    return reader_of(settings, card, load_cuebook(cues_path(settings)), explain=explain)


def reader_of(
    settings: Settings,
    card: Card,
    book: CueBook,
    *,
    explain: Callable[[Decision], object] | None = None,
) -> Reader:
    """Open what judges the expressions of a card's model by a cue book."""
    limits = ReadLimits(movement=movement_times(settings))
    budget = JudgedBudget({name: entry.confidence for name, entry in book.readings.items()})
    return Reader(thresholds_of(card), book, budget=budget, limits=limits, explain=explain)


def thresholds_of(card: Card) -> dict[str, UnitThresholds]:
    """Give the reader's thresholds of each unit, as the card states them."""
    return {
        name: UnitThresholds(
            unit.enter, unit.leave, unit.noise, unit.prior, live=unit.live, slope=unit.slope
        )
        for name, unit in card.units.items()
    }
