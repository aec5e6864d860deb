"""The page beside a live broker, collector and devices: what happens is seen without a reload."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from paho.mqtt.enums import CallbackAPIVersion

from broker import PASSWORD as BROKER_PASSWORD
from broker import Broker
from browser import PASSWORD, LiveDashboard, chromium, fill, log_in
from cuelight.mqtt_client import MqttClient
from cuelight.neighbours import Neighbour
from cuelight.tell.window import to_json

HERE = Neighbour("berlin", "table-1", visits_an_hour=3.0)
THERE = Neighbour("berlin", "table-2", visits_an_hour=3.0)


class Box:
    """A device on the wire: says what it is told to, and leaves a last will."""

    def __init__(self, broker, neighbour):
        self._topic = f"cuelight/{neighbour.site}/{neighbour.device}"
        self._client = MqttClient(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set("box", BROKER_PASSWORD)
        self._client.will_set(f"{self._topic}/availability", "offline", qos=1, retain=True)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def say(self, kind, payload, *, retain=True):
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self._client.publish(f"{self._topic}/{kind}", text, qos=1, retain=retain).wait_for_publish(
            60
        )

    def die(self):
        """Lose the network without a word."""
        self._client.socket().close()
        self._client.loop_stop()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


def options(broker):
    return (
        *("--broker", f"127.0.0.1:{broker.port}", "--username", "collector"),
        *("--broker-password-file", str(broker.folder / "password")),
        *("--no-tls", "--opening-hours", "always"),
    )


def test_a_device_comes_goes_silent_and_dies_before_ones_eyes(tmp_path):
    store = tmp_path / "history.db"
    past = datetime.now(UTC) - timedelta(minutes=10)
    fill(store, (HERE, THERE), days=2, now=past)  # both said something ten minutes ago
    folder = tmp_path / "broker"
    folder.mkdir()
    with (
        Broker(folder) as broker,
        LiveDashboard(store, tmp_path, *options(broker)) as live,
        chromium() as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(120_000)
        log_in(page, live.address)
        row = page.locator("tr", has_text="berlin / table-1")
        row.get_by_text("silent", exact=True).wait_for()
        assert "No health message for" in row.inner_text()
        assert "need somebody\n2" in page.locator(".tiles").inner_text()

        box = Box(broker, HERE)
        box.say("availability", "online")
        box.say("privacy", {**HERE.statement(), "simulated": False})
        box.say("health", {**HERE.health(), "temperature": 85}, retain=False)
        row.get_by_text("online", exact=True).wait_for()
        row.get_by_text("Too hot or short of power").wait_for()
        assert "need somebody\n1" in page.locator(".tiles").inner_text()
        box.say("availability", "paused")
        row.get_by_text("paused", exact=True).wait_for()
        box.die()
        row.get_by_text("offline", exact=True).wait_for()

        broker.stop()
        page.get_by_role("alert").get_by_text("The collector has lost the broker").wait_for()
        broker.start()
        page.get_by_role("alert").wait_for(state="detached")


def test_an_empty_history_says_what_to_do_and_counts_come_in_when_they_are_there(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    with (
        Broker(folder) as broker,
        LiveDashboard(tmp_path / "new.db", tmp_path, *options(broker)) as live,
        chromium() as browser,
    ):
        page = browser.new_page()
        page.set_default_timeout(120_000)
        log_in(page, live.address)
        page.get_by_text("No device was heard yet.").wait_for()
        page.goto(f"{live.address}customers")
        page.get_by_text("Nothing was released in this period.").wait_for()
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        boxes = [Box(broker, one) for one in (HERE, THERE)]
        for box, one in zip(boxes, (HERE, THERE), strict=True):
            box.say("availability", "online")
            for window in one.windows(hour - timedelta(days=7), 7):
                box.say("counts", to_json(window), retain=False)
        page.get_by_role("button", name="New counts may have come").first.click()
        page.locator(".summary").wait_for()
        assert "visits were counted at all sites" in page.locator(".summary").inner_text()
        for box in boxes:
            box.close()


def run(*arguments, timeout=180):
    command = [sys.executable, "-m", "cuelight", "dashboard", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "a password of your own is wanted"),
        (["--timezone", "Mars/Olympus"], "--timezone is 'Mars/Olympus'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(tmp_path, arguments, said):
    done = run("--store", str(tmp_path / "h.db"), *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path):
    with LiveDashboard(tmp_path / "h.db", tmp_path) as live:
        port = live.address.rsplit(":", 1)[1].strip("/")
        done = run("--store", str(tmp_path / "h.db"), "--port", port)
        assert done.returncode == 2
        assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr


def test_without_a_password_file_one_is_made_up_and_it_ends_when_told(tmp_path):
    command = [sys.executable, "-m", "cuelight", "dashboard", "--port", "0"]
    with subprocess.Popen(
        [*command, "--store", str(tmp_path / "h.db")], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(2)]
        finally:
            process.terminate()
        assert process.wait(60) == 0
    assert lines[0].startswith("dashboard on http://127.0.0.1:")
    password = lines[1].rpartition(" ")[2].strip()
    assert len(password) >= 16
    assert password != PASSWORD


def test_on_other_addresses_it_warns_that_nothing_is_encrypted(tmp_path):
    with LiveDashboard(tmp_path / "h.db", tmp_path, "--host", "0.0.0.0") as live:
        end = time.monotonic() + 120
        while not any("cross the network in clear" in line for line in live.log):
            assert time.monotonic() < end, live.log
