"""Replay a clip through the real loop and print what is seen in it."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.compose import build_sensing
from cuelight.device_toml import load_settings
from cuelight.errors import InputError
from cuelight.jsonlines import event_line, explain_line, frame_line
from cuelight.price_marks import load_price_marks
from cuelight.records import Cue, Reading, Signal
from cuelight.sense.clip import open_clip
from cuelight.sensing import Seen
from cuelight.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from cuelight.read.reader import Decision
    from cuelight.sense.records import Frame
    from cuelight.sensing import Event, Sensing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("clip", type=Path, help="a video file or a folder of pictures")
    parser.add_argument("--json", action="store_true", help="print JSON lines")
    parser.add_argument("--frames", action="store_true", help="print every frame too")
    parser.add_argument("--events", type=Path, help="text file of seconds,price_mention lines")
    parser.add_argument("--plot", type=Path, help="draw action units and cues over time to a PNG")
    parser.add_argument("--explain", action="store_true", help="say why, or why not")
    parser.add_argument("--step", type=int, default=1, help="take every Nth frame (default 1)")
    parser.add_argument("--config", type=Path, help="device.toml to take zone and model from")


def main(args: argparse.Namespace) -> int:
    """Print cues, readings and signals as they are found; frames and reasons when asked for."""
    settings = load_settings(args.config) if args.config else Settings()
    marks = load_price_marks(args.events) if args.events else []
    if args.plot and not args.plot.resolve().parent.is_dir():
        raise InputError(f"Cannot draw {args.plot}: no folder {args.plot.parent}. Make it first.")
    explain = None
    if args.explain:
        explain = _print_line if args.json else _print_text
    kept: list[Seen] = []
    faces = 0
    with open_clip(args.clip, step=args.step) as clip:
        for seen in replay(build_sensing(settings, explain=explain), clip, marks):
            faces += len(seen.expressions)
            _print_seen(seen, args)
            if args.plot:
                kept.append(seen)
    if not faces:
        print(f"cuelight replay: no face in any frame of {args.clip}", file=sys.stderr)
    if args.plot:
        from cuelight.plot import draw_replay  # noqa: PLC0415 - matplotlib takes a second to load

        draw_replay(args.plot, kept, marks, title=args.clip.name)
    return 0


def replay(sensing: Sensing, clip: Iterable[Frame], marks: Sequence[float] = ()) -> Iterator[Seen]:
    """Give what each frame shows, price marks in their place, then what the clip's end gives."""
    waiting = list(marks)
    timestamp = 0.0
    for frame in clip:
        timestamp = frame.timestamp
        while waiting and waiting[0] <= timestamp:
            sensing.mark_price(waiting.pop(0))
        yield sensing.update(frame)
    yield Seen(timestamp, (), sensing.flush(timestamp))


def _print_seen(seen: Seen, args: argparse.Namespace) -> None:
    for expression in seen.expressions if args.frames else ():
        print(frame_line(expression))
    for event in seen.events:
        if text := event_line(event) if args.json else event_text(event):
            print(text)


def event_text(event: Event, start: float = 0.0) -> str | None:
    """Write a cue, reading or signal for people, times from `start`; None for a tally."""
    match event:
        case Cue():
            sure = " (provisional)" if event.provisional else ""
            span = f"{event.onset - start:7.2f} to {event.offset - start:.2f} s"
            strength = f"strength {event.strength:.2f}, confidence {event.confidence:.2f}"
            return f"{span}  cue {event.name}, face {event.track}, {strength}{sure}"
        case Reading():
            counts = Counter(cue.name for cue in event.evidence)
            because = ", ".join(f"{n} x {name}" for name, n in counts.items())
            confidence = f"confidence {event.confidence:.2f}"
            when = f"{event.timestamp - start:7.2f} s"
            return f"{when}  reading {event.name}, {confidence}: {because}"
        case Signal():
            return f"{event.timestamp - start:7.2f} s  SIGNAL {event.name} for {event.reading}"
        case _:
            return None


def _print_line(decision: Decision) -> None:
    print(explain_line(decision.timestamp, decision.candidate, decision.outcome, decision.reason))


def _print_text(decision: Decision) -> None:
    reason = f"{decision.candidate}: {decision.outcome}, {decision.reason}"
    print(f"{decision.timestamp:7.2f} s    {reason}")
