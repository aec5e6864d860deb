from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from broker import PASSWORD, Broker, Listener, free_port, wait_until
from cuelight.errors import InputError, SettingsError
from cuelight.records import CountWindow
from cuelight.settings import MqttSettings
from cuelight.tell.feed import Feed
from cuelight.tell.spool import Spool

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
BASE = "cuelight/berlin/table-1"
QUICK = (0.05, 0.2)  # seconds between attempts: a test's patience


def put(spool, count, *, first=0):
    for number in range(first, first + count):
        window = CountWindow(
            id=f"id-{number}",
            site="berlin",
            device="table-1",
            seq=0,
            start=START,
            end=START + timedelta(hours=number),
            visits=5,
            visits_with_price=None,
            cells={},
            withheld=0,
            k=5,
            floor=3,
        )
        spool.put(window, open_sums={})


def open_feed(settings, spool, **options):
    return Feed(
        settings,
        site="berlin",
        device="table-1",
        spool=spool,
        privacy="counts only",
        **{"backoff_seconds": QUICK, **options},
    )


def plain(port):
    return MqttSettings(host="127.0.0.1", port=port, tls=False)


def connected(feed):
    assert feed.wait_for("connected", timeout_seconds=180), feed.state


def ids(listener):
    return [json.loads(one.payload)["id"] for one in listener.on("/counts")]


def latest(listener, ending):
    heard = listener.on(ending)
    return heard[-1].payload if heard else None


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def own_broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path / "spool.db") as opened:
        yield opened


def test_states_health_and_statement_are_retained_and_windows_arrive(broker, spool):
    put(spool, 25)
    with Listener(broker.port) as listener, open_feed(broker.settings(), spool) as feed:
        connected(feed)
        assert feed.state.detail == f"127.0.0.1:{broker.port}, MQTT 5"
        listener.wait_for(lambda heard: len(heard.on("/counts")) == 25)
        assert ids(listener) == [f"id-{number}" for number in range(25)], "once each, in order"
        assert {one.qos for one in listener.on("/counts")} == {1}
        wait_until(lambda: spool.waiting_count() == 0)
        feed.available("paused")
        assert feed.tick(7.0, lambda: {"skipped": 3})
        listener.wait_for(lambda heard: latest(heard, "/health"))
        put(spool, 1, first=25)
        feed.released()
        listener.wait_for(lambda heard: ids(heard)[-1] == "id-25")
        with Listener(broker.port) as late:
            late.wait_for(lambda heard: len(heard.heard) >= 3)
            kept = {one.topic: one for one in late.heard}
            assert all(one.retained for one in late.heard)
            assert kept[f"{BASE}/availability"].payload == "paused"
            assert kept[f"{BASE}/privacy"].payload == "counts only"
            assert json.loads(kept[f"{BASE}/health"].payload) == {"skipped": 3, "waiting": 0}
            assert f"{BASE}/counts" not in kept
    assert feed.state.name == "closed"


def test_an_old_broker_can_be_met_in_3_1_1_from_the_start(broker, spool):
    with open_feed(broker.settings(), spool, mqtt5=False) as feed:
        connected(feed)
        assert feed.state.detail.endswith("MQTT 3.1.1")


def test_health_that_fell_due_before_the_broker_was_there_comes_with_the_connection(
    tmp_path, spool
):
    broker = Broker(tmp_path)
    with open_feed(broker.settings(), spool) as feed:
        assert feed.wait_for("unreachable", timeout_seconds=180)
        feed.tick(0.0, lambda: {"skipped": 1})
        feed.tick(30.0, lambda: {"skipped": 2})
        with broker, Listener(broker.port) as listener:
            listener.wait_for(lambda heard: heard.on("/health"))
            assert json.loads(latest(listener, "/health")) == {"skipped": 2, "waiting": 0}


def test_health_that_is_no_json_is_said_and_survived(broker, spool, caplog):
    with Listener(broker.port) as listener, open_feed(broker.settings(), spool) as feed:
        connected(feed)
        feed.tick(0.0, lambda: {"latency_p95_ms": float("nan")})
        feed.tick(30.0, lambda: {"who": object()})
        feed.tick(60.0, lambda: {"fps_capability": np.float32(29.5)})
        listener.wait_for(
            lambda heard: '"fps_capability": 29.5' in (latest(heard, "/health") or "")
        )
    assert caplog.text.count("health is not sent") == 2


def test_a_clean_close_says_stopped(broker, spool):
    with Listener(broker.port) as listener:
        feed = open_feed(broker.settings(), spool)
        connected(feed)
        listener.wait_for(lambda heard: latest(heard, "/availability") == "online")
        feed.close()
        listener.wait_for(lambda heard: latest(heard, "/availability") == "stopped")
        feed.close()  # a second time is no error
        feed.available("online")
        feed.released()
        with Listener(broker.port) as late:
            late.wait_for(lambda heard: latest(heard, "/availability") == "stopped")
        assert "offline" not in [one.payload for one in listener.on("/availability")]


CLIENT = """
import sys
from pathlib import Path
from cuelight.settings import MqttSettings
from cuelight.tell.feed import Feed
from cuelight.tell.spool import Spool

port, password_file, folder = sys.argv[1:]
settings = MqttSettings(
    host="127.0.0.1", port=int(port), tls=False, username="box", password_file=password_file
)
spool = Spool(Path(folder) / "spool.db")
feed = Feed(settings, site="berlin", device="table-1", spool=spool, privacy="counts only")
assert feed.wait_for("connected", timeout_seconds=180), feed.state
print("connected", flush=True)
sys.stdin.read()
"""


def test_the_last_will_says_offline_when_the_process_is_killed(broker, tmp_path):
    arguments = [str(broker.port), str(broker.folder / "password"), str(tmp_path)]
    with (
        Listener(broker.port) as listener,
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "connected\n"
        listener.wait_for(lambda heard: latest(heard, "/availability") == "online")
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        listener.wait_for(lambda heard: latest(heard, "/availability") == "offline")
        with Listener(broker.port) as late:
            late.wait_for(lambda heard: latest(heard, "/availability") == "offline")
            assert late.on("/availability")[0].retained


def test_a_wrong_password_is_said_once_and_tried_again(broker, spool, tmp_path, caplog):
    wrong = tmp_path / "wrong"
    wrong.write_text("guess")
    caplog.set_level(logging.INFO, "cuelight")
    with open_feed(broker.settings(password_file=str(wrong)), spool) as feed:
        assert feed.wait_for("refused", timeout_seconds=180)
        refused = [line for line in broker.log if "not authorised" in line]
        wait_until(lambda: sum("not authorised" in line for line in broker.log) > len(refused) + 2)
        assert feed.state.name == "refused"
        for part in (f"127.0.0.1:{broker.port}", "Not authorized", "'box'", str(wrong)):
            assert part in feed.state.detail
    said = [one for one in caplog.records if "refused us" in one.getMessage()]
    assert len(said) == 1
    assert "guess" not in caplog.text
    assert PASSWORD not in caplog.text


def test_windows_wait_while_the_broker_is_away_and_arrive_once(own_broker, spool, caplog):
    with (
        Listener(own_broker.port, mqtt5=False, keeps_session=True) as collector,
        open_feed(own_broker.settings(), spool) as feed,
    ):
        put(spool, 3)
        feed.released()
        collector.wait_for(lambda heard: len(ids(heard)) == 3)
        wait_until(lambda: spool.waiting_count() == 0)
        own_broker.stop()
        assert feed.wait_for("unreachable", timeout_seconds=180)
        assert "Check mqtt.host and mqtt.port" in feed.state.detail
        put(spool, 30, first=3)
        feed.released()
        feed.available("covered")
        own_broker.start()
        collector.wait_for(lambda heard: "id-32" in ids(heard))
        # by id, as the contract says: the broker may repeat what its collector had not confirmed
        assert list(dict.fromkeys(ids(collector))) == [f"id-{number}" for number in range(33)]
        wait_until(lambda: spool.waiting_count() == 0)
        collector.wait_for(lambda heard: latest(heard, "/availability") == "covered")
    assert sum("lost broker" in one.getMessage() for one in caplog.records) == 1


def test_nothing_is_lost_when_the_broker_is_killed_in_the_middle(tmp_path, spool):
    with Broker(tmp_path) as broker:
        feed = open_feed(broker.settings(), spool)
        connected(feed)
        put(spool, 40)
        feed.released()
        broker.stop(kill=True)  # in the middle of forty windows
        put(spool, 5, first=40)
        feed.released()
        broker.start()
        with Listener(broker.port) as listener:
            connected(feed)
            wait_until(lambda: spool.waiting_count() == 0)
            listener.send(f"{BASE}/set", '{"resend_from": 0}')
            wanted = {f"id-{number}" for number in range(45)}
            listener.wait_for(lambda heard: set(ids(heard)) == wanted)
        feed.close()


def test_resend_from_is_honoured_and_nonsense_ignored(broker, spool, caplog):
    put(spool, 6)
    with Listener(broker.port) as listener, open_feed(broker.settings(), spool) as feed:
        listener.wait_for(lambda heard: len(ids(heard)) == 6)
        wait_until(lambda: spool.waiting_count() == 0)
        for nonsense in (b"", b"\xff\xfe", b"[" * 4000, b'{"resend_from": -5}', b"x" * 200_000):
            listener.send(f"{BASE}/set", nonsense)
        listener.send(f"{BASE}/set", '{"resend_from": 5}')
        listener.wait_for(lambda heard: len(ids(heard)) == 8)
        assert ids(listener)[6:] == ["id-4", "id-5"]
        assert feed.state.name == "connected"
    ignored = [one for one in caplog.records if "command ignored" in one.getMessage()]
    assert len(ignored) == 4, "the longest is not even delivered in MQTT 5"
    assert all(one.getMessage().startswith(f"{BASE}/set: ") for one in ignored)


def test_a_retained_command_is_ignored_at_every_connect(broker, spool, caplog):
    put(spool, 2)
    spool.acked(1)
    spool.acked(2)
    with Listener(broker.port, f"{BASE}/counts") as listener:
        listener.send(f"{BASE}/set", '{"resend_from": 0}', retain=True)
        try:
            with open_feed(broker.settings(), spool):
                wait_until(lambda: "it is retained" in caplog.text)
                put(spool, 1, first=2)
                listener.send(f"{BASE}/set", '{"resend_from": 3}')
                listener.wait_for(lambda heard: "id-2" in ids(heard))
                assert set(ids(listener)) == {"id-2"}
        finally:
            listener.send(f"{BASE}/set", b"", retain=True)


def test_a_window_that_the_broker_turns_down_waits_and_is_said(tmp_path, spool, caplog):
    # MQTT 5 says so in its PUBACK (3.1.1 cannot: an ACL's denial is silent there)
    acl = "user collector\ntopic readwrite #\nuser box\ntopic write cuelight/+/+/availability\n"
    put(spool, 3)
    with Broker(tmp_path, acl=acl) as broker, open_feed(broker.settings(), spool) as feed:
        connected(feed)
        wait_until(lambda: "turned a window down" in caplog.text)
        assert spool.waiting_count() == 3
        assert caplog.text.count("turned a window down") == 1
        assert f"Allow user 'box' to write {BASE}/counts" in caplog.text
        # at the next health it tries again, and says so again while it fails
        feed.tick(0.0, dict)
        wait_until(lambda: caplog.text.count("turned a window down") == 2)
        assert spool.waiting_count() == 3


def test_mqtt_3_1_1_is_spoken_where_the_broker_knows_no_5(spool, caplog):
    """amqtt, in this process, speaks 3.1.1 only."""
    from amqtt.broker import Broker as Amqtt

    caplog.set_level(logging.CRITICAL, "amqtt")
    caplog.set_level(logging.INFO, "cuelight")
    port = free_port()
    started, stop = threading.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve():
        amqtt = Amqtt(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
                "plugins": {
                    "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
                },
            }
        )
        await amqtt.start()
        started.set()
        await loop.run_in_executor(None, stop.wait)
        await amqtt.shutdown()

    server = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    server.start()
    try:
        assert started.wait(60)
        settings = plain(port)
        with Listener(port, username=None, mqtt5=False) as listener:
            put(spool, 12)
            with open_feed(settings, spool) as feed:
                connected(feed)
                assert feed.state.detail.endswith("MQTT 3.1.1")
                listener.wait_for(lambda heard: len(ids(heard)) >= 12)
                assert ids(listener) == [f"id-{number}" for number in range(12)]
                wait_until(lambda: spool.waiting_count() == 0)
            listener.wait_for(lambda heard: latest(heard, "/availability") == "stopped")
    finally:
        stop.set()
        server.join(120)
        loop.close()
    assert not server.is_alive()


@pytest.mark.parametrize(
    ("answer", "tried"),
    [(b"\x20\x02\x00\x01", [5, 4]), (b"", [5, 5, 4])],
    ids=["refuses", "hangs up"],
)
def test_a_broker_that_turns_mqtt_5_away_is_spoken_to_in_3_1_1(spool, tmp_path, answer, tried):
    versions, passwords = [], []
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connect = connection.recv(1000)
                    version = connect[connect.index(b"MQTT") + 4]
                    versions.append(version)
                    passwords.append(PASSWORD.encode() in connect)
                    password.unlink(missing_ok=True)  # what was read once is not read again
                    if version == 4:
                        connection.sendall(b"\x20\x02\x00\x00")
                        while connection.recv(1000):
                            pass
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        settings = MqttSettings(
            host="127.0.0.1",
            port=server.getsockname()[1],
            tls=False,
            username="box",
            password_file=str(password),
        )
        with open_feed(settings, spool, backoff_seconds=(1.0, 2.0)) as feed:
            connected(feed)
            assert feed.state.detail.endswith("MQTT 3.1.1")
        server.shutdown(socket.SHUT_RDWR)
    thread.join(120)
    assert not thread.is_alive()
    assert versions == tried
    assert all(passwords)


def test_a_server_that_talks_nonsense_neither_ends_nor_blocks_the_feed(spool, tmp_path):
    """Something that is no broker answers with rubbish; then a real broker takes its place."""
    broker = Broker(tmp_path)
    heard = threading.Semaphore(0)
    with socket.create_server(("127.0.0.1", broker.port)) as server:

        def answer():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"\x20\x7f" + b"\xff" * 200)
                    heard.release()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        feed = open_feed(broker.settings(), spool)
        for _ in range(3):
            assert heard.acquire(timeout=60)
        server.shutdown(socket.SHUT_RDWR)
    thread.join(120)
    with broker:
        connected(feed)
        feed.close()


def test_nobody_there_is_said_and_closing_works(spool):
    feed = open_feed(plain(free_port()), spool)
    assert feed.wait_for("unreachable", timeout_seconds=180)
    assert "Connection refused" in feed.state.detail
    feed.close()
    assert feed.wait_for("closed", timeout_seconds=180)


def test_a_broker_that_never_answers_holds_up_neither_the_loop_nor_the_close(spool):
    """Everything returns while the broker has not said a word: none of it waits for an answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        feed = open_feed(plain(server.getsockname()[1]), spool)
        connection, _ = server.accept()

        def work():
            feed.available("paused")
            feed.tick(0.0, dict)
            feed.close()

        loop = threading.Thread(target=work, daemon=True)
        loop.start()
        loop.join(120)
        assert not loop.is_alive()
        connection.close()


def test_only_the_states_of_the_contract_are_said(spool):
    settings = plain(free_port())
    with open_feed(settings, spool) as feed, pytest.raises(InputError, match="'offline'; wanted"):
        feed.available("offline")


def test_health_comes_on_a_fixed_schedule(spool):
    with open_feed(plain(free_port()), spool) as feed:
        asked = []

        def health():
            asked.append(1)
            return {}

        times = [100.0, 100.5, 129.9, 130.2, 145.0, 160.0, 301.0, 309.9, 310.0]
        assert [now for now in times if feed.tick(now, health)] == [
            *(100.0, 130.2, 160.0, 301.0, 310.0)
        ]
        assert len(asked) == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password_file": "/nowhere/password"}, "mqtt.password_file is '/nowhere/password'"),
        ({"tls": True, "ca_file": "/nowhere/ca.pem"}, "mqtt.ca_file is '/nowhere/ca.pem'"),
        ({"host": "broker.example"}, "mqtt.tls is false, so the password would cross the network"),
        ({"host": "", "username": ""}, "mqtt.host is ''"),
        ({"host": "a..b", "username": ""}, "mqtt.host is 'a..b'"),
        ({"host": "two words", "username": ""}, "mqtt.host is 'two words'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(changes, message, spool):
    settings = MqttSettings(**{"username": "box", "tls": False, **changes})
    with pytest.raises(SettingsError, match=message):
        open_feed(settings, spool)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    key = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    for name in ("ca", "other"):
        openssl(
            *("req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem"),
            *("-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign"),
        )
    openssl("req", *key[:3], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=broker")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-out", "server.pem", "-days", "2", "-extfile", "names", "-CAcreateserial"),
    )
    return folder


# paho leaves the socket of a failed handshake to the garbage collector, which closes it and warns
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_tls_checks_the_brokers_certificate(certificates, tmp_path, spool):
    extra = f"certfile {certificates}/server.pem\nkeyfile {certificates}/server.key"
    with Broker(tmp_path, extra=extra) as broker:
        good = broker.settings(tls=True, ca_file=str(certificates / "ca.pem"))
        with open_feed(good, spool) as feed:
            connected(feed)
        bad = broker.settings(tls=True, ca_file=str(certificates / "other.pem"))
        with open_feed(bad, spool) as feed:
            assert feed.wait_for("unreachable", timeout_seconds=180)
            assert "certificate verify failed" in feed.state.detail
            assert "other.pem: set mqtt.ca_file" in feed.state.detail
        with open_feed(broker.settings(), spool) as feed:  # no TLS on a TLS port
            assert feed.wait_for("unreachable", timeout_seconds=180)
            assert "Does this port want TLS?" in feed.state.detail
