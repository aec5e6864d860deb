"""What Home Assistant is told: sound by its rules, true to what the box and the collector say."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker import Broker, Listener, wait_until
from cuelight.box import Box
from cuelight.errors import CameraError
from cuelight.settings import (
    LampSettings,
    MqttSettings,
    Settings,
    SiteSettings,
    StoreSettings,
)
from cuelight.tell.discovery import HOME_ASSISTANT_STATUS, announcement
from cuelight.tell.feed import AVAILABILITIES, Feed
from cuelight.tell.spool import Spool
from cuelight.tell.topics import Topics
from cuelight.view.discovery import announce_site, site_topic
from home_assistant import check_announcement, render

TOPICS = Topics("berlin", "table-1")
HEALTH = {
    "temperature": 55,
    "throttled": True,
    "version": "1.2",
    "python": "3.11.2",
    "model_sha256": "ab",
    "settings_fault": "",
    "fps_capability": 30.0,
    "skipped": 3,
    "latency_p95_ms": 21.25,
    "min_detectable_ms": 100.0,
    "micro": True,
    "fps_read": 7.5,
    "backs_off": True,
    "fault": "",
    "waiting": 2,
}


@pytest.fixture
def box():
    return check_announcement(TOPICS.discovery, announcement(TOPICS, version="1.2"))


def shown(component, payload):
    return render(component["value_template"], json.dumps(payload))


names = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@settings(deadline=None)
@given(site=names, device=names)
def test_every_box_can_be_announced(site, device):
    topics = Topics(site, device)
    components = check_announcement(topics.discovery, announcement(topics, version="1"))
    told = {component["state_topic"] for component in components.values()}
    assert told == {topics.health, topics.availability, topics.privacy}
    assert topics.discovery != site_topic(site)


def test_only_health_is_announced_and_all_of_it_is_diagnostic(box):
    assert {component["entity_category"] for component in box.values()} == {"diagnostic"}
    said = {component["state_topic"] for component in box.values()}
    said |= {component.get("json_attributes_topic", TOPICS.privacy) for component in box.values()}
    assert TOPICS.counts not in said


def test_available_means_that_the_box_is_there_and_well(box):
    payload = json.loads(announcement(TOPICS, version="1"))
    assert payload["availability_topic"] == TOPICS.availability
    told = {
        state: render(payload["availability_template"], state)
        for state in (*AVAILABILITIES, "offline")
    }
    assert told == {
        "online": payload["payload_available"],
        "paused": payload["payload_available"],
        "covered": payload["payload_available"],
        "stopped": payload["payload_not_available"],
        "offline": payload["payload_not_available"],
    }
    assert set(box["state"]["options"]) == {*AVAILABILITIES, "offline"}
    for key in ("state", "privacy"):  # they are still shown when the box is not there
        assert render(box[key]["availability_template"], "offline") == "online"


def test_values_are_those_of_the_health_message(box):
    health = {key: shown(box[key], HEALTH) for key in box if key not in {"state", "privacy"}}
    assert health == {
        "temperature": "55",
        "throttled": "ON",
        "fps_capability": "30.0",
        "latency_p95_ms": "21.25",
        "min_detectable_ms": "100.0",
        "micro": "ON",
        "fps_read": "7.5",
        "backs_off": "ON",
        "waiting": "2",
        "fault": "none",
        "version": "1.2",
    }


def test_what_is_not_known_is_unknown_and_not_zero(box):
    nothing = {**HEALTH, "temperature": None, "throttled": None, "waiting": None}
    for key in ("temperature", "throttled", "waiting"):
        assert shown(box[key], nothing) == "None"
    assert shown(box["throttled"], {**HEALTH, "throttled": False}) == "OFF"
    for key in ("micro", "backs_off"):
        assert shown(box[key], {**HEALTH, key: False}) == "OFF"


def test_a_fault_fits_into_a_state_and_goes_away_again(box):
    long = "No webcam: " + 300 * "x"
    assert shown(box["fault"], {**HEALTH, "fault": long}) == long[:250]
    assert shown(box["fault"], HEALTH) == "none", "an empty state would leave the last one shown"


# on a real broker


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as started:
        yield started


@pytest.fixture
def feed(broker, tmp_path):
    with (
        Spool(tmp_path / "windows.sqlite") as spool,
        Feed(
            broker.settings(tls=False),
            site="berlin",
            device="table-1",
            spool=spool,
            privacy=json.dumps({"mode": "notice"}),
            announcement=announcement(TOPICS, version="1.2"),
        ) as opened,
    ):
        assert opened.wait_for("connected", timeout_seconds=180)
        yield opened


def test_the_box_is_announced_and_again_when_home_assistant_has_started(broker, feed):
    with Listener(broker.port, "homeassistant/#") as listener:
        listener.wait_for(lambda heard: heard.on("/config"))
        (first,) = listener.on("/config")
        assert first.topic == TOPICS.discovery
        check_announcement(first.topic, first.payload)
        # not its farewell and no nonsense: only the birth message, once each
        for word in ("offline", "", "\x00", "online"):
            listener.send(HOME_ASSISTANT_STATUS, word)
        listener.wait_for(lambda heard: len(heard.on("/config")) == 2)
        listener.send(HOME_ASSISTANT_STATUS, "online")
        listener.wait_for(lambda heard: len(heard.on("/config")) == 3)
        assert {one.payload for one in listener.on("/config")} == {first.payload}
    with Listener(broker.port, "homeassistant/#") as late:
        late.wait_for(lambda heard: heard.on("/config"))
        assert late.on("/config")[0].retained


def test_unasked_nothing_is_announced(broker, tmp_path):
    assert MqttSettings().discovery is False
    with (
        Spool(tmp_path / "windows.sqlite") as spool,
        Listener(broker.port, "#") as listener,
        Feed(
            broker.settings(tls=False), site="berlin", device="table-1", spool=spool, privacy="{}"
        ) as feed,
    ):
        assert feed.wait_for("connected", timeout_seconds=180)
        wait_until(lambda: any("cuelight/berlin/table-1/set" in line for line in broker.log))
        listener.send(HOME_ASSISTANT_STATUS, "online")
        feed.available("paused")
        listener.wait_for(lambda heard: [one for one in heard.heard if one.payload == "paused"])
        assert listener.on("/config") == []
        assert sum(HOME_ASSISTANT_STATUS in line for line in broker.log if "SUBSCRIBE" in line) == 0


def test_a_whole_box_is_announced_and_its_own_health_fills_each_entity(broker, tmp_path):
    settings = Settings(
        site=SiteSettings("berlin", "table-1"),
        lamp=LampSettings(pin_factory="mock"),
        mqtt=replace(broker.settings(tls=False), discovery=True),
        store=StoreSettings(folder=str(tmp_path / "store")),
    )

    def no_camera():
        raise CameraError("No webcam: gone. Plug one in.")

    stop = threading.Event()
    with (
        Listener(broker.port, "#") as listener,
        Box(settings, open_camera=no_camera, mock_allowed=True, stop=stop) as box,
    ):
        runner = threading.Thread(target=box.run)
        runner.start()
        try:
            listener.wait_for(lambda heard: heard.on("/config") and heard.on("/health"))
        finally:
            stop.set()
            runner.join()
        (announced,) = listener.on("/config")
        components = check_announcement(announced.topic, announced.payload)
        health = listener.on("/health")[-1].payload
        for component in components.values():
            if component["state_topic"] == TOPICS.health:
                assert render(component["value_template"], health)
        privacy = listener.on("/privacy")[-1].payload
        assert render(components["privacy"]["value_template"], privacy) == settings.privacy.mode


# a site


CELLS = ("interest", "after_price.discomfort", "nose_wrinkle", "scepticism")
LAST = {
    "schema": 1,
    "site": "berlin",
    "days": 28,
    "as_of": "2026-11-23T05:31:10Z",
    "shown": True,
    "reason": "",
    "tables": 4,
    "visits": 212,
    "visits_with_price": None,
    "dropped": 3,
    "cells": {
        "interest": {"n": 71, "visits": 198, "releases": 22},
        "after_price.discomfort": {"n": 14, "visits": 55, "releases": 6},
        "nose_wrinkle": None,
    },
    "rates": {
        "interest": {"rate": 0.3541, "low": 0.2911, "high": 0.4222, "false_alarms": 0.05},
        "after_price.discomfort": {"rate": 0.2512, "low": 0.1, "high": 0.4, "false_alarms": 0.05},
        "nose_wrinkle": None,
    },
}


@pytest.fixture
def site():
    payload = announce_site("berlin", cells=CELLS, version="1.2")
    return check_announcement(site_topic("berlin"), payload)


def test_a_sites_rates_have_their_interval_and_withheld_is_unknown(site):
    assert shown(site["rate_interest"], LAST) == "35.4"
    assert shown(site["rate_after_price_discomfort"], LAST) == "25.1"
    assert shown(site["rate_nose_wrinkle"], LAST) == "None", "withheld"
    assert shown(site["rate_scepticism"], LAST) == "None", "not in the message at all"
    assert shown(site["visits"], LAST) == "212"
    assert shown(site["visits_with_price"], LAST) == "None"
    assert shown(site["withheld_because"], LAST) == "shown"
    attributes = render(site["rate_interest"]["json_attributes_template"], json.dumps(LAST))
    assert json.loads(attributes) == {
        "low": 29.1,
        "high": 42.2,
        "false_alarms": 5.0,
        "visits_that_did": 71,
        "visits": 198,
        "withheld": False,
    }
    withheld = render(site["rate_nose_wrinkle"]["json_attributes_template"], json.dumps(LAST))
    assert json.loads(withheld) == {"withheld": True}


def test_readings_are_shown_at_first_and_single_cues_when_asked_for(site):
    assert site["rate_interest"]["enabled_by_default"] is True
    assert site["rate_after_price_discomfort"]["enabled_by_default"] is True
    assert site["rate_nose_wrinkle"]["enabled_by_default"] is False
    assert site["rate_after_price_discomfort"]["name"] == "Discomfort after a price, 28 days"


@settings(deadline=None)
@given(site=names, cells=st.sets(st.from_regex(r"[a-z_]{1,20}(\.[a-z_]{1,20})?", fullmatch=True)))
def test_every_site_can_be_announced_and_speaks_of_sums_only(site, cells):
    components = check_announcement(site_topic(site), announce_site(site, cells=cells, version="1"))
    for component in components.values():
        assert component["state_topic"].startswith(f"cuelight/{site}/aggregate/")
