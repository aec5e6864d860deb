"""Announce a site to Home Assistant: its fleet and its released sums, never one table's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

HOME_ASSISTANT_STATUS: Final = "homeassistant/status"
"""Where Home Assistant says `online` when it has started (its birth message) and `offline`."""

_EXPIRE_SECONDS: Final = 3600
"""The collector publishes every 15 minutes; after an hour without, figures are unavailable."""

_READINGS: Final = ("interest", "hesitation", "discomfort", "scepticism", "price_concern")
"""What managers look at; single cues and expressions are announced too, and disabled at first."""

_AFTER_PRICE: Final = "after_price."

_FLEET: Final = {
    "devices": ("Devices", "value_json.devices", "mdi:lightbulb-group-outline"),
    "online": ("Devices online", "value_json.availability.online", "mdi:lightbulb-on-outline"),
    "paused": ("Devices paused", "value_json.availability.paused", "mdi:pause-circle-outline"),
    "covered": ("Devices covered", "value_json.availability.covered", "mdi:camera-off-outline"),
    "away": (
        "Devices stopped or offline",
        "value_json.availability.stopped + value_json.availability.offline",
        "mdi:lightbulb-off-outline",
    ),
    "silent": ("Devices silent", "value_json.silent", "mdi:access-point-off"),
    "faults": ("Devices with a fault", "value_json.faults", "mdi:alert-circle-outline"),
    "throttled": ("Devices throttled", "value_json.throttled", "mdi:thermometer-alert"),
    "waiting": ("Windows waiting", "value_json.waiting", "mdi:tray-full"),
    "missing": ("Windows missing", "value_json.missing", "mdi:tray-remove"),
}

_ATTRIBUTES: Final = (
    "{{% set cell, found = value_json.cells.get('{cell}'), value_json.rates.get('{cell}') %}}"
    "{{{{ {{'low': (100 * found.low) | round(1), 'high': (100 * found.high) | round(1), "
    "'false_alarms': (100 * found.false_alarms) | round(1), 'visits_that_did': cell.n, "
    "'visits': cell.visits, 'withheld': false}} | tojson "
    "if found and cell else {{'withheld': true}} | tojson }}}}"
)
"""A rate's attributes: its 95 % interval and the floor of false alarms, in percent."""


def site_topic(site: str) -> str:
    """Return the topic that announces a site, retained; an empty payload takes it back.

    No box can have the same: theirs begin with `cuelight-`.
    """
    return f"homeassistant/device/cuelight_site_{site}/config"


def announce_site(site: str, *, cells: Iterable[str], version: str) -> str:
    """Write the payload for `site_topic`: one device with the site's entities.

    `cells` are the names of all cells that were ever released; announce anew when there are more.
    A rate over 28 days is the collector's estimate in percent; its interval, the floor of false
    alarms and what it was released from are attributes. One that is withheld is unknown, never
    zero. `version` is cuelight's.
    """
    name = f"cuelight_site_{site}"
    components = {**_fleet(site), **_visits(site)}
    for cell in sorted(set(cells)):
        components[_key(cell)] = _rate(site, cell)
    payload = {
        "device": {
            "identifiers": [name],
            "name": f"cuelight {site}",
            "manufacturer": "cuelight",
            "model": "site",
            "sw_version": version,
        },
        "origin": {"name": "cuelight", "sw_version": version},
        "components": {
            key: {
                "platform": "sensor",
                "unique_id": f"{name}-{key}",
                "expire_after": _EXPIRE_SECONDS,
                **component,
            }
            for key, component in components.items()
        },
    }
    return json.dumps(payload, separators=(",", ":"))


def _fleet(site: str) -> dict[str, dict[str, object]]:
    return {
        key: {
            "name": name,
            "icon": icon,
            "state_topic": f"cuelight/{site}/aggregate/fleet",
            "value_template": f"{{{{ {value} }}}}",
            "state_class": "measurement",
            "entity_category": "diagnostic",
        }
        for key, (name, value, icon) in _FLEET.items()
    }


def _visits(site: str) -> dict[str, dict[str, object]]:
    topic = f"cuelight/{site}/aggregate/last_28_days"
    shown = {
        "visits": ("Visits, 28 days", "mdi:account-group-outline"),
        "visits_with_price": ("Visits with a price, 28 days", "mdi:tag-outline"),
    }
    return {
        **{
            key: {
                "name": name,
                "icon": icon,
                "state_topic": topic,
                "value_template": f"{{{{ value_json.{key} }}}}",
                "state_class": "measurement",
            }
            for key, (name, icon) in shown.items()
        },
        "as_of": {
            "name": "Figures as of",
            "device_class": "timestamp",
            "state_topic": topic,
            "value_template": "{{ value_json.as_of }}",
            "entity_category": "diagnostic",
        },
        "withheld_because": {
            "name": "Figures withheld because",
            "icon": "mdi:eye-off-outline",
            "state_topic": topic,
            "value_template": "{{ (value_json.reason or 'shown')[:250] }}",
            "entity_category": "diagnostic",
        },
    }


def _rate(site: str, cell: str) -> dict[str, object]:
    topic = f"cuelight/{site}/aggregate/last_28_days"
    found = f"{{% set found = value_json.rates.get('{cell}') %}}"
    reading = cell.removeprefix(_AFTER_PRICE)
    words = reading.replace("_", " ").capitalize()
    after = " after a price" if reading != cell else ""
    return {
        "name": f"{words}{after}, 28 days",
        "icon": "mdi:chart-box-outline",
        "state_topic": topic,
        "value_template": found + "{{ (100 * found.rate) | round(1) if found else none }}",
        "json_attributes_topic": topic,
        "json_attributes_template": _ATTRIBUTES.format(cell=cell),
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "suggested_display_precision": 0,
        "enabled_by_default": reading in _READINGS,
    }


def _key(cell: str) -> str:
    return re.sub(r"\W", "_", f"rate_{cell}")
