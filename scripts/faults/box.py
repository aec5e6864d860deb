"""The telling half of a box as a program of its own, driven by lines on stdin: a thing to break.

Everything in it is what the service runs: Teller, Gatherer, Spool and Feed against a real broker,
a real panel on mock pins. Only time is an argument: clocks begin at HOUR, and each visit moves
them on by eight minutes, so that an hour's window closes after every eighth.

    python -m faults.box FOLDER PORT PASSWORD_FILE HOUR

A command a line: `visits N` (N visits), `run` (visits until killed), `hours N` (let N hours pass),
`drain` (wait until nothing waits), `fill` and `free` (a file that fills FOLDER's own small file
system), `break` and `mend` (every write to a file fails, as on a card that is dying), `quit`. Each
answers with one JSON line, and every released window is a line of its own.
"""

from __future__ import annotations

import json
import logging
import random
import resource
import sys
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.records import VisitTally
from cuelight.settings import LampSettings, MqttSettings, ReleaseSettings
from cuelight.tell.feed import Feed
from cuelight.tell.ledger import LedgerFile
from cuelight.tell.panel import Panel
from cuelight.tell.player import Player
from cuelight.tell.release import Gatherer
from cuelight.tell.spool import OPEN_SUMS, Spool
from cuelight.tell.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Callable

SITE, DEVICE, USER = "berlin", "table-1", "box"
NAMES: Final = ("interest", "hesitation", "nose_wrinkle")
MINUTES_A_VISIT: Final = 8.0
_START: Final = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_QUICK: Final = (0.02, 0.1)
_SAYING: Final = threading.Lock()
_PATIENCE_SECONDS: Final = 120.0
_AHEAD: Final = 4  # visits that may wait to be counted, so that a kill loses few


class Clock:
    """Time that passes only when told."""

    def __init__(self, hour: int) -> None:
        self.seconds = 0.0
        self._start = _START + timedelta(hours=hour)

    def now(self) -> float:
        """Return the steady clock, in seconds."""
        return self.seconds

    def utc(self) -> datetime:
        """Return the wall clock."""
        return self._start + timedelta(seconds=self.seconds)


class CountingGatherer(Gatherer):
    """A gatherer that says how many visits it took."""

    taken = 0

    def add(self, tally: VisitTally) -> None:
        """Count a visit, and that it came."""
        super().add(tally)
        self.taken += 1


class Box:
    """What a service without camera is, and a few ways to break it."""

    def __init__(self, stack: ExitStack, folder: Path, settings: MqttSettings, hour: int) -> None:
        self.folder = folder
        self.clock = Clock(hour)
        self.chance = random.SystemRandom()
        self.told = 0
        release = ReleaseSettings()
        self.spool = stack.enter_context(Spool(folder / "windows.sqlite"))
        self.gatherer = CountingGatherer(
            release, site=SITE, device=DEVICE, start=self.clock.utc(), names=NAMES
        )
        self.gatherer.restore(self.spool.load(OPEN_SUMS) or {})
        panel = stack.enter_context(Panel(LampSettings(pin_factory="mock"), mock_allowed=True))
        self.feed = stack.enter_context(
            Feed(
                settings,
                site=SITE,
                device=DEVICE,
                spool=self.spool,
                privacy="counts only",
                backoff_seconds=_QUICK,
            )
        )
        self.teller = stack.enter_context(
            Teller(
                player=stack.enter_context(Player(panel)),
                gatherer=self.gatherer,
                spool=self.spool,
                ledger=LedgerFile(folder / "alerts.json"),
                feed=self.feed,
                settings=release,
                now=self.clock.now,
                utc=self.clock.utc,
                clock_is_set=lambda: True,
                health=lambda: {"minutes": self.clock.seconds / 60.0},
            )
        )

    def visit(self) -> None:
        """Let one party come and go."""
        shown = {name for name in NAMES if self.chance.random() < 0.5}
        say(visit=1)
        wait_until(lambda: self.told - self.gatherer.taken < _AHEAD)
        self.teller.tell(VisitTally(frozenset(shown), price=self.chance.random() < 0.5))
        self.told += 1
        self.clock.seconds += 60.0 * MINUTES_A_VISIT

    def command(self, word: str, number: int) -> None:
        """Do what a line on stdin says."""
        match word:
            case "run":
                while True:
                    self.visit()
            case "visits":
                for _ in range(number):
                    self.visit()
                wait_until(lambda: self.told == self.gatherer.taken)
            case "hours":
                self.clock.seconds += 3600.0 * number
            case "drain":
                wait_until(lambda: self.spool.waiting_count() == 0)
            case _:
                self.fault(word)
        say(done=word, waiting=self.spool.waiting_count(), taken=self.gatherer.taken)

    def fault(self, word: str) -> None:
        """Do something to the disk, or undo it."""
        match word:
            case "fill":
                fill(self.folder / "filling")
            case "free":
                (self.folder / "filling").unlink()
            case "break":
                limit_writing(0)
            case "mend":
                limit_writing(resource.RLIM_INFINITY)
            case _:
                raise SystemExit(f"{word!r} is no command; see the head of {__file__}")


class SayWindows(logging.Handler):
    """Prints a line for every window that the teller says is on the disk."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print what the log says of a window, and whatever goes wrong."""
        if isinstance(record.args, tuple) and record.msg.startswith("window %d released"):
            say(released=record.args[0])
        elif record.levelno >= logging.ERROR:
            say(error=record.getMessage())


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def limit_writing(size: int) -> None:
    """Let no file grow past `size` bytes from now on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def say(**words: object) -> None:
    """Print one JSON line, whole, from whatever thread."""
    with _SAYING:
        print(json.dumps(words), flush=True)


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait for what nothing announces, looking every millisecond."""
    tick = threading.Event()
    end = time.monotonic() + _PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"waited in vain for {_PATIENCE_SECONDS:g} s")
        tick.wait(0.002)


def main() -> None:
    """Open the box and carry out commands until `quit`, the end of input or a kill."""
    folder, port, password_file, hour = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, handlers=[SayWindows()])
    settings = MqttSettings(
        host="127.0.0.1", port=int(port), tls=False, username=USER, password_file=password_file
    )
    with ExitStack() as stack:
        box = Box(stack, Path(folder), settings, int(hour))
        say(ready=1)
        for line in sys.stdin:
            word, _, number = line.strip().partition(" ")
            if word == "quit":
                break
            box.command(word, int(number or 0))


if __name__ == "__main__":
    main()
