"""Two collectors, one PostgreSQL, one real mosquitto: the load is shared, nothing counted twice."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from broker import Broker, Listener, wait_until
from cuelight.tell.window import to_json
from cuelight.view.collector import Collector
from cuelight.view.collector_settings import CollectorSettings
from cuelight.view.history import History
from postgres import PostgresServer
from windows import real_windows, sums

TABLES = ("table-1", "table-2", "table-3")


@pytest.fixture(scope="module")
def postgres():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


def settings(broker, store, name, **changes):
    values = {
        "store": store,
        "mqtt": broker.settings(username="collector"),
        "share": "floor",
        "client_id": name,
        "grace_seconds": 1.0,
        "pause_seconds": 1.0,
        "publish_seconds": 0.0,
        **changes,
    }
    return CollectorSettings(**values)


def found(history):
    now = datetime.now(UTC)
    totals = history.totals(now - timedelta(days=25), now + timedelta(hours=1))
    return {c.cell: (c.n, c.visits, c.releases) for c in totals.cells if not c.withheld}


def fleet_windows(count):
    return [w for table in TABLES for w in real_windows(count, device=table)]


def publish(listener, windows):
    for window in windows:
        listener.send(f"cuelight/{window.site}/{window.device}/counts", to_json(window))


def test_two_collectors_share_the_windows_and_count_each_once(postgres, broker):
    store = postgres.make("shared")
    windows = fleet_windows(80)
    with ExitStack() as stack:
        pair = [
            stack.enter_context(Collector(settings(broker, store, name))) for name in ("a", "b")
        ]
        listener = stack.enter_context(Listener(broker.port))
        wait_until(lambda: all(one.is_connected for one in pair))
        publish(listener, windows + windows[:50])
        wait_until(
            lambda: sum(c.counts.windows + c.counts.repeated for c in pair) == len(windows) + 50
        )
        assert sum(one.counts.windows for one in pair) == len(windows)
        assert all(one.counts.windows > len(windows) // 4 for one in pair), "each had its share"
        assert found(pair[0].history) == found(pair[1].history) == sums(windows)
        assert all(device.missing == 0 for device in pair[0].history.fleet())
        topic = "cuelight/berlin/aggregate/last_28_days"
        want = {
            name: {"n": n, "visits": visits, "releases": releases}
            for name, (n, visits, releases) in sums(windows).items()
        }
        listener.wait_for(
            lambda h: h.on(topic) and json.loads(h.on(topic)[-1].payload)["cells"] == want
        )


def test_one_of_two_is_killed_and_started_again(postgres, broker):
    store = postgres.make("killed")
    windows = fleet_windows(60)
    command = [
        *(sys.executable, "-m", "cuelight", "collect", "--broker", f"127.0.0.1:{broker.port}"),
        *("--no-tls", "--username", "collector", "--share", "floor", "--client-id", "victim"),
        *("--password-file", str(broker.folder / "password"), "--store", store, "--no-resend"),
    ]
    victim = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in victim.stderr:
        if "collecting from" in line:
            break
    survivor = Collector(settings(broker, store, "survivor", resend=False))
    with survivor, Listener(broker.port) as listener:
        wait_until(lambda: survivor.is_connected)
        half = len(windows) // 2
        publish(listener, windows[:half])
        victim.kill()
        publish(listener, windows[half:])  # mosquitto goes on dealing to the dead one's session
        victim.wait(60)
        victim.stderr.close()
        again = Collector(settings(broker, store, "victim", resend=False))
        with again:
            wait_until(lambda: found(survivor.history) == sums(windows))
            assert again.counts.windows > 0, "the broker had kept its share"
            assert all(device.missing == 0 for device in again.history.fleet())


def test_only_one_of_two_asks_for_what_is_missing(postgres, broker):
    store = postgres.make("asks")
    windows = fleet_windows(9)
    with ExitStack() as stack:
        pair = [
            stack.enter_context(
                Collector(settings(broker, store, name, grace_seconds=0.2, pause_seconds=600.0))
            )
            for name in ("a", "b")
        ]
        listener = stack.enter_context(Listener(broker.port))
        wait_until(lambda: all(one.is_connected for one in pair))
        publish(listener, [w for w in windows if w.seq != 4])
        wait_until(lambda: sum(one.counts.asked for one in pair) == 3)
        publish(listener, [w for w in windows if w.seq == 4])
        wait_until(lambda: found(pair[0].history) == sums(windows))
        wait_until(lambda: all(device.missing == 0 for device in pair[1].history.fleet()))
        listener.wait_for(lambda h: len(h.on("/set")) == 3)
        asked = [(one.topic.split("/")[2], json.loads(one.payload)) for one in listener.on("/set")]
        assert sorted(table for table, _ in asked) == list(TABLES), "once each, by one of the two"
        assert all(command["resend_from"] <= 4 for _, command in asked)


def test_a_server_that_restarts_is_waited_for(broker, caplog):
    windows = fleet_windows(10)
    with PostgresServer() as server:
        store = server.make("restarts")
        with (
            Collector(settings(broker, store, "alone")) as collector,
            Listener(broker.port) as listener,
        ):
            wait_until(lambda: collector.is_connected)
            publish(listener, windows[:15])
            collector.wait_for(lambda c: c.windows == 15, timeout_seconds=15)
            server.stop()
            publish(listener, windows[15:])
            wait_until(lambda: "cannot be used" in caplog.text)
            server.start()
            assert collector.wait_for(lambda c: c.windows == 30, timeout_seconds=180)
            wait_until(lambda: found(collector.history) == sums(windows))
        with History.open(store) as history:
            assert found(history) == sums(windows)
        assert "127.0.0.1" in caplog.text
        assert "Traceback" not in caplog.text
