"""The collector's settings: options of the command line, over a small collector.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import SettingsError
from cuelight.settings import MqttSettings, option
from cuelight.settings_file import SettingsFile, toml_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class CollectorSettings:
    """What is collected, where it is kept, and what is published of it."""

    store: str = option(
        "~/.local/state/cuelight/history.db",
        "File of the history, or postgresql://USER@HOST/DATABASE (password in ~/.pgpass).",
    )
    sites: tuple[str, ...] = option((), "Sites to collect; none named: all that the broker shows.")
    share: str = option(
        "",
        "Name of a group of collectors that share the load, all on one PostgreSQL; empty: alone.",
    )
    client_id: str = option(
        "",
        "Name of our session at the broker; every collector needs its own, the same at each start. "
        "Empty: cuelight-collector and the sites' names.",
    )
    keep_days: float = option(
        400.0,
        "How long the history reaches back; raising it costs space.",
        unit="days",
        bounds=(1.0, 3660.0),
    )
    least_k: int = option(
        5, "Windows released with fewer visits than this are refused.", bounds=(1, 1000)
    )
    least_floor: int = option(
        3, "Windows released with a lower floor than this are refused.", bounds=(0, 500)
    )
    resend: bool = option(
        True,  # noqa: FBT003
        "Ask devices for windows that are missing; our user must be allowed to write their `set`.",
    )
    discovery: bool = option(False, "Announce the sites to Home Assistant.")  # noqa: FBT003
    publish_seconds: float = option(
        60.0,
        "Shortest pause between two aggregates; raising it spares broker and store.",
        unit="s",
        bounds=(0.0, 3600.0),
    )
    grace_seconds: float = option(
        5.0,
        "How long a window may be missing before it is asked for.",
        unit="s",
        bounds=(0.0, 3600.0),
    )
    pause_seconds: float = option(
        60.0,
        "Pause before a device is asked again, doubled each time up to an hour.",
        unit="s",
        bounds=(0.1, 3600.0),
    )
    mqtt5: bool = option(True, "Speak MQTT 5; false: 3.1.1, for an old broker.")  # noqa: FBT003
    mqtt: MqttSettings = field(default_factory=MqttSettings)

    @property
    def session(self) -> str:
        """The name of our session at the broker."""
        return self.client_id or "-".join(("cuelight-collector", *self.sites))


_OF_A_BOX: Final = frozenset({"discovery", "pause"})
"""Options under [mqtt] that say something to a box alone."""


def example() -> str:
    """Write collector.example.toml: every option with its meaning and its default."""
    lines = ["# cuelight collect and feed: collector.toml, every option at its default."]
    ours = [entry for entry in fields(CollectorSettings) if entry.metadata]
    mqtt = [entry for entry in fields(MqttSettings) if entry.name not in _OF_A_BOX]
    for section, entries in (("collector", ours), ("mqtt", mqtt)):
        lines += ["", f"[{section}]"]
        for entry in entries:
            lines += [
                f"# {entry.metadata['text']}",
                f"{entry.name} = {toml_value(entry.default)}",
            ]
    return "\n".join(lines) + "\n"


_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def load_collector(
    path: Path | None,
    *,
    given: Mapping[str, object],
    mqtt: Mapping[str, object],
) -> CollectorSettings:
    """Read collector.toml ([mqtt] as in device.toml, [collector]) and put `given` over it.

    `given` and `mqtt` are options of the command line; those that are None were not given. Raises
    SettingsError for what is unknown, of the wrong type, out of bounds, or does not go together.
    """
    records: dict[str, Any] = {"collector": CollectorSettings(), "mqtt": MqttSettings()}
    if path is not None:
        file = SettingsFile(path, _text_of(path))
        records = file.filled(records, file.tables())
    options = {"collector": _set(given), "mqtt": _set(mqtt)}
    records = SettingsFile(None).filled(records, options)
    settings: CollectorSettings = replace(records["collector"], mqtt=records["mqtt"])
    _check(settings)
    return settings


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}. Name a collector.toml.") from None


def _set(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def _check(settings: CollectorSettings) -> None:
    for name in (*settings.sites, *filter(None, (settings.client_id, settings.share))):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SettingsError(
                f"{name!r}: sites, share and client_id want 1 to 64 letters, digits, - and _."
            )
    if settings.share and not settings.mqtt5:
        raise SettingsError("share needs MQTT 5: leave mqtt5 = true, or collect alone.")
    if settings.share and not settings.client_id:
        raise SettingsError(
            f"share is {settings.share!r}, but client_id is not set: of collectors that share the "
            "load, each needs a session of its own. Set client_id, another one for each."
        )
    if settings.share and "://" not in settings.store:
        raise SettingsError(
            f"share is {settings.share!r}, but store is the file {settings.store}: collectors that "
            "share the load need one history. Set store = postgresql://USER@HOST/DATABASE."
        )
    if settings.mqtt.sends_password_in_clear and not settings.mqtt.password_in_clear:
        raise SettingsError(
            f"the password would cross the network to {settings.mqtt.host!r} in clear. "
            "Leave TLS on, or set mqtt.password_in_clear = true."
        )
