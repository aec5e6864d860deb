"""Check a device announcement against Home Assistant's rules for MQTT device discovery, strictly.

Facts from Home Assistant's own pages "MQTT: device discovery payload", "MQTT sensor" and "MQTT
binary sensor", and from the schemas of its release 2024.12 (`components/mqtt/schemas.py`,
`sensor.py`, `binary_sensor.py`, `sensor/const.py`), where unknown keys of a component are dropped
in silence; here they fail, so that a typing error is found.
"""

from __future__ import annotations

import json
import re

import jinja2

TOPIC = re.compile(r"homeassistant/device/([a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")

_AVAILABILITY = {
    "availability_topic",
    "availability_template",
    "payload_available",
    "payload_not_available",
}
_TOP = _AVAILABILITY | {"device", "origin", "components", "state_topic", "qos", "encoding"}
_DEVICE = {
    "identifiers",
    "connections",
    "name",
    "manufacturer",
    "model",
    "model_id",
    "hw_version",
    "sw_version",
    "serial_number",
    "suggested_area",
    "via_device",
    "configuration_url",
}
_ORIGIN = {"name", "sw_version", "support_url"}
_ENTITY = _AVAILABILITY | {
    "platform",
    "unique_id",
    "name",
    "icon",
    "entity_category",
    "enabled_by_default",
    "state_topic",
    "value_template",
    "json_attributes_topic",
    "json_attributes_template",
    "device_class",
    "expire_after",
    "force_update",
    "qos",
}
_PLATFORMS = {
    "sensor": _ENTITY
    | {"options", "state_class", "unit_of_measurement", "suggested_display_precision"},
    "binary_sensor": _ENTITY | {"payload_on", "payload_off", "off_delay"},
}
_SENSOR_UNITS = {
    None: None,
    "temperature": {"°C", "°F", "K"},
    "duration": {"d", "h", "min", "s", "ms"},
    "enum": set(),
    "timestamp": set(),
}
_BINARY_CLASSES = {None, "problem", "connectivity", "running", "heat", "power"}


def check_announcement(topic: str, payload: str) -> dict[str, dict]:
    """Return the components of a sound announcement; AssertionError for any other."""
    assert TOPIC.fullmatch(topic), topic
    found = json.loads(payload)
    _keys("payload", found, known=_TOP, needed={"device", "origin", "components"})
    _keys("device", found["device"], known=_DEVICE, needed={"name"})
    assert found["device"].get("identifiers") or found["device"].get("connections")
    _keys("origin", found["origin"], known=_ORIGIN, needed={"name"})
    components = found["components"]
    for key, component in components.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", key), key
        _check_component(key, component, shared=found)
    unique = [component["unique_id"] for component in components.values()]
    assert len(set(unique)) == len(unique), "unique_id twice"
    names = [component["name"] for component in components.values()]
    assert len(set(names)) == len(names), "one name for two entities"
    return components


def _check_component(key: str, component: dict, *, shared: dict) -> None:
    platform = component.get("platform")
    assert platform in _PLATFORMS, (key, platform)
    _keys(key, component, known=_PLATFORMS[platform], needed={"unique_id", "name"})
    assert "state_topic" in component or "state_topic" in shared, key
    for name in ("state_topic", "json_attributes_topic", "availability_topic"):
        _is_topic(component.get(name, "a"))
    assert component.get("entity_category") in (None, "diagnostic", "config"), key
    assert re.fullmatch(r"mdi:[a-z0-9-]+", component.get("icon", "mdi:x")), key
    for name in ("value_template", "json_attributes_template", "availability_template"):
        jinja2.Environment().parse(component.get(name, ""))
    if "expire_after" in component:
        assert type(component["expire_after"]) is int, key
        assert component["expire_after"] > 0, key
    if platform == "binary_sensor":
        assert component.get("device_class") in _BINARY_CLASSES, key
    else:
        _check_sensor(key, component)


def _check_sensor(key: str, component: dict) -> None:
    device_class, unit = component.get("device_class"), component.get("unit_of_measurement")
    assert device_class in _SENSOR_UNITS, (key, device_class)
    units = _SENSOR_UNITS[device_class]
    if units is not None:
        assert (unit in units) if units else unit is None, (key, unit)
    assert component.get("state_class") in {None, "measurement", "total", "total_increasing"}, key
    if "options" in component:
        assert device_class == "enum", key
        assert component["options"], key
        assert not {"state_class", "unit_of_measurement"} & set(component), key
    if device_class in {"enum", "timestamp"}:
        assert "state_class" not in component, key


def _keys(where: str, table: dict, *, known: set[str], needed: set[str]) -> None:
    assert isinstance(table, dict), where
    assert not set(table) - known, f"{where}: unknown {set(table) - known}"
    assert not needed - set(table), f"{where}: missing {needed - set(table)}"


def _is_topic(topic: str) -> None:
    assert topic, "an empty topic"
    assert not set(topic) & set("+#\0"), topic


def render(template: str, payload: str) -> str:
    """Render a template on a payload as Home Assistant does: `value`, and `value_json` if JSON."""
    try:
        value_json = json.loads(payload)
    except ValueError:
        value_json = None
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(value=payload, value_json=value_json)
