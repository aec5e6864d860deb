"""Draw labelled films over time: what two passes by eye saw, and what was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Patch

from cue_bench.labels import pass_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cue_bench.play import Play
    from cue_bench.truth import Truth

_HEIGHT: Final = 0.26
_PASSES: Final = ("tab:blue", "tab:cyan")
_TOLD: Final = "tab:red"
_UNSURE: Final = 0.3
"""How opaque a stretch is that its pass was not sure of."""


def draw_films(films: Sequence[tuple[Truth, Play]], path: Path) -> None:
    """Write a PNG with a panel a film and a row a cue: both passes, and what was told below them.

    `films` holds every pass by itself, with the play of its film.
    """
    panels: dict[str, list[tuple[Truth, Play]]] = {}
    for truth, play in films:
        made = pass_of(truth.split)
        assert made is not None, "a film is labelled"
        panels.setdefault(made[0], []).append((truth, play))
    rows = {film: _names(passes) for film, passes in panels.items()}
    heights = [len(names) + 2 for names in rows.values()]
    figure, axes = plt.subplots(
        len(panels),
        1,
        figsize=(15, 0.3 * sum(heights) + 1),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    figure.suptitle("Real films: labelled by eye, and told; field precision unknown")
    for axis, (film, passes) in zip(axes[:, 0], panels.items(), strict=True):
        _panel(axis, film, passes, rows[film])
    figure.legend(
        handles=[
            *(
                Patch(color=colour, label=f"{which} pass (pale: not sure)")
                for colour, which in zip(_PASSES, ("first", "second"), strict=True)
            ),
            Patch(color=_TOLD, label="told"),
        ],
        loc="outside lower center",
        ncols=3,
        frameon=False,
    )
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _names(passes: Sequence[tuple[Truth, Play]]) -> list[str]:
    """Give the cues that were labelled or told; of those told only what was asked for."""
    names = set()
    for truth, play in passes:
        names |= {name for name, _, _, _ in _labelled(truth)}
        names |= {one.cue.name for one in play.cues} & truth.judged
    return sorted(names)


def _labelled(truth: Truth) -> list[tuple[str, float, float, float]]:
    """Give name, start, end and opacity of what one pass saw."""
    sure = [(event.name, event.onset, event.offset, 1.0) for event in truth.events]
    return sure + [(n, d.start, d.end, _UNSURE) for d in truth.distractors for n in d.shows]


def _panel(
    axis: Any,  # noqa: ANN401 - matplotlib has no types
    film: str,
    passes: Sequence[tuple[Truth, Play]],
    names: list[str],
) -> None:
    truth, play = passes[0]
    told = [(one.cue.name, one.cue.onset, one.cue.offset, 1.0) for one in play.cues]
    lanes = [(_labelled(seen), colour) for (seen, _), colour in zip(passes, _PASSES, strict=False)]
    for place, (spans, colour) in enumerate([*lanes, (told, _TOLD)]):
        for name, start, end, opacity in spans:
            if name in names:
                low = names.index(name) + (place - 1.5) * _HEIGHT
                span = [(start, end - start)]
                axis.broken_barh(span, (low, _HEIGHT), color=colour, alpha=opacity)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set(xlim=(0.0, truth.seconds), ylim=(len(names) - 0.4, -0.6), title=film)
    axis.set_xlabel("s")
    axis.grid(alpha=0.3, axis="x")
