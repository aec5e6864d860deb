"""Let in only who came by the address that was printed: others on this machine see no scores."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from cuelight.view.board.asgi import (
    cookie_of,
    headers_of,
    is_same_site,
    refuse_socket,
    with_security,
)

if TYPE_CHECKING:
    from cuelight.view.board.asgi import App, Receive, Scope, Send

COOKIE: Final = "cuelight_practice"

_CLOSED: Final = (
    "<!doctype html><html lang=en><title>cuelight practice</title><p>This page is for the person "
    "who started it. Open the whole address that <code>cuelight practice</code> printed."
)


class Latch:
    """An ASGI middleware: a request carries the key in its address once, then as a cookie.

    `port` keeps the cookies of two such pages apart. A web socket or a change that another site's
    page asks for is refused, key or not.
    """

    def __init__(self, app: App, *, key: str, port: int) -> None:
        self._app = app
        self._key = key
        self._cookie = f"{COOKIE}_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        known = self._is_ours(cookie_of(headers, self._cookie) or "")
        is_same = is_same_site(headers)
        if scope["type"] == "websocket":
            if known and is_same:
                await self._app(scope, receive, send)
            else:
                await refuse_socket(receive, send)
            return
        send = with_security(send)
        given = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        if scope["method"] == "GET" and given and self._is_ours(given):
            cookie = f"{self._cookie}={self._key}; Path=/; HttpOnly; SameSite=Strict"
            await _answer(send, 303, "", (b"location", b"/"), (b"set-cookie", cookie.encode()))
        elif known and (scope["method"] in ("GET", "HEAD") or is_same):
            await self._app(scope, receive, send)
        else:
            await _answer(send, 403, _CLOSED)

    def _is_ours(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self._key.encode())


async def _answer(send: Send, status: int, text: str, *more: tuple[bytes, bytes]) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
