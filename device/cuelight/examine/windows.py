"""Examine what waits on disk for the broker, and for how long."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from cuelight.examine.finding import Finding
from cuelight.tell.waiting import look_at_spool

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cuelight.tell.waiting import Waiting

_PATIENCE_HOURS: Final = 24.0
"""A window is an hour long; one that has waited a day shows that something is wrong."""


def examine_windows(path: Path, *, now: datetime) -> tuple[Finding, str | None]:
    """Count the windows that wait in the spool at `path`, which is not changed.

    Also returns the body of the newest window that the broker has, to ask it about counts with.
    """
    try:
        spool = look_at_spool(path)
    except (OSError, sqlite3.Error) as error:
        text = f"{path} cannot be read: {error}"
        fix = (
            "Run doctor as root or as the service's user. If it is damaged, the service puts it "
            "aside at its next start and begins anew."
        )
        return Finding("windows", "failed", text, fix, {"waiting": None}), None
    if spool is None:
        text = "none yet: the service has not run with this store"
        return Finding("windows", "note", text, figures={"waiting": 0}), None
    return _judge(spool, now), spool.last_acked


def _judge(spool: Waiting, now: datetime) -> Finding:
    figures: dict[str, object] = {"waiting": spool.count, "oldest_hours": None}
    if spool.count == 0 or spool.oldest is None:
        return Finding("windows", "good", "none waits: the broker has them all", figures=figures)
    hours = max(0.0, (now - spool.oldest).total_seconds() / 3600.0)
    figures["oldest_hours"] = round(hours, 1)
    age = f"{hours:.1f} hours" if hours < 48 else f"{hours / 24.0:.0f} days"
    text = f"{spool.count} wait for the broker, the oldest for {age}"
    if hours <= _PATIENCE_HOURS:
        return Finding("windows", "good", text, figures=figures)
    fix = "Nothing is lost: they go out once the broker line is good and the service runs."
    return Finding("windows", "warning", text, fix, figures)
