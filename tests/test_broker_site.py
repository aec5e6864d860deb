"""scripts/provision-broker: a real mosquitto with TLS, and who may do what on it."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from broker import PASSWORD, USER, Broker, Listener, free_port, has_ended, wait_until
from cuelight.cli import main
from cuelight.device_toml import load_settings
from cuelight.mqtt_client import MqttClient
from cuelight.records import CountWindow
from cuelight.tell.feed import Feed
from cuelight.tell.round_trip import round_trip
from cuelight.tell.spool import Spool

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "provision-broker"
SEARCH = f"{os.defpath}:/usr/local/sbin:/usr/sbin:/sbin"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Site:
    """A provisioned site: three boxes, their broker's folder, and the broker itself."""

    def __init__(self, folder: Path) -> None:
        self.boxes = folder / "boxes"
        self.folder = folder / "broker"
        self.port, self.websocket_port = free_port(), free_port()
        command = ["provision", "--site", "north", "--count", "3", "--out", str(self.boxes)]
        command += ["--broker", "localhost", "--port", str(self.port)]
        assert main(command) == 0
        self.provision("--boxes", self.boxes, "--host", "localhost", "--host", "127.0.0.1")

    def provision(self, *arguments: object, code: int = 0) -> str:
        command = [
            *(SCRIPT, "--folder", self.folder, "--user", getpass.getuser()),
            *("--port", self.port, "--websocket-port", self.websocket_port),
            *arguments,
        ]
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stderr

    @property
    def own(self) -> Path:
        return self.folder / "cuelight"

    @property
    def passwords(self) -> dict[str, str]:
        lines = (self.boxes / "broker/users").read_text().splitlines()
        return dict(line.split(":") for line in lines)

    @contextmanager
    def running(self):
        """Run mosquitto; gives its process."""
        program = shutil.which("mosquitto", path=SEARCH)
        if program is None:
            pytest.fail("no mosquitto here; run scripts/install-test-tools")
        with subprocess.Popen([program, "-c", str(self.folder / "mosquitto.conf")]) as process:
            try:
                wait_until(lambda: listens(self.port) and listens(self.websocket_port))
                yield process
            finally:
                if not has_ended(process):
                    process.kill()

    def served(self) -> str:
        """Return the certificate that the broker shows, in PEM."""
        return ssl.get_server_certificate(("localhost", self.port))

    def settings(self, box: str, **changes: object):
        """Return the box's own settings, with its files where they lie here."""
        folder = self.boxes / "boxes" / box
        settings = load_settings(folder / "device.toml").mqtt
        values = {key: getattr(settings, key) for key in type(settings).__dataclass_fields__}
        values["password_file"] = str(folder / "mqtt-password")
        values["ca_file"] = str(folder / "ca.crt")
        return type(settings)(**{**values, **changes})


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Person:
    """Somebody at the broker, over TLS, by name and password."""

    def __init__(self, site, user, *, password=None, websocket=False):
        self.heard = []
        self.reason = None
        self._subscribed = threading.Event()
        self._client = MqttClient(
            CallbackAPIVersion.VERSION2,
            protocol=MQTTProtocolVersion.MQTTv311,
            transport="websockets" if websocket else "tcp",
        )
        self._client.username_pw_set(user, password or site.passwords[user])
        self._client.tls_set(str(site.own / "ca.crt"))
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _, __, message: self.heard.append(
            (message.topic, message.payload.decode())
        )
        self._client.connect("localhost", site.websocket_port if websocket else site.port)
        self._client.loop_start()
        wait_until(lambda: self.reason is not None)

    def _on_connect(self, _client, _userdata, _flags, reason, _properties):
        self.reason = reason

    def listen(self, topic):
        self._subscribed.clear()
        self._client.subscribe(topic, qos=1)
        assert self._subscribed.wait(60)
        return self

    def send(self, topic, payload, *, retain=False):
        """Publish; acknowledged even where the access list denies it, as MQTT 3.1.1 has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(60)

    def wait_for(self, topic, payload):
        wait_until(lambda: (topic, payload) in self.heard)

    def topics(self):
        return {topic for topic, _ in self.heard}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"))
    with made.running() as made.process:
        yield made


@pytest.fixture
def people(site):
    """Return a function that lets people in; they leave at the test's end."""
    with ExitStack() as stack:
        yield lambda user, **options: stack.enter_context(Person(site, user, **options))


def test_a_box_delivers_its_windows_and_the_collector_has_them(site, people, tmp_path):
    collector = people("collector@north").listen("cuelight/north/+/counts")
    with Spool(tmp_path / "windows.sqlite") as spool:
        window = CountWindow(
            id="id-1",
            site="north",
            device="table-1",
            seq=0,
            cells={},
            start=START,
            end=START + timedelta(hours=1),
            visits=5,
            visits_with_price=None,
            withheld=0,
            k=5,
            floor=3,
        )
        spool.put(window, open_sums={})
        with Feed(
            site.settings("table-1"), site="north", device="table-1", spool=spool, privacy="counts"
        ) as feed:
            assert feed.wait_for("connected", timeout_seconds=180), feed.state
            wait_until(lambda: spool.waiting_count() == 0)
    wait_until(lambda: collector.heard)
    ((topic, payload),) = collector.heard
    assert topic == "cuelight/north/table-1/counts"
    assert json.loads(payload)["id"] == "id-1"


def test_doctor_gets_its_message_back(site):
    trip = round_trip(site.settings("table-2"), site="north", device="table-2")
    assert trip.mqtt == "5", trip.detail
    assert trip.seconds is not None, trip.detail


def test_a_box_writes_its_own_topics_and_its_own_discovery_only(site, people):
    collector = people("collector@north").listen("#")
    manager = people("manager@north").listen("#")
    box = people("north.table-1")
    denied = [
        *("cuelight/north/table-2/counts", "cuelight/south/table-1/counts"),
        *("cuelight/north/table-2/availability", "cuelight/north/aggregate/fleet"),
        *("cuelight/north/table-1/set", "cuelight/north/table-1/more"),
        *("homeassistant/device/cuelight-north-table-2/config", "homeassistant/status", "x"),
    ]
    for topic in denied:
        box.send(topic, "denied", retain=True)
    for topic in ("counts", "health", "privacy", "availability"):
        box.send(f"cuelight/north/table-1/{topic}", topic)
    box.send("homeassistant/device/cuelight-north-table-1/config", "{}")
    # what one client sends arrives in order, so all before this has come or never will
    collector.wait_for("cuelight/north/table-1/availability", "availability")
    manager.wait_for("homeassistant/device/cuelight-north-table-1/config", "{}")
    assert ("cuelight/north/table-1/counts", "counts") in collector.heard
    everything = collector.heard + manager.heard
    assert not [one for one in everything if one[1] == "denied"]


def test_managers_see_sums_and_health_and_never_a_boxs_counts(site, people):
    manager = people("manager@north").listen("#").listen("cuelight/north/table-1/counts")
    people("north.table-1").send("cuelight/north/table-1/counts", "[5]", retain=True)
    people("north.table-1").send("cuelight/north/table-1/health", "{}")
    people("collector@north").send("cuelight/north/aggregate/last_28_days", "sums", retain=True)
    manager.wait_for("cuelight/north/aggregate/last_28_days", "sums")
    manager.wait_for("cuelight/north/table-1/health", "{}")
    assert not [topic for topic in manager.topics() if topic.endswith("/counts")]
    # and nothing of it can be written
    seen = people("collector@north").listen("cuelight/north/aggregate/#")
    manager.send("cuelight/north/aggregate/last_28_days", "forged", retain=True)
    people("collector@north").send("cuelight/north/aggregate/end", "end")
    seen.wait_for("cuelight/north/aggregate/end", "end")
    assert ("cuelight/north/aggregate/last_28_days", "forged") not in seen.heard


def test_commands_come_from_the_operator_and_the_collector_only(site, people):
    box = people("north.table-2").listen("cuelight/north/table-2/set")
    people("manager@north").send("cuelight/north/table-2/set", "no")
    people("north.table-1").send("cuelight/north/table-2/set", "no")
    people("north.table-2").send("cuelight/north/table-2/set", "no")
    people("operator@north").send("cuelight/north/table-2/set", '{"resend_from": 0}')
    box.wait_for("cuelight/north/table-2/set", '{"resend_from": 0}')
    people("collector@north").send("cuelight/north/table-2/set", '{"resend_from": 1}')
    box.wait_for("cuelight/north/table-2/set", '{"resend_from": 1}')
    assert [payload for _, payload in box.heard] == ['{"resend_from": 0}', '{"resend_from": 1}']


def test_nobody_comes_in_without_the_right_password(site, people):
    assert people("north.table-1", password="guessed").reason == "Not authorized"
    assert people("nobody", password="guessed").reason == "Not authorized"
    assert not people("north.table-1").reason.is_failure


def test_a_dashboard_reads_over_web_sockets(site, people):
    manager = people("manager@north", websocket=True).listen("cuelight/north/aggregate/#")
    people("collector@north").send("cuelight/north/aggregate/fleet", "3 boxes")
    manager.wait_for("cuelight/north/aggregate/fleet", "3 boxes")


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
def test_another_authority_is_refused_with_a_clear_error(site, tmp_path):
    other = Site(tmp_path)
    settings = site.settings("table-1", ca_file=str(other.own / "ca.crt"))
    trip = round_trip(settings, site="north", device="table-1")
    assert not trip.ok
    assert "certificate verify failed" in trip.detail
    assert "mqtt.ca_file" in trip.fix


def test_a_certificate_holds_for_the_names_that_it_was_made_for(site):
    strict = ssl.create_default_context(cafile=site.own / "ca.crt")
    strict.verify_flags |= ssl.VERIFY_X509_STRICT  # Python 3.13's own default
    for name in ("localhost", "127.0.0.1"):
        with (
            socket.create_connection(("127.0.0.1", site.port)) as plain,
            strict.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}
    with (
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
        socket.create_connection(("127.0.0.1", site.port)) as plain,
    ):
        strict.wrap_socket(plain, server_hostname="broker.example")


def test_the_certificate_is_renewed_when_fewer_than_30_days_remain_and_not_before(tmp_path):
    site = Site(tmp_path)
    authority = (site.own / "ca.crt").read_bytes()
    for days, renewed in ((31, False), (29, True)):
        (site.own / "broker.crt").unlink()
        site.provision("--renew", "--days", days)
        with site.running() as process:
            before = site.served()
            said = site.provision("--renew")
            assert ("new certificate" in said) is renewed, said
            process.send_signal(signal.SIGHUP)
            if renewed:  # and a running broker takes it
                wait_until(lambda before=before: site.served() != before)
                trip = round_trip(site.settings("table-1"), site="north", device="table-1")
                assert trip.mqtt == "5", trip.detail
            assert (site.served() != before) is renewed
    assert (site.own / "ca.crt").read_bytes() == authority


def test_running_it_again_changes_no_certificate_and_no_user(tmp_path):
    site = Site(tmp_path)
    kept = {path: path.read_bytes() for path in site.own.iterdir() if path.name != "passwords"}
    users = [line.split(":")[0] for line in (site.own / "passwords").read_text().splitlines()]
    site.provision()
    site.provision("--boxes", site.boxes)
    assert {path: path.read_bytes() for path in kept} == kept
    again = [line.split(":")[0] for line in (site.own / "passwords").read_text().splitlines()]
    assert again == users
    assert all(path.stat().st_mode & 0o007 == 0 for path in kept if path.suffix == ".key")
    # a new name makes a new certificate, which holds for the old ones as well
    before = (site.own / "broker.crt").read_bytes()
    site.provision("--host", "broker.example")
    assert (site.own / "broker.crt").read_bytes() != before
    with site.running():
        trip = round_trip(site.settings("table-1"), site="north", device="table-1")
    assert trip.mqtt == "5", trip.detail


def test_a_stolen_box_is_let_in_no_more_and_a_second_site_comes_on_top(tmp_path):
    site = Site(tmp_path)
    with site.running() as process:
        with Person(site, "north.table-3") as box:
            assert not box.reason.is_failure
        main(["provision", "--site", "south", "--count", "1", "--out", str(tmp_path / "south")])
        site.provision("--remove", "north.table-3", "--boxes", tmp_path / "south")
        process.send_signal(signal.SIGHUP)

        def refused():
            with Person(site, "north.table-3") as box:
                return box.reason.is_failure

        wait_until(refused)
        with Person(site, "north.table-2") as box:
            assert not box.reason.is_failure
    names = [line.split(":")[0] for line in (site.own / "passwords").read_text().splitlines()]
    assert "north.table-3" not in names
    assert {"south.table-1", "collector@south", "north.table-1"} <= set(names)


def test_the_bridge_brings_sums_to_a_central_broker_and_no_counts(site, people, tmp_path):
    """Two real brokers; only the central one's address, name and password are filled in."""
    (tmp_path / "central").mkdir()
    with Broker(tmp_path / "central") as central, Listener(central.port) as listener:
        example = (site.own / "bridge.conf.example").read_text()
        for old, new in (
            ("central.example.com:8883", f"127.0.0.1:{central.port}"),
            ("bridge_cafile /etc/ssl/certs/ca-certificates.crt\n", ""),
            ("bridge_tls_version tlsv1.2\n", ""),
            ("remote_username bridge-north", f"remote_username {USER}"),
            ("remote_password PASSWORD", f"remote_password {PASSWORD}"),
        ):
            assert old in example
            example = example.replace(old, new)
        branch = Site(tmp_path / "branch")
        with (branch.folder / "mosquitto.conf").open("a") as file:
            file.write(example)
        with branch.running(), Person(branch, "collector@north") as collector:
            with Person(branch, "north.table-1") as box:
                box.send("cuelight/north/table-1/counts", "[5]")
                box.send("cuelight/north/table-1/availability", "online", retain=True)
            collector.send("cuelight/north/aggregate/fleet", "sums", retain=True)
            listener.wait_for(lambda heard: heard.on("aggregate/fleet"))
            listener.wait_for(lambda heard: heard.on("table-1/availability"))
    assert not listener.on("/counts")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--boxes", "/nowhere"], "no /nowhere/broker/users"),
        (["--host", "a b"], "a host name or an address is wanted"),
        (["--days", "soon"], "no whole number"),
        (["--port"], "wants a value"),
        (["--user", "nobody-of-this-name"], "there is no user"),
        (["--frobnicate", "1"], "is no option here"),
    ],
)
def test_wrong_input_is_said_and_makes_nothing(tmp_path, arguments, words):
    command = [str(SCRIPT), "--folder", str(tmp_path / "broker"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["north/table-1:secret", "user root:x", "a.b\n", "#:x"])
def test_a_users_file_that_would_reach_into_the_access_list_is_refused(tmp_path, line):
    (tmp_path / "boxes/broker").mkdir(parents=True)
    (tmp_path / "boxes/broker/users").write_text(line + "\n")
    command = [SCRIPT, "--folder", tmp_path / "broker", "--boxes", tmp_path / "boxes"]
    done = subprocess.run(
        [*map(str, command), "--user", getpass.getuser()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "broker/cuelight/access").exists()
