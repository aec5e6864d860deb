"""Set what was measured against the budgets of the design."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from loop_bench.paired import Figure, mean, percentiles, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

EMULATED = "emulated AArch64"

OURS, LIMIT, PEER = "cuelight", "bare invokes", "Face Landmarker"


@dataclass(frozen=True, slots=True)
class Budget:
    """What is allowed, what was measured, where, and whether that is within."""

    what: str
    allowed: str
    measured: str
    mark: str
    within: bool


def budgets(told: dict[str, Any]) -> Iterator[Budget]:
    """Give a row for each budget that was measured."""
    here = told["head"]["mark"]
    if "counts" in told:
        millions = told["counts"]["models"]["expression"] / 1e6
        what = "expression model, a face and frame"
        yield Budget(what, "10 M instructions", f"{millions:.2f} M", EMULATED, millions <= 10.0)
        first = told["counts"]["loops"][0]
        rest = rest_millions(first, told["counts"]["models"])
        what = f"everything else, a face and frame ({shown(first)}; searches shared out)"
        yield Budget(what, "2.5 M instructions", f"{rest:.2f} M", EMULATED, rest <= 2.5)
    if "peers" in told:
        scenes = {scene["name"]: scene["played"] for scene in told["peers"]}
        against = ratio(scenes["actress"][OURS]["cpu_ms"], scenes["actress"][PEER]["cpu_ms"])
        what = "CPU a frame against Face Landmarker (actress, paired)"
        yield Budget(what, "1/10", interval(against, 3), here, against.value <= 0.1)
        idle = ratio(scenes["no_face"][OURS]["cpu_ms"], scenes["actress"][OURS]["cpu_ms"])
        what = "nobody at the table against active, CPU a frame, same size"
        yield Budget(what, "1/5", interval(idle, 3), here, idle.value <= 0.2)
    for one in told.get("latency", []):
        p99, two = percentiles(one["lit_ms"])[2], 2000.0 / one["fps"]
        what = f"sensor timestamp to pin, p99 ({one['name']}, {one['fps']:g} frames a second)"
        yield Budget(what, f"two frames: {two:.1f} ms", f"{p99:.1f} ms", here, p99 < two)
    if "start" in told:
        ours = told["start"]["started"][OURS]
        memory = mean(ours["pss_mb"])
        what = "memory of the box (PSS), without camera driver and broker"
        yield Budget(what, "120 MB", f"{memory.value:.0f} MB", here, memory.value <= 120.0)
        seconds = mean([a + b for a, b in zip(ours["imports"], ours["rest"], strict=True)])
        what = "start to first frame"
        yield Budget(what, "2 s", f"{seconds.value:.2f} s", here, seconds.value <= 2.0)


def rest_millions(loop: dict[str, Any], models: dict[str, int]) -> float:
    """Give what a face and frame costs but for the expression model, in millions.

    Where there was no face it is what a frame costs.
    """
    total = sum(loop["stages"].values()) - loop["looks"] * models["expression"]
    return float(total) / (loop["looks"] or loop["frames"]) / 1e6


def shown(scene: dict[str, Any]) -> str:
    """Say what a scene shows."""
    faces = {0: "nobody", 1: "one face"}.get(scene["faces"], f"{scene['faces']} faces")
    return f"{scene['width']}x{scene['height']}, {faces}, {scene['rate']:.3g} frames a second"


def interval(figure: Figure, digits: int) -> str:
    """Write a value with its 95 % interval."""
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def all_of(rounds: list[list[float]]) -> list[float]:
    """Put the rounds' frames together."""
    return list(chain.from_iterable(rounds))
