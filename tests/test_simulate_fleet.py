"""The simulated fleet: to this machine only, bounded, and by the device's own rule."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from broker import Broker, Listener, free_port, wait_until
from cuelight.view.collector import Collector
from cuelight.view.collector_settings import CollectorSettings

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "simulate-fleet"


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    # the simulator brings no password: it is for a broker of one's own
    folder = tmp_path_factory.mktemp("broker")
    with Broker(folder, extra="allow_anonymous true") as started:
        yield started


def run(*options):
    command = [sys.executable, str(SCRIPT), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_collector_counts_what_a_simulated_fleet_publishes(broker, tmp_path):
    settings = CollectorSettings(
        store=str(tmp_path / "h.db"),
        mqtt=broker.settings(username="collector"),
        resend=False,
        publish_seconds=0.0,
    )
    with Collector(settings) as collector:
        wait_until(lambda: collector.is_connected)
        with Listener(broker.port, "cuelight/+/aggregate/last_28_days") as listener:
            done = run("--port", broker.port, "--devices", 6, "--sites", 2, "--days", 20)
            assert done.returncode == 0, done.stderr
            said = json.loads(done.stdout)
            assert said["acknowledged"]
            assert collector.wait_for(lambda c: c.windows == said["windows"], timeout_seconds=180)
            assert collector.counts.refused == 0
            listener.wait_for(
                lambda h: {json.loads(one.payload)["tables"] for one in h.heard[-2:]} == {3}
            )
        fleet = collector.history.fleet()
        assert len(fleet) == 6
        assert all(device.simulated and device.missing == 0 for device in fleet)
        assert all(device.device.startswith("simulated-") for device in fleet)


def test_it_is_bounded_in_count(broker):
    done = run("--port", broker.port, "--devices", 4, "--days", 30, "--windows", 25)
    assert json.loads(done.stdout)["windows"] == 25


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--broker", "192.0.2.7"), "another machine"),
        (("--broker", "0.0.0.0"), "another machine"),
        (("--broker", "no such host"), "no host"),
        (("--devices", "5001"), "1 to 5000 is wanted"),
        (("--windows", "2000001"), "1 to 2000000 is wanted"),
        (("--seconds", "0"), "1 to 3600 is wanted"),
    ],
)
def test_another_machine_and_more_than_its_bounds_are_refused(options, complaint):
    done = run(*options)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_no_broker_is_one_line():
    done = run("--port", free_port(), "--devices", 1, "--days", 1)
    assert done.returncode == 1
    assert "no broker at 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr
