"""A manager's terminal against a real mosquitto: lines, one look, reconnects, no harm."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console

from broker import Broker, Listener, free_port, killed_at_the_end, wait_until
from cuelight.cli import main
from cuelight.errors import InputError
from cuelight.tell.window import to_json
from cuelight.view.collector import Collector
from cuelight.view.collector_settings import CollectorSettings
from cuelight.view.floor import Floor
from cuelight.view.floor_table import draw
from windows import real_windows

NOW = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
BASE = "cuelight/berlin/table-1"


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


def options(broker):
    return [
        *("--broker", f"127.0.0.1:{broker.port}", "--no-tls", "--username", "collector"),
        *("--password-file", str(broker.folder / "password")),
    ]


def fill(broker, tmp_path):
    """Let a real collector publish what it makes of two tables' windows."""
    settings = CollectorSettings(
        store=str(tmp_path / "h.db"),
        mqtt=broker.settings(username="collector"),
        publish_seconds=0.0,
    )
    with Listener(broker.port) as listener, Collector(settings) as collector:
        wait_until(lambda: collector.is_connected)
        listener.send(f"{BASE}/availability", "online", retain=True)
        listener.send(f"{BASE}/health", json.dumps({"temperature": 55}), retain=True)
        for table in ("table-1", "table-2"):
            for window in real_windows(12, device=table):
                listener.send(f"cuelight/berlin/{table}/counts", to_json(window))
        listener.wait_for(
            lambda h: any('"tables":2' in one.payload for one in h.on("/last_28_days"))
        )


def shown(floor, *, now=NOW, days=28):
    out = io.StringIO()
    Console(file=out, width=160).print(draw(floor, now=now, days=days, link="here"))
    return out.getvalue()


def test_one_look_prints_fleet_and_sums(broker, tmp_path, capsys):
    fill(broker, tmp_path)
    assert main(["feed", "--once", *options(broker)]) == 0
    out = capsys.readouterr().out
    assert "table-1" in out
    assert "online" in out
    assert "nose_wrinkle" in out
    assert " of " in out
    assert main(["feed", "--once", "--json", "--site", "berlin", *options(broker)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["type"] for line in lines} == {"availability", "health", "aggregate"}
    assert not any("counts" in line for line in lines)


def test_lines_go_on_after_the_broker_came_back(broker):
    command = [sys.executable, "-m", "cuelight", "feed", "--json", *options(broker)]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as feed,
        killed_at_the_end(feed),
    ):
        for line in feed.stderr:
            if "connected" in line:
                break
        with Listener(broker.port) as device:
            device.send(f"{BASE}/availability", "online", retain=True)
        assert json.loads(feed.stdout.readline())["state"] == "online"
        broker.stop()
        broker.start()
        with Listener(broker.port) as device:
            device.send(f"{BASE}/availability", "covered", retain=True)
        states = (json.loads(line)["state"] for line in feed.stdout)
        assert next(state for state in states if state == "covered")
        feed.terminate()


def test_no_broker_is_said_in_one_line(capsys):
    assert (
        main(["feed", "--once", "--timeout", "0.5", "--no-tls", "--broker", f"::1:{free_port()}"])
        == 1
    )
    assert main(["feed", "--once", "--timeout", "1", "--broker", f"127.0.0.1:{free_port()}"]) == 1
    assert "no connection to 127.0.0.1" in capsys.readouterr().err


def test_withheld_closed_silent_and_simulated_are_told_apart():
    floor = Floor()

    def take(topic, body, *, retained=False):
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return floor.take(topic, payload, retained=retained, now=NOW)

    take(f"{BASE}/availability", b"online")
    take(f"{BASE}/health", {"throttled": True, "backs_off": True, "fault": "lens\x1b[2J"})
    take(f"{BASE}/privacy", {"simulated": True})
    cells = {"interest": {"n": 3, "visits": 9, "releases": 1}, "scepticism": None}
    body = {"site": "berlin", "visits": 12, "cells": cells, "shown": True, "reason": ""}
    take("cuelight/berlin/aggregate/last_28_days", body)
    lone = {**body, "site": "oslo", "cells": {"interest": None}, "shown": False, "reason": "one"}
    take("cuelight/oslo/aggregate/last_28_days", lone)
    text = shown(floor)
    assert "3 of 9" in text
    assert "withheld" in text
    assert "one table only" in text
    assert "SIMULATED; throttled; reads fewer frames to cool down; lens?[2J" in text
    assert "\x1b[2J" not in text
    assert "0 s ago" in text
    assert "5 min ago" in shown(floor, now=NOW + 300)
    take(f"{BASE}/availability", b"")
    take("cuelight/oslo/aggregate/last_28_days", b"")
    assert "table-1" not in shown(floor)
    assert "oslo" not in shown(floor)


def test_nothing_malformed_is_shown():
    floor = Floor()
    for topic, payload in (
        ("cuelight/berlin/aggregate/last_28_days", b"[1]"),
        ("cuelight/berlin/aggregate/last_28_days", b'{"site": "oslo"}'),
        ("cuelight/berlin/aggregate/last_28_days", b"{" * 70_000),
        (f"{BASE}/health", b"\xff"),
        ("cuelight/a b/c/health", b"{}"),
    ):
        with pytest.raises(InputError):
            floor.take(topic, payload, retained=True, now=NOW)
    odd = {"site": "berlin", "cells": {"x": 7, "y": {"n": "1"}}, "visits": [1]}
    floor.take(
        "cuelight/berlin/aggregate/last_28_days", json.dumps(odd).encode(), retained=True, now=NOW
    )
    assert shown(floor).count("withheld") >= 2
