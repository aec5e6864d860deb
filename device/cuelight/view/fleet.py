"""A device's own health as the managers see it, read from the history."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.view.database import Row

COLUMNS: Final = (
    "site, device, availability, availability_at, health, health_at, statement, shared, seq_next,"
    " seq_top, lost, CASE WHEN seq_next > seq_top THEN 0 ELSE (SELECT"
    " coalesce(sum(w.seq - w.first + 1), 0)"
    " FROM windows w WHERE w.site = devices.site AND w.device = devices.device"
    " AND w.life = devices.life AND w.seq >= devices.seq_next) END"
)
"""What `device_of` wants of the table `devices`, in this order."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device's own health; nothing about visitors.

    `availability` is online, paused, covered, stopped, offline, or None when never heard.
    `health_at` is when the last health message came; None when it is unknown: never, or only the
    one that the broker had retained. Health fields are None where the device did not say.
    `privacy_mode` is the statement's (`notice`, `opt_in`), `shared` whether its table is declared
    shared. `missing` windows are known to exist and have not come; `lost` ones were asked for in
    vain. `backs_off` says that it is hot and reads `fps_read` frames a second only. `statement` is
    all that is kept of its privacy statement (`news.STATEMENT_KEYS`), `simulated` is what a
    simulator says of itself in its statement.
    """

    site: str
    device: str
    availability: str | None
    availability_at: datetime | None
    health_at: datetime | None
    temperature: float | None
    throttled: bool | None
    waiting: int | None
    version: str | None
    model_sha256: str | None
    fps_capability: float | None
    fault: str
    privacy_mode: str | None
    shared: bool
    simulated: bool
    missing: int
    lost: int
    statement: Mapping[str, Any] = field(default_factory=dict, hash=False)
    backs_off: bool | None = None
    fps_read: float | None = None

    def health_age(self, now: datetime) -> timedelta | None:
        """How long ago the last health message came; None when that is unknown."""
        return None if self.health_at is None else max(timedelta(0), now - self.health_at)


def device_of(row: Row) -> Device:
    """Read one row of `COLUMNS`."""
    site, device, availability, availability_at, health, health_at, statement, *numbers = row
    shared, seq_next, seq_top, lost, came = numbers
    said, stated = _mapping(health), _mapping(statement)
    return Device(
        site=site,
        device=device,
        availability=availability,
        availability_at=None if availability_at is None else _utc(availability_at),
        health_at=None if health_at is None else _utc(health_at),
        temperature=_number(said.get("temperature")),
        throttled=said["throttled"] if isinstance(said.get("throttled"), bool) else None,
        waiting=_whole(said.get("waiting")),
        version=_text(said.get("version")) or _text(stated.get("version")),
        model_sha256=_text(said.get("model_sha256")) or _text(stated.get("model_sha256")),
        fps_capability=_number(said.get("fps_capability")),
        fault=_text(said.get("fault")) or "",
        privacy_mode=_text(stated.get("mode")),
        shared=bool(shared),
        simulated=stated.get("simulated") is True,
        missing=max(0, int(seq_top) - int(seq_next) + 1 - int(came)),
        lost=int(lost),
        statement=stated,
        backs_off=said["backs_off"] if isinstance(said.get("backs_off"), bool) else None,
        fps_read=_number(said.get("fps_read")),
    )


def _mapping(text: str | None) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
