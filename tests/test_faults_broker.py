"""What a broker and its network do wrong, against a real mosquitto: what is said, what is lost."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from faults.collector import Collector

from broker import PASSWORD, USER, Broker, Listener, free_port, wait_until
from certificates import Authority
from cuelight.records import Cell, CountWindow
from cuelight.settings import MqttSettings
from cuelight.tell.feed import Feed
from cuelight.tell.round_trip import round_trip
from cuelight.tell.spool import Spool
from cuelight.tell.window import from_json

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SITE = {"site": "berlin", "device": "table-1"}
BASE = "cuelight/berlin/table-1"
QUICK = (0.05, 0.2)
ACL = f"user collector\ntopic readwrite #\nuser {USER}\n"


def put(spool, count, *, first=0):
    """Let so many hours pass, each with a window."""
    for number in range(first, first + count):
        hour = START + timedelta(hours=number)
        window = CountWindow(
            **SITE,
            id=f"id-{number}",
            seq=0,
            start=hour,
            end=hour + timedelta(hours=1),
            visits=5 + number,
            visits_with_price=None,
            cells={"interest": Cell(3, 7, hour)},
            withheld=0,
            k=5,
            floor=3,
        )
        spool.put(window, open_sums={})


def open_feed(settings, spool, **options):
    return Feed(settings, **SITE, spool=spool, privacy="", backoff_seconds=QUICK, **options)


def collect(broker):
    return Collector(broker.port, username="collector", password=PASSWORD)


def collected(collector, ready):
    with collector.changed:
        assert collector.changed.wait_for(lambda: ready(collector.windows), 120), collector.windows


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path / "spool.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates") / "ours")


# --- away -------------------------------------------------------------------------------------


def test_an_outage_of_weeks_loses_no_count_though_the_store_is_bounded(tmp_path, broker):
    """150 hours without a broker in a store that takes 24 windows; five were sent before."""
    collector = collect(broker)
    with (
        Spool(tmp_path / "small.db", waiting_max=24) as spool,
        open_feed(broker.settings(), spool) as feed,
    ):
        put(spool, 5)
        feed.released()
        collected(collector, lambda windows: len(windows) == 5)
        wait_until(lambda: spool.waiting_count() == 0)
        broker.stop()
        assert feed.wait_for("unreachable", timeout_seconds=180)
        put(spool, 150, first=5)
        feed.released()
        assert spool.waiting_count() <= 24 + 10, "all that may have been sent, and the bound"
        broker.start()
        wait_until(lambda: spool.waiting_count() == 0, timeout_seconds=180)
        collected(collector, lambda windows: spool.last_acked().id in windows)
    collector.close()
    windows = sorted((from_json(body) for body in collector.windows.values()), key=lambda w: w.seq)
    assert sum(one.cells["interest"].visits for one in windows) == 155 * 7
    assert sum(one.cells["interest"].n for one in windows) == 155 * 3
    assert sum(one.visits for one in windows) == sum(range(5, 160))
    stands_for = [one.covers or (one.seq, one.seq) for one in windows]
    assert [number for a, b in stands_for for number in range(a, b + 1)] == list(range(1, 156))
    assert [one.id for one in windows[:5]] == [f"id-{number}" for number in range(5)]


def test_a_broker_that_comes_and_goes_gets_every_window_once_by_id(broker, spool):
    collector = collect(broker)
    with open_feed(broker.settings(), spool) as feed:
        for round_number in range(4):
            put(spool, 10, first=10 * round_number)
            feed.released()
            broker.stop(kill=bool(round_number % 2))
            broker.start()
        wait_until(lambda: spool.waiting_count() == 0, timeout_seconds=180)
        # a killed mosquitto forgets what it had not passed on; the collector asks for it
        with Listener(broker.port) as operator:
            operator.send(f"{BASE}/set", '{"resend_from": 1}')
        collected(collector, lambda windows: len(windows) == 40)
    collector.close()
    assert set(collector.windows) == {f"id-{number}" for number in range(40)}


def test_a_collector_that_lost_its_store_gets_everything_again(broker, spool):
    with open_feed(broker.settings(), spool) as feed:
        first = collect(broker)
        put(spool, 30)
        feed.released()
        collected(first, lambda windows: len(windows) == 30)
        wait_until(lambda: spool.waiting_count() == 0)
        first.close()
        second = collect(broker)  # its store is empty
        assert second.windows == {}
        with Listener(broker.port) as operator:
            operator.send(f"{BASE}/set", '{"resend_from": 1}')
        collected(second, lambda windows: len(windows) == 30)
        second.close()
    assert second.windows == first.windows


# --- certificates -----------------------------------------------------------------------------


CERTIFICATES = {
    "expired": (
        {"start": "20200101000000Z", "end": "20200102000000Z"},
        ["certificate has expired", "Renew the broker's certificate"],
    ),
    "early": (
        {"start": "20980101000000Z", "end": "20980102000000Z"},
        ["not yet valid", "clock is wrong"],
    ),
    "elsewhere": (
        {"names": "DNS:broker.example"},
        ["IP address mismatch", "was not made for '127.0.0.1'"],
    ),
}

# paho leaves the socket of a failed handshake to the garbage collector, which closes it and warns
quiet = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")


def says(settings, spool, words):
    """Check that the feed and doctor both say these words, and that neither gets in."""
    with open_feed(settings, spool) as feed:
        assert feed.wait_for("unreachable", timeout_seconds=180)
        for word in words:
            assert word in feed.state.detail
    found = round_trip(settings, **SITE, timeout_seconds=5)
    assert not found.ok
    assert found.seconds is None
    for word in words:
        assert word in f"{found.detail} {found.fix}"


@quiet
@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_wrong_certificate_is_refused_and_said(name, authority, tmp_path, spool):
    options, words = CERTIFICATES[name]
    with Broker(tmp_path, extra=authority.broker(name, **options)) as broker:
        says(broker.settings(tls=True, ca_file=str(authority.ca)), spool, words)
        assert not any(f"as cuelight-{SITE['site']}" in line for line in broker.log)


@quiet
def test_a_certificate_of_somebody_else_is_refused_and_said(authority, tmp_path, spool):
    other = Authority(tmp_path / "other")
    with Broker(tmp_path, extra=authority.broker("ours")) as broker:
        words = ["certificate verify failed", "other/ca.pem: set mqtt.ca_file"]
        says(broker.settings(tls=True, ca_file=str(other.ca)), spool, words)
        words = ["any authority that this system knows (mqtt.ca_file is empty)"]
        says(broker.settings(tls=True), spool, words)


def test_the_right_certificate_lets_windows_through(authority, tmp_path, spool):
    with Broker(tmp_path, extra=authority.broker("right")) as broker:
        settings = broker.settings(tls=True, ca_file=str(authority.ca))
        put(spool, 3)
        with open_feed(settings, spool):
            wait_until(lambda: spool.waiting_count() == 0)
        found = round_trip(settings, **SITE)
        assert found.ok, found


@quiet
def test_a_renewed_certificate_is_taken_without_a_restart(authority, tmp_path, spool):
    expired, words = CERTIFICATES["expired"]
    lines = authority.broker("renewed", **expired)
    with Broker(tmp_path, extra=lines) as broker:
        settings = broker.settings(tls=True, ca_file=str(authority.ca))
        with open_feed(settings, spool) as feed:
            assert feed.wait_for("unreachable", timeout_seconds=180)
            assert words[0] in feed.state.detail
            broker.stop()
            authority.broker("renewed")
            broker.start()
            assert feed.wait_for("connected", timeout_seconds=180), feed.state


@quiet
def test_tls_towards_a_port_without_it_is_said(broker, spool):
    says(broker.settings(tls=True), spool, ["Does this port speak TLS? Set mqtt.port"])


@quiet
def test_no_tls_towards_a_port_with_it_is_said(authority, tmp_path, spool):
    with Broker(tmp_path, extra=authority.broker("tls")) as broker:
        says(broker.settings(), spool, ["hung up before answering", "Set mqtt.tls = true"])


# --- credentials and access lists ---------------------------------------------------------------


def test_an_expired_credential_is_said_once_tried_again_and_found_by_doctor(broker, spool, caplog):
    caplog.set_level(logging.INFO, "cuelight")
    put(spool, 1)
    with open_feed(broker.settings(), spool) as feed:
        wait_until(lambda: spool.waiting_count() == 0)
        broker.set_password(USER, "another one")
        broker.stop()
        broker.start()
        assert feed.wait_for("refused", timeout_seconds=180), feed.state
        put(spool, 1, first=1)
        feed.released()
        before = sum("not authorised" in line for line in broker.log)
        wait_until(lambda: sum("not authorised" in line for line in broker.log) > before + 2)
        found = round_trip(broker.settings(), **SITE)
        assert not found.ok
        assert "refused us" in found.detail
        assert "Check mqtt.username and the password in" in found.fix
        assert spool.waiting_count() == 1
        broker.set_password(USER, PASSWORD)
        broker.stop()
        broker.start()
        assert feed.wait_for("connected", timeout_seconds=180), feed.state
        wait_until(lambda: spool.waiting_count() == 0)
    said = [one for one in caplog.records if "refused us" in one.getMessage()]
    assert len(said) == 1
    assert PASSWORD not in caplog.text


RIGHT = f"topic readwrite {BASE}/echo\ntopic write {BASE}/#\ntopic read {BASE}/set\n"


def test_a_silent_denial_in_3_1_1_is_found_by_the_round_trip_and_mended_by_resend(tmp_path, spool):
    """The broker acknowledges what it throws away: nothing but the round trip can tell."""
    put(spool, 4)
    with Broker(tmp_path, acl=f"{ACL}topic read {BASE}/set\n") as broker:
        collector = collect(broker)
        with open_feed(broker.settings(), spool, mqtt5=False):
            wait_until(lambda: spool.waiting_count() == 0)
        found = round_trip(broker.settings(), **SITE, mqtt5=False, timeout_seconds=1)
        assert not found.ok
        assert "did not come back" in found.detail
        assert f"Let user 'box' write and read {BASE}/echo" in found.fix
        assert collector.windows == {}
        (broker.folder / "acl").write_text(ACL + RIGHT)
        broker.stop()
        broker.start()
        found = round_trip(broker.settings(), **SITE, mqtt5=False)
        assert found.ok, found
        assert found.mqtt == "3.1.1"
        with open_feed(broker.settings(), spool, mqtt5=False) as feed:
            assert feed.wait_for("connected", timeout_seconds=180)
            with Listener(broker.port, f"{BASE}/availability") as operator:
                operator.wait_for(lambda heard: heard.heard)
                operator.send(f"{BASE}/set", '{"resend_from": 1}')
                collected(collector, lambda windows: len(windows) == 4)
        collector.close()


DENIALS = {
    "everything allowed": (RIGHT, True, "and back in", "collected"),
    "echo not read": (f"topic write {BASE}/#\n", False, "did not come back", "unknown"),
    "echo not written": (f"topic read {BASE}/#\n", False, "writing", "unknown"),
    "counts not written": (
        f"topic readwrite {BASE}/echo\n",
        False,
        f"writing {BASE}/counts is denied",
        "denied",
    ),
}


@pytest.mark.parametrize("name", DENIALS)
def test_what_the_access_list_denies_is_named(name, tmp_path, spool):
    lines, ok, words, counts = DENIALS[name]
    put(spool, 1)
    spool.acked(1)
    window = spool.last_acked().body
    with Broker(tmp_path, acl=ACL + lines) as broker:
        collector = collect(broker)
        found = round_trip(broker.settings(), **SITE, window=window, timeout_seconds=1)
        assert (found.ok, found.counts) == (ok, counts), found
        assert words in found.detail
        assert bool(found.fix) is not ok
        if ok:
            collected(collector, lambda windows: list(windows) == ["id-0"])
        collector.close()
        if ok:
            broker.stop()
            (broker.folder / "mosquitto.db").unlink()  # and with it the collector's session
            broker.start()
            alone = round_trip(broker.settings(), **SITE, window=window)
            assert (alone.ok, alone.counts) == (False, "uncollected")
            assert "nobody subscribes" in alone.detail


def test_a_round_trip_disturbs_neither_the_service_nor_what_is_retained(broker, spool):
    with (
        Listener(broker.port) as listener,
        open_feed(broker.settings(), spool) as feed,
    ):
        listener.wait_for(lambda heard: heard.on("/availability"))
        assert round_trip(broker.settings(), **SITE).ok
        assert feed.state.name == "connected"
        assert [one.payload for one in listener.on("/availability")] == ["online"]
        with Listener(broker.port) as late:
            late.wait_for(lambda heard: heard.on("/availability"))
            assert late.on("/echo") == []


def test_a_round_trip_to_nobody_says_so():
    settings = MqttSettings(host="127.0.0.1", port=free_port(), tls=False)
    found = round_trip(settings, **SITE)
    assert not found.ok
    assert "Connection refused" in found.detail
    assert "the network" in found.fix


# --- commands ---------------------------------------------------------------------------------


def test_a_replayed_command_is_carried_out_once_in_a_while(broker, spool):
    """A command sent a hundred times neither floods the broker nor wears the card out."""
    put(spool, 20)
    with Listener(broker.port) as listener, open_feed(broker.settings(), spool) as feed:
        wait_until(lambda: spool.waiting_count() == 0)
        for _ in range(100):
            listener.send(f"{BASE}/set", '{"resend_from": 1}')
        put(spool, 1, first=20)
        feed.released()
        listener.wait_for(lambda heard: any('"id-20"' in one.payload for one in heard.heard))
        wait_until(lambda: spool.waiting_count() == 0)
        heard = [json.loads(one.payload)["id"] for one in listener.on("/counts")]
    assert len(heard) == 20 + 20 + 1
    assert len(set(heard)) == 21


@pytest.mark.parametrize("mqtt5", [True, False])
def test_a_huge_command_is_survived(mqtt5, broker, spool):
    with (
        Listener(broker.port) as listener,
        open_feed(broker.settings(), spool, mqtt5=mqtt5) as feed,
    ):
        assert feed.wait_for("connected", timeout_seconds=180)
        listener.send(f"{BASE}/set", b"[" * 20_000_000)
        put(spool, 1)
        feed.released()
        listener.wait_for(lambda heard: heard.on("/counts"))
        assert feed.state.name == "connected"


def test_a_flood_of_nonsense_keeps_nothing_waiting(broker, spool, caplog):
    with Listener(broker.port) as listener, open_feed(broker.settings(), spool) as feed:
        assert feed.wait_for("connected", timeout_seconds=180)
        for number in range(300):
            listener.send(f"{BASE}/set", f'{{"reboot": {number}}}')
        put(spool, 1)
        feed.released()
        listener.wait_for(lambda heard: heard.on("/counts"))
        assert feed.state.name == "connected"
    assert "Traceback" not in caplog.text
