"""Write docs/BENCHMARKS.md from what was measured; every table says where its cells come from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loop_bench.budgets import (
    EMULATED,
    LIMIT,
    OURS,
    PEER,
    all_of,
    budgets,
    interval,
    rest_millions,
    shown,
)
from loop_bench.paired import mean, percentiles, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PROSE: Final = tomllib.loads(Path(__file__).with_name("prose.toml").read_text(encoding="utf-8"))


def write_page(told: dict[str, Any], *, plots: Mapping[str, str]) -> str:
    """Give the whole page; `plots` are file names beside it, by what they show."""
    sections = {
        "peers": _peers,
        "growth": _growth,
        "start": _start,
        "counts": _counts,
        "latency": _latency,
        "day": _day,
        "fresh": _fresh,
    }
    lines = list(_head(told))
    for name, section in sections.items():
        if name in told:
            lines += ["", *section(told)]
            if name in plots:
                lines += ["", f"![{name}]({plots[name]})"]
    return "\n".join(lines) + "\n"


def _say(name: str, **values: object) -> str:
    return " ".join(_PROSE[name].split()).format(**values)


def _head(told: dict[str, Any]) -> Iterator[str]:
    head = told["head"]
    yield "# Benchmarks"
    yield ""
    words = {
        "where": "Measured on a Pi"
        if head["mark"] == "Pi"
        else "Nothing here was measured on a Pi",
        "versions": ", ".join(f"{name} {number}" for name, number in head["versions"].items()),
        "load": ", ".join(f"{name} {value:g}" for name, value in head["load"].items()),
    }
    yield _say("head", **(head | words))
    if head["quick"]:
        yield ""
        yield _say("quick")
    rows = [
        (one.what, one.allowed, f"{one.measured} ({one.mark})", "yes" if one.within else "**no**")
        for one in budgets(told)
    ]
    if rows:
        yield ""
        yield from _table(("what", "budget", "measured", "within"), rows)


def _peers(told: dict[str, Any]) -> Iterator[str]:
    mark = told["head"]["mark"]
    yield f"## Side by side ({mark})"
    yield ""
    yield _say("peers")
    for scene in told["peers"]:
        yield ""
        yield f"`{scene['name']}`, {shown(scene)}:"
        yield ""
        yield from _contest(scene, mark)
    yield ""
    yield _say("others")


def _contest(scene: dict[str, Any], mark: str) -> Iterator[str]:
    ours = scene["played"][OURS]["cpu_ms"]
    rows = []
    for name, played in scene["played"].items():
        cpu = interval(mean(played["cpu_ms"]), 2)
        against = "1" if name == OURS else interval(ratio(ours, played["cpu_ms"]), 3)
        times = [f"{value:.2f}" for value in percentiles(all_of(played["wall_ms"]))]
        rows.append((name, cpu, *times, f"{played['faces'] / played['frames']:.2f}", against))
    heads = ("", "CPU, ms a frame", "wall, ms: p50", "p95", "p99", "faces a frame")
    yield from _table(_marked((*heads, "cuelight's CPU against it"), mark), rows)


def _growth(told: dict[str, Any]) -> Iterator[str]:
    mark = told["head"]["mark"]
    yield f"## Growth: faces, size, rate ({mark})"
    yield ""
    yield _say("growth")
    yield ""
    rows = []
    for scene in told["growth"]:
        played = scene["played"]
        ours = played[OURS]["cpu_ms"]
        cells = [interval(mean(played[name]["cpu_ms"]), 2) for name in (OURS, LIMIT, PEER)]
        cells.append(f"{mean(played['FER']['cpu_ms']).value:.0f}")
        cells.append(interval(ratio(ours, played[PEER]["cpu_ms"]), 3))
        cells.append(f"{mean(ours).value * scene['rate'] / 10.0:.1f} %")
        rows.append((shown(scene), *cells))
    heads = ("", OURS, LIMIT, PEER, "FER", "cuelight / Face Landmarker", "of a processor")
    yield from _table(_marked(heads, mark), rows)


def _start(told: dict[str, Any]) -> Iterator[str]:
    mark, start = told["head"]["mark"], told["start"]
    yield f"## Start and memory ({mark})"
    yield ""
    yield _say("start")
    yield ""
    rows = [
        (
            name,
            interval(mean(one["imports"]), 2),
            interval(mean(one["rest"]), 2),
            interval(mean(one["pss_mb"]), 0),
        )
        for name, one in start["started"].items()
    ]
    yield from _table(_marked(("", "imports, s", "the rest, s", "PSS, MB"), mark), rows)
    stages = start["stages"]
    yield ""
    yield _say("stages", frames=stages["frames"])
    yield ""
    rows = [
        (stage, *(f"{row[key]:.2f}" for key in ("p50", "p95", "p99")))
        for stage, row in stages["stages_ms"].items()
    ]
    yield from _table(_marked(("", "p50", "p95", "p99"), mark), rows)


def _counts(told: dict[str, Any]) -> Iterator[str]:
    models, loops = told["counts"]["models"], told["counts"]["loops"]
    yield f"## Instructions ({EMULATED}: Cortex-A72, LiteRT, one thread)"
    yield ""
    yield _say("counts")
    yield ""
    rows = [(f"{name} model, an invoke", f"{count / 1e6:.2f} M") for name, count in models.items()]
    yield from _table(("", EMULATED), rows)
    yield ""
    rows = []
    for loop in loops:
        looks, frames, stages = loop["looks"] or loop["frames"], loop["frames"], loop["stages"]
        searching = stages["find"] - loop["usual_find"] * frames
        each = f"{searching / 1e6 / max(1, loop['searches']):.1f} M, {loop['searches']} in {frames}"
        cells = [
            searching,
            loop["usual_find"] * frames,
            stages.get("express", 0) - loop["looks"] * models["expression"],
            stages["read"],
            stages["loop"],
        ]
        whole = f"{rest_millions(loop, models):.2f}"
        rows.append((shown(loop), each, *(f"{cell / looks / 1e6:.2f}" for cell in cells), whole))
    heads = ("M a face and frame", "a search", "searches, shared out", "find and crop")
    heads += ("round the model", "read", "loop", "everything but the expression model")
    yield from _table(_marked(heads, EMULATED), rows)


def _latency(told: dict[str, Any]) -> Iterator[str]:
    mark = told["head"]["mark"]
    yield f"## From the sensor's timestamp to the pin, at the pace of life ({mark})"
    yield ""
    yield _say("latency")
    yield ""
    rows = []
    for one in told["latency"]:
        lit = [f"{value:.1f}" for value in percentiles(one["lit_ms"])]
        answered = [f"{value:.1f}" for value in percentiles(one["answered_ms"])]
        counted = f"{len(one['lit_ms'])} in {one['frames']}; {one['dropped']}; {one['skipped']}"
        rows.append((f"{one['name']}, {one['fps']:g} a second", counted, *lit, *answered))
    heads = (
        "",
        "signals shown in frames; signals dropped; frames skipped",
        "to the pin, ms: p50",
        "p95",
        "p99",
    )
    yield from _table(_marked((*heads, "to the answer, ms: p50", "p95", "p99"), mark), rows)


def _day(told: dict[str, Any]) -> Iterator[str]:
    day = told["day"]
    memory = [one["memory_mb"] for one in day["samples"]]
    yield f"## A day's memory ({told['head']['mark']})"
    yield ""
    verdict = "nothing grew" if day["passed"] else "**it grew**"
    yield _say("day", **day, least=min(memory), most=max(memory), verdict=verdict)


def _fresh(told: dict[str, Any]) -> Iterator[str]:
    fresh, mark = told["fresh"], told["head"]["mark"]
    sizes, device = fresh["sizes_mb"], set(fresh["device"])
    ours = sorted(device & set(sizes), key=lambda name: -sizes[name])
    others = sorted(set(sizes) - device, key=lambda name: -sizes[name])
    whole = sum(seconds for _, seconds in fresh["steps"])
    longest = max(fresh["steps"], key=lambda step: step[1])[0]
    yield f"## From nothing ({mark})"
    yield ""
    yield _say("fresh", seconds=whole, longest=longest)
    yield ""
    rows = [(what, f"{seconds:.1f}") for what, seconds in fresh["steps"]]
    yield from _table(_marked(("", "s"), mark), rows)
    yield ""
    weight = sum(sizes[name] for name in ours)
    yield _say("tree", clone=fresh["clone_mb"], environment=fresh["environment_mb"], device=weight)
    yield ""
    rows = [(name, f"{sizes[name]:.1f}") for name in ours[:8]]
    yield from _table(_marked(("", "MB"), mark), rows)
    yield ""
    yield _say("cuts", others=", ".join(f"{name} {sizes[name]:.0f}" for name in others[:6]))


def _marked(heads: Sequence[str], mark: str) -> list[str]:
    """Mark every column but the first, which says what the row is."""
    return [heads[0], *(f"{head} ({mark})" for head in heads[1:])]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
