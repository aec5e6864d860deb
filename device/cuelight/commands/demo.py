"""Show the whole chain on a real face: clip, real loop, mock pins, broker, and the dashboard."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.box import Box
from cuelight.clock import boot_seconds
from cuelight.commands.demo_page import DemoPage
from cuelight.commands.replay import event_text
from cuelight.embedded_broker import EmbeddedBroker
from cuelight.live import LiveView
from cuelight.places import sample_clip
from cuelight.records import Cue, Reading, Signal
from cuelight.sense.paced import PacedClip
from cuelight.settings import (
    LampSettings,
    MqttSettings,
    ReleaseSettings,
    Settings,
    SiteSettings,
    StoreSettings,
)
from cuelight.view.listener import Listener

if TYPE_CHECKING:
    import argparse

    from cuelight.sensing import Seen

_SITE: Final = "demo"
_LOOPS: Final = 5
"""The actress clip lasts 20 s; a visit takes 30 s to be one, and its first 45 s stay dark."""

_LOUD: Final = (
    "DEMO RELEASE SETTINGS: windows are released with k = 1 and floor = 0, so that one visit shows."
    " A real box releases nothing below k = 5 visits. Do not copy these settings."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--clip", type=Path, help="another clip (default: the actress)")
    parser.add_argument("--loops", type=int, default=_LOOPS, help=f"times (default {_LOOPS})")
    parser.add_argument("--headless", action="store_true", help="plain lines, no live screen")


def main(args: argparse.Namespace) -> int:
    """Play the clip in real time and end with a summary; 0 when a window reached the broker."""
    clip = args.clip or sample_clip("actress.mp4")
    log = _Log(print_lines=args.headless)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelight-demo-"))
        broker = stack.enter_context(EmbeddedBroker())
        listener = stack.enter_context(Listener(host="127.0.0.1", port=broker.port, site=_SITE))
        page = stack.enter_context(
            DemoPage(Path(folder), broker_port=broker.port, site=_SITE, told=log.tell)
        )
        source = PacedClip(clip, loops=args.loops, now=boot_seconds, wait=time.sleep)
        settings = _settings(broker.port, folder)
        box = stack.enter_context(
            Box(settings, open_camera=lambda: source, mqtt5=False, mock_allowed=True, see=log.see)
        )
        print(_LOUD)
        if not args.headless:
            logging.getLogger().setLevel(logging.WARNING)  # the screen shows what INFO would say
            log.view = LiveView(
                f"cuelight demo: {clip.name} {args.loops} times, in real time",
                lamp=lambda: box.panel.level,
                camera_lamp=lambda: box.panel.camera_lamp_is_lit,
                notes=lambda: [page.line, log.so_far(), *_of_devices(listener.lines())],
            )
            stack.enter_context(log.view)
        box.run()
        box.teller.close()
        box.teller.close_window()
        arrived = listener.wait_for_window(timeout_seconds=10.0)
        if log.view is not None:
            log.view.close()
        print(log.summary(box, source, listener))
        print(_LOUD)
        if not args.headless and sys.stdin.isatty() and sys.stdout.isatty():
            print(f"{page.line}\nThe dashboard stays until you press Enter.")
            sys.stdin.readline()
    return 0 if arrived else 1


def _of_devices(lines: list[str]) -> list[str]:
    """Leave out the sums over devices, which the dashboard shows."""
    return [line for line in lines if not line.startswith("aggregate/")]


def _settings(port: int, folder: str) -> Settings:
    return Settings(
        site=SiteSettings(name=_SITE, device="sample-clip"),
        lamp=LampSettings(pin_factory="mock"),
        mqtt=MqttSettings(host="127.0.0.1", port=port, tls=False),
        release=ReleaseSettings(k=1, floor=0, publish_expressions=True),
        store=StoreSettings(folder=folder),
    )


class _Log:
    """Counts what goes by, and shows it on the screen or prints it line by line."""

    def __init__(self, *, print_lines: bool) -> None:
        self.view: LiveView | None = None
        self._print_lines = print_lines
        self._frames = self._faces = 0
        self._start: float | None = None
        self._events: Counter[str] = Counter()
        self._signals: list[str] = []
        self._waiting: list[str] = []

    def see(self, seen: Seen) -> None:
        """Take what one frame gave."""
        if self._start is None:
            self._start = seen.timestamp
        self._frames += 1
        while self._waiting:
            print(self._waiting.pop(0), flush=True)
        self._faces += len(seen.expressions)
        for event in seen.events:
            if isinstance(event, Cue | Reading | Signal):
                kind = type(event).__name__.lower()
                self._events[f"{kind} {event.name}"] += 1
            if isinstance(event, Signal):
                when = event.timestamp - self._start
                self._signals.append(f"{event.name} for {event.reading} at {when:.1f} s")
            if self._print_lines and (text := event_text(event, self._start)):
                print(text, flush=True)
        if self.view is not None:
            self.view.update(seen)

    def tell(self, line: str) -> None:
        """Take a line from another thread, to print with the next frame; screens show it anyway."""
        if self._print_lines:
            self._waiting.append(line)

    def so_far(self) -> str:
        """Say what was found until now; the visit's tally counts each name at most once."""
        return "so far: " + (self._found() or "nothing")

    def _found(self) -> str:
        return ", ".join(f"{count} x {name}" for name, count in sorted(self._events.items()))

    def summary(self, box: Box, source: PacedClip, listener: Listener) -> str:
        """Sum the demo up in a few lines."""
        lit = [1000.0 * seconds for seconds in box.teller.signal_latencies]
        late = f" (lamp {max(lit):.0f} ms after the frame that completed it)" if lit else ""
        lines = [
            f"frames read {self._frames}, skipped {source.skipped}, faces read {self._faces}",
            f"found: {self._found() or 'nothing'}",
            f"signals: {'; '.join(self._signals) or 'none'}{late}",
        ]
        for window in listener.windows:
            shown = {name: cell for name, cell in window["cells"].items() if cell["n"]}
            cells = ", ".join(f"{name} {c['n']} of {c['visits']}" for name, c in shown.items())
            others = len(window["cells"]) - len(shown)
            lines.append(f"window {window['seq']} on the broker: {cells}; {others} cells at 0")
        return "\n".join(lines if listener.windows else [*lines, "no window on the broker"])
