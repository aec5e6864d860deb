"""Write what managers and Home Assistant see of a site: sums over tables, and how the fleet is."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cuelight.view.false_alarms import floor_of
from cuelight.view.news import AVAILABILITIES
from cuelight.view.rates import Gathered, rate_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cuelight.view.answers import CellSum, SiteTotals
    from cuelight.view.history import History

PERIOD_DAYS: Final = (7, 28)

SILENT_SECONDS: Final = 180
"""Health comes every 30 s; a device that missed six of them is silent."""

_ONE_TABLE: Final = (
    "A single table sent windows in this period, so that the site's figures would be that table's."
    " They are shown once a second table does, or where the table's own settings declare it shared"
    " between reps (privacy.shared_table)."
)
_NOISED: Final = (
    "Counts of this site carry noise (privacy.epsilon on its devices), so no share is estimated"
    " from them; `noised` gives the numbers as they came, each off by the noise of its releases."
)
_NOTHING: Final = "Nothing was released in this period yet."


def aggregates(history: History, site: str, *, now: datetime) -> Iterator[tuple[str, str]]:
    """Give topic and JSON of everything that is published about a site, to be retained."""
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for days in PERIOD_DAYS:
        start = end - timedelta(days=days)
        totals = history.totals(start, end, sites=[site])
        body = {
            "schema": 1,
            "site": site,
            "days": days,
            "from": _text(start),
            "to": _text(end),
            "as_of": _text(now),
            **_figures(totals),
        }
        if totals.noised:
            noised = history.noised_sums(start, end, sites=[site])
            body |= {"noised": {name: {"n": n, "visits": v} for name, (n, v) in noised.items()}}
        yield f"cuelight/{site}/aggregate/last_{days}_days", _json(body)
    yield f"cuelight/{site}/aggregate/fleet", _json(_fleet(history, site, now))


def _figures(totals: SiteTotals) -> dict[str, object]:
    return {
        "shown": totals.tables > 0,
        "reason": _reason(totals),
        "tables": totals.tables,
        "visits": totals.visits,
        "visits_with_price": totals.visits_with_price,
        "dropped": totals.dropped,
        "cells": {
            cell.cell: None
            if cell.withheld
            else {"n": cell.n, "visits": cell.visits, "releases": cell.releases}
            for cell in totals.cells
        },
        "rates": {cell.cell: _rate(cell, totals) for cell in totals.cells},
    }


def _reason(totals: SiteTotals) -> str:
    if totals.closed:
        return _ONE_TABLE
    if totals.noised:
        return _NOISED
    return "" if totals.tables else _NOTHING


def _rate(cell: CellSum, totals: SiteTotals) -> dict[str, float] | None:
    """Give the estimate with its interval and the floor of false alarms, all 0 to 1.

    A division of n by visits would be too high: what is not released yet counts as well.
    """
    if cell.withheld:
        return None
    rate = rate_of(
        Gathered(
            n=cell.n or 0,
            visits=cell.visits or 0,
            releases=cell.releases,
            open_gathers=cell.open_gathers,
            open_visits=cell.open_visits,
            k=totals.k,
            floor=totals.floor,
        )
    )
    if rate is None:
        return None
    found = {"rate": rate.value, "low": rate.low, "high": rate.high}
    found["false_alarms"] = floor_of(cell.cell).high
    return {name: round(value, 4) for name, value in found.items()}


def _fleet(history: History, site: str, now: datetime) -> dict[str, object]:
    devices = history.fleet([site])
    states = Counter(device.availability or "unknown" for device in devices)
    awake = [d for d in devices if d.availability in ("online", "paused", "covered")]
    ages = [device.health_age(now) for device in awake]
    return {
        "schema": 1,
        "site": site,
        "as_of": _text(now),
        "devices": len(devices),
        "availability": {name: states[name] for name in (*AVAILABILITIES, "unknown")},
        "silent": sum(age is None or age.total_seconds() > SILENT_SECONDS for age in ages),
        "faults": sum(bool(device.fault) for device in devices),
        "throttled": sum(device.throttled is True for device in devices),
        "waiting": sum(device.waiting or 0 for device in devices),
        "missing": sum(device.missing for device in devices),
        "lost": sum(device.lost for device in devices),
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(body: dict[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"))
