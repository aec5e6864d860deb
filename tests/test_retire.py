"""Leaving the broker: what it kept of a box is gone, and nothing that still counts is lost."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from broker import PASSWORD, USER, Broker, Listener, free_port, wait_until
from cuelight.cli import main
from cuelight.tell.discovery import announcement
from cuelight.tell.feed import Feed
from cuelight.tell.spool import Spool
from cuelight.tell.topics import Topics
from doctor import put

TOPICS = Topics("berlin", "table-1")
KEPT = {TOPICS.discovery, TOPICS.availability, TOPICS.health, TOPICS.privacy}


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


@pytest.fixture
def device_toml(tmp_path):
    def write(port, mqtt=""):
        path = tmp_path / "device.toml"
        path.write_text(
            '[site]\nname = "berlin"\ndevice = "table-1"\n'
            f'[store]\nfolder = "{tmp_path / "store"}"\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\ntls = false\nusername = "{USER}"\n'
            f'password_file = "{tmp_path / "password"}"\n{mqtt}'
        )
        return str(path)

    return write


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path / "store" / "windows.sqlite") as opened:
        yield opened


def visit_broker(broker, spool):
    """Say all that a box says, then leave as it does when it is stopped."""
    feed = Feed(
        broker.settings(tls=False),
        site="berlin",
        device="table-1",
        spool=spool,
        privacy=json.dumps({"mode": "notice"}),
        announcement=announcement(TOPICS, version="1"),
    )
    with feed:
        assert feed.wait_for("connected", timeout_seconds=180)
        feed.tick(0.0, dict)
        wait_until(lambda: kept(broker) >= KEPT)
    assert kept(broker) == KEPT


def kept(broker):
    """Ask the broker what it retains, up to a marker of our own."""
    with Listener(broker.port, "#") as listener:
        listener.send("marker", "end")
        listener.wait_for(lambda heard: heard.on("marker"))
        return {one.topic for one in listener.heard if one.retained and one.payload}


def test_nothing_of_a_retired_box_is_kept(broker, spool, device_toml, capsys):
    visit_broker(broker, spool)
    assert main(["retire", "--config", device_toml(broker.port)]) == 0
    out = capsys.readouterr().out
    assert kept(broker) == set()
    assert set(re.findall(r"cleared (\S+)", out)) == KEPT
    assert "password file" in out


def test_only_the_announcement_can_be_taken_back(broker, spool, device_toml, capsys):
    visit_broker(broker, spool)
    assert main(["retire", "--only-discovery", "--config", device_toml(broker.port)]) == 0
    assert kept(broker) == KEPT - {TOPICS.discovery}
    assert capsys.readouterr().out == f"cleared {TOPICS.discovery}\n"


def test_windows_that_never_arrived_are_not_given_up_unasked(broker, spool, device_toml, capsys):
    visit_broker(broker, spool)
    put(spool, datetime.now(UTC))
    config = device_toml(broker.port)
    assert main(["retire", "--config", config]) == 1
    assert "1 windows" in capsys.readouterr().err
    assert kept(broker) == KEPT
    assert main(["retire", "--leave-windows", "--config", config]) == 0
    assert kept(broker) == set()
    assert spool.waiting_count() == 1, "they stay on the disk all the same"


def test_what_the_access_list_denies_is_named(tmp_path, spool, device_toml, capsys):
    acl = f"user {USER}\n" + "".join(
        f"topic write {topic}\n" for topic in sorted(KEPT - {TOPICS.health})
    )
    acl += "user collector\ntopic readwrite #\n"
    with Broker(tmp_path, acl=acl) as broker:
        assert main(["retire", "--config", device_toml(broker.port)]) == 1
    out, err = capsys.readouterr()
    assert set(re.findall(r"cleared (\S+)", out)) == KEPT - {TOPICS.health}
    assert f"not cleared: {TOPICS.health} (Not authorized)" in err
    assert "access list" in err


def test_trouble_ends_with_a_line_and_a_code(tmp_path, device_toml, capsys):
    (tmp_path / "password").write_text(PASSWORD)
    assert main(["retire", "--config", device_toml(free_port())]) == 1
    err = capsys.readouterr().err
    assert "Connection refused" in err
    assert "Trying again" not in err
    assert main(["retire", "--config", device_toml(1883, "discovery = 3\n")]) == 2
    assert "mqtt.discovery is 3" in capsys.readouterr().err


def test_a_wrong_password_is_refused(broker, device_toml, capsys):
    (broker.folder / "password").write_text("wrong\n")
    assert main(["retire", "--config", device_toml(broker.port)]) == 1
    err = capsys.readouterr().err
    assert "refused us" in err
    assert "Trying again" not in err


def test_without_a_broker_there_is_nothing_to_leave(tmp_path, capsys):
    path = tmp_path / "device.toml"
    path.write_text('[mqtt]\nhost = ""\n')
    assert main(["retire", "--config", str(path)]) == 2
    assert "mqtt.host is empty" in capsys.readouterr().err
