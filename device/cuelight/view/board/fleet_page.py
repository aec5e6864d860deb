"""The fleet page: is every device alive, and which one needs somebody."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from nicegui import ui

from cuelight.errors import StoreError
from cuelight.view.board.ask import ask
from cuelight.view.board.fleet import judge
from cuelight.view.board.frame import frame, hours_words, html, note
from cuelight.view.board.tables import fleet_table, promises_list
from cuelight.view.words import count

if TYPE_CHECKING:
    from starlette.requests import Request

    from cuelight.view.answers import CollectorState
    from cuelight.view.board.fleet import FleetState
    from cuelight.view.board.source import Source

REFRESH_SECONDS: Final = 2.0


def fleet_page(source: Source, request: Request) -> None:
    """Build the page; it looks again every two seconds, and says so when it cannot."""
    with frame(request, title="Fleet"):
        html("<h1>Fleet</h1>")
        part = html('<p class="loading" role="status">Loading the fleet&hellip;</p>')
        part.props("aria-busy=true")

        async def look() -> None:
            try:
                content = await ask(fleet_html, source)
            except StoreError as error:
                content = note(str(error), "alarm", role="alert")
            if part.content != content:
                part.set_content(content)
                part.props("aria-busy=false")

        ui.timer(REFRESH_SECONDS, look, immediate=True)


def fleet_html(source: Source) -> str:
    """Write the page's content as it is now."""
    now = source.now()
    devices = source.history.fleet()
    fleet = judge(devices, now=now, is_open=source.hours.are_on(now))
    collector = _collector_note(source.history.collectors(), fleet)
    alarm_when = (
        f"Silence is an alarm {hours_words(source.hours)}; it is "
        f"{'open' if fleet.is_open else 'closed'} now. Counts come in windows of an hour and wait "
        "until they are safe: old ones are no fault."
    )
    head = f'<p class="soft">{escape(alarm_when)}</p>'
    if source.notice:
        head += note(source.notice, "warning")
    if not devices:
        return (
            head
            + collector
            + note(
                "No device was heard yet. Start `cuelight collect` (or this dashboard with "
                "--broker) and a device that publishes to the same broker."
            )
        )
    simulated = sum(device.simulated for device in devices)
    if simulated:
        are = "is" if simulated == 1 else "are"
        head += note(f"{count(simulated, 'device')} {are} simulated and marked so.")
    return (
        head
        + collector
        + _tiles(fleet)
        + (f'<section class="card" aria-label="Devices">{fleet_table(fleet, now=now)}</section>')
        + _promises(fleet)
    )


def _promises(fleet: FleetState) -> str:
    told = promises_list(fleet)
    return f'<section class="card" aria-label="Privacy">{told}</section>' if told else ""


def _collector_note(collectors: list[CollectorState], fleet: FleetState) -> str:
    if any(one.connected for one in collectors) and not fleet.is_deaf:
        return ""
    if collectors and not any(one.connected for one in collectors):
        return note(
            "The collector has lost the broker: what is below is what was heard last.",
            "alarm",
            role="alert",
        )
    if fleet.is_deaf and fleet.is_open:
        return note(
            "Nothing was heard of any device for a while: rather the collector or the broker than "
            "all of them. Look at `cuelight collect` first.",
            "alarm",
            role="alert",
        )
    return ""


def _tiles(fleet: FleetState) -> str:
    numbers = (
        ("devices", len(fleet.states), ""),
        ("need somebody", fleet.having("alarm"), "alarm"),
        ("to look at", fleet.having("warning"), ""),
        ("fine", fleet.having("fine"), ""),
        ("at rest", fleet.having("rest"), ""),
    )
    tiles = (
        f'<div><dt>{name}</dt><dd class="{kind if number else ""}">{number}</dd></div>'
        for name, number, kind in numbers
    )
    return f'<dl class="tiles">{"".join(tiles)}</dl>'
