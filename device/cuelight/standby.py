"""Wait with the camera closed when a box cannot start, and tell the broker why."""

from __future__ import annotations

import json
import logging
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cuelight.clock import boot_seconds
from cuelight.errors import CuelightError
from cuelight.privacy import statement
from cuelight.records import Status
from cuelight.tell.feed import Feed
from cuelight.tell.spool import Spool
from cuelight.vitals import vitals
from cuelight.watchdog import Watchdog

if TYPE_CHECKING:
    import threading

    from cuelight.settings import Settings

_log = logging.getLogger(__name__)

STANDBY_SECONDS: Final = 60.0
"""How long to wait before the next start; an edit of the settings ends it at once."""

_LOOK_SECONDS: Final = 0.5


def stand_by(
    why: CuelightError,
    *,
    config: Path,
    settings: Settings | None,
    stop: threading.Event,
    seconds: float = STANDBY_SECONDS,
) -> bool:
    """Wait until `config` is edited, `seconds` have passed or `stop` is set; True for the last.

    Starting again at once would only say the same every second and wear the disk. Where `settings`
    are good enough to reach the broker, it hears that this box is stopped, and why in its health.
    """
    _log.error("cannot start: %s Trying again in %g s, or after an edit.", why, seconds)
    before = _edited(config)
    until = boot_seconds() + seconds
    with ExitStack() as stack:
        watchdog = stack.enter_context(Watchdog())
        watchdog.status(f"cannot start: {why}")
        feed = _open_feed(settings, stack)
        while not stop.is_set() and boot_seconds() < until and _edited(config) == before:
            watchdog.starting(boot_seconds())
            # health is not kept for later, and the next one would come too late
            if feed is not None and feed.state.name == "connected":
                feed.tick(boot_seconds(), lambda: _health(str(why)))
            stop.wait(_LOOK_SECONDS)
        watchdog.stopping()
    return stop.is_set()


def _health(why: str) -> dict[str, object]:
    """Give the fields of a running box's health, none of which was measured."""
    status = Status("stopped", why)
    return {
        **vitals(),
        "fps_capability": status.fps_capability,
        "skipped": status.skipped,
        "latency_p95_ms": status.latency_p95_ms,
        "min_detectable_ms": status.min_detectable_ms,
        "micro": status.micro,
        "fps_read": status.fps_read,
        "backs_off": status.backs_off,
        "fault": status.fault,
        "store": "",
        "model_sha256": "",
        "settings_fault": "",
    }


def _edited(config: Path) -> int | None:
    try:
        return config.stat().st_mtime_ns
    except OSError:
        return None


def _open_feed(settings: Settings | None, stack: ExitStack) -> Feed | None:
    """Open the way to the broker, with nothing to send; None where there is none."""
    if settings is None or not settings.mqtt.host:
        return None
    try:
        # not the box's own store, which may be what is wrong
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cuelight-standby-"))
        spool = stack.enter_context(Spool(Path(folder) / "windows.sqlite"))
        feed = Feed(
            settings.mqtt,
            site=settings.site.name,
            device=settings.site.device,
            spool=spool,
            privacy=json.dumps(statement(settings, model_sha256="")),
            availability="stopped",
        )
        return stack.enter_context(feed)
    except (CuelightError, OSError) as error:
        _log.warning("the broker cannot be told: %s", error)
        return None
