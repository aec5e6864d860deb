"""Inside the emulated Pi: run the shell commands that arrive on the serial line, one JSON each.

A line {"id": 1, "command": "...", "timeout": 30} is answered by "@@" and one line of JSON with the
same id, the exit status and what was printed. Only the test's machine runs this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tty

SERIAL = "/dev/ttyAMA0"


def main() -> None:
    """Answer commands for ever."""
    port = os.open(SERIAL, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(port)
    _say(port, {"id": 0, "status": 0, "printed": f"Python {sys.version.split()[0]}"})
    with open(port, encoding="utf-8", errors="replace", closefd=False) as lines:
        for line in lines:
            try:
                asked = json.loads(line)
            except ValueError:
                continue
            _say(port, {"id": asked["id"], **_run(asked["command"], asked["timeout"])})


def _run(command: str, timeout: float) -> dict[str, object]:
    try:
        done = subprocess.run(  # noqa: S602 - the test's own commands
            command,
            shell=True,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as late:
        return {"status": 124, "printed": (late.stdout or b"").decode(errors="replace")[-60000:]}
    return {"status": done.returncode, "printed": done.stdout.decode(errors="replace")[-60000:]}


def _say(port: int, answer: dict[str, object]) -> None:
    left = f"\n@@{json.dumps(answer)}\n".encode()
    while left:
        left = left[os.write(port, left) :]


if __name__ == "__main__":
    main()
