"""What stands before each of our pages: security headers, cookies, whose page asks."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping
    from typing import Any

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    # the page's framework compiles its templates in the browser
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'self'"
)

_SECURITY: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


def headers_of(scope: Scope) -> dict[bytes, str]:
    """Give a request's headers by their names in lower case."""
    return {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}


def cookie_of(headers: Mapping[bytes, str], name: str) -> str | None:
    """Give a cookie's value; None where there is none or the header is broken."""
    try:
        found = SimpleCookie(headers.get(b"cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def is_same_site(headers: Mapping[bytes, str]) -> bool:
    """Whether a page of ours asks, and not one of another site."""
    origin = headers.get(b"origin")
    return origin is None or urlsplit(origin).netloc == headers.get(b"host")


def with_security(send: Send) -> Send:
    """Add to every answer the headers that keep other pages and contents out."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_SECURITY]
        await send(message)

    return wrapped


async def refuse_socket(receive: Receive, send: Send) -> None:
    """Answer a web socket that may not be opened."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})
