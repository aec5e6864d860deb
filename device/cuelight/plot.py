"""Draw a replay: action units, expressions, head and cues over time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np

from cuelight.records import Cue, Reading, Signal
from cuelight.sense.records import EMOTIONS, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cuelight.sensing import Seen

mpl.use("Agg")
import matplotlib.pyplot as plt

_PANELS: Final = {
    "brows": ("AU01", "AU02L", "AU02R", "AU04L", "AU04R"),
    "eyes, nose": ("AU05", "AU06", "AU07", "AU45L", "AU45R", "AU09"),
    "smile, smirk": ("AU12L", "AU12R", "AU14L", "AU14R"),
    "mouth": ("AU10", "AU15", "AU17", "AU20", "AU24", "AU28", "AU25", "AU26"),
}
_MARK_BEFORE, _MARK_AFTER = 5.0, 8.0  # what a price mark covers: DESIGN section 3


def draw_replay(path: Path, seen: Sequence[Seen], marks: Sequence[float], *, title: str) -> None:
    """Write a PNG of the longest-followed face: what the model saw, and what the reader made of it.

    `seen` is the replay frame by frame, `marks` the price mentions in seconds.
    """
    followed = Counter(e.track for one in seen for e in one.expressions)
    track = followed.most_common(1)[0][0] if followed else None
    face = [e for one in seen for e in one.expressions if e.track == track]
    times = np.array([e.timestamp for e in face])
    units = np.array([e.action_units for e in face]).reshape(-1, len(UNITS))
    emotions = np.array([e.emotions for e in face]).reshape(-1, len(EMOTIONS))
    heads = np.array([(e.head.yaw, e.head.pitch, e.head.roll) for e in face]).reshape(-1, 3)

    figure, axes = plt.subplots(7, 1, figsize=(12, 14), sharex=True, layout="constrained")
    for axis, (name, members) in zip(axes, _PANELS.items(), strict=False):
        for unit in members:
            axis.plot(times, units[:, UNITS.index(unit)], label=unit, linewidth=1)
        axis.set(ylabel=name, ylim=(0, 1))
    for index, emotion in enumerate(EMOTIONS):
        axes[4].plot(times, emotions[:, index], label=emotion, linewidth=1)
    axes[4].set(ylabel="expression", ylim=(0, 1))
    for index, angle in enumerate(("yaw", "pitch", "roll")):
        axes[5].plot(times, heads[:, index], label=angle, linewidth=1)
    axes[5].set(ylabel="head, degrees")
    for axis in axes[:6]:
        axis.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)
        axis.grid(alpha=0.3)
    _draw_events(axes[6], [event for one in seen for event in one.events])
    for mark in marks:
        for axis in axes:
            axis.axvspan(mark - _MARK_BEFORE, mark + _MARK_AFTER, color="gold", alpha=0.15)
            axis.axvline(mark, color="goldenrod", linewidth=1)
    axes[0].set_title(f"{title}, face {track}" if face else f"{title}: no face")
    axes[6].set_xlabel("seconds from the clip's start")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_events(axis: Any, events: Sequence[object]) -> None:  # noqa: ANN401 - matplotlib
    cues = [event for event in events if isinstance(event, Cue)]
    rows = {name: row for row, name in enumerate(sorted({cue.name for cue in cues}))}
    for cue in cues:
        colour = "tab:grey" if cue.provisional else "tab:blue"
        width = max(cue.offset - cue.onset, 0.05)
        axis.barh(rows[cue.name], width, left=cue.onset, color=colour, alpha=0.7)
        axis.plot(cue.apex, rows[cue.name], "k|")
    for event in events:
        if isinstance(event, Reading):
            axis.axvline(event.timestamp, color="tab:green", linestyle=":")
            axis.annotate(event.name, (event.timestamp, len(rows) - 0.4), fontsize=8, rotation=30)
        elif isinstance(event, Signal):
            axis.axvline(event.timestamp, color="tab:red")
            axis.annotate(event.name.upper(), (event.timestamp, -0.8), fontsize=9, color="tab:red")
    axis.set_yticks(list(rows.values()), list(rows))
    axis.set(ylabel="cues (grey: provisional)", ylim=(-1, max(len(rows), 1) + 0.5))
    axis.grid(alpha=0.3, axis="x")
