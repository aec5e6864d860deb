"""A live dashboard in a process of its own, a store with a past, and Debian's Chromium."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cuelight.neighbours import Neighbour
from cuelight.past import give_past
from cuelight.view.database import open_database
from cuelight.view.intake import Intake
from cuelight.view.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PASSWORD = "open sesame, please"

NEIGHBOURS = tuple(
    Neighbour(site, f"table-{number}", visits_an_hour=pace)
    for site, pace in (("berlin", 3.0), ("lyon", 1.1), ("porto", 0.5))
    for number in (1, 2, 3)
)


def fill(
    store: Path | str,
    neighbours: Sequence[Neighbour] = NEIGHBOURS,
    *,
    days: int = 90,
    now: datetime | None = None,
) -> None:
    """Put a past into a store, and a collector that was connected then."""
    now = now or datetime.now(UTC)
    give_past(str(store), neighbours, days=days, now=now)
    base = open_database(str(store), schema=TABLES)
    seconds = int(now.timestamp())
    Intake(base).say_collector(
        "cuelight-collector", connected=True, now=seconds, heard_at=seconds, batches=1
    )
    base.close()


class LiveDashboard:
    """`cuelight dashboard` on a free port; `address` is where."""

    def __init__(self, store: Path | str, folder: Path, *options: str) -> None:
        password = folder / "page-password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        command = [sys.executable, "-m", "cuelight", "dashboard", "--store", str(store)]
        command += ["--port", "0", "--password-file", str(password), *options]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.log: list[str] = []
        found: queue.Queue[str] = queue.Queue()

        def read() -> None:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                self.log.append(line)
                if match := re.match(r"dashboard on (http://\S+/)", line):
                    found.put(match[1])
            found.put("")

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        try:
            self.address = found.get(timeout=180)
        except queue.Empty:
            self.address = ""
        if not self.address:
            self.close()
            pytest.fail("no dashboard:\n" + "".join(self.log))

    def close(self) -> int:
        """End it as a service manager would; give its exit code."""
        self._process.terminate()
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        self._reader.join(120)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium", path=f"{os.environ.get('PATH', '')}:/usr/bin")
    if program is None:
        pytest.fail("no chromium here; run scripts/install-test-tools")
    with sync_playwright() as driver:
        # as root Chromium refuses its sandbox; the only pages it sees are our own
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(
            executable_path=program, args=[*options, "--disable-gpu", "--force-color-profile=srgb"]
        )
        with contextlib.closing(browser):
            yield browser


def log_in(page: Page, address: str, path: str = "") -> None:
    """Open a page, pass the log-in, and wait until it shows figures."""
    page.goto(address + path)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}{path}*")
