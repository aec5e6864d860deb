"""Gather what movements look like that may be cues, with what is true of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cue_bench.definition import also_true, due
from cue_bench.kept import kept_rows
from cue_bench.match import overlap
from cue_bench.plan import load_plan
from cue_bench.rows import play_rows
from cue_bench.truth import span_of
from cuelight.compose import cues_path, reader_of
from cuelight.cuebook import load_cuebook
from cuelight.places import models_folder
from cuelight.sense.card import load_card

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from cue_bench.clips import BenchClip
    from cue_bench.truth import Event
    from cuelight.read.decision import Decision
    from cuelight.settings import Settings

    Floats = NDArray[np.float64]

LEARNED: Final = (
    *("anger", "brief_frown", "contempt", "disgust", "fear", "happiness", "nose_wrinkle"),
    *("one_sided_smile", "pressed_lips", "raised_eyebrows", "sadness", "surprise"),
)
"""The cues that have true movements enough in the clips for tuning."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A movement that may be the cue `name`: its features (F,), and the event that it is, if any.

    `clip` is its place among the sample's clips.
    """

    name: str
    clip: int
    onset: float
    offset: float
    features: Floats
    event: Event | None

    @property
    def span(self) -> str:
        """Whether the movement is micro, macro or lasting."""
        return span_of(self.offset - self.onset)


@dataclass(slots=True)
class Sample:
    """All candidates of some clips."""

    clips: list[BenchClip]
    candidates: list[Candidate] = field(default_factory=list)


def gather_sample(clips: list[BenchClip], settings: Settings, cache: Path) -> Sample:
    """Play the clips and note every movement that gets as far as being compared.

    Movements that are a part of a cue only, or also true of another event, teach nothing.
    """
    sample = Sample(clips)
    card = load_card(models_folder(settings.model.folder))
    book = load_cuebook(cues_path(settings))
    for place, clip in enumerate(clips):
        noted = _Noted(place, clip, sample)
        noting = replace(book, looks=dict.fromkeys(LEARNED, noted))  # type: ignore[arg-type]
        reader = reader_of(settings, card, noting, explain=noted.explain)
        play_rows(kept_rows(clip, settings, cache), reader, clip.marks)
    return sample


class _Noted:
    """Stands where the looks of all cues stand, notes the features and refuses.

    What was refused comes right after, in the reader's own explanation.
    """

    least = 1.0

    def __init__(self, place: int, clip: BenchClip, sample: Sample) -> None:
        self._place, self._clip, self._sample = place, clip, sample
        self._features: Floats | None = None

    def probability(self, features: Floats) -> float:
        self._features = features
        return 0.0

    def doubts(self, _: Floats) -> str:
        return "it is only noted"

    def explain(self, decision: Decision) -> None:
        if decision.stage != "cue" or self._features is None:
            return
        name, known, self._features = decision.candidate, self._features, None
        assert decision.onset is not None
        assert decision.offset is not None
        span = (decision.onset, decision.offset)
        if name not in self._clip.truth.judged:
            return
        share, event = self._nearest(name, span)
        if share < load_plan().match["iou"]:
            if share > 0.0 or self._is_excused(name, sum(span) / 2.0):
                return
            event = None
        self._sample.candidates.append(Candidate(name, self._place, *span, known, event))

    def _nearest(self, name: str, span: tuple[float, float]) -> tuple[float, Event | None]:
        truth = self._clip.truth
        owed = [
            (overlap(span, duty.interval), event)
            for event in truth.events
            if event.name == name
            and (duty := due(event, fps=truth.fps, marks=self._clip.marks)) is not None
        ]
        return max(owed, key=lambda one: one[0], default=(0.0, None))

    def _is_excused(self, name: str, apex: float) -> bool:
        truth, after = self._clip.truth, load_plan().match["afterglow_seconds"]
        return any(
            also_true(name, event) and event.onset <= apex <= event.offset for event in truth.events
        ) or any(name in d.shows and d.start <= apex <= d.end + after for d in truth.distractors)
