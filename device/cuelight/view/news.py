"""Read what a device says to the broker, trusting nothing about it (DESIGN section 5)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import InputError
from cuelight.view.window import Rules, Window, read_window

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW_BYTES: Final = 65536
"""A window with every cell of the cue book is near 8 KiB."""

TEXT_BYTES: Final = 8192
"""Longest health message or privacy statement that is read."""

KINDS: Final = ("availability", "health", "counts", "privacy")
"""The topics below a device that a collector listens to."""

AVAILABILITIES: Final = ("online", "paused", "covered", "stopped", "offline")

HEALTH_KEYS: Final = (
    "temperature",
    "throttled",
    "waiting",
    "version",
    "python",
    "model_sha256",
    "fps_capability",
    "skipped",
    "latency_p95_ms",
    "min_detectable_ms",
    "micro",
    "fps_read",
    "backs_off",
    "fault",
)
"""What is kept of a health message. A device shows health only: nothing else is let in."""

STATEMENT_KEYS: Final = (
    "version",
    "versions",
    "model_sha256",
    "models",
    "mode",
    "contact",
    "opening_hours",
    "off_switch",
    "pause_from_afar",
    "shared_table",
    "zone_set",
    "zone_confirmed",
    "k",
    "floor",
    "epsilon",
    "epsilon_spent",
    "noise",
    "window_minutes",
    "drop_days",
    "publish_expressions",
    "sensing_apart",
    "sandbox",
    "lab_mode",
    "lab_mode_why",
    "leaves_the_device",
    "never_leaves_the_device",
    "field_precision",
    "field_precision_why",
    "simulated",
)
"""What is kept of a privacy statement. Values are plain, or a few plain ones by name."""

_PARTS_MAX: Final = 16

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_DEVICES: Final = frozenset(("aggregate",))


@dataclass(frozen=True, slots=True)
class Availability:
    """A device says, or its last will, what it does; None: it was retired."""

    site: str
    device: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """A device's technical state as JSON; `retained` ones may be of any age."""

    site: str
    device: str
    text: str
    retained: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A device's privacy statement as JSON; `shared` says that reps share its table."""

    site: str
    device: str
    text: str
    shared: bool


News = Window | Availability | Health | Statement


def read_news(topic: str, payload: bytes, *, retained: bool, now: int, rules: Rules) -> News | None:
    """Read one message; None for an empty one that only clears a retained topic.

    `now` is in seconds since 1970. Raises InputError, with a line fit for a log, for a topic of no
    device, a payload that is too long or malformed, and a window that breaks `rules`.
    """
    site, device, kind = _address(topic)
    longest = WINDOW_BYTES if kind == "counts" else TEXT_BYTES
    if len(payload) > longest:
        raise InputError(f"{topic}: {len(payload)} bytes; at most {longest} are read")
    if not payload:
        return Availability(site, device, None) if kind == "availability" else None
    match kind:
        case "availability":
            state = payload.decode(errors="replace")
            if state not in AVAILABILITIES:
                wanted = ", ".join(AVAILABILITIES)
                raise InputError(f"{topic}: {state[:40]!r}; one of {wanted} is wanted")
            return Availability(site, device, state)
        case "health":
            text = _kept(topic, payload, HEALTH_KEYS)
            return Health(site, device, json.dumps(text), retained)
        case "privacy":
            stated = _kept(topic, payload, STATEMENT_KEYS)
            return Statement(site, device, json.dumps(stated), stated.get("shared_table") is True)
        case _:
            if retained:
                raise InputError(f"{topic}: a count window is never retained")
            try:
                return read_window(payload, site=site, device=device, now=now, rules=rules)
            except InputError as error:
                raise InputError(f"{topic}: {error}") from error


def _address(topic: str) -> tuple[str, str, str]:
    match topic.split("/"):
        case ["cuelight", site, device, kind] if (
            _NAME.fullmatch(site)
            and _NAME.fullmatch(device)
            and device not in _NOT_DEVICES
            and kind in KINDS
        ):
            return site, device, kind
        case _:
            raise InputError(f"{topic[:200]!r} is no topic of a device")


def _kept(topic: str, payload: bytes, keys: tuple[str, ...]) -> Mapping[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{topic}: not a JSON object")
    nested = keys is STATEMENT_KEYS
    return {key: found[key] for key in keys if _is_plain(found.get(key), nested=nested)}


def _is_plain(value: object, *, nested: bool) -> bool:
    """Say whether a value is a plain one, or, where `nested`, a few plain ones by name."""
    if nested and isinstance(value, dict):
        return len(value) <= _PARTS_MAX and all(
            isinstance(one, str | int | float | bool) for one in value.values()
        )
    return isinstance(value, str | int | float | bool)
