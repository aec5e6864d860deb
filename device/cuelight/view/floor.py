"""What the broker shows of the floor now: the fleet's health and the sums by site."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cuelight.errors import InputError
from cuelight.view.news import Availability, Health, Statement, read_news
from cuelight.view.window import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

AGGREGATE_BYTES: Final = 65536

_AGGREGATE: Final = re.compile(r"cuelight/([A-Za-z0-9_-]{1,64})/aggregate/([a-z0-9_]{1,32})")
_DEVICES_MAX: Final = 10_000


@dataclass(slots=True)
class Seen:
    """One device as last heard; `health_at` is None while only a retained message came."""

    availability: str | None = None
    health: Mapping[str, Any] = field(default_factory=dict)
    health_at: float | None = None
    simulated: bool = False


class Floor:
    """The last word of every device and site. Pure; `now` is in seconds since 1970."""

    def __init__(self) -> None:
        self.devices: dict[tuple[str, str], Seen] = {}
        self.aggregates: dict[tuple[str, str], Mapping[str, Any]] = {}

    def take(
        self, topic: str, payload: bytes, *, retained: bool, now: float
    ) -> dict[str, object] | None:
        """Take one message; returns it as a JSON line's content, None if it says nothing.

        Raises InputError, with a line fit for a log, for what is malformed or too long.
        """
        if found := _AGGREGATE.fullmatch(topic):
            return self._aggregate(found[1], found[2], payload)
        news = read_news(topic, payload, retained=retained, now=int(now), rules=Rules())
        if not isinstance(news, Availability | Health | Statement):
            return None
        table = (news.site, news.device)
        if table not in self.devices and len(self.devices) >= _DEVICES_MAX:
            raise InputError(f"{topic}: more than {_DEVICES_MAX} devices; not shown")
        line: dict[str, object] = {"site": news.site, "device": news.device}
        if isinstance(news, Availability):
            if news.state is None:
                self.devices.pop(table, None)
            else:
                self.devices.setdefault(table, Seen()).availability = news.state
            return {"type": "availability", **line, "state": news.state}
        seen = self.devices.setdefault(table, Seen())
        said = json.loads(news.text)
        if isinstance(news, Statement):
            seen.simulated = said.get("simulated") is True
            return {"type": "privacy", **line, **said}
        seen.health = said
        seen.health_at = None if retained else now
        return {"type": "health", **line, "retained": retained, **said}

    def _aggregate(self, site: str, name: str, payload: bytes) -> dict[str, object] | None:
        if not payload:
            self.aggregates.pop((site, name), None)
            return None
        if len(payload) > AGGREGATE_BYTES:
            raise InputError(f"{site}/aggregate/{name}: {len(payload)} bytes are too many")
        try:
            body = json.loads(payload)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or body.get("site") != site:
            raise InputError(f"{site}/aggregate/{name}: no JSON object of this site")
        self.aggregates[site, name] = body
        return {"type": "aggregate", "name": name, **body}
