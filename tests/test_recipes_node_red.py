"""The Node-RED recipe: its functions in Node, and the whole flow in a headless Node-RED."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.request

import pytest

from aggregate_feed import RECIPES, matching, real_feed
from broker import PASSWORD, USER, Broker, Listener, free_port, wait_until


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    return real_feed(tmp_path_factory.mktemp("history"))


FLOW = json.loads((RECIPES / "node-red.json").read_text())
NODES = {node["id"]: node for node in FLOW}


def test_the_flow_hangs_together_and_needs_no_extra_nodes(feed):
    assert len(NODES) == len(FLOW)
    known = {"tab", "mqtt-broker", "tls-config", "mqtt in", "function", "rbe", "debug"}
    assert {node["type"] for node in FLOW} == known
    for node in FLOW:
        assert re.fullmatch(r"[0-9a-f]{16}", node["id"])
        for target in [target for wires in node.get("wires", []) for target in wires]:
            assert NODES[target]["z"] == node["z"]
        if node["type"] == "mqtt in":
            assert NODES[node["broker"]]["type"] == "mqtt-broker"
            assert matching(node["topic"], feed), node["topic"]
            assert "/aggregate/" in node["topic"]
    (broker,) = (node for node in FLOW if node["type"] == "mqtt-broker")
    assert NODES[broker["tls"]]["verifyservercert"] is True
    assert "password" not in json.dumps(FLOW), "credentials are the user's own"


def in_node(function, payload):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here (Debian's package nodejs)")
    (code,) = (each["func"] for each in FLOW if each.get("name") == function)
    program = (
        f"const run = new Function('msg', {json.dumps(code)});"
        f"console.log(JSON.stringify(run({{topic: 't', payload: {json.dumps(payload)}}})))"
    )
    run = subprocess.run([node, "-e", program], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_the_flow_says_in_one_line_who_needs_somebody(feed):
    fleet = json.loads(feed["cuelight/berlin/aggregate/fleet"])
    told = in_node("who needs somebody", fleet)
    assert told == {"topic": "berlin", "payload": "cuelight berlin: all 2 devices are well"}
    told = in_node("who needs somebody", {**fleet, "silent": 1, "missing": 3})
    assert told["payload"] == (
        "cuelight berlin: 1 gave no sign of life for three minutes, 3 windows are missing "
        "(2 devices in all)"
    )


@pytest.mark.parametrize("site", ["berlin", "munich"])
def test_the_flow_tells_each_cell_and_withheld_is_no_zero(feed, site):
    body = json.loads(feed[f"cuelight/{site}/aggregate/last_28_days"])
    (messages,) = in_node("one message a cell", body)
    assert {message["topic"] for message in messages} == {
        f"{site}/{cell}" for cell in body["rates"]
    }
    for message in messages:
        told, rate = message["payload"], body["rates"][message["payload"]["cell"]]
        if rate is None:
            assert {told[key] for key in ("percent", "low", "high", "above_false_alarms")} == {None}
        else:
            assert told["percent"] == pytest.approx(100 * rate["rate"], abs=0.051)
            assert told["above_false_alarms"] == (rate["low"] > rate["false_alarms"])


def test_the_flow_runs_in_node_red_with_a_real_broker(feed, tmp_path):
    program = shutil.which("node-red")
    if program is None:
        pytest.skip("no Node-RED here (npm's package node-red)")
    port = free_port()
    (tmp_path / "settings.js").write_text(
        f"module.exports = {{uiPort: {port}, uiHost: '127.0.0.1', telemetry: {{enabled: false}},"
        "diagnostics: {enabled: false}, logging: {console: {level: 'info'}}}"
    )
    log = tmp_path / "log"
    with (
        Broker(tmp_path) as broker,
        Listener(broker.port) as listener,
        log.open("wb") as out,
        subprocess.Popen(
            [program, "--userDir", str(tmp_path), "--settings", str(tmp_path / "settings.js")],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
        ) as process,
    ):
        try:
            for topic, payload in feed.items():
                listener.send(topic, payload, retain=True)
            wait_until(lambda: "Started flows" in log.read_text(), timeout_seconds=120)
            import_flow(port, broker.port)
            wanted = ["cuelight berlin: all 2 devices are well", "above_false_alarms: "]
            wait_until(
                lambda: all(words in log.read_text() for words in wanted), timeout_seconds=60
            )
        finally:
            process.terminate()
    assert "[error]" not in log.read_text()


def import_flow(port, broker_port):
    """Import the flow as a user does, with broker and user filled in."""
    flow = json.loads(json.dumps(FLOW))
    for node in flow:
        if node["type"] == "mqtt-broker":
            node |= {"broker": "127.0.0.1", "port": str(broker_port), "usetls": False, "tls": ""}
            node["credentials"] = {"user": USER, "password": PASSWORD}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/flows",
        data=json.dumps([node for node in flow if node["type"] != "tls-config"]).encode(),
        headers={"Content-Type": "application/json", "Node-RED-Deployment-Type": "full"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status in {200, 204}
