"""Send a look's figures to the page, line by line; the connection's end closes the camera."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from cuelight.errors import CuelightError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from cuelight.practice.mirror.eye import Glance
    from cuelight.practice.mirror.mirror import Mirror

_HEADERS: Final = (
    (b"content-type", b"application/x-ndjson"),
    (b"cache-control", b"no-store"),
)


class FigureStream(Response):
    """The answer to the press of the button: JSON lines for as long as the page listens.

    `{"faces": 1, "face": 3, "of": [...]}` for a frame, the newest that there is, and at last
    `{"end": "why"}`. When the page goes away, or `stopping` says that the program ends, the camera
    is closed.
    """

    def __init__(self, mirror: Mirror, *, stopping: Callable[[], bool]) -> None:
        super().__init__()
        self._mirror = mirror
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; see ASGI's description of a response in parts."""
        del scope
        newest = _Newest(asyncio.get_running_loop())
        leaving = asyncio.create_task(_until_gone(receive, newest.close))
        look = None
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            try:
                look = await asyncio.to_thread(self._mirror.open, newest.put)
            except CuelightError as error:
                newest.put(str(error))
            while not self._stopping() and (told := await newest.take()) is not None:
                body = _line(told)
                await send({"type": "http.response.body", "body": body, "more_body": True})
                if isinstance(told, str):
                    break
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            if look is not None:
                look.stop()


class _Newest:
    """Hands glances from the look's thread to the loop; a glance not yet taken is overwritten."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._there = asyncio.Event()
        self._told: Glance | str | None = None
        self._closed = False

    def put(self, told: Glance | str) -> None:
        """Give something to be sent; from any thread."""
        with suppress(RuntimeError):  # the loop is over: nobody is there to be told
            self._loop.call_soon_threadsafe(self._put, told)

    def close(self) -> None:
        """Say that nobody listens any more; from the loop's own thread."""
        self._closed = True
        self._there.set()

    async def take(self) -> Glance | str | None:
        """Wait for the newest; None once closed."""
        await self._there.wait()
        if self._closed:
            return None
        self._there.clear()
        return self._told

    def _put(self, told: Glance | str) -> None:
        if not isinstance(self._told, str):  # the last words stay
            self._told = told
            self._there.set()


async def _until_gone(receive: Receive, then: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    then()


def _line(told: Glance | str) -> bytes:
    if isinstance(told, str):
        return json.dumps({"end": told}).encode() + b"\n"
    page = {"faces": told.faces, "face": told.face, "of": told.figures}
    return json.dumps(page, separators=(",", ":")).encode() + b"\n"
