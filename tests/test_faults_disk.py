"""A disk that is full or read-only, for real: a small file system in a mount namespace of its own.

The telling half of a box runs in it as a program (scripts/faults/box.py), against a real broker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from faults.collector import Collector
from faults.kill_nine import Life

from broker import PASSWORD, USER, Broker, Listener, killed_at_the_end, wait_until
from cuelight.tell.window import from_json

MOUNT = 'mount -t tmpfs -o size=512k cuelight "$0" && exec "$@"'
SECONDS = 120.0


@pytest.fixture(autouse=True, scope="module")
def namespaces():
    try:
        subprocess.run(["unshare", "-rm", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no mount namespace for this user here: {error}")


@pytest.fixture
def broker(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as started:
        yield started


@pytest.fixture
def collector(broker):
    opened = Collector(broker.port, username="collector", password=PASSWORD)
    yield opened
    opened.close()


@pytest.fixture
def life(broker, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    password = broker.folder / "password"
    inside = ("unshare", "-rm", "sh", "-c", MOUNT, str(folder))
    opened = Life(folder, broker.port, password, 0, inside=inside)
    opened.wait_for("ready", timeout_seconds=SECONDS)
    yield opened
    opened.end(kill=True, after_seconds=0.0)


def do(life, *commands):
    """Carry commands out one by one; returns the last one's answer."""
    for command in commands:
        life.say(command)
        answer = life.wait_for("done", command.split()[0], timeout_seconds=SECONDS)
    return answer


def stores(listener):
    """Return what health said about the store, in order."""
    return [json.loads(one.payload)["store"] for one in listener.on("/health")]


FAULTS = {
    "full": ("fill", "free", "disk is full"),
    "broken": ("break", "mend", "disk I/O error"),
}


def released(life):
    """Give how many windows the box says are on its disk."""
    return len({line["released"] for line in list(life.lines) if "released" in line})


def visits_in(collector):
    with collector.changed:
        return sum(from_json(body).visits or 0 for body in collector.windows.values())


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_or_torn_and_health_says_so(name, life, broker, collector):
    wrong, right, words = FAULTS[name]
    with Listener(broker.port, "cuelight/+/+/health") as listener:
        do(life, "visits 24", "drain")
        wait_until(lambda: len(collector.windows) == released(life) >= 2)
        before = len(collector.windows)
        do(life, wrong)
        # four hours of customers on a disk that takes nothing, and the quarter hours that pass
        answer = do(life, "visits 32")
        assert answer["taken"] == 56, "counting goes on"
        listener.wait_for(lambda heard: any(words in said for said in stores(heard)))
        assert life.process.poll() is None
        # nothing goes out that is not on the disk
        wait_until(lambda: len(collector.windows) == released(life))
        do(life, right, "visits 8", "hours 1", "visits 8", "drain")
        listener.wait_for(lambda heard: stores(heard)[-1] == "")
        wait_until(lambda: visits_in(collector) >= 72 - 8)
    with collector.changed:
        windows = [from_json(body) for body in collector.windows.values()]
    assert len({one.id for one in windows}) == len(windows) > before
    assert sorted(one.seq for one in windows) == list(range(1, len(windows) + 1))
    counted = sum(one.visits or 0 for one in windows)
    assert 72 - 8 <= counted <= 72, "each visit once; the last hour's are still open"
    errors = [line["error"] for line in life.lines if "error" in line]
    assert 0 < len(errors) < 12, f"said, and not with every visit: {errors}"


SERVICE = """
[camera]
source = "v4l2"
index = 63
[site]
name = "berlin"
device = "table-1"
[mqtt]
host = "127.0.0.1"
port = {port}
tls = false
username = "{user}"
password_file = "{password}"
[privacy]
mode = "notice"
contact = "privacy@example.com"
[store]
folder = "{folder}"
"""

# a card that came up read-only; whoever looks after the box mends it, and systemd starts anew
TWICE = 'mount -t tmpfs -o ro cuelight "$0"; "$@"; mount -o remount,rw "$0" && exec "$@"'


def test_a_store_that_is_read_only_from_the_start_is_said_in_health(broker, tmp_path):
    disk, config, state = (tmp_path / name for name in ("disk", "device.toml", "state"))
    disk.mkdir()
    state.mkdir()
    password = broker.folder / "password"
    text = SERVICE.format(port=broker.port, user=USER, password=password, folder=disk / "store")
    config.write_text(text)
    service = [sys.executable, "-m", "cuelight", "run", "--config", str(config)]
    with (
        Listener(broker.port, "cuelight/+/+/health") as listener,
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", TWICE, str(disk), *service],
            env={**os.environ, "STATE_DIRECTORY": str(state)},
            stderr=log,
        ) as process,
        killed_at_the_end(process),
    ):

        def faults():
            return [json.loads(one.payload)["fault"] for one in listener.on("/health")]

        listener.wait_for(
            lambda _: any("Cannot keep windows in" in fault for fault in faults()),
            timeout_seconds=SECONDS,
        )
        assert "Read-only file system" in faults()[-1]
        config.write_text(text + "\n")  # ends the wait, and with it the first start
        listener.wait_for(
            lambda _: faults()[-1] and "Cannot keep" not in faults()[-1], timeout_seconds=SECONDS
        )
        process.terminate()
        assert process.wait(SECONDS) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
