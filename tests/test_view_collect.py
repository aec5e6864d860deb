"""The collector against a real mosquitto and real windows: nothing lost, nothing counted twice."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker import PASSWORD, Broker, Listener, wait_until
from cuelight.cli import main
from cuelight.errors import SettingsError, StoreError
from cuelight.tell.feed import Feed
from cuelight.tell.spool import Spool
from cuelight.tell.window import to_json
from cuelight.view.collector import Collector
from cuelight.view.collector_settings import CollectorSettings, example, load_collector
from cuelight.view.history import History
from windows import real_windows, sums

TABLES = ("table-1", "table-2")


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


def settings(broker, tmp_path, **changes):
    values = {
        "store": str(tmp_path / "history.db"),
        "mqtt": broker.settings(username="collector"),
        "client_id": f"collector-{tmp_path.name}",
        "grace_seconds": 0.1,
        "pause_seconds": 0.3,
        "publish_seconds": 0.0,
        **changes,
    }
    return CollectorSettings(**values)


def counted(collector, windows):
    assert collector.wait_for(lambda c: c.windows >= windows, timeout_seconds=180), collector.counts


def found(history):
    """Return what the history holds of cells, whoever asks about the last three weeks."""
    now = datetime.now(UTC)
    totals = history.totals(now - timedelta(days=25), now + timedelta(hours=1))
    return {
        cell.cell: (cell.n, cell.visits, cell.releases)
        for cell in totals.cells
        if not cell.withheld
    }


def publish(listener, windows):
    for window in windows:
        listener.send(f"cuelight/{window.site}/{window.device}/counts", to_json(window))


def test_sums_over_tables_are_published_and_retained(broker, tmp_path):
    windows = [w for table in TABLES for w in real_windows(30, site="sums", device=table)]
    with (
        Collector(settings(broker, tmp_path, sites=("sums",))) as collector,
        Listener(broker.port) as listener,
    ):
        wait_until(lambda: collector.is_connected)
        publish(listener, windows + windows[:20])
        counted(collector, 60)
        assert collector.wait_for(lambda c: c.repeated == 20, timeout_seconds=10)
        assert found(collector.history) == sums(windows)
        topic = "cuelight/sums/aggregate/last_28_days"
        want = {
            name: {"n": n, "visits": visits, "releases": releases}
            for name, (n, visits, releases) in sums(windows).items()
        }
        listener.wait_for(
            lambda h: any(json.loads(one.payload)["cells"] == want for one in h.on(topic))
        )
        body = json.loads(listener.on(topic)[-1].payload)
        assert body["tables"] == 2
        assert body["visits"] == sum(w.visits or 0 for w in windows)
        assert "table-1" not in listener.on(topic)[-1].payload
    with Listener(broker.port, "cuelight/sums/aggregate/#") as later:
        later.wait_for(lambda h: len(h.heard) == 3)
        assert all(one.retained and one.qos == 1 for one in later.heard)


def test_in_the_old_protocol_too(broker, tmp_path):
    windows = real_windows(5, site="old")
    options = settings(broker, tmp_path, sites=("old",), mqtt5=False)
    with Collector(options) as collector, Listener(broker.port) as listener:
        wait_until(lambda: collector.is_connected)
        publish(listener, windows)
        counted(collector, 5)
    with Listener(broker.port) as listener:
        publish(listener, real_windows(9, site="old", device="table-2"))
    with Collector(options) as collector:
        counted(collector, 9)  # what came while it was away


def test_a_collector_killed_again_and_again_loses_nothing_and_counts_nothing_twice(
    broker, tmp_path
):
    windows = [w for table in TABLES for w in real_windows(150, site="killed", device=table)]
    store = tmp_path / "history.db"
    command = [
        *(sys.executable, "-m", "cuelight", "collect", "--broker", f"127.0.0.1:{broker.port}"),
        *("--no-tls", "--username", "collector", "--no-resend", "--site", "killed"),
        *("--password-file", str(broker.folder / "password"), "--store", str(store)),
        *("--client-id", "killed"),
    ]
    quarter = len(windows) // 4
    with Listener(broker.port) as listener:
        for run in range(4):
            process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            for line in process.stderr:
                if "collecting from" in line:
                    break
            # killed while they come: some stored, some stored and not acknowledged, some neither
            mine = windows[run * quarter : (run + 1) * quarter]
            publish(listener, mine[: quarter // 2])
            process.kill()
            publish(listener, mine[quarter // 2 :])
            process.wait(60)
            process.stderr.close()
    kept = settings(broker, tmp_path, client_id="killed", sites=("killed",), resend=False)
    with Collector(kept) as collector:
        wait_until(lambda: found(collector.history) == sums(windows))
        assert all(device.missing == 0 for device in collector.history.fleet())


def test_a_lost_store_is_filled_again_by_the_devices(broker, tmp_path):
    windows = real_windows(40, site="lost")
    options = settings(broker, tmp_path, sites=("lost",), client_id="loses-its-store")
    with Spool(tmp_path / "spool.db") as spool:
        for window in windows:
            spool.put(window, open_sums={})
        statement = json.dumps({"mode": "notice", "shared_table": True})
        box = {"site": "lost", "device": "table-1", "spool": spool, "privacy": statement}
        with Collector(replace(options, resend=False)) as collector:
            wait_until(lambda: collector.is_connected)
            with Feed(broker.settings(), **box, backoff_seconds=(0.05, 0.2)):
                counted(collector, 40)
        for path in tmp_path.glob("history.db*"):
            path.unlink()
        with Feed(broker.settings(), **box) as feed, Collector(options) as collector:
            assert feed.wait_for("connected", timeout_seconds=180)
            counted(collector, 40)
            assert collector.counts.asked >= 1
            wait_until(lambda: found(collector.history) == sums(windows))


def test_what_is_missing_is_asked_for_and_a_gap_that_stays_is_given_up(broker, tmp_path):
    first, second, third, fourth, *_ = real_windows(6, site="gaps")
    options = settings(broker, tmp_path, sites=("gaps",), client_id="gaps")
    with (
        Collector(options) as collector,
        Listener(broker.port, "cuelight/gaps/#") as listener,
    ):
        wait_until(lambda: collector.is_connected)
        listener.send("cuelight/gaps/table-1/availability", "online")
        publish(listener, [first, fourth])
        listener.wait_for(lambda h: [o for o in h.on("/set") if '"resend_from": 2' in o.payload])
        assert not any(one.retained for one in listener.on("/set"))
        publish(listener, [third, fourth])  # the whole answer: the second is gone for good
        wait_until(lambda: collector.history.fleet()[0].lost == 1)
        assert collector.history.fleet()[0].missing == 0
        publish(listener, [second])  # late, and still counted
        counted(collector, 4)


def test_a_device_that_starts_again_from_nothing_is_counted_on(broker, tmp_path):
    old, new = real_windows(6, site="card"), real_windows(4, site="card")
    with (
        Collector(settings(broker, tmp_path, sites=("card",))) as collector,
        Listener(broker.port) as listener,
    ):
        wait_until(lambda: collector.is_connected)
        publish(listener, old + new)  # the same numbers, other ids: its card was replaced
        counted(collector, 10)
        assert collector.history.fleet()[0].missing == 0


def test_a_collector_that_may_not_command_says_so_once_and_goes_on(tmp_path, caplog):
    acl = "user collector\ntopic read cuelight/#\nuser box\ntopic readwrite cuelight/#\n"
    windows = real_windows(9, site="acl")
    with (
        Broker(tmp_path, acl=acl) as broker,
        Listener(broker.port, username="box") as listener,
        Collector(settings(broker, tmp_path)) as collector,
    ):
        wait_until(lambda: collector.is_connected)
        publish(listener, windows[:1] + windows[4:])
        counted(collector, 6)
        wait_until(lambda: "does not let us write" in caplog.text)
        asked = collector.counts.asked
        publish(listener, real_windows(3, site="acl", device="table-2"))
        counted(collector, 9)
        assert collector.counts.asked == asked
        wait_until(lambda: "Allow this user to write cuelight/+/aggregate/#" in caplog.text)
    assert caplog.text.count("Allow this user") == 2, "each said once"


def test_whatever_is_published_is_refused_with_a_line_and_never_stops_it(broker, tmp_path, caplog):
    (window,) = real_windows(1, site="bad")
    text = to_json(window)
    fields = json.loads(text)
    bad = {
        "bytes": b"\xff\xfe\x00",
        "list": "[1, 2]",
        "huge": text + " " * 70_000,
        "deep": "[" * 50_000,
        "foreign": text.replace('"table-1"', '"table-9"'),
        "schema": text.replace('"schema":1', '"schema":2'),
        "weak k": text.replace('"k":5', '"k":1'),
        "future": json.dumps({**fields, "to": "2999-01-01T00:00:00Z"}),
        "old": json.dumps({**fields, "from": "1999-01-01T00:00:00Z", "to": "1999-01-02T00:00:00Z"}),
        "year 1": json.dumps({**fields, "from": "0001-01-01T00:00:00+14:00"}),
        "no visit": json.dumps({**fields, "cells": {"x": {"n": 1, "visits": 1, "from": "?"}}}),
        "single": json.dumps(
            {**fields, "cells": {"x": {"n": 1, "visits": 6, "from": fields["from"]}}}
        ),
        "name": json.dumps(
            {**fields, "cells": {"visits": {"n": 3, "visits": 6, "from": fields["from"]}}}
        ),
        "bool": json.dumps({**fields, "seq": True}),
        "number": json.dumps({**fields, "seq": 10**400}),
        "id": json.dumps({**fields, "id": "1; DROP TABLE windows"}),
    }
    with (
        Collector(settings(broker, tmp_path, sites=("bad",))) as collector,
        Listener(broker.port) as listener,
    ):
        wait_until(lambda: collector.is_connected)
        for payload in bad.values():
            listener.send("cuelight/bad/table-1/counts", payload)
        listener.send("cuelight/bad/table-1/health", "[" * 9000)
        listener.send("cuelight/bad/table-1/availability", "dancing")
        listener.send("cuelight/bad/aggregate/counts", text)
        publish(listener, [window])
        counted(collector, 1)
        assert collector.counts.refused == len(bad) + 3
        assert collector.counts.windows == 1
        assert collector.is_alive
    assert "refused: cuelight/bad/table-1/counts: not a count window" in caplog.text
    assert "Traceback" not in caplog.text
    assert caplog.text.count("refused: ") == 4, "one line a topic, however much comes"


def test_health_is_kept_with_its_age_and_nothing_else_a_device_says(broker, tmp_path):
    health = {"temperature": 55, "throttled": False, "waiting": 0, "visitors": 7, "fault": ""}
    base = "cuelight/health/table-1"
    with Listener(broker.port) as listener:
        listener.send(f"{base}/health", json.dumps({**health, "temperature": 50}), retain=True)
        listener.send(f"{base}/availability", "online", retain=True)
        statement = {"mode": "notice", "contact": "a@b.example", "shared_table": True}
        listener.send(f"{base}/privacy", json.dumps(statement), retain=True)
        with Collector(settings(broker, tmp_path, sites=("health",))) as collector:
            wait_until(collector.history.fleet)
            (device,) = collector.history.fleet()
            assert device.health_at is None, "the broker kept it: of any age"
            assert device.temperature == 50
            assert (device.availability, device.privacy_mode, device.shared) == (
                "online",
                "notice",
                True,
            )
            listener.send(f"{base}/health", json.dumps(health), retain=True)
            wait_until(lambda: collector.history.fleet()[0].health_at)
            assert collector.history.fleet()[0].temperature == 55
            listener.send(f"{base}/availability", b"", retain=True)
            wait_until(lambda: not collector.history.fleet())
    assert b"visitors" not in (tmp_path / "history.db").read_bytes()


def test_a_broker_that_restarts_and_a_store_that_fails_are_waited_for(tmp_path, caplog):
    windows = real_windows(12)
    with Broker(tmp_path) as broker:
        with Collector(settings(broker, tmp_path)) as collector:
            wait_until(lambda: collector.is_connected)
            with Listener(broker.port) as listener:
                publish(listener, windows[:6])
            counted(collector, 6)
            broker.stop()
            wait_until(lambda: not collector.is_connected)
            broker.start()
            wait_until(lambda: collector.is_connected)
            rename(tmp_path, "sums", "gone")
            with Listener(broker.port) as listener:
                publish(listener, windows[6:])
                wait_until(lambda: "cannot be used: no such table" in caplog.text)
                rename(tmp_path, "gone", "sums")
                counted(collector, 12)
        assert caplog.text.count("cannot be used") == 1, "said once"


def rename(tmp_path, old, new):
    with closing(sqlite3.connect(tmp_path / "history.db")) as base:
        base.execute(f"ALTER TABLE {old} RENAME TO {new}")


def test_settings_come_from_a_file_and_options_and_what_is_wrong_is_named(tmp_path, capsys):
    path = tmp_path / "collector.toml"
    path.write_text('[mqtt]\nhost = "b"\n[collector]\nsites = ["x"]\nkeep_days = 30\n')
    read = load_collector(path, given={"keep_days": 60.0}, mqtt={"port": 99})
    assert (read.mqtt.host, read.mqtt.port, read.sites, read.keep_days) == ("b", 99, ("x",), 60.0)
    for text, complaint in {
        "[collector]\nkep_days = 3": "did you mean collector.keep_days. Edit",
        "[collector]\nkeep_days = 0": "1 to 3660 is allowed. Edit",
        "[mqtt]\nhost = 3": "a text in quotes is wanted",
        "\n[mqtt]\nport = 70000": "line 3.",
        "mqtt = 3": "write [mqtt]",
        "[broker]": "is no section",
        "[collector": "not valid TOML",
        '[collector]\nsites = ["a/b"]': "letters",
        '[collector]\nshare = "g"': "client_id is not set",
        '[collector]\nshare = "g"\nclient_id = "a"': "need one history",
        '[mqtt]\nhost = "far"\nusername = "u"\ntls = false': "in clear",
    }.items():
        path.write_text(text)
        assert main(["collect", "--config", str(path)]) == 2
        assert complaint in capsys.readouterr().err
    assert main(["collect", "--keep-days", "9999"]) == 2
    assert "1 to 3660 is allowed. Give another value." in capsys.readouterr().err
    with pytest.raises(SettingsError, match="password file"):
        Collector(
            CollectorSettings(
                store=str(tmp_path / "x.db"),
                mqtt=broker_settings(password_file=str(tmp_path / "none")),
            )
        )


def test_the_example_file_is_what_the_defaults_are():
    path = Path(__file__).resolve().parents[1] / "collector.example.toml"
    assert path.read_text(encoding="utf-8") == example()
    assert load_collector(path, given={}, mqtt={}) == CollectorSettings()


def broker_settings(**changes):
    from cuelight.settings import MqttSettings

    return MqttSettings(host="127.0.0.1", username="collector", tls=False, **changes)


def test_a_store_that_cannot_be_opened_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("not a database, but a long enough text to look like a page")
    for store in (tmp_path, tmp_path / "file"):
        with pytest.raises(StoreError, match="cannot be used"):
            History.open(str(store))
    assert main(["collect", "--broker", "127.0.0.1:1", "--store", str(tmp_path / "file")]) == 1
    assert main(["collect", "--store", "mysql://x"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_ends_politely(broker, tmp_path):
    command = [
        *(sys.executable, "-m", "cuelight", "collect", "--broker", f"127.0.0.1:{broker.port}"),
        *("--no-tls", "--username", "collector", "--client-id", "polite"),
        *("--password-file", str(broker.folder / "password"), "--store", str(tmp_path / "h.db")),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "collecting from" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert "windows counted" in rest
    assert PASSWORD not in rest


def test_sites_are_announced_to_home_assistant_again_after_its_birth(broker, tmp_path):
    windows = [w for table in TABLES for w in real_windows(9, site="home", device=table)]
    topic = "homeassistant/device/cuelight_site_home/config"
    with (
        Listener(broker.port, "homeassistant/#") as listener,
        Collector(settings(broker, tmp_path, sites=("home",), discovery=True)) as collector,
    ):
        wait_until(lambda: collector.is_connected)
        with Listener(broker.port) as device:
            publish(device, windows)
        counted(collector, 18)
        listener.wait_for(lambda h: any("nose_wrinkle" in o.payload for o in h.on(topic)))
        before = len(listener.on(topic))
        listener.send("homeassistant/status", "online")
        listener.wait_for(lambda h: len(h.on(topic)) > before)
        announced = json.loads(listener.on(topic)[-1].payload)
        assert announced["device"]["name"] == "cuelight home"
        assert "table-1" not in listener.on(topic)[-1].payload
