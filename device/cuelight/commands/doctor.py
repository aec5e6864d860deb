"""Examine the whole box, a line for each part, each failure with its fix."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight import __version__
from cuelight.device_toml import load_settings
from cuelight.doctor import examine

if TYPE_CHECKING:
    import argparse

    from cuelight.examine.finding import Finding
    from cuelight.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, default=Path("device.toml"), help="device.toml")
    parser.add_argument("--json", action="store_true", help="one JSON object, for fleets")


def main(args: argparse.Namespace) -> int:
    """Print what is found; 0 when nothing failed (warnings may stand), 1 when something did."""
    settings = load_settings(args.config)
    log = logging.getLogger("cuelight")
    kept, level = log.level, log.level if args.verbose else logging.CRITICAL
    log.setLevel(level)  # the lines say it all, with the fix
    try:
        findings = []
        for finding in examine(settings, args.config):
            findings.append(finding)
            if not args.json:
                print(finding.line(), flush=True)
    finally:
        log.setLevel(kept)
    failed = [finding.name.replace("_", " ") for finding in findings if finding.verdict == "failed"]
    if args.json:
        print(json.dumps(_report(settings, findings)))
    elif failed:
        print(f"{len(failed)} of {len(findings)} failed: {', '.join(failed)}")
    else:
        print("nothing failed")
    return 1 if failed else 0


def _report(settings: Settings, findings: list[Finding]) -> dict[str, object]:
    return {
        "type": "doctor",
        "schema": 1,
        "site": settings.site.name,
        "device": settings.site.device,
        "version": __version__,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ok": all(finding.verdict != "failed" for finding in findings),
        "findings": {finding.name: finding.to_json() for finding in findings},
    }
