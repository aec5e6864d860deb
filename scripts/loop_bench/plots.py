"""Draw what was measured: who costs what, how that grows, and a day's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from loop_bench.budgets import LIMIT, OURS, PEER
from loop_bench.paired import mean

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

_COLOURS = {OURS: "#0072b2", LIMIT: "#999999", PEER: "#d55e00", "FER": "#cc79a7"}


def draw(told: dict[str, Any], folder: Path) -> dict[str, str]:
    """Write a PNG for each part that has one; give their file names by part."""
    drawn = {}
    for name, work in (
        ("peers", _peers),
        ("growth", _growth),
        ("latency", _latency),
        ("day", _day),
    ):
        if name in told:
            work(told, folder / f"bench-{name}.png")
            drawn[name] = f"bench-{name}.png"
    return drawn


def _peers(told: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
    scenes = told["peers"]
    names = list(scenes[0]["played"])
    for place, name in enumerate(names):
        costs = [mean(scene["played"][name]["cpu_ms"]) for scene in scenes]
        at = np.arange(len(scenes)) + 0.2 * (place - (len(names) - 1) / 2)
        values = np.array([cost.value for cost in costs])
        ends = [
            [cost.value - cost.low for cost in costs],
            [cost.high - cost.value for cost in costs],
        ]
        axes.bar(at, values, 0.18, yerr=ends, label=name, color=_COLOURS[name])
        for x, value in zip(at, values, strict=True):
            axes.annotate(f"{value:.2g}", (x, value), ha="center", va="bottom", fontsize=7)
    axes.set_xticks(range(len(scenes)), [scene["name"] for scene in scenes])
    axes.set(yscale="log", ylabel=f"CPU, ms a frame ({told['head']['mark']})")
    axes.legend(fontsize=8, frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    _save(figure, path)


def _growth(told: dict[str, Any], path: Path) -> None:
    mark = told["head"]["mark"]
    figure, (sizes, rates) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for name in (OURS, LIMIT, PEER):
        for faces, style in ((1, "o-"), (3, "s--")):
            rows = [
                (scene["width"] * scene["height"] / 1e6, mean(scene["played"][name]["cpu_ms"]))
                for scene in told["growth"]
                if scene["faces"] == faces and scene["rate"] == 30.0
            ]
            label = f"{name}, {faces} face{'s' * (faces > 1)}"
            at = [x for x, _ in rows]
            sizes.plot(at, [y.value for _, y in rows], style, color=_COLOURS[name], label=label)
        rows = sorted(
            (scene["rate"], mean(scene["played"][name]["cpu_ms"]).value * scene["rate"] / 10.0)
            for scene in told["growth"]
            if scene["faces"] == 1 and scene["width"] == 640
        )
        rates.plot(
            [x for x, _ in rows], [y for _, y in rows], "o-", color=_COLOURS[name], label=name
        )
    sizes.set(yscale="log", xlabel="picture, megapixels", ylabel=f"CPU, ms a frame ({mark})")
    rates.set(xlabel="frames a second", ylabel=f"% of one processor ({mark})", yscale="log")
    for axes in (sizes, rates):
        axes.grid(alpha=0.3)
        axes.legend(
            fontsize=7, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0)
        )
    _save(figure, path)


def _latency(told: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
    for number, one in enumerate(told["latency"]):
        label = f"{one['name']}, {one['fps']:g} frames a second"
        times = np.sort(one["lit_ms"])
        line = axes.plot(times, np.linspace(0.0, 1.0, len(times)), label=label)[0]
        axes.axvline(
            2000.0 / one["fps"], color=line.get_color(), linestyle=":", ymax=1 - 0.1 * number
        )
    axes.set(xlabel=f"ms from the sensor to the pin ({told['head']['mark']}); dotted: two frames")
    axes.set(ylabel="part of the signals", xlim=(0.0, None))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False)
    _save(figure, path)


def _day(told: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(9, 2.4), layout="constrained")
    samples = told["day"]["samples"]
    memory = [one["memory_mb"] for one in samples]
    axes.plot([one["hours"] for one in samples], memory, ".-")
    axes.set(xlabel="virtual hours", ylabel=f"MB resident ({told['head']['mark']})")
    axes.set(ylim=(0.0, 1.2 * max(memory)))
    axes.grid(alpha=0.3)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:  # noqa: ANN401 - matplotlib has no types
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
