"""Announce this box to Home Assistant: its health and state, never a customer's figure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cuelight.tell.topics import Topics

HOME_ASSISTANT_STATUS: Final = "homeassistant/status"
"""Where Home Assistant says `online` when it has started (its birth message) and `offline`."""

_EXPIRE_SECONDS: Final = 180
"""Health comes every 30 s; a figure older than six of these is shown as unavailable."""

_AVAILABLE: Final = "{{ 'online' if value in ('online', 'paused', 'covered') else 'offline' }}"
"""Home Assistant knows available or not: a box that is paused or covered is there and well."""

_ALWAYS: Final = "{{ 'online' }}"
"""What says that a box is stopped or offline must not vanish when it is."""


def announcement(topics: Topics, *, version: str) -> str:
    """Write the payload for `topics.discovery`: one device with its diagnostic entities.

    Home Assistant's device discovery (2024.11 and later), keys spelt out: `device` with an
    identifier, `origin` with a name, `components` each with platform and unique_id, and what all
    share at the top. `version` is cuelight's.
    """
    name = f"cuelight-{topics.site}-{topics.device}"
    payload = {
        "device": {
            "identifiers": [name],
            "name": f"cuelight {topics.device}",
            "manufacturer": "cuelight",
            "model": "cue light",
            "sw_version": version,
            "suggested_area": topics.site,
        },
        "origin": {"name": "cuelight", "sw_version": version},
        "availability_topic": topics.availability,
        "availability_template": _AVAILABLE,
        "payload_available": "online",
        "payload_not_available": "offline",
        "components": {
            key: {"unique_id": f"{name}-{key}", "entity_category": "diagnostic", **component}
            for key, component in _components(topics).items()
        },
    }
    return json.dumps(payload, separators=(",", ":"))


def _components(topics: Topics) -> dict[str, dict[str, object]]:
    return {
        "state": {
            "platform": "sensor",
            "name": "State",
            "icon": "mdi:lightbulb-on-outline",
            "device_class": "enum",
            "options": ["online", "paused", "covered", "stopped", "offline"],
            "state_topic": topics.availability,
            "availability_template": _ALWAYS,
        },
        "privacy": {
            "platform": "sensor",
            "name": "Privacy",
            "icon": "mdi:shield-account",
            "state_topic": topics.privacy,
            "value_template": "{{ value_json.mode }}",
            "json_attributes_topic": topics.privacy,
            "availability_template": _ALWAYS,
        },
        "temperature": _sensor(
            topics,
            "Temperature",
            "temperature",
            device_class="temperature",
            unit_of_measurement="°C",
            state_class="measurement",
        ),
        "throttled": _yes_or_no(topics, "Throttled", "throttled", device_class="problem"),
        "fps_capability": _sensor(
            topics,
            "Frames a second",
            "fps_capability",
            unit_of_measurement="fps",
            state_class="measurement",
            suggested_display_precision=0,
            icon="mdi:filmstrip",
        ),
        "latency_p95_ms": _milliseconds(topics, "Latency p95", "latency_p95_ms"),
        "min_detectable_ms": _milliseconds(topics, "Shortest movement told", "min_detectable_ms"),
        "micro": _yes_or_no(topics, "Brief cues told", "micro", icon="mdi:eye-check-outline"),
        "fps_read": _sensor(
            topics,
            "Frames read a second",
            "fps_read",
            unit_of_measurement="fps",
            state_class="measurement",
            suggested_display_precision=1,
            icon="mdi:filmstrip-box",
        ),
        "backs_off": _yes_or_no(
            topics, "Reads fewer frames to cool down", "backs_off", device_class="problem"
        ),
        "waiting": _sensor(
            topics,
            "Windows waiting",
            "waiting",
            state_class="measurement",
            icon="mdi:tray-full",
        ),
        "fault": {
            **_sensor(topics, "Fault", "fault", icon="mdi:alert-circle-outline"),
            # a state is 255 characters at most, and an empty one would leave the last fault shown
            "value_template": "{{ (value_json.fault or 'none')[:250] }}",
        },
        "version": _sensor(topics, "Version", "version", icon="mdi:tag-outline"),
    }


def _sensor(topics: Topics, name: str, key: str, **options: object) -> dict[str, object]:
    """Show one value of health; null becomes `None`, which Home Assistant shows as unknown."""
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topics.health,
        "value_template": f"{{{{ value_json.{key} }}}}",
        "expire_after": _EXPIRE_SECONDS,
        **options,
    }


def _milliseconds(topics: Topics, name: str, key: str) -> dict[str, object]:
    return _sensor(
        topics,
        name,
        key,
        device_class="duration",
        unit_of_measurement="ms",
        state_class="measurement",
        suggested_display_precision=0,
    )


def _yes_or_no(topics: Topics, name: str, key: str, **options: object) -> dict[str, object]:
    value = f"value_json.{key}"
    template = f"{{{{ 'None' if {value} is none else 'ON' if {value} else 'OFF' }}}}"
    return {
        **_sensor(topics, name, key, **options),
        "platform": "binary_sensor",
        "value_template": template,
    }
