"""Draw what was measured of the cues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from cue_bench.plan import load_plan
from cuelight.read.cue import MACRO, MICRO

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cue_bench.chance import Figure
    from cue_bench.group import Group
    from cue_bench.summary import Summary


def draw(groups: Mapping[Group, Summary], folder: Path) -> list[Path]:
    """Write one PNG a group into the folder; give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for group, summary in groups.items():
        path = folder / f"{group.system}-{group.source}-{group.split}-{group.fps:g}.png"
        _draw(path, str(group), summary)
        paths.append(path)
    return paths


def _draw(path: Path, title: str, summary: Summary) -> None:
    figure, axes = plt.subplots(2, 2, figsize=(15, 11), layout="constrained")
    figure.suptitle(f"{title}; field precision unknown")
    cues = {name: cue for name, cue in summary.cues.items() if cue.events}
    for shift, span in ((-0.17, MICRO), (0.17, MACRO)):
        bars = {name: cue.f1[span, "all"] for name, cue in cues.items() if (span, "all") in cue.f1}
        _bars(axes[0, 0], list(cues), bars, shift=shift, label=span)
    _finish(axes[0, 0], list(cues), "F1, overlap >= 0.5 (95 %)", limit=1.0)
    strengths = tuple(load_plan().strengths)
    for name, cue in cues.items():
        shown = [(s, cue.recall["all", s]) for s in strengths if ("all", s) in cue.recall]
        if shown:
            axes[0, 1].plot([s for s, _ in shown], [f.value for _, f in shown], "o-", label=name)
    axes[0, 1].set(ylim=(0, 1.02), ylabel="recall by strength")
    axes[0, 1].grid(alpha=0.3)
    if axes[0, 1].get_legend_handles_labels()[0]:
        axes[0, 1].legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    watched = {name: cue.alarms for name, cue in summary.cues.items() if cue.hours > 0.0}
    _bars(axes[1, 0], list(watched), watched, shift=0.0, label="distractors and neutral")
    _finish(axes[1, 0], list(watched), "false alarms an hour (95 %)")
    for shift, label in ((-0.17, "onset error"), (0.17, "after end")):
        for row, cue in enumerate(cues.values()):
            times = cue.onset_error if label == "onset error" else cue.after_end
            if times.cases:
                ends = [1000.0 * times.low, 1000.0 * times.high]
                colour = "tab:blue" if shift < 0 else "tab:orange"
                axes[1, 1].plot(ends, [row + shift] * 2, color=colour)
                axes[1, 1].plot(1000.0 * times.median, row + shift, "o", color=colour)
    _finish(axes[1, 1], list(cues), "ms, 5 to 95 %: onset error (blue), told after end (orange)")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _bars(
    axis: Any,  # noqa: ANN401 - matplotlib has no types
    names: list[str],
    figures: Mapping[str, Figure],
    *,
    shift: float,
    label: str,
) -> None:
    rows = [names.index(name) + shift for name in figures]
    values = np.array([figure.value for figure in figures.values()])
    ends = np.array([(figure.low, figure.high) for figure in figures.values()]).reshape(-1, 2)
    axis.barh(rows, np.nan_to_num(values), height=0.3 if shift else 0.6, alpha=0.6, label=label)
    for row, (low, high) in zip(rows, ends, strict=True):
        if np.isfinite([low, high]).all():
            axis.plot([low, high], [row, row], "k-", linewidth=1)


def _finish(
    axis: Any,  # noqa: ANN401 - matplotlib has no types
    names: list[str],
    title: str,
    limit: float | None = None,
) -> None:
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_xlabel(title)
    axis.grid(alpha=0.3, axis="x")
    axis.invert_yaxis()
    if limit is not None:
        axis.set_xlim(0, limit)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize=8, frameon=False)
