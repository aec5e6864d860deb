"""What the collector publishes of two sites with real windows, and who hears it."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cuelight.tell.window import to_json
from cuelight.view.aggregate import aggregates
from cuelight.view.database import open_database
from cuelight.view.history import History
from cuelight.view.intake import Intake
from cuelight.view.news import read_news
from cuelight.view.schema import TABLES
from cuelight.view.window import Rules
from windows import real_windows

RECIPES = Path(__file__).resolve().parents[1] / "docs" / "recipes"
HEALTH = {"temperature": 50, "throttled": False, "fault": "", "waiting": 0}


def real_feed(folder):
    """Give topic and payload of all that the collector publishes of two sites, one of them new."""
    now = datetime.now(UTC)
    seconds = int(now.timestamp())
    said = []
    for site, count, days in (("berlin", 60, 9), ("munich", 1, 20)):
        start = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
        for device in ("table-1", "table-2"):
            windows = real_windows(count, site=site, device=device, start=start)
            base = f"cuelight/{site}/{device}"
            said += [(f"{base}/counts", to_json(window), False) for window in windows]
            said.append((f"{base}/availability", "online", True))
            said.append((f"{base}/health", json.dumps(HEALTH), False))
    with closing(open_database(str(folder / "history.db"), schema=TABLES)) as base:
        news = [
            read_news(topic, payload.encode(), retained=retained, now=seconds, rules=Rules())
            for topic, payload, retained in said
        ]
        Intake(base).take(news, now=seconds)
        history = History(base)
        return {
            topic: payload
            for site in ("berlin", "munich")
            for topic, payload in aggregates(history, site, now=now)
        }


def matching(pattern, feed):
    """Return the payloads of the topics that an MQTT filter lets through."""
    levels = re.escape(pattern).replace(r"\+", "[^/]+").replace(r"\#", ".*")
    return [json.loads(payload) for topic, payload in feed.items() if re.fullmatch(levels, topic)]
