"""Say what this box promises, what it promised on a day, and prove what can be proved of it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuelight.device_toml import load_settings
from cuelight.errors import InputError, StoreError
from cuelight.examine.finding import Finding
from cuelight.examine.kept import examine_store, is_paused, judged_hints, pauses_by_hour
from cuelight.examine.process import examine_process
from cuelight.examine.stated import examine_stated
from cuelight.field_precision import field_precision, in_words
from cuelight.privacy import statement
from cuelight.running import find_running
from cuelight.statement_log import STATEMENTS, StatementLog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from cuelight.settings import Settings
    from cuelight.statement_log import Stated

_SERVICE_FOLDER = Path("/run/cuelight")

_OURS = (
    *("version", "versions", "model_sha256", "models", "sandbox"),
    *("zone_confirmed", "epsilon_spent", "field_precision", "field_precision_why"),
)
"""What only a service that runs can say; the rest follows from device.toml."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")
    parser.add_argument("--at", metavar="DATE", help="what was said on a day (2026-11-23, UTC)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--prove", action="store_true", help="examine the box that runs here")
    parser.add_argument(
        "--runtime-folder",
        type=Path,
        default=_SERVICE_FOLDER,
        help="where the service runs (default: /run/cuelight)",
    )


def main(args: argparse.Namespace) -> int:
    """Print the statement, or what was proved; 1 where a proof failed."""
    settings = load_settings(args.config)
    if args.prove:
        return _prove(settings, args.runtime_folder, as_json=args.json)
    log = StatementLog(settings.store_folder / STATEMENTS)
    try:
        if args.at:
            return _say_past(log, args.at, as_json=args.json)
        return _say_now(settings, log, as_json=args.json)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{settings.store_folder} cannot be read: {error}. Run this as root, or as the "
            "service's user."
        ) from error


def _say_now(settings: Settings, log: StatementLog, *, as_json: bool) -> int:
    kept = log.stated()
    said = dict(kept[-1].statement) if kept else statement(settings, model_sha256="")
    changed = _changes(said, statement(settings, model_sha256="")) if kept else []
    since, sums = pauses_by_hour(settings.store_folder)
    precision = field_precision(*judged_hints(settings.store_folder))
    if as_json:
        line = {
            "type": "privacy",
            "from": kept[-1].start.isoformat() if kept else None,
            "statement": said,
            "changed_by_next_start": changed,
            "pauses": {"since": since or None, "by_hour_utc": sums},
            "field_precision": asdict(precision) if precision else "unknown",
        }
        print(json.dumps(line))
        return 0
    print(f"said since {kept[-1].start:%Y-%m-%d %H:%M} UTC:" if kept else "never started yet:")
    _print_statement(said)
    hours = ", ".join(f"{hour:02d}-{hour + 1:02d}: {n}" for hour, n in enumerate(sums) if n)
    print(f"pauses by hour (UTC)  {hours or 'none'}{f', since {since}' if since else ''}")
    print(f"field precision       {in_words(precision)}")
    if changed:
        print(
            f"device.toml says otherwise since; it counts from the next start: {', '.join(changed)}"
        )
    return 0


def _changes(said: Mapping[str, Any], fresh: Mapping[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(fresh))
    return [key for key in plain if key not in _OURS and plain[key] != said.get(key)]


def _say_past(log: StatementLog, at: str, *, as_json: bool) -> int:
    start, end = _period(at)
    found = log.in_force(start, end)
    if not found:
        first = log.stated()
        known = f"the first is of {first[0].start:%Y-%m-%d %H:%M} UTC" if first else "none is kept"
        raise InputError(
            f"--at is {at}, when nothing was stated: {known}; statements are kept for six months. "
            "Give a later date."
        )
    if as_json:
        print(
            json.dumps({"type": "privacy", "at": at, "statements": [_line(one) for one in found]})
        )
        return 0
    for one in found:
        print(f"said since {one.start:%Y-%m-%d %H:%M} UTC:")
        _print_statement(one.statement)
    return 0


def _line(one: Stated) -> dict[str, Any]:
    return {"from": one.start.isoformat(), "statement": dict(one.statement)}


def _period(at: str) -> tuple[datetime, datetime]:
    """Read a day, or a moment; both in UTC unless a zone is given."""
    try:
        moment = datetime.fromisoformat(at)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        start = zoned.astimezone(UTC)
        is_day = len(at) <= len("2026-11-23") and moment.time() == time()
        return start, start + (timedelta(days=1) if is_day else timedelta(seconds=1))
    except (ValueError, OverflowError):
        raise InputError(
            f"--at is {at!r}; a date as 2026-11-23 is wanted, or 2026-11-23T14:00. Give one."
        ) from None


def _print_statement(said: Mapping[str, Any]) -> None:
    for key, value in said.items():
        shown = {} if key in {"sandbox", "zone_confirmed"} and value is None else value
        print(f"  {key.replace('_', ' '):26}{_plain(shown)}")


def _plain(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case dict():
            parts = (f"{name.replace('_', ' ')}: {_plain(one)}" for name, one in value.items())
            return "; ".join(parts) or "unknown until the first start"
        case _:
            return str(value) or "not set"


def _prove(settings: Settings, runtime: Path, *, as_json: bool) -> int:
    folder = settings.store_folder
    findings = [examine_store(folder)]
    try:
        stated = StatementLog(folder / STATEMENTS).stated()
        findings.append(examine_stated(settings, stated[-1].statement if stated else None))
        process = find_running([runtime, folder])
        if process is None:
            findings.append(
                Finding("service", "note", "it does not run, so only the store is shown")
            )
        else:
            findings += examine_process(
                process, folders=[runtime, folder], paused=is_paused(folder)
            )
    except (OSError, sqlite3.Error) as error:
        text = f"the service cannot be examined: {error}"
        fix = "Run it as root: sudo cuelight privacy --prove."
        findings.append(Finding("service", "failed", text, fix))
    failed = any(finding.verdict == "failed" for finding in findings)
    if as_json:
        proofs = {finding.name: finding.to_json() for finding in findings}
        print(json.dumps({"type": "proof", "ok": not failed, "findings": proofs}))
    else:
        for finding in findings:
            print(finding.line())
    return 1 if failed else 0
