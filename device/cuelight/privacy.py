"""What the operator owes the customer before the camera opens, and what the box says of itself."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from cuelight import __version__
from cuelight.errors import SettingsError
from cuelight.field_precision import TAPS_NEEDED
from cuelight.settings import ZoneSettings
from cuelight.tell.spending import MILLION, noise_rule

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.settings import PrivacySettings, Settings

LEAVES: Final = "counts of visits, gathered until they are safe; the box's own health"
LEAVES_WITH_NOISE: Final = (
    "counts of visits, changed by noise and at fixed times; the box's own health"
)
NO_LAB_MODE: Final = "this build has none, so nothing can turn one on"
"""Pictures that are kept for work on the models would be one; no code here can keep any."""

NO_FIELD_PRECISION: Final = (
    f"a box tells its own only on itself (cuelight privacy), from {TAPS_NEEDED} judged hints on, "
    "since how many a rep judged is never published"
)
"""True however many were judged: the share with its interval would tell the number of taps."""

NEVER_LEAVES: Final = "pictures, landmarks, single visits, signals, anything by rep"


def require_notice(privacy: PrivacySettings, path: Path) -> None:
    """Raise SettingsError unless the operator chose a mode and named a contact, in `path`."""
    for key, wanted in (("mode", '"notice" or "opt_in"'), ("contact", "whom a customer can ask")):
        if not getattr(privacy, key):
            raise SettingsError(
                f"privacy.{key} is not set; {wanted} is wanted, and until then the camera stays "
                f"closed. Set it in {path} under [privacy]."
            )


def statement(
    settings: Settings,
    *,
    model_sha256: str,
    models: Mapping[str, str] | None = None,
    sandbox: Mapping[str, bool] | None = None,
    zone_confirmed: bool | None = None,
    epsilon_spent: float | None = None,
) -> dict[str, object]:
    """Write the machine-readable privacy statement that the broker retains.

    `models` gives the SHA-256 of every file that decides what is read, `sandbox` how far the
    service is locked in (`sandbox_of`), `zone_confirmed` whether faces sit where they did when the
    zone was looked at last, `epsilon_spent` what noise has cost in the last 28 days; None where
    that is not known, as before a start.
    """
    release, privacy = settings.release, settings.privacy
    return {
        "schema": 1,
        "version": __version__,
        "versions": versions(with_noise=bool(privacy.epsilon)),
        "model_sha256": model_sha256,
        "models": dict(models or {}),
        "mode": privacy.mode,
        "contact": privacy.contact,
        "opening_hours": settings.site.opening_hours,
        "off_switch": settings.lamp.off_switch,
        "pause_from_afar": settings.mqtt.pause,
        "shared_table": privacy.shared_table,
        "zone_set": is_zone_set(settings.zone),
        "zone_confirmed": zone_confirmed,
        "k": release.k,
        "floor": release.floor,
        "epsilon": privacy.epsilon or None,
        "epsilon_spent": epsilon_spent if privacy.epsilon else None,
        "noise": _noise(privacy),
        "window_minutes": release.window_minutes,
        "drop_days": release.drop_days,
        "publish_expressions": release.publish_expressions,
        "sensing_apart": settings.sandbox.split,
        "sandbox": None if sandbox is None else dict(sandbox),
        "lab_mode": False,
        "lab_mode_why": NO_LAB_MODE,
        "leaves_the_device": LEAVES_WITH_NOISE if privacy.epsilon else LEAVES,
        "never_leaves_the_device": NEVER_LEAVES,
        "field_precision": "unknown",
        "field_precision_why": NO_FIELD_PRECISION,
    }


def versions(*, with_noise: bool) -> dict[str, str]:
    """Give the versions of what reads and counts here; nothing is imported for it."""
    names = {"litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime", "numpy": "numpy"}
    if with_noise:
        names["opendp"] = "opendp"
    found = {"cuelight": __version__, "python": platform.python_version()}
    for name, package in names.items():
        with suppress(PackageNotFoundError):
            found[name] = version(package)
    return found


def _noise(privacy: PrivacySettings) -> dict[str, object] | None:
    rule = noise_rule(privacy)
    if rule is None:
        return None
    return {
        "epsilon_a_release": rule.cost / MILLION,
        "days_between_releases": rule.days,
        "cells_a_visit": rule.cells,
    }


def is_zone_set(zone: ZoneSettings) -> bool:
    """Say whether somebody drew the customer zone, which is the whole picture otherwise."""
    (whole,) = (each.default for each in fields(ZoneSettings) if each.name == "polygon")
    return bool(tuple(map(tuple, zone.polygon)) != whole)


def is_zone_confirmed(seats: object, *, zone: str) -> bool:
    """Say whether nothing speaks against the zone, from what is kept of where faces sit.

    False from the moment on when the box noticed that it was moved, until somebody confirmed. What
    was noticed at another zone than `zone` (its fingerprint) counts no more.
    """
    if not isinstance(seats, Mapping):
        return True
    return not (seats.get("moved") is True and seats.get("zone") == zone)
