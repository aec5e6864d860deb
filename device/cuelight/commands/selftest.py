"""Play known clips through the real loop on this device, and say what is found in them."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuelight.compose import build_sensing, movement_times
from cuelight.device_toml import load_settings
from cuelight.grade import CueGrade, Told, f1_of, grade
from cuelight.known import load_known
from cuelight.pace import shortest_kept_up
from cuelight.places import selftest_folder
from cuelight.read.rate import claims_micro
from cuelight.records import Cue
from cuelight.sense.clip import open_clip
from cuelight.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cuelight.known import KnownClip
    from cuelight.sensing import Event

_CUE = "  {:<22}{:>6}{:>8}{:>7}{:>13}{:>9}"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one clip, and the work of each frame in seconds."""

    clip: KnownClip
    cues: dict[str, CueGrade]
    works: tuple[float, ...]

    @property
    def f1(self) -> float | None:
        """F1 over all cues of the clip; None where nothing is to be found."""
        return f1_of(self.cues.values())

    @property
    def false(self) -> int:
        """How many cues were told that nothing shows."""
        return sum(cue.false for cue in self.cues.values())

    @property
    def passed(self) -> bool:
        """Whether it is as good as it was measured, less the tolerance."""
        return self.clip.expected.met(self.f1, self.false)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument(
        "--clips", type=Path, help="folder of known clips (default: those installed)"
    )
    parser.add_argument(
        "--config", type=Path, help="device.toml to take model, camera rate and claims from"
    )


def main(args: argparse.Namespace) -> int:
    """Print every cue's figures and each clip's verdict; exit code 1 where one is worse."""
    given = load_settings(args.config) if args.config else Settings()
    # the zone is this table's, and the clips were not filmed at it
    settings = Settings(camera=given.camera, model=given.model, read=given.read)
    played = []
    for clip in load_known(args.clips or selftest_folder()):
        played.append(play(clip, settings))
        lines = clip_lines(played[-1]) if args.json else [clip_text(played[-1])]
        print("\n".join(lines), flush=True)
    verdict = machine(played, settings)
    print(json.dumps(verdict) if args.json else machine_text(verdict, settings.camera.fps))
    return 0 if verdict["passed"] else 1


def play(clip: KnownClip, settings: Settings) -> Played:
    """Play one clip through a fresh loop as fast as it goes; decoding is left out of the work."""
    os.environ.setdefault("OPENCV_FFMPEG_THREADS", "1")
    sensing = build_sensing(settings)
    sensing.warm_up()
    told: list[Told] = []
    works: list[float] = []
    timestamp = 0.0
    with open_clip(clip.film) as film:
        for frame in film:
            began = time.perf_counter()
            seen = sensing.update(frame)
            works.append(time.perf_counter() - began)
            timestamp = frame.timestamp
            told += _cues(seen.events, timestamp + works[-1])
    told += _cues(sensing.flush(timestamp), None)
    return Played(clip, grade(clip, told), tuple(works))


def machine(played: Sequence[Played], settings: Settings) -> dict[str, Any]:
    """Sum up: how fast this machine is, what that lets it tell, and whether all clips passed."""
    works = [work for one in played for work in one.works]
    times = movement_times(settings)
    shortest = shortest_kept_up(works, settings.camera.fps, times)
    return {
        "type": "selftest",
        "machine": os.uname().machine,
        "fps": round(len(works) / sum(works), 1),
        "min_detectable_ms": round(1000.0 * shortest),
        "micro": claims_micro(shortest, times),
        "passed": all(one.passed for one in played),
    }


def clip_lines(played: Played) -> list[str]:
    """Write a clip as JSON lines: one a cue, then its verdict."""
    clip = played.clip
    rows: list[dict[str, Any]] = [
        {
            "type": "selftest_cue",
            "clip": clip.name,
            "cue": name,
            "events": cue.owed,
            "hits": cue.hits,
            "false": cue.false,
            "f1": _rounded(cue.f1),
            "recall": _rounded(cue.recall),
            "onset_error": _rounded(cue.onset_error),
            "delay": _rounded(cue.delay),
        }
        for name, cue in played.cues.items()
    ]
    rows.append(
        {
            "type": "selftest_clip",
            "clip": clip.name,
            "f1": _rounded(played.f1),
            "least_f1": _rounded(clip.expected.least_f1),
            "false": played.false,
            "most_false": clip.expected.most_false,
            "passed": played.passed,
        }
    )
    return [json.dumps(row) for row in rows]


def clip_text(played: Played) -> str:
    """Write a clip for people."""
    clip, wanted = played.clip, played.clip.expected
    lines = [f"{clip.name}: {'pass' if played.passed else 'FAIL'}; {clip.shows}"]
    if played.f1 is not None and wanted.least_f1 is not None:
        stored = f"measured {wanted.measured_f1:.2f}, at least {wanted.least_f1:.2f}"
        lines.append(f"  F1 {played.f1:.2f} ({stored})")
    stored = f"measured {wanted.measured_false}, at most {wanted.most_false}"
    lines.append(f"  false cues {played.false} ({stored})")
    if played.cues:
        lines.append(_CUE.format("cue", "F1", "recall", "false", "onset error", "delay"))
    for name, cue in played.cues.items():
        f1 = "-" if cue.f1 is None else f"{cue.f1:.2f}"
        recall = "-" if cue.recall is None else f"{cue.recall:.2f}"
        error = "-" if cue.onset_error is None else f"{1000.0 * cue.onset_error:+.0f} ms"
        delay = "-" if cue.delay is None else f"{1000.0 * cue.delay:.0f} ms"
        lines.append(_CUE.format(name, f1, recall, cue.false, error, delay))
    return "\n".join(lines)


def machine_text(verdict: dict[str, Any], camera_fps: float) -> str:
    """Write the last lines for people."""
    brief = "brief cues are told" if verdict["micro"] else "too slow for brief cues: not told"
    shortest = f"movements from {verdict['min_detectable_ms']} ms on"
    return (
        f"this machine ({verdict['machine']}): {verdict['fps']:g} frames a second; "
        f"with a camera at {camera_fps:g} it can tell {shortest}; {brief}\n"
        f"selftest: {'pass' if verdict['passed'] else 'FAIL'}"
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _cues(events: Sequence[Event], at: float | None) -> list[Told]:
    return [Told(event, at) for event in events if isinstance(event, Cue)]
