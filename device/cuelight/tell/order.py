"""What the feed's worker thread can be asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuelight.tell.link import Link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cuelight.tell.link import Event


@dataclass(frozen=True, slots=True)
class Say:
    """Publish a retained message now, and again after every reconnect."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class SayHealth:
    """Publish the box's health."""

    values: Mapping[str, object]


class SendWindows:
    """Look into the spool: something new waits there."""


class Leave:
    """Say `stopped`, wait for acknowledgements a little, and go."""


Order = Say | SayHealth | SendWindows | Leave | tuple[Link, "Event"]
