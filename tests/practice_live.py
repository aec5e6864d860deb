"""A live practice page in a process of its own, and its page in a browser."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cuelight.practice.logbook import Logbook


class LivePractice:
    """`cuelight practice` on a free port with its own scores; `address` opens it.

    `program` takes the place of `-m cuelight`, `before` stands before the whole command.
    """

    def __init__(self, folder, *options, program=("-m", "cuelight"), before=(), environ=None):
        self.scores = folder / "scores" / "practice.jsonl"
        command = [*before, sys.executable, *program, "practice", "--port", "0"]
        self._has_before = bool(before)
        self._process = subprocess.Popen(
            [*command, "--scores", str(self.scores), *options],
            env={**os.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log = []
        found = queue.Queue()

        def read():
            for line in self._process.stdout:
                self.log.append(line)
                if match := re.match(r"practice on (http://127\.0\.0\.1:\d+/)\?key=(\S+)", line):
                    found.put(match.groups())
            found.put(None)

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        try:
            got = found.get(timeout=180)
        except queue.Empty:
            got = None
        if got is None:
            self.close()
            pytest.fail("no practice page:\n" + "".join(self.log))
        self.plain, self.key = got
        self.address = f"{self.plain}?key={self.key}"

    def answers(self):
        return Logbook(self.scores).read()

    @property
    def pid(self):
        """The page's own process: what `before` started, where there is a `before`."""
        if not self._has_before:
            return self._process.pid
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return int("".join((task / "children").read_text() for task in tasks).split()[0])

    def holds_open(self, path):
        """Whether the process has a file open, as it has a clip that plays."""
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                if link.resolve() == path.resolve():
                    return True
            except OSError:  # closed meanwhile
                continue
        return False

    def close(self):
        if self._process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        self._reader.join(120)
        self._process.stdout.close()


def opened(browser, live, **options):
    """Give a page that shows the start, and what went wrong on it so far."""
    context = browser.new_context(viewport={"width": 1100, "height": 900}, **options)
    context.set_default_timeout(120_000)
    page = context.new_page()
    trouble = []
    page.on("console", lambda said: trouble.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((live.plain, "data:", "ws://127.0.0.1"))
            else trouble.append(asked.url)
        ),
    )
    page.goto(live.address)
    page.get_by_role("heading", name="Train the eye").wait_for()
    return page, trouble
