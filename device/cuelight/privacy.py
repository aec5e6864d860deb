"""What the operator owes the customer before the camera opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cuelight import __version__
from cuelight.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from cuelight.settings import PrivacySettings, Settings


def require_notice(privacy: PrivacySettings, path: Path) -> None:
    """Raise SettingsError unless the operator chose a mode and named a contact, in `path`."""
    for key, wanted in (("mode", '"notice" or "opt_in"'), ("contact", "whom a customer can ask")):
        if not getattr(privacy, key):
            raise SettingsError(
                f"privacy.{key} is not set; {wanted} is wanted, and until then the camera stays "
                f"closed. Set it in {path} under [privacy]."
            )
    if privacy.mode == "opt_in":
        raise SettingsError(
            'privacy.mode is "opt_in", which needs the customer\'s own button; this version has '
            f'none yet. Set "notice" in {path} and put the notice up, or leave the camera closed.'
        )


def statement(settings: Settings, *, model_sha256: str) -> dict[str, object]:
    """Write the machine-readable privacy statement that the broker retains."""
    release = settings.release
    return {
        "version": __version__,
        "model_sha256": model_sha256,
        "mode": settings.privacy.mode,
        "contact": settings.privacy.contact,
        "shared_table": settings.privacy.shared_table,
        "k": release.k,
        "floor": release.floor,
        "epsilon": None,
        "publish_expressions": release.publish_expressions,
        "leaves_the_device": "counts of visits, gathered until they are safe; the box's own health",
        "never_leaves_the_device": "pictures, landmarks, single visits, signals, anything by rep",
        "field_precision": "unknown",
    }
