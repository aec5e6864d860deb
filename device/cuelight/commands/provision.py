"""Prepare many boxes at once: credentials, first-boot files, printed labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cuelight.device_toml import load_settings
from cuelight.places import checkout_folder
from cuelight.provision import Plan, provision
from cuelight.settings import Settings

if TYPE_CHECKING:
    import argparse

_TLS_PORT = 8883


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--site", required=True, help="name of the site in MQTT topics")
    parser.add_argument("--count", type=int, default=1, help="how many boxes (default 1)")
    parser.add_argument("--start", type=int, default=1, help="number of the first (default 1)")
    parser.add_argument("--prefix", default="table", help="boxes are PREFIX-1, ... (table)")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--broker", metavar="HOST", help="default: as in --settings, broker.local")
    parser.add_argument("--port", type=int, default=_TLS_PORT, help="the broker's TLS port (8883)")
    parser.add_argument("--mode", choices=("notice", "opt_in"), help="privacy.mode of every box")
    parser.add_argument("--contact", help="privacy.contact of every box: whom a customer can ask")
    parser.add_argument("--settings", type=Path, help="a device.toml with what all boxes share")
    parser.add_argument("--software", type=Path, help="a packed release; default: this checkout")


def main(args: argparse.Namespace) -> int:
    """Write the folder and say what to do with it."""
    base = load_settings(args.settings) if args.settings else Settings()
    shared = base.mqtt.host if args.settings else ""
    mqtt = replace(
        base.mqtt, host=args.broker or shared or "broker.local", port=args.port, tls=True
    )
    privacy = replace(
        base.privacy,
        mode=args.mode or base.privacy.mode,
        contact=args.contact or base.privacy.contact,
    )
    plan = Plan(
        site=args.site,
        count=args.count,
        start=args.start,
        prefix=args.prefix,
        base=replace(base, mqtt=mqtt, privacy=privacy),
    )
    provision(plan, args.out, software=args.software, checkout=checkout_folder())
    print(f"{args.out}: {len(plan.boxes)} boxes, {plan.boxes[0]} to {plan.boxes[-1]}")
    if not privacy.mode or not privacy.contact:
        print("without --mode and --contact their cameras stay closed until device.toml has both")
    print(f"next: scripts/provision-broker --boxes {args.out} --host {mqtt.host}")
    return 0
