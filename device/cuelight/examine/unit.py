"""Examine systemd's unit: does the service run, and will it when the machine starts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Final

from cuelight.examine.finding import Finding

_NAME: Final = "cuelight.service"

_ASKED: Final = "LoadState,ActiveState,UnitFileState,MainPID,StatusText,Result,NRestarts"

_LOG: Final = "See why: `sudo journalctl -u cuelight -n 30`."


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd knows of its unit; `status` is the service's own line, `pid` 0 without one."""

    load: str
    active: str
    enabled: str
    pid: int
    status: str
    result: str
    restarts: int

    @property
    def runs(self) -> bool:
        """Whether there is a process of it that works."""
        return self.active == "active" and self.pid > 0


def ask_systemd() -> Unit | None:
    """Ask systemd for its unit; None where systemd does not run."""
    command = ["systemctl", "show", _NAME, f"--property={_ASKED}"]
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=5.0, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_unit(answer.stdout) if answer.returncode == 0 else None


def parse_unit(text: str) -> Unit | None:
    """Read what `systemctl show` prints; None for what is no such answer."""
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if "ActiveState" not in values:
        return None
    return Unit(
        load=values.get("LoadState", ""),
        active=values["ActiveState"],
        enabled=values.get("UnitFileState", ""),
        pid=_number(values.get("MainPID", "")),
        status=values.get("StatusText", ""),
        result=values.get("Result", ""),
        restarts=_number(values.get("NRestarts", "")),
    )


def examine_unit(unit: Unit | None) -> Finding:
    """Say whether the service runs and starts with the machine."""
    if unit is None:
        return Finding("service", "note", "no systemd here, so nothing starts cuelight by itself")
    figures: dict[str, object] = {
        "active": unit.active,
        "enabled": unit.enabled,
        "restarts": unit.restarts,
    }
    if unit.load != "loaded":
        text = f"{_NAME} is not installed ({unit.load or 'unknown'})"
        return Finding("service", "warning", text, "Run scripts/install-pi.", figures)
    if unit.active in {"failed", "activating"}:
        text = f"{_NAME} does not stay up: {unit.active}, {unit.result}, {unit.restarts} restarts"
        return Finding("service", "failed", text, _LOG, figures)
    if not unit.runs:
        text, fix = f"{_NAME} is {unit.active}", "Start it: `sudo systemctl enable --now cuelight`."
        return Finding("service", "warning", text, fix, figures)
    text = f"{_NAME} runs (process {unit.pid}) and says: {unit.status or 'nothing'}"
    if unit.restarts:
        text += f"; started again {unit.restarts} times"
    if unit.enabled not in {"enabled", "enabled-runtime"}:
        text += "; it does not start with the machine"
        fix = "Enable it: `sudo systemctl enable cuelight`."
        return Finding("service", "warning", text, fix, figures)
    return Finding("service", "good", text, figures=figures)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
