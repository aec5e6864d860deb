"""The customers page: filters on top, figures below, drawn anew when either changes."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any, Final

from nicegui import ui

from cuelight.errors import StoreError
from cuelight.view.board.ask import ask
from cuelight.view.board.customers import ALL_SITES, Choice, Shown, look_up
from cuelight.view.board.customers_cards import CustomersCards
from cuelight.view.board.figures import PERIODS
from cuelight.view.board.frame import frame, html, note
from cuelight.view.board.style import palette
from cuelight.view.words import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from cuelight.view.board.source import Source

_REFRESH_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 30.0


class CustomersPage:
    """One reader's page; what was chosen is also its address."""

    def __init__(self, source: Source, request: Request) -> None:
        self._source = source
        self._choice = Choice.from_query(request.query_params)
        self._is_dark = False
        self._version: object = None
        with frame(request, title="Customers", turned=self._turn):
            html("<h1>Customers</h1>")
            self._filters = html("", tag="form").classes("filters")
            self._filters.props('aria-label="What to show" onsubmit="return false"')
            self._filters.on(
                "change",
                self._choose,
                js_handler="(event) => emit({[event.target.name]: event.target.value})",
            )
            self._news = ui.element("div").props("role=status")
            self._part = ui.element("div").props("aria-live=off")
            with self._part:
                html('<p class="loading" role="status">Loading the figures&hellip;</p>')
        ui.timer(0.01, self._start, once=True)

    async def _start(self) -> None:
        with suppress(TimeoutError):  # a slow phone: it is drawn light, which a press turns over
            await ui.context.client.connected(timeout=_PATIENCE_SECONDS)
            dark = await ui.run_javascript("window.cuelightIsDark()", timeout=_PATIENCE_SECONDS)
            self._is_dark = bool(dark)
        await self._show()
        ui.timer(_REFRESH_SECONDS, self._watch)

    async def _watch(self) -> None:
        """Say that there is more to see; what is being read is not changed under the eyes."""
        try:
            version = await ask(self._source.history.version)
        except StoreError:
            return
        if version == self._version:
            return
        self._news.clear()
        with self._news:
            button = html("New counts may have come: show them", tag="button")
            button.props("type=button").on("click", self._show)

    async def _turn(self, event: Any) -> None:  # noqa: ANN401 - NiceGUI's event, whose args are the answer
        self._is_dark = bool(event.args)
        await self._show()

    async def _choose(self, event: Any) -> None:  # noqa: ANN401 - NiceGUI's event
        chosen = {**self._choice.as_query(), **event.args}
        self._choice = Choice.from_query(chosen)
        ui.run_javascript(f"history.replaceState(null, '', '?{self._choice.query}')")
        await self._show()

    async def _show(self) -> None:
        self._part.props("aria-busy=true")
        try:
            self._version = await ask(self._source.history.version)
            shown = await ask(look_up, self._source, self._choice)
        except StoreError as error:
            self._part.clear()
            with self._part:
                html(note(str(error), "alarm", role="alert"))
            return
        self._choice = shown.choice
        self._news.clear()
        self._draw_filters(shown)
        self._part.clear()
        with self._part:
            CustomersCards(shown, self._source, palette(dark=self._is_dark)).draw()
        self._part.props("aria-busy=false")

    def _draw_filters(self, shown: Shown) -> None:
        if self._filters.content:  # keep what has the keyboard's focus
            return
        choice = shown.choice
        sites = {ALL_SITES: "All sites", **{name: name for name in shown.sites}}
        periods = {str(days): f"The last {days} days" for days in PERIODS}
        cells = {name: label(name) for name in shown.cells}
        self._filters.set_content(
            _select("Site", "site", sites, choice.site)
            + _select("Period", "days", periods, str(choice.days))
            + (_select("In detail", "cell", cells, choice.cell) if cells else "")
        )


def _select(title: str, name: str, options: Mapping[str, str], chosen: str) -> str:
    entries = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}'
        "</option>"
        for value, text in options.items()
    )
    return (
        f'<div><label for="pick-{name}">{escape(title)}</label>'
        f'<select id="pick-{name}" name="{name}">{entries}</select></div>'
    )
