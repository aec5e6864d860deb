"""The Telegraf and Grafana recipes against what the collector really publishes."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import tomllib
from xml.etree import ElementTree as ET

import pytest

from aggregate_feed import RECIPES, matching, real_feed


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    return real_feed(tmp_path_factory.mktemp("history"))


def test_the_feed_has_what_is_tested_here(feed):
    berlin = json.loads(feed["cuelight/berlin/aggregate/last_28_days"])
    munich = json.loads(feed["cuelight/munich/aggregate/last_28_days"])
    assert set(berlin["rates"]) == set(berlin["cells"]) == set(munich["rates"])
    assert berlin["rates"]["interest"] is not None
    assert None in munich["rates"].values(), "a cell that is withheld"
    for name, cell in berlin["cells"].items():
        rate = berlin["rates"][name]
        assert (rate is None) == (cell is None), name
        if rate is not None:
            assert 0 <= rate["low"] <= rate["rate"] <= rate["high"] <= 1
            assert 0 < rate["false_alarms"] < 1


# Telegraf: its paths, evaluated on the messages as XML, which is how its parser sees JSON


TELEGRAF = tomllib.loads((RECIPES / "telegraf.conf").read_text())
INPUTS = TELEGRAF["inputs"]["mqtt_consumer"]


def as_xml(value, name="doc"):
    element = ET.Element(name)
    if isinstance(value, dict):
        element.extend(as_xml(inner, key) for key, inner in value.items())
    elif value is not None:
        element.text = json.dumps(value) if not isinstance(value, str) else value
    return element


def look_up(path, here, document):
    """Evaluate a path of telegraf.conf: name(), number(...), /from/the/root or from/here."""
    if path == "name()":
        return here.tag
    if inner := re.fullmatch(r"number\((.+)\)", path):
        return float(look_up(inner[1], here, document))
    found = document.find(path[1:]) if path.startswith("/") else here.find(path)
    assert found is not None, path
    assert found.text, path
    return found.text


def metrics(feed):
    """Make the metrics that Telegraf makes of the feed: name, tags, fields."""
    for source in INPUTS:
        for topic in source["topics"]:
            for payload in matching(topic, feed):
                document = as_xml(payload)
                for section in source["xpath"]:
                    yield from of_section(section, document)


def of_section(section, document):
    selection = section.get("metric_selection", "/")
    chosen = [document] if selection == "/" else document.findall(f".{selection}")
    for here in chosen:
        tags = {key: look_up(path, here, document) for key, path in section["tags"].items()}
        fields = {
            key: look_up(path, here, document) for key, path in section.get("fields", {}).items()
        }
        fields |= {
            key: int(look_up(path, here, document))
            for key, path in section.get("fields_int", {}).items()
        }
        yield section["metric_name"].removeprefix("string('").removesuffix("')"), tags, fields


def samples(feed):
    """Name the metrics as Telegraf's Prometheus output does: measurement_field{tags}."""
    return {
        (f"{name}_{field}", tuple(sorted(tags.items()))): value
        for name, tags, fields in metrics(feed)
        for field, value in fields.items()
    }


def test_telegraf_listens_to_what_is_published_and_to_no_single_device(feed):
    topics = [topic for source in INPUTS for topic in source["topics"]]
    assert all("/aggregate/" in topic for topic in topics)
    heard = [payload for topic in topics for payload in matching(topic, feed)]
    assert len(heard) == len(feed), "each message once"
    assert len({source["client_id"] for source in INPUTS}) == len(INPUTS)


def test_telegraf_finds_each_figure_and_none_that_is_withheld(feed):
    found = samples(feed)
    for topic, payload in feed.items():
        body = json.loads(payload)
        if topic.endswith("/fleet"):
            tags = (("site", body["site"]),)
            for key in ("devices", "silent", "faults", "throttled", "waiting", "missing", "lost"):
                assert found["cuelight_fleet_" + key, tags] == body[key]
            for state, count in body["availability"].items():
                assert found["cuelight_fleet_" + state, tags] == count
            continue
        for cell, rate in body["rates"].items():
            tags = (("cell", cell), ("days", str(body["days"])), ("site", body["site"]))
            names = ("cuelight_rate_estimate", "cuelight_cell_n", "cuelight_cell_visits")
            if rate is None:
                assert not [name for name in names if (name, tags) in found], "never a zero"
                continue
            assert found["cuelight_rate_estimate", tags] == rate["rate"]
            for key in ("low", "high", "false_alarms"):
                assert found[f"cuelight_rate_{key}", tags] == rate[key]
            assert found["cuelight_cell_n", tags] == body["cells"][cell]["n"]
            assert found["cuelight_cell_visits", tags] == body["cells"][cell]["visits"]


def test_telegraf_holds_no_password_and_forgets_what_is_old():
    for source in INPUTS:
        assert source["servers"] == ["ssl://broker.example.com:8883"]
        assert source["password"] == "${CUELIGHT_PASSWORD}"
        assert source["topic_tag"] == ""
    (output,) = TELEGRAF["outputs"]["prometheus_client"]
    assert output["expiration_interval"] == "1h"
    assert output["listen"].startswith("127.0.0.1:")


# Grafana


GRAFANA = json.loads((RECIPES / "grafana.json").read_text())
QUERIES = [target["expr"] for panel in GRAFANA["panels"] for target in panel["targets"]]


def test_each_grafana_query_names_metrics_that_telegraf_makes(feed):
    made = {name for name, _ in samples(feed)}
    asked = {name for query in QUERIES for name in re.findall(r"cuelight_\w+", query)}
    for variable in GRAFANA["templating"]["list"][1:]:
        asked |= set(re.findall(r"cuelight_\w+", variable["definition"]))
    assert asked <= made
    assert asked >= {"cuelight_rate_estimate", "cuelight_rate_false_alarms"}


def test_grafana_panels_lie_side_by_side_and_have_their_own_ids():
    panels = GRAFANA["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        squares = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not squares & taken, panel["title"]
        taken |= squares
    variables = {each["name"] for each in GRAFANA["templating"]["list"]}
    text = json.dumps(panels)
    assert set(re.findall(r"\$\{?([a-z]+)\}?", text)) == variables
    assert all("\\n" not in query for query in QUERIES)


def test_prometheus_itself_evaluates_each_query(feed, tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool here (Debian's package prometheus)")
    found = samples(feed)
    series = [
        {"series": f"{name}{labels(tags)}", "values": f"{value!r} {value!r}"}
        for (name, tags), value in found.items()
    ]
    tests = []
    for query in QUERIES:
        expression = query.replace("$site", "berlin").replace("$reading", "interest")
        expected = expectation(expression, found)
        assert expected, f"{query} shows nothing"
        tests.append({"expr": expression, "eval_time": "1m", "exp_samples": expected})
    unit = {
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}],
    }
    path = tmp_path / "queries.yaml"
    path.write_text(json.dumps(unit))  # JSON is YAML
    run = subprocess.run(
        [promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def labels(tags):
    return "{" + ",".join(f'{key}="{value}"' for key, value in tags) + "}"


def expectation(expression, found):
    """Work out by hand what a query of the dashboard must give, to compare Prometheus with."""
    shape = re.fullmatch(r"(?:(sum|sort_desc)\()?(cuelight_\w+)\{(.*?)\}\)?", expression)
    assert shape, f"a query of another shape: {expression}"
    name, conditions = shape[2], re.findall(r'(\w+)(=~|!~|=)"([^"]*)"', shape[3])
    test = {
        "=": lambda given, wanted: given == wanted,
        "=~": lambda given, wanted: re.fullmatch(wanted, given) is not None,
        "!~": lambda given, wanted: re.fullmatch(wanted, given) is None,
    }
    chosen = [
        (tags, value)
        for (metric, tags), value in found.items()
        if metric == name
        and all(test[how](dict(tags)[key], wanted) for key, how, wanted in conditions)
    ]
    if shape[1] == "sum":
        return [{"labels": "", "value": math.fsum(value for _, value in chosen)}]
    named = "" if shape[1] else name
    named = name if shape[1] == "sort_desc" else named
    return [{"labels": f"{named}{labels(tags)}", "value": value} for tags, value in chosen]
