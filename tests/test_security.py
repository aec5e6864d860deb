"""What the running service shows to the outside: no open port, and its password nowhere."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import pytest

from broker import PASSWORD, USER, Broker, Listener
from certificates import Authority
from cuelight.settings import MqttSettings, Settings
from cuelight.tell.access import Access
from cuelight.tell.feed import Feed
from cuelight.tell.round_trip import round_trip
from cuelight.tell.spool import Spool
from test_run import running

CONFIG = """
[camera]
source = "v4l2"
index = 63
[site]
name = "north"
device = "table-1"
[mqtt]
host = "127.0.0.1"
port = {port}
ca_file = "{ca}"
username = "{user}"
password_file = "{password}"
[privacy]
mode = "notice"
contact = "privacy@example.com"
[store]
folder = "{store}"
"""

LISTENS, UDP_OPEN = "0A", "07"


@pytest.fixture
def broker(tmp_path):
    authority = Authority(tmp_path / "authority")
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder, extra=authority.broker("broker")) as started:
        yield started


@pytest.fixture
def config(tmp_path, broker):
    path = tmp_path / "device.toml"
    text = CONFIG.format(
        port=broker.port,
        ca=tmp_path / "authority" / "ca.pem",
        user=USER,
        password=broker.folder / "password",
        store=tmp_path / "store",
    )
    path.write_text(text)
    return path


def sockets(pid):
    """Return (protocol, local port, state) of every internet socket that a process holds."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            inodes.add(target[len("socket:[") : -1])
    found = []
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{protocol}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                found.append((protocol, int(fields[1].rpartition(":")[2], 16), fields[3]))
    return found


def is_open(protocol, state):
    """Say whether strangers can reach such a socket: it listens, or takes datagrams from all."""
    return state == (LISTENS if protocol.startswith("tcp") else UDP_OPEN)


def test_the_service_has_no_open_port_and_shows_its_password_nowhere(config, broker):
    with Listener(broker.port, ca=config.parent / "authority" / "ca.pem") as listener:
        with running(config) as service:
            listener.wait_for(lambda heard: heard.on("/health"), timeout_seconds=180)
            pid = service.process.pid
            held = sockets(pid)
            assert [one for one in held if one[0].startswith("tcp")], "its connection is not seen"
            assert [one for one in held if is_open(one[0], one[2])] == []
            shown = [Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ")]
            assert service.stop() == 0
        said = [one.payload for one in listener.heard]
    log = "".join(service.log)
    assert "broker: connected" in log
    for text in (*(part.decode(errors="replace") for part in shown), *said, log):
        assert PASSWORD not in text


def test_an_open_port_would_be_seen():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", 0))
        open_ones = {(p, port) for p, port, state in sockets(os.getpid()) if is_open(p, state)}
        assert ("tcp", server.getsockname()[1]) in open_ones
        assert ("udp", datagrams.getsockname()[1]) in open_ones


@pytest.mark.parametrize("guess", [PASSWORD, "Not-the-Password"])
def test_no_log_line_shows_the_password(guess, broker, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    (tmp_path / "password").write_text(guess)
    settings = broker.settings(
        password_file=str(tmp_path / "password"),
        tls=True,
        ca_file=str(tmp_path / "authority" / "ca.pem"),
    )
    with (
        Spool(tmp_path / "spool.db") as spool,
        Feed(settings, site="s", device="d", spool=spool, privacy="", mqtt5=False) as feed,
    ):
        name = "connected" if guess == PASSWORD else "refused"
        assert feed.wait_for(name, timeout_seconds=180), feed.state
        assert guess not in repr(feed.state)
    round_trip(settings, site="s", device="d", timeout_seconds=2)
    assert "broker:" in caplog.text
    assert guess not in caplog.text


def test_no_repr_shows_the_password(tmp_path):
    (tmp_path / "password").write_text(PASSWORD)
    settings = MqttSettings(username=USER, password_file=str(tmp_path / "password"))
    access = Access.read(settings)
    assert access.password == PASSWORD
    for shown in (repr(access), str(access), repr(settings), repr(Settings(mqtt=settings))):
        assert PASSWORD not in shown


def test_what_the_service_keeps_is_readable_by_itself_only(config, broker, tmp_path):
    with (
        Listener(broker.port, ca=tmp_path / "authority" / "ca.pem") as listener,
        running(config) as service,
    ):
        listener.wait_for(lambda heard: heard.on("/health"), timeout_seconds=180)
        assert service.stop() == 0
    store = tmp_path / "store"
    assert store.stat().st_mode & 0o077 == 0
    kept = [path for path in store.rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
