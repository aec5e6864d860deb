"""Show a real Home Assistant a box and a site, and check what it made of them.

home_assistant_meets.py --log FILE -- COMMAND...   COMMAND PORT starts home_assistant_inside.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

REPO: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "tests"), str(REPO / "device")]

from broker import Broker, Listener, wait_until  # noqa: E402
from cuelight.tell.discovery import announcement  # noqa: E402
from cuelight.tell.farewell import kept_topics, say_farewell  # noqa: E402
from cuelight.tell.feed import Feed  # noqa: E402
from cuelight.tell.spool import Spool  # noqa: E402
from cuelight.tell.topics import Topics  # noqa: E402
from cuelight.view.discovery import announce_site, site_topic  # noqa: E402

TOPICS: Final = Topics("berlin", "table-1")
BOX, SITE = "cuelight-berlin-table-1", "cuelight_site_berlin"
HEALTH: Final = {
    "temperature": 55,
    "throttled": False,
    "version": "1.2",
    "fps_capability": 30.0,
    "latency_p95_ms": 21.25,
    "min_detectable_ms": 100.0,
    "micro": True,
    "fps_read": 30.0,
    "backs_off": False,
    "fault": "",
    "waiting": 0,
}
RATE: Final = {"rate": 0.354, "low": 0.291, "high": 0.422, "false_alarms": 0.05}
SUMS: Final = {
    "as_of": "2026-11-23T05:31:10Z",
    "reason": "",
    "visits": 212,
    "visits_with_price": None,
    "cells": {"interest": {"n": 71, "visits": 198, "releases": 22}, "scepticism": None},
    "rates": {"interest": RATE, "scepticism": None},
}
STATES: Final = ("online", "paused", "covered", "stopped", "offline", "unknown")
FLEET: Final = {
    "devices": 1,
    "availability": {name: int(name == "online") for name in STATES},
    **dict.fromkeys(("silent", "faults", "throttled", "waiting", "missing", "lost"), 0),
}


class HomeAssistant:
    """The process, and what it says when asked."""

    def __init__(self, command: list[str], *, log: Path) -> None:
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        self._read("started")

    def knows(self) -> dict[str, Any]:
        """Ask for all that it knows of us."""
        assert self._process.stdin is not None
        self._process.stdin.write("dump\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._read("{"))
        return found

    def state(self, name: str) -> str | None:
        """Return an entity's state; None while there is no such entity."""
        entity = self.knows().get(name)
        return None if entity is None else str(entity["state"])

    def close(self) -> None:
        """Let it stop."""
        self._process.communicate("stop\n", timeout=60)
        self._log.close()

    def _read(self, start: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return line
        sys.exit(f"home_assistant_meets.py: Home Assistant ended; see {self._log.name}")


class Table:
    """Checks as they come, printed as rows; `failed` counts those that did not hold."""

    def __init__(self) -> None:
        self.failed = 0
        print("| check | held |\n|---|---|")

    def check(self, what: str, holds: Callable[[], object]) -> None:
        """Wait until it holds, as messages take their time; say so or count it as failed."""
        try:
            wait_until(holds, timeout_seconds=15)
            held = "yes"
        except BaseException as error:  # noqa: BLE001 - pytest's own failure is none of Exception
            held = f"NO ({error})"
            self.failed += 1
        print(f"| {what} | {held} |", flush=True)


def meet(table: Table, ha: HomeAssistant, broker: Broker, listener: Listener, spool: Spool) -> None:
    """Let box and site be found, change, and leave."""
    feed = Feed(
        broker.settings(tls=False),
        site=TOPICS.site,
        device=TOPICS.device,
        spool=spool,
        privacy=json.dumps({"mode": "notice", "k": 5}),
        announcement=announcement(TOPICS, version="1.2"),
    )
    feed.wait_for("connected", timeout_seconds=15)
    table.check("the box is a device", lambda: BOX in ha.knows()["devices"])
    ours = json.loads(announcement(TOPICS, version="1.2"))["components"].values()
    wanted = {component["unique_id"] for component in ours}
    table.check("each of its entities is there", lambda: wanted <= set(ha.knows()))
    feed.tick(0.0, lambda: HEALTH)
    of_box = {
        "temperature": "55",
        "throttled": "off",
        "micro": "on",
        "fps_read": "30.0",
        "backs_off": "off",
        "fault": "none",
        "latency_p95_ms": "21.25",
        "waiting": "0",
        "privacy": "notice",
        "state": "online",
    }
    for key, value in of_box.items():
        table.check(f"{key} is {value}", lambda k=key, v=value: ha.state(f"{BOX}-{k}") == v)
    feed.available("paused")
    table.check("paused is shown", lambda: ha.state(f"{BOX}-state") == "paused")
    table.check("paused is available", lambda: ha.state(f"{BOX}-temperature") == "55")
    feed.tick(40.0, lambda: {**HEALTH, "temperature": None, "fault": "No webcam: gone"})
    table.check("null is unknown", lambda: ha.state(f"{BOX}-temperature") == "unknown")
    table.check("a fault is shown", lambda: ha.state(f"{BOX}-fault") == "No webcam: gone")
    feed.available("stopped")
    table.check("stopped is shown", lambda: ha.state(f"{BOX}-state") == "stopped")
    table.check("stopped is unavailable", lambda: ha.state(f"{BOX}-micro") == "unavailable")
    meet_site(table, ha, listener)
    feed.close()
    say_farewell(broker.settings(tls=False), TOPICS, clear=kept_topics(TOPICS))
    table.check("a retired box is gone", lambda: BOX not in ha.knows()["devices"])
    left = lambda: [name for name in ha.knows() if name.startswith(BOX)]  # noqa: E731
    table.check("with all its entities", lambda: not left())


def meet_site(table: Table, ha: HomeAssistant, listener: Listener) -> None:
    """Let the collector's announcement be found, with figures and without."""
    cells = ("interest", "scepticism", "nose_wrinkle")
    listener.send(
        site_topic("berlin"), announce_site("berlin", cells=cells, version="1"), retain=True
    )
    listener.send("cuelight/berlin/aggregate/last_28_days", json.dumps(SUMS), retain=True)
    listener.send("cuelight/berlin/aggregate/fleet", json.dumps(FLEET), retain=True)
    table.check("the site is a device", lambda: SITE in ha.knows()["devices"])
    of_site = {
        "rate_interest": "35.4",
        "rate_scepticism": "unknown",
        "visits": "212",
        "visits_with_price": "unknown",
        "online": "1",
        "as_of": "2026-11-23T05:31:10+00:00",
    }
    for key, value in of_site.items():
        table.check(f"{key} is {value}", lambda k=key, v=value: ha.state(f"{SITE}-{k}") == v)
    about = {"low": 29.1, "high": 42.2, "false_alarms": 5.0, "visits": 198}
    table.check(
        "a rate has its interval and its floor",
        lambda: about.items() <= ha.knows()[f"{SITE}-rate_interest"]["attributes"].items(),
    )
    cue = f"{SITE}-rate_nose_wrinkle"
    table.check("a single cue is off at first", lambda: not ha.knows()[cue]["enabled"])
    listener.send(site_topic("berlin"), "", retain=True)
    table.check("a site can be taken back", lambda: SITE not in ha.knows()["devices"])


def main() -> int:
    """Start everything, check, print the table; 1 when a check did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    table = Table()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            Broker(folder) as broker,
            Listener(broker.port, "homeassistant/#") as listener,
            Spool(folder / "windows.sqlite") as spool,
        ):
            ha = HomeAssistant([*args.command, str(broker.port)], log=args.log)
            table.check("it says when it has started", lambda: listener.on("/status"))
            meet(table, ha, broker, listener, spool)
            ha.close()
    log = args.log.read_text(errors="replace")
    rejected = [line for line in log.splitlines() if "cuelight" in line and "ERROR" in line]
    table.check("it complained of nothing of ours", lambda: not rejected)
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
