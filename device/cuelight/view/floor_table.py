"""Draw the floor as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from cuelight.view.aggregate import SILENT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import RenderableType

    from cuelight.view.floor import Floor, Seen

_STYLES: Final = {
    "online": "green",
    "paused": "yellow",
    "covered": "yellow",
    "stopped": "dim",
    "offline": "bold red",
}


def draw(floor: Floor, *, now: float, days: int, link: str) -> RenderableType:
    """Draw fleet and cells; `link` says in words how it stands with the broker."""
    return Group(
        Text(link, style="bold"),
        _fleet(floor, now),
        _cells(floor, days),
        Text(
            "n of visits, released ones only; withheld is not zero. A cue is a clue, not a truth.",
            style="dim",
        ),
    )


def _fleet(floor: Floor, now: float) -> Table:
    table = Table(title="Fleet", title_justify="left", expand=False)
    for name in ("site", "device", "state", "last health", "temp", "waiting", "notes"):
        table.add_column(name, justify="right" if name in ("temp", "waiting") else "left")
    for (site, device), seen in sorted(floor.devices.items()):
        state = seen.availability or "unknown"
        table.add_row(
            site,
            device,
            Text(state, style=_STYLES.get(state, "")),
            _age(seen, now),
            _number(seen.health.get("temperature"), " °C"),
            _number(seen.health.get("waiting"), ""),
            _notes(seen),
        )
    if not floor.devices:
        table.add_row("-", "no device has been heard yet", "", "", "", "", "")
    return table


def _age(seen: Seen, now: float) -> Text:
    if seen.health_at is None:
        return Text("before we came" if seen.health else "never", style="dim")
    age = max(0, round(now - seen.health_at))
    text = f"{age} s ago" if age < 120 else f"{age // 60} min ago"
    awake = seen.availability in ("online", "paused", "covered")
    return Text(text, style="bold red" if awake and age > SILENT_SECONDS else "")


def _notes(seen: Seen) -> Text:
    notes = []
    if seen.simulated:
        notes.append("SIMULATED")
    if seen.health.get("throttled") is True:
        notes.append("throttled")
    if seen.health.get("backs_off") is True:
        notes.append("reads fewer frames to cool down")
    if fault := seen.health.get("fault"):
        notes.append(_plain(fault))
    return Text("; ".join(notes), style="yellow")


def _cells(floor: Floor, days: int) -> Table:
    found = {
        site: body
        for (site, name), body in sorted(floor.aggregates.items())
        if name == f"last_{days}_days"
    }
    table = Table(title=f"Last {days} days, by site", title_justify="left")
    table.add_column("cell")
    for site in found:
        table.add_column(site, justify="right")
    table.add_row("visits", *(_number(body.get("visits"), "") for body in found.values()))
    names = {name for body in found.values() for name in _of(body)}
    for name in sorted(names, key=lambda one: (one.removeprefix("after_price."), one)):
        table.add_row(_plain(name), *(_cell(body, name) for body in found.values()))
    if not found:
        table.add_row("no sums yet: is a collector running?")
    return table


def _of(body: Mapping[str, Any]) -> Iterable[str]:
    cells = body.get("cells")
    return cells if isinstance(cells, dict) else ()


def _cell(body: Mapping[str, Any], name: str) -> Text:
    match body.get("cells"):
        case {**cells}:
            match cells.get(name):
                case {"n": int(n), "visits": int(visits)}:
                    return Text(f"{n} of {visits}")
    if "noised" in body:
        return Text("with noise", style="dim")
    closed = body.get("shown") is False and body.get("reason")
    return Text("one table only" if closed else "withheld", style="dim")


def _number(value: object, unit: str) -> Text:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Text("-", style="dim")
    return Text(f"{value:g}{unit}")


def _plain(value: object) -> str:
    """Leave out what could steer a terminal."""
    return "".join(one if one.isprintable() else "?" for one in str(value)[:120])
