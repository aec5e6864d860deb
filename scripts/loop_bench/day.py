"""Let scripts/soak run the box through a day, and take what it says of its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from loop_bench.contest import ROOT


class Day:
    """A soak under way; `result` waits for its end."""

    def __init__(self, *, hours: float, fps: float) -> None:
        words = ["--hours", str(hours), "--fps", str(fps), "--settled-hours", str(hours / 12)]
        self._hours, self._fps = hours, fps
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "scripts" / "soak"), *words],
            stdout=subprocess.PIPE,
            text=True,
        )

    def result(self) -> dict[str, Any]:
        """Give its samples, and its last line in its own words."""
        lines = self._process.communicate()[0].splitlines()
        if not lines or lines[-1].startswith("{"):
            raise RuntimeError("scripts/soak broke off; run it by itself to see why.")
        samples = [json.loads(line) for line in lines if line.startswith("{")]
        return {
            "hours": self._hours,
            "fps": self._fps,
            "samples": samples,
            "words": lines[-1],
            "passed": self._process.returncode == 0,
        }

    def stop(self) -> None:
        """End it early."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
