"""Examine the whole box, a line for each part, each failure with its fix."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from cuelight.errors import SettingsError
from cuelight.examine.broker import examine_broker, examine_certificates
from cuelight.examine.finding import Finding
from cuelight.examine.hardware import examine_hardware
from cuelight.examine.models import examine_models, examine_rate
from cuelight.examine.service import find_service
from cuelight.examine.system import examine_clock, examine_disk, examine_temperature
from cuelight.examine.unit import ask_systemd, examine_unit
from cuelight.examine.windows import examine_windows
from cuelight.examine.zone import examine_zone
from cuelight.privacy import require_notice
from cuelight.tell.mechanism import require_noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cuelight.examine.unit import Unit
    from cuelight.settings import Settings

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

NAMES: Final = (
    "service",
    "camera",
    "pins",
    "models",
    "broker",
    "certificates",
    "clock",
    "disk",
    "temperature",
    "frame_rate",
    "windows",
    "zone",
    "privacy",
)
"""What is examined, in the order of the lines; fleets rely on these keys."""


def examine(
    settings: Settings,
    path: Path,
    *,
    unit: Callable[[], Unit | None] = ask_systemd,
    utc: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Finding]:
    """Examine part after part, in the order of NAMES; `path` is the file with these settings.

    No picture is kept and nothing is written but a file in the store that is gone at once and a
    message to the broker that comes back. `unit` asks systemd for its service, `utc` reads the
    wall clock. Whatever an examination raises becomes a failed finding.
    """
    now = utc()
    service, found = _guard_pair("service", lambda: _service(unit))
    yield service
    privacy = _privacy(settings, path)
    owed = "" if privacy.verdict == "good" else "what is owed to the customer is not set (privacy)"
    if settings.privacy.asks_first:
        owed = "it opens only once the customer agreed (opt_in); cuelight watch shows it then"
    box = _guard(
        ("camera", "pins"),
        lambda: examine_hardware(
            settings.camera,
            settings.lamp,
            service=find_service(unit=found),
            closed_because=owed,
        ),
    )
    yield from box
    models, sensing = _guard_pair("models", lambda: examine_models(settings))
    yield models
    windows, window = _guard_pair(
        "windows", lambda: examine_windows(settings.store_folder / "windows.sqlite", now=now)
    )
    yield from _guard(("broker",), lambda: [examine_broker(settings, window=window)])
    yield from _guard(("certificates",), lambda: [examine_certificates(settings.mqtt, now=now)])
    yield from _guard(("clock",), lambda: [examine_clock(now=now)])
    yield from _guard(("disk",), lambda: [examine_disk(settings.store_folder)])
    yield from _guard(("temperature",), lambda: [examine_temperature()])
    fps = box[0].figures.get("fps")
    camera_fps = fps if isinstance(fps, float) else None
    yield from _guard(
        ("frame_rate",),
        lambda: [examine_rate(settings, sensing=sensing, camera_fps=camera_fps)],
    )
    yield windows
    yield from _guard(
        ("zone",), lambda: [examine_zone(settings, settings.store_folder / "windows.sqlite")]
    )
    yield privacy


def _service(ask: Callable[[], Unit | None]) -> tuple[Finding, Unit | None]:
    found = ask()
    return examine_unit(found), found


def _privacy(settings: Settings, path: Path) -> Finding:
    """Say whether the operator has set what a customer is owed; without it no camera opens."""
    try:
        require_notice(settings.privacy, path)
        require_noise(settings.privacy.epsilon)
    except SettingsError as error:
        return Finding.of_error("privacy", error)
    mode, contact = settings.privacy.mode, settings.privacy.contact
    text = f"mode {mode}, customers ask {contact}"
    return Finding("privacy", "good", text, figures={"mode": mode})


def _guard(names: Sequence[str], look: Callable[[], list[Finding]]) -> list[Finding]:
    """Examine; what nobody expected is a finding too, so that the other parts are still seen."""
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - a doctor that dies helps nobody
        return [_unexpected(name, error) for name in names]


def _guard_pair(name: str, look: Callable[[], tuple[Finding, _T]]) -> tuple[Finding, _T | None]:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - as above
        return _unexpected(name, error), None


def _unexpected(name: str, error: Exception) -> Finding:
    _log.debug("examining %s", name, exc_info=error)
    reason = " ".join(str(error).split())
    text = f"it could not be examined: {type(error).__name__}: {reason}"
    return Finding(name, "failed", text, "Run again with `cuelight -v doctor`, and report that.")
