"""Measure everything side by side and write docs/BENCHMARKS.md; `scripts/bench` starts it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loop_bench import machine, peers
from loop_bench.contest import ROOT
from loop_bench.day import Day
from loop_bench.fresh import from_nothing
from loop_bench.page import write_page
from loop_bench.parts import (
    count_instructions,
    measure_latency,
    play_clips,
    play_growth,
    time_starts,
)
from loop_bench.plots import draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PARTS: Final = ("peers", "growth", "start", "latency", "counts", "day", "fresh")
_CACHE: Final = ROOT / ".cache" / "loop-bench"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the parts that are asked for; write page, plots and all figures.

    Exit codes: 0 done, 1 a part failed (what was measured before is kept), 2 wrong input.
    """
    args = _arguments(argv)
    if args.pages_from is not None:
        try:
            told = json.loads(args.pages_from.read_text(encoding="utf-8"))
            told["head"]["mark"]
        except (ValueError, KeyError, TypeError, OSError) as error:
            print(f"bench: {args.pages_from} holds no figures: {error!r}", file=sys.stderr)
            return 2
    else:
        try:
            told = _measure(args)
        except (subprocess.CalledProcessError, RuntimeError, ValueError, OSError) as error:
            said = (getattr(error, "stderr", None) or "").strip().splitlines()[-1:]
            print(f"bench: {' '.join([f'{error}.', *said])}", file=sys.stderr)
            print(f"bench: parts measured before are in {args.json}", file=sys.stderr)
            return 1
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(write_page(told, plots=draw(told, args.out.parent)), encoding="utf-8")
    print(f"bench: {args.out}", file=sys.stderr)
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny runs, to see that all works")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=f"{PARTS}"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="page to write (default: docs/BENCHMARKS.md, or one in .cache/loop-bench for a quick "
        "or partial run)",
    )
    parser.add_argument(
        "--json", type=Path, help="file for every figure (default: in .cache/loop-bench)"
    )
    parser.add_argument("--pages-from", type=Path, help="measure nothing; write such a file's page")
    parser.add_argument("--cpu", type=int, default=0, help="processor that contenders run on")
    args = parser.parse_args(argv)
    is_whole = not args.quick and set(args.only) == set(PARTS)
    args.out = args.out or (ROOT / "docs" if is_whole else _CACHE) / "BENCHMARKS.md"
    args.json = args.json or _CACHE / ("whole.json" if is_whole else "part.json")
    if args.pages_from is not None and not args.pages_from.is_file():
        parser.error(f"--pages-from {args.pages_from}: no such file; --json FILE writes one")
    if args.cpu not in os.sched_getaffinity(0):
        parser.error(f"--cpu {args.cpu}: this machine has {sorted(os.sched_getaffinity(0))}")
    return args


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    told: dict[str, Any] = {"head": machine.described() | {"load": {"before": machine.load()}}}
    told["head"] |= {"quick": args.quick, "cpu": args.cpu, "minutes": 0.0}
    args.json.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelight-bench-")))
        if {"peers", "growth", "start"} & set(args.only):
            peers.install()
        timed = {"quick": args.quick, "cpu": args.cpu}
        parts = {
            "peers": partial(play_clips, **timed),
            "growth": partial(play_growth, **timed),
            "start": partial(time_starts, **timed),
            "latency": partial(measure_latency, quick=args.quick),
        }
        for name, work in parts.items():
            if name in args.only:
                with _said(name, told, args.json):
                    told[name] = work(folder)
        # one processor is enough for each of these, so the day goes on beside the others
        day = None
        if "day" in args.only:
            day = Day(hours=0.5 if args.quick else 24.0, fps=2.0 if args.quick else 1.0)
            stack.callback(day.stop)
        if "fresh" in args.only:
            with _said("fresh", told, args.json):
                told["fresh"] = asdict(from_nothing())
        if "counts" in args.only:
            with _said("counts", told, args.json):
                told["counts"] = count_instructions(folder, quick=args.quick)
        if day is not None:
            with _said("day", told, args.json):
                told["day"] = day.result()
    return told


@contextmanager
def _said(name: str, told: dict[str, Any], kept: Path) -> Iterator[None]:
    """Say how a part gets on; keep what there is after each, so that a later one loses nothing."""
    began = time.monotonic()
    print(f"bench: {name} ...", file=sys.stderr, flush=True)
    yield
    seconds = time.monotonic() - began
    told["head"]["load"][name] = machine.load()
    told["head"]["minutes"] = round(told["head"]["minutes"] + seconds / 60.0, 2)
    kept.write_text(json.dumps(told), encoding="utf-8")
    print(f"bench: {name}, {seconds:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
