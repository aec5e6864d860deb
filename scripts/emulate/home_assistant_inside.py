"""Run Home Assistant with nothing but its MQTT integration, and print what it knows when asked.

Runs inside scripts/emulate-home-assistant's root, with Home Assistant's own Python: inside.py PORT
A line on standard input asks for a dump, one JSON object a line; `stop` ends it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from homeassistant import bootstrap
from homeassistant.helpers import device_registry, entity_registry
from homeassistant.runner import RuntimeConfig

CONFIG = Path("/ha/config")
MADE = "2026-01-01T00:00:00+00:00"


def write_config(port: int) -> None:
    """Write a configuration as the user's clicks leave it: one broker."""
    shutil.rmtree(CONFIG, ignore_errors=True)
    (CONFIG / ".storage").mkdir(parents=True)
    (CONFIG / "configuration.yaml").write_text("homeassistant:\n  name: shop\n")
    entry = {
        "created_at": MADE,
        "modified_at": MADE,
        "domain": "mqtt",
        "entry_id": "01JABCDEFGHJKMNPQRSTVWXYZ0",
        "title": "broker",
        "version": 1,
        "minor_version": 2,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
        "discovery_keys": {},
        "options": {},
        "subentries": [],
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "data": {
            "broker": "127.0.0.1",
            "port": port,
            "username": "collector",
            "password": "s3cret with spaces",
            "protocol": "5",
        },
    }
    stored = {
        "version": 1,
        "minor_version": 5,
        "key": "core.config_entries",
        "data": {"entries": [entry]},
    }
    (CONFIG / ".storage" / "core.config_entries").write_text(json.dumps(stored))


def dump(hass: Any) -> dict[str, object]:  # noqa: ANN401 - Home Assistant's own object
    """Give the entities of our devices by unique_id: state, attributes, enabled or not."""
    devices = {
        device.id: sorted(name for domain, name in device.identifiers if domain == "mqtt")
        for device in device_registry.async_get(hass).devices.values()
    }
    entities = {}
    for entry in entity_registry.async_get(hass).entities.values():
        if entry.platform == "mqtt":
            state = hass.states.get(entry.entity_id)
            entities[entry.unique_id] = {
                "state": state and state.state,
                "attributes": dict(state.attributes) if state else {},
                "enabled": entry.disabled_by is None,
                "category": entry.entity_category,
            }
    return {"devices": sorted(name for names in devices.values() for name in names), **entities}


async def main() -> None:
    """Start, answer, stop."""
    config = RuntimeConfig(config_dir=str(CONFIG), skip_pip=True)
    hass = await bootstrap.async_setup_hass(config)
    assert hass is not None
    await hass.async_start()
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("started", flush=True)
    while (await reader.readline()).strip() == b"dump":
        await hass.async_block_till_done()
        print(json.dumps(dump(hass), default=str), flush=True)
    await hass.async_stop()


if __name__ == "__main__":
    write_config(int(sys.argv[1]))
    asyncio.run(main())
