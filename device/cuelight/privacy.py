"""What the operator owes the customer before the camera opens, and what the box says of itself."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from cuelight import __version__
from cuelight.errors import SettingsError
from cuelight.settings import ZoneSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cuelight.settings import PrivacySettings, Settings

LEAVES: Final = "counts of visits, gathered until they are safe; the box's own health"
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
) -> dict[str, object]:
    """Write the machine-readable privacy statement that the broker retains.

    `models` gives the SHA-256 of every file that decides what is read, `sandbox` how far the
    service is locked in (`sandbox_of`); None where neither is known, as before a start.
    """
    release = settings.release
    return {
        "schema": 1,
        "version": __version__,
        "model_sha256": model_sha256,
        "models": dict(models or {}),
        "mode": settings.privacy.mode,
        "contact": settings.privacy.contact,
        "shared_table": settings.privacy.shared_table,
        "zone_set": is_zone_set(settings.zone),
        "k": release.k,
        "floor": release.floor,
        "epsilon": None,
        "window_minutes": release.window_minutes,
        "drop_days": release.drop_days,
        "publish_expressions": release.publish_expressions,
        "sandbox": None if sandbox is None else dict(sandbox),
        "lab_mode": False,
        "leaves_the_device": LEAVES,
        "never_leaves_the_device": NEVER_LEAVES,
        "field_precision": "unknown",
        "field_precision_why": "fewer than fifty taps of the rep judged a signal",
    }


def is_zone_set(zone: ZoneSettings) -> bool:
    """Say whether somebody drew the customer zone, which is the whole picture otherwise."""
    (whole,) = (each.default for each in fields(ZoneSettings) if each.name == "polygon")
    return bool(tuple(map(tuple, zone.polygon)) != whole)
