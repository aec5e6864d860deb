"""Kill a box with -9 at random points while it releases windows, and count what was lost."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import InputError
from cuelight.tell.window import from_json

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from faults.collector import Collector

SCRIPTS: Final = Path(__file__).resolve().parents[1]

_START_SECONDS: Final = 60.0
_DRAIN_SECONDS: Final = 120.0

VISITS_A_DEATH: Final = 2 + 1 + 4 + 1
"""Visits that a death may lose: up to two that are never written below three, one counted and not
written yet, up to four on their way to be counted, and one announced and not told any more."""


@dataclass(frozen=True)
class Report:
    """What became of it; `released` is what the store holds, by whose word nothing may be missing.

    `announced` and gone is a window that was said to be on the disk and is not; `half` is one that
    does not read or is not what the store holds; `strange` came and is not in the store; `holes`
    are missing numbers. `told` visits are at most `counted`, plus what deaths may lose.
    """

    kills: int
    kills_before_ready: int
    kills_while_waiting: int
    released: int
    arrived: int
    repeated: int
    lost: int
    gone: int
    half: int
    strange: int
    holes: int
    told: int
    counted: int

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, torn, made up or counted twice."""
        torn = self.lost + self.gone + self.half + self.strange + self.holes
        missing = self.told - self.counted
        return torn == 0 and 0 <= missing <= VISITS_A_DEATH * self.kills and self.released > 0

    def __str__(self) -> str:
        return json.dumps(asdict(self))


class Life:
    """One run of the box program, from its start to its end."""

    def __init__(
        self,
        folder: Path,
        port: int,
        password_file: Path,
        hour: int,
        *,
        inside: tuple[str, ...] = (),
    ) -> None:
        box = [sys.executable, "-m", "faults.box", folder, port, password_file, hour]
        self.process = subprocess.Popen(
            [*inside, *(str(word) for word in box)],
            cwd=SCRIPTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[dict[str, Any]] = []
        self._heard = 0
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def say(self, *commands: str) -> None:
        """Give commands."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{command}\n" for command in commands))
        self.process.stdin.flush()

    def wait_for(self, key: str, value: object = None, *, timeout_seconds: float) -> dict[str, Any]:
        """Return the next line that has this key (and value), counted from the last one found."""

        def found() -> bool:
            while self._heard < len(self.lines):
                line = self.lines[self._heard]
                self._heard += 1
                if key in line and value in (None, line[key]):
                    return True
            return False

        with self._changed:
            if not self._changed.wait_for(found, timeout_seconds):
                raise TimeoutError(f"no {key} {value} in {timeout_seconds} s: {self.lines[-5:]}")
            return self.lines[self._heard - 1]

    def end(self, *, kill: bool, after_seconds: float = _DRAIN_SECONDS) -> int:
        """Wait for the end, or bring it about after so long; returns the exit status."""
        try:
            self.process.wait(after_seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        status = self.process.wait(30)
        self._reader.join(30)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            if not text.endswith("\n"):
                return  # cut off in the middle
            with self._changed:
                self.lines.append(json.loads(text))
                self._changed.notify_all()


def kill_nine(
    *,
    folder: Path,
    port: int,
    password_file: Path,
    collector: Collector,
    times: int,
    chance: random.Random,
    progress: Callable[[int], object] = lambda _: None,
) -> Report:
    """Kill `times` boxes one after the other over the same store, let a last one send what waits.

    Two of three are killed up to 0.3 s after they released a first window, the third within a
    second of the process's start: while it opens the store, or connects.
    """
    announced: set[int] = set()
    told = early = waited = 0
    for number in range(times):
        life = Life(folder, port, password_file, number)
        if chance.random() < 1 / 3:
            life.say("run")
            status = life.end(kill=True, after_seconds=chance.uniform(0.0, 1.0))
        else:
            life.say("run")
            life.wait_for("released", timeout_seconds=_START_SECONDS)
            status = life.end(kill=True, after_seconds=chance.uniform(0.0, 0.3))
        if status != -signal.SIGKILL:
            raise RuntimeError(f"a box ended by itself, with {status}: {life.lines[-5:]}")
        announced |= {line["released"] for line in life.lines if "released" in line}
        told += sum("visit" in line for line in life.lines)
        early += not any("ready" in line for line in life.lines)
        waited += _waiting(folder) > 0
        progress(number + 1)
    last = Life(folder, port, password_file, times)
    last.say("drain", "quit")
    last.wait_for("done", "drain", timeout_seconds=_DRAIN_SECONDS)
    if last.end(kill=False) != 0:
        raise RuntimeError(f"the last box did not end well: {last.lines[-5:]}")
    kept, open_visits = _kept(folder)
    with collector.changed:
        collector.changed.wait_for(lambda: kept.keys() <= collector.windows.keys(), 120.0)
        arrived, repeated = dict(collector.windows), collector.repeated
    seqs = {from_json(body).seq for body in kept.values()}
    return Report(
        kills=times,
        kills_before_ready=early,
        kills_while_waiting=waited,
        released=len(kept),
        arrived=len(arrived),
        repeated=repeated,
        lost=len(kept.keys() - arrived.keys()),
        gone=len(announced - seqs),
        half=sum(
            not _is_whole(body) or kept.get(one, body) != body for one, body in arrived.items()
        ),
        strange=len(arrived.keys() - kept.keys()),
        holes=len(set(range(1, max(seqs, default=0) + 1)) - seqs),
        told=told,
        counted=open_visits + sum(from_json(body).visits or 0 for body in kept.values()),
    )


def _is_whole(body: str) -> bool:
    try:
        from_json(body)
    except InputError:
        return False
    return True


def _waiting(folder: Path) -> int:
    path = folder / "windows.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as base:
        if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'windows'").fetchone():
            return 0
        return int(base.execute("SELECT count(*) FROM windows WHERE acked = 0").fetchone()[0])


def _kept(folder: Path) -> tuple[dict[str, str], int]:
    """Return the store's windows by id, and how many visits are still open."""
    with closing(sqlite3.connect(folder / "windows.sqlite")) as base:
        windows = dict(base.execute("SELECT id, body FROM windows"))
        row = base.execute("SELECT value FROM meta WHERE key = 'open_sums'").fetchone()
    sums = json.loads(row[0]) if row else {}
    return windows, int(sums.get("visits", {}).get("visits", 0))
