"""Stand in front of the whole page, web sockets included: nobody passes without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, urlsplit

from cuelight.view.board.asgi import (
    cookie_of,
    headers_of,
    is_same_site,
    refuse_socket,
    with_security,
)
from cuelight.view.board.entrance import entrance_page
from cuelight.view.board.login import COOKIE, SESSION_SECONDS, Door

if TYPE_CHECKING:
    from collections.abc import Callable

    from cuelight.view.board.asgi import App, Receive, Scope, Send

_MOST_BYTES: Final = 4096
"""A log-in form is far shorter."""


class Gate:
    """An ASGI middleware: `/login` and `/logout` are its own, everything else wants a session.

    `now` is a steady clock in seconds. `secure` marks the cookie for encrypted connections only.
    A web socket that another site's page opens is refused, session or not.
    """

    def __init__(
        self, app: App, *, door: Door, now: Callable[[], float], secure: bool = False
    ) -> None:
        self._app = app
        self._door = door
        self._now = now
        self._flags = f"; Path=/; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        known = self._door.knows(cookie_of(headers, COOKIE), now=self._now())
        if scope["type"] == "websocket":
            if known and is_same_site(headers):
                await self._app(scope, receive, send)
            else:
                await refuse_socket(receive, send)
            return
        await self._answer(scope, receive, with_security(send), known=known)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, *, known: bool) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/login":
            if method == "POST":
                await self._log_in(receive, send)
            else:
                query = parse_qs(scope["query_string"].decode("latin-1"))
                await _page(send, 200, entrance_page(_local(query.get("next", ["/"])[0])))
        elif path == "/logout":
            await _redirect(send, "/login", f"{COOKIE}=; Max-Age=0{self._flags}")
        elif known:
            await self._app(scope, receive, send)
        elif method == "GET" and not path.startswith("/_nicegui"):
            wanted = path + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
            await _redirect(send, f"/login?next={quote(wanted, safe='')}")
        else:
            await _page(send, 401, "log in first")

    async def _log_in(self, receive: Receive, send: Send) -> None:
        form = parse_qs((await _body(receive)).decode("utf-8", "replace"))
        target = _local(form.get("next", ["/"])[0])
        now = self._now()
        if (wait := self._door.wait_seconds(now)) > 0.0:
            text = f"Too many wrong passwords. Wait {wait:.0f} seconds."
            await _page(send, 429, entrance_page(target, error=text))
            return
        cookie = self._door.enter(form.get("password", [""])[0], now=now)
        if cookie is None:
            await _page(send, 401, entrance_page(target, error="That is not the password."))
            return
        await _redirect(send, target, f"{COOKIE}={cookie}; Max-Age={SESSION_SECONDS}{self._flags}")


def _local(target: str) -> str:
    """Keep a page of ours to go on to; anything that leads elsewhere becomes the front page."""
    parts = urlsplit(target)
    plain = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if plain and not parts.netloc and target.isprintable() else "/"


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= _MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body[:_MOST_BYTES]


async def _page(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


async def _redirect(send: Send, target: str, cookie: str | None = None) -> None:
    headers = [(b"location", target.encode("ascii", "ignore")), (b"cache-control", b"no-store")]
    if cookie:
        headers.append((b"set-cookie", cookie.encode()))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
