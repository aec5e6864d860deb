"""Draw the report's few plots, small enough to be kept beside it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from channels import EMOTIONS, UNITS
from PIL import Image
from responses import STRENGTHS

mpl.use("Agg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

    from clips import Clip
    from crop import Floats
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS, THEIRS, GREY = "#c2410c", "#475569", "#94a3b8"
COLOURS = ("#c2410c", "#0f766e", "#1d4ed8", "#a16207", "#7e22ce", "#475569")
PANELS = (
    ("brows", ("inner_up", "outer_up", "brows_down", "brow_down_l")),
    ("eyes", ("wide", "tight", "blink", "cheeks")),
    ("nose and upper lip", ("sneer", "sneer_held", "lip_up")),
    ("smile and dimple", ("smile", "smile_l", "dimple", "dimple_l")),
    ("mouth", ("frown", "chin_low", "stretch")),
    ("lips", ("press", "roll", "pucker", "jaw")),
)
"""Movements by panel; those that no warp shows are taken from the rig's sweeps."""
ALONG = ("AU12L", "AU45L")
"""Units that are drawn along a clip, and gaze yaw."""
SECONDS = 20.0
COLOURS_KEPT = 64
STYLE: dict[Any, Any] = {
    "font.size": 8.5, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#64748b", "axes.titlesize": 9, "axes.titleweight": "bold",
    "legend.frameon": False, "figure.dpi": 110, "lines.linewidth": 1.3,
}  # fmt: skip


def _save(picture: Figure, path: Path) -> None:
    with BytesIO() as held:
        picture.savefig(held, format="png", dpi=110)
        # Few colours do for lines and text, and make the file a third as large.
        with Image.open(held) as full:
            few = full.convert("RGB").quantize(COLOURS_KEPT, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    plt.close(picture)


def draw_confusion(scores: dict[str, Any], path: Path) -> None:
    """Draw which expression is taken for which, as shares of each row."""
    table = np.array(scores["confusion"], float)
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    picture, axes = plt.subplots(figsize=(5.2, 4.3), layout="constrained")
    axes.imshow(share, cmap="Oranges", vmin=0, vmax=1)
    for voted, said in np.ndindex(share.shape):
        if table[voted, said]:
            colour = "white" if share[voted, said] > 0.6 else "#1e293b"
            text = f"{100 * share[voted, said]:.0f}"
            axes.text(said, voted, text, ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=40, ha="right")
    faces = table.sum(1).astype(int)
    axes.set_yticks(
        range(len(EMOTIONS)), [f"{n} ({k})" for n, k in zip(EMOTIONS, faces, strict=True)]
    )
    axes.set_xlabel("the file says")
    axes.set_ylabel("people say (faces)")
    axes.set_title("share of each row (%)", loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _save(picture, path)


def draw_sensitivity(found: dict[str, Any], path: Path) -> None:
    """Draw which share of faces is told from unmoved ones, over how strong the movement is."""
    warped, swept = found["warped"], found.get("swept", {})
    picture, grid = plt.subplots(
        2, 3, figsize=(8.6, 4.9), sharex=True, sharey=True, layout="constrained"
    )
    for axes, (title, moves) in zip(grid.flat, PANELS, strict=True):
        for colour, move in zip(COLOURS, moves, strict=False):
            if move in warped:
                shares, way, name = warped[move]["share"], "-", move
            elif move in swept:
                shares, way, name = swept[move]["share"], "--", f"{move} (rig)"
            else:
                continue
            known = np.isfinite(np.array(shares, float))
            x, y = np.array(STRENGTHS)[known], 100 * np.array(shares, float)[known]
            axes.plot(x, y, way, color=colour, marker="o", ms=3, label=name.replace("_", " "))
        axes.set_xscale("log")
        axes.set_xticks(STRENGTHS, ["3", "6", "12.5", "25", "50", "100"])
        axes.minorticks_off()
        axes.set_ylim(-3, 103)
        axes.set_title(title, loc="left")
        axes.grid(axis="y", color="#e2e8f0", lw=0.6)
        axes.set_axisbelow(True)
        axes.legend(fontsize=7.5, loc="upper left", handlelength=1.6)
    for axes in grid[1]:
        axes.set_xlabel("strength (% of full)")
    for axes in grid[:, 0]:
        axes.set_ylabel("told at 1 % false alarms\n(% of faces)")
    _save(picture, path)


def draw_nose(found: dict[str, Any], path: Path) -> None:
    """Draw what AU09 answers to the rig's nose sneer and to what looks like it."""
    picture, axes = plt.subplots(figsize=(4.6, 3.1), layout="constrained")
    for colour, (move, along) in zip(COLOURS, found["said"].items(), strict=False):
        points = [(0.0, *found["rest"])]
        pairs = zip(found["at"], along, strict=True)
        points += [(strength, *both) for strength, both in pairs if both]
        x, mean, high = np.array(points).T
        axes.plot(100 * x, mean, color=colour, marker="o", ms=3, label=move.replace("_", " "))
        axes.plot(100 * x, high, ":", color=colour, lw=1)
    axes.axhline(0.2, color=GREY, lw=0.8)
    axes.text(100, 0.205, "bar for the two others", ha="right", va="bottom", color=THEIRS, size=7.5)
    axes.set_xlabel("movement of the rig (% of full), mouth otherwise at rest")
    axes.set_ylabel("AU09 (intensity, 0 to 1)")
    axes.set_ylim(0, 1)
    axes.legend(title="alone; dotted: 95th percentile", title_fontsize=7.5, loc="upper left")
    _save(picture, path)


def _curve(axes: Axes, seconds: Floats, ours: Floats, theirs: Floats, name: str) -> None:
    axes.plot(seconds, theirs, color=GREY, lw=2.2, label="Face Landmarker")
    axes.plot(seconds, ours, color=OURS, lw=1.1, label="ours (int8)")
    axes.set_ylabel(name)
    axes.margins(x=0.01)


def draw_clip(clip: Clip, said: list[Floats], path: Path) -> None:
    """Draw two units and gaze yaw along the clip's first seconds."""
    seconds = clip.seconds
    rows = seconds < SECONDS
    picture, grid = plt.subplots(3, 1, figsize=(8.6, 4.4), sharex=True, layout="constrained")
    for axes, name in zip(grid, ALONG, strict=False):
        row = UNITS.index(name)
        ours, theirs = said[0][rows, row], clip.units[rows, row]
        _curve(axes, seconds[rows], ours, theirs, f"{name}\n(0 to 1)")
        axes.set_ylim(-0.03, 1.03)
    _curve(grid[2], seconds[rows], said[3][rows, 0], clip.gaze[rows, 0], "gaze yaw\n(degrees)")
    grid[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8)
    grid[2].set_xlabel("seconds into the clip")
    _save(picture, path)


def draw_plots(
    found: dict[str, Any], shown: dict[str, tuple[Clip, list[Floats]]], folder: Path
) -> None:
    """Draw what was measured; a plot without its figures is left out."""
    folder.mkdir(exist_ok=True)
    with mpl.rc_context(STYLE):
        draw_confusion(found["expressions"]["majority"]["int8"], folder / "confusion.png")
        draw_sensitivity(found["sensitivity"], folder / "sensitivity.png")
        if "swept" in found["nose"]:
            draw_nose(found["nose"]["swept"], folder / "nose.png")
        if shown:
            clip, said = next(iter(shown.values()))
            draw_clip(clip, said, folder / "clip.png")
