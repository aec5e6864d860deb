"""The doctor on a real broker: what goes there and back, and how long certificates last."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from broker import PASSWORD, USER, Broker, Listener, free_port
from certificates import Authority
from cuelight.cli import main
from cuelight.examine.broker import examine_broker, examine_certificates
from cuelight.settings import MqttSettings, Settings, SiteSettings
from cuelight.tell.spool import Spool
from doctor import put, report, write_settings

NOW = datetime.now(UTC).replace(microsecond=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SITE = SiteSettings("berlin", "table-1")


@pytest.fixture
def device_toml(tmp_path):
    return lambda *args, **options: write_settings(tmp_path, *args, **options)


def der(moment):
    return f"{moment:%Y%m%d%H%M%SZ}"


def _body(broker, end):
    with Spool(broker.folder / "spool" / "windows.sqlite") as spool:
        put(spool, end)
        return spool.waiting()[-1].body


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


def plain(broker, **changes):
    return Settings(site=SITE, mqtt=broker.settings(tls=False, **changes))


def test_a_broker_that_gives_back_what_it_was_sent_is_good(broker):
    finding = examine_broker(plain(broker), window=None)
    assert finding.verdict == "good", finding
    assert finding.figures["mqtt"] == "5"
    assert finding.figures["round_trip_ms"] > 0


ACL = f"user {USER}\ntopic write cuelight/berlin/table-1/#\n"
"""What the box may do here: speak and never hear, which no PUBACK tells."""


def test_an_access_list_that_denies_in_silence_is_found(tmp_path):
    with Broker(tmp_path, acl=ACL) as broker:
        finding = examine_broker(plain(broker), window=None, timeout_seconds=1.0)
    assert finding.verdict == "failed"
    assert "access list" in finding.text
    assert "cuelight/berlin/table-1/echo" in finding.fix


def test_counts_that_nobody_collects_are_a_warning(broker):
    finding = examine_broker(plain(broker), window=_body(broker, NOW))
    assert (finding.verdict, finding.figures["counts"]) == ("warning", "uncollected")
    assert "collector" in finding.fix
    with Listener(broker.port, "cuelight/+/+/counts"):
        finding = examine_broker(plain(broker), window=_body(broker, NOW + DAY))
    assert (finding.verdict, finding.figures["counts"]) == ("good", "collected")


def test_a_wrong_password_is_told_apart_and_never_shown(broker, device_toml, capsys):
    (broker.folder / "password").write_text("not s3cret at all\n")
    mqtt = f'host = "127.0.0.1"\nport = {broker.port}\ntls = false\nusername = "{USER}"\n'
    mqtt += f'password_file = "{broker.folder / "password"}"\n'
    _, found = report(capsys, device_toml(mqtt=mqtt))
    finding = found["findings"]["broker"]
    assert finding["verdict"] == "failed"
    assert "refused" in finding["text"]
    assert "password" in finding["fix"]
    assert "Trying again" not in finding["fix"]
    (broker.folder / "password").write_text(PASSWORD)
    main(["-v", "doctor", "--config", device_toml(mqtt=mqtt)])
    out, err = capsys.readouterr()
    assert "ok      broker" in out
    for secret in (PASSWORD, "not s3cret at all"):
        assert secret not in out + err + json.dumps(found)


def test_no_broker_says_where_it_was_looked_for():
    mqtt = MqttSettings(host="127.0.0.1", port=free_port(), tls=False)
    finding = examine_broker(Settings(site=SITE, mqtt=mqtt), window=None)
    assert finding.verdict == "failed"
    assert f"127.0.0.1:{mqtt.port}" in finding.text
    assert "mqtt.host" in finding.fix


def test_a_password_file_that_is_missing_is_a_finding(tmp_path):
    mqtt = MqttSettings(host="127.0.0.1", username=USER, password_file=str(tmp_path / "none"))
    finding = examine_broker(Settings(site=SITE, mqtt=mqtt), window=None)
    assert finding.verdict == "failed"
    assert "mqtt.password_file" in finding.text


# certificates


@pytest.fixture
def tls_broker(tmp_path):
    running = []

    def start(*, start, end, authority_days=3650):
        authority = Authority(tmp_path / "tls", days=authority_days)
        broker = Broker(tmp_path, extra=authority.broker("b", start=der(start), end=der(end)))
        broker.start()
        running.append(broker)
        return broker.settings(tls=True, ca_file=str(authority.ca))

    yield start
    for broker in running:
        broker.stop()


@pytest.mark.parametrize(
    ("start", "end", "verdict", "words"),
    [
        (-DAY, 90 * DAY, "good", "(90 days)"),
        (-DAY, 29 * DAY, "warning", "(29 days)"),
        (-60 * DAY, -DAY, "failed", "has expired"),
        (2 * DAY, 90 * DAY, "failed", "is not valid before"),
    ],
)
# paho leaves the socket of a failed handshake to the garbage collector, which closes it and warns
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
def test_a_certificates_dates_are_told_before_they_bite(tls_broker, start, end, verdict, words):
    mqtt = tls_broker(start=NOW + start, end=NOW + end + HOUR)
    finding = examine_certificates(mqtt, now=datetime.now(UTC))
    assert finding.verdict == verdict, finding
    assert finding.text.count(words) == 1
    assert finding.figures["broker_days_left"] == end // DAY
    assert finding.figures["authority_days_left"] >= 3648
    trip = examine_broker(Settings(site=SITE, mqtt=mqtt), window=None)
    believed = verdict != "failed"
    assert (trip.verdict == "good") == believed, trip


def test_an_authority_that_ends_soon_is_a_warning(tls_broker):
    mqtt = tls_broker(start=NOW - DAY, end=NOW + 90 * DAY + HOUR, authority_days=10)
    finding = examine_certificates(mqtt, now=datetime.now(UTC))
    assert finding.verdict == "warning"
    assert finding.figures["broker_days_left"] == 90
    assert finding.figures["authority_days_left"] in {9, 10}


def test_without_a_connection_the_authoritys_dates_are_still_told(tmp_path):
    authority = Authority(tmp_path / "tls", days=5)
    mqtt = MqttSettings(host="127.0.0.1", port=free_port(), tls=True, ca_file=str(authority.ca))
    finding = examine_certificates(mqtt, now=datetime.now(UTC))
    assert finding.verdict == "warning"
    assert "was not seen" in finding.text
    assert "the authority's lasts until" in finding.text


def test_a_port_without_tls_and_a_ca_file_of_nonsense_are_findings(broker, tmp_path):
    finding = examine_certificates(broker.settings(tls=True, ca_file=""), now=NOW)
    assert finding.verdict == "note"
    assert "was not seen" in finding.text
    nonsense = tmp_path / "ca.crt"
    nonsense.write_text("no certificate\n")
    finding = examine_certificates(broker.settings(tls=True, ca_file=str(nonsense)), now=NOW)
    assert finding.verdict == "failed"
    assert "mqtt.ca_file" in finding.text


def test_counts_in_the_clear_are_fine_on_this_machine_only():
    here = examine_certificates(MqttSettings(host="localhost", tls=False), now=NOW)
    there = examine_certificates(MqttSettings(host="broker.example.com", tls=False), now=NOW)
    assert (here.verdict, there.verdict) == ("note", "warning")
    assert "in the clear" in there.text
