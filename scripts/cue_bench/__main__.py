"""Measure every cue on clips whose truth is known; `scripts/bench-cues` starts it."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import asdict, fields, is_dataclass
from itertools import combinations
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cue_bench.alike import alike
from cue_bench.bars import verdicts_of
from cue_bench.cases import cases_of, visit_cases_of
from cue_bench.clips import find_clips
from cue_bench.group import OURS, PEER, Group
from cue_bench.labels import labelled_clips, pass_of
from cue_bench.measure import measure_ours, measure_peer
from cue_bench.peer import PEER_PYTHON, ROOT
from cue_bench.plan import load_plan
from cue_bench.report import write_report
from cue_bench.summary import summarise
from cue_bench.truth import SPLITS
from cue_bench.worth import worth_of
from cue_bench.write import write_cues
from cuelight.compose import cues_path
from cuelight.cuebook import load_cuebook
from cuelight.errors import CuelightError
from cuelight.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cue_bench.chance import Figure
    from cue_bench.play import Play
    from cue_bench.score import ClipScore
    from cue_bench.worth import Worth


_PEER_BELOW_FPS = 31.0


def main(words: Sequence[str] | None = None) -> int:
    """Print the report; exit code 2 for wrong input."""
    args = _arguments(words)
    try:
        _bench(args)
    except CuelightError as error:
        print(f"bench-cues: {error}", file=sys.stderr)
        return 2
    return 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-cues", description=__doc__)
    parser.add_argument(
        "clips", type=Path, nargs="*", help="folders of clips, at any depth; none with --labels"
    )
    parser.add_argument("--split", choices=SPLITS, help="only clips of this split")
    parser.add_argument("--labels", type=Path, help="tables of times seen by eye: these films too")
    parser.add_argument("--films", type=Path, default=ROOT / "clips", help="where those films are")
    parser.add_argument("--peer", action="store_true", help="measure Face Landmarker too")
    parser.add_argument("--peer-python", type=Path, default=PEER_PYTHON, help="its interpreter")
    parser.add_argument(
        "--peer-folder", type=Path, default=ROOT / ".cache" / "peer", help="keep what it saw here"
    )
    parser.add_argument("--json", type=Path, help="write it all here as JSON, case by case")
    parser.add_argument("--plots", type=Path, help="draw a picture a group into this folder")
    parser.add_argument("--write", action="store_true", help="put measured values into --cues")
    parser.add_argument("--cues", type=Path, help="that file (default: models/cues.toml)")
    parser.add_argument(
        "--cache",
        type=Path,
        nargs="?",
        const=ROOT / ".cache" / "bench",
        help="keep what sensing gave of each of the lab's clips here (default .cache/bench), so "
        "that a changed reader is measured without running the models again",
    )
    parser.add_argument("--jobs", type=int, default=1, help="clips at a time (default 1)")
    args = parser.parse_args(words)
    if not (args.clips or args.labels):
        parser.error("no clips: name folders of clips, or tables of labels by --labels")
    return args


def _bench(args: argparse.Namespace) -> None:
    settings = Settings()
    clips = find_clips(args.clips, split=args.split) if args.clips else []
    if args.labels:
        clips += labelled_clips(args.labels, args.films)
    measured = {OURS: measure_ours(clips, settings, jobs=args.jobs, cache=args.cache)}
    if args.peer:
        measured[PEER] = measure_peer(
            # It takes hours over visits and high rates, and has no lamp to light in them.
            [c for c in clips if c.truth.kind != "visits" and c.truth.fps < _PEER_BELOW_FPS],
            settings,
            jobs=args.jobs,
            folder=args.peer_folder,
            python=args.peer_python,
        )
    scores: defaultdict[Group, list[ClipScore]] = defaultdict(list)
    for system, results in measured.items():
        for score, _ in results:
            truth = score.clip.truth
            scores[Group(system, truth.source, truth.split, round(truth.fps))].append(score)
    groups = {group: summarise(some) for group, some in sorted(scores.items())}
    cues = args.cues or cues_path(settings)
    worths = worths_of([score for score, _ in measured[OURS]], cues)
    alikes = {key: value for system in measured for key, value in _alike(system, measured[system])}
    verdicts = list(verdicts_of(groups))
    print(write_report(groups, alike=alikes, verdicts=verdicts, worths=worths), end="")
    if args.json:
        page = {
            "schema": 1,
            "groups": [{**group._asdict(), **plain(groups[group])} for group in groups],
            "alike": [{"of": list(key), **plain(value)} for key, value in alikes.items()],
            "bars": [{**asdict(v), "reached": v.reached} for v in verdicts],
            "worth": plain(worths),
            "cases": [
                case
                for system, results in measured.items()
                for case in cases_of(system, [score for score, _ in results])
            ],
            "visits": [
                case
                for system, results in measured.items()
                for case in visit_cases_of(system, [score for score, _ in results])
            ],
        }
        args.json.write_text(json.dumps(finite(page), indent=1) + "\n", encoding="utf-8")
    if args.plots:
        from cue_bench.plots import draw  # noqa: PLC0415 - matplotlib takes a second to load
        from cue_bench.timeline import draw_films  # noqa: PLC0415

        draw(groups, args.plots)
        films = [
            (score.clip.truth, play)
            for score, play in measured[OURS]
            if pass_of(score.clip.truth.split) is not None
        ]
        if films:
            draw_films(films, args.plots / "films.png")
    if args.write:
        names = write_cues(cues, worths)
        print(f"bench-cues: measured and written: {', '.join(names) or 'none'}", file=sys.stderr)


def worths_of(scores: Sequence[ClipScore], cues: Path) -> dict[str, Worth]:
    """Derive each cue's worth from the synthetic clips at the rate that the plan names.

    Hits and false alarms are counted on the test clips, and false alarms besides in the visits for
    tuning: those for testing must not set the very thresholds that they judge.
    """
    fps = load_plan().worth["fps"]
    used = [
        score
        for score in scores
        if round(score.clip.truth.fps) == fps
        and score.clip.truth.source != "film"
        and (score.clip.truth.split == "test") == (score.clip.truth.kind != "visits")
    ]
    if not used:
        return {}
    return worth_of(summarise(used), half_life_seconds=load_cuebook(cues).half_life_seconds)


def plain(value: Any) -> Any:  # noqa: ANN401 - any record of the benchmark
    """Turn records into what JSON can hold; a pair of names becomes `one/other`."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {
            "/".join(key) if isinstance(key, tuple) else key: plain(item)
            for key, item in value.items()
        }
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def finite(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Put null where a number is unknown or without bounds."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _alike(
    system: str, results: Sequence[tuple[ClipScore, Play]]
) -> list[tuple[tuple[str, str, float, float], Figure]]:
    """Compare the cues of the same scenes at every two rates."""
    scenes: defaultdict[tuple[str, float], dict[str, Any]] = defaultdict(dict)
    for score, play in results:
        truth = score.clip.truth
        cues = [told.cue for told in play.cues]
        scenes[truth.source, round(truth.fps)][truth.scene] = cues
    found = []
    for (source, one), (other_source, other) in combinations(sorted(scenes), 2):
        if source != other_source:
            continue
        shared = scenes[source, one].keys() & scenes[source, other].keys()
        if shared:
            figure = alike(scenes[source, one], scenes[source, other])
            found.append(((system, source, one, other), figure))
    return found


if __name__ == "__main__":
    sys.exit(main())
