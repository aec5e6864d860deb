"""Start the demo's dashboard beside it, and end it with it."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_END_SECONDS: Final = 5.0


class DemoPage:
    """The process that serves the page; `line` says where it is, or why it is not.

    It fills its own store and listens to the embedded broker; the demo's loop shares nothing with
    it but the broker. `told` is called once, from a thread, when `line` is known.
    """

    def __init__(
        self, folder: Path, *, broker_port: int, site: str, told: Callable[[str], object]
    ) -> None:
        self.line = "dashboard: starting"
        self._told = told
        self._password = secrets.token_urlsafe(9)
        password = folder / "page-password"
        password.touch(mode=0o600)
        password.write_text(self._password + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "cuelight.commands.demo_board"]
        command += [str(folder / "history.db"), site, "--port", "0"]
        command += ["--password-file", str(password), "--broker", f"127.0.0.1:{broker_port}"]
        # the embedded broker speaks 3.1.1; demo windows are released by weaker rules
        command += ["--no-tls", "--no-mqtt5", "--least-k", "1", "--least-floor", "0"]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="demo-page", daemon=True)
        self._reader.start()

    def close(self) -> None:
        """End the process; it has nothing to lose."""
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(_END_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        last = ""
        with self._process.stdout as lines:
            for line in lines:
                last = line.strip() or last
                # up to the slash: unbuffered, a log line may come before the newline
                if found := re.match(r"dashboard on (http://\S+/)", line):
                    self.line = f"dashboard: {found[1]}  password: {self._password}"
                    self._told(self.line)
        if self.line == "dashboard: starting":
            self.line = f"no dashboard: {last}"
            self._told(self.line)
