"""The frame of every page: head, landmarks, theme, and what is said when all is not well."""

from __future__ import annotations

from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Final, Literal

from nicegui import ui

from cuelight.view.board.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nicegui.events import GenericEventArguments, Handler
    from starlette.requests import Request

    from cuelight.view.board.hours import OpeningHours

PAGES: Final = {"/": "Fleet", "/customers": "Customers"}

_THEME_COOKIE: Final = "cuelight_theme"

# before the first paint, so that nothing flashes
_THEME_SCRIPT: Final = f"""<script>
(() => {{
  const kept = /(?:^|; ){_THEME_COOKIE}=(dark|light)/.exec(document.cookie);
  if (kept) document.documentElement.dataset.theme = kept[1];
  window.cuelightIsDark = () => (document.documentElement.dataset.theme
    || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  window.cuelightTurn = () => {{
    const theme = window.cuelightIsDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    document.cookie = '{_THEME_COOKIE}=' + theme + '; path=/; max-age=31536000; samesite=strict';
    return theme === 'dark';
  }};
}})();
</script>"""

Weight = Literal["", "warning", "alarm"]


@contextmanager
def frame(
    request: Request, *, title: str, turned: Handler[GenericEventArguments] | None = None
) -> Iterator[None]:
    """Open a page; what is put into the block becomes its main part.

    `turned` is an event handler for when the theme was turned over, for charts to be drawn anew.
    """
    ui.page_title(f"{title} - cuelight")
    ui.add_head_html(f"<style>{style_sheet()}</style>{_THEME_SCRIPT}")
    path = request.url.path
    links = "".join(
        f'<a href="{target}"{" aria-current=page" if target == path else ""}>{name}</a>'
        for target, name in PAGES.items()
    )
    with ui.header(fixed=False, elevated=False, bordered=False).props(remove="class"):
        html('<a class="skip" href="#main">Skip to the content</a>')
        html('<span class="brand"><span aria-hidden="true"></span>cuelight</span>')
        html(links, tag="nav").props('aria-label="Pages"')
        with ui.element("div").classes("end"):
            turn = html("Dark or light", tag="button").classes("plain").props("type=button")
            turn.on("click", turned, js_handler="() => emit(window.cuelightTurn())")
            html('<a class="plain button" href="/logout">Log out</a>')
    with ui.element("div").props("id=main tabindex=-1"):
        yield


def html(text: str, *, tag: str = "div") -> ui.html:
    """Put HTML of our own making into the page; whatever came from outside is escaped in it."""
    return ui.html(text, sanitize=False, tag=tag)


def note(text: str, weight: Weight = "", *, role: str = "status") -> str:
    """Write something that a reader should know before the figures."""
    return f'<p class="note {weight}" role="{role}">{escape(text)}</p>'


def hours_words(hours: OpeningHours) -> str:
    """Say when silence is an alarm."""
    return "at any time" if hours.text == "always" else f"in opening hours ({hours.text})"
