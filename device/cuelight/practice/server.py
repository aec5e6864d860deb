"""Serve the practice page on this machine only, with the dashboard's framework and look."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from nicegui import ui

from cuelight.errors import CuelightError, InputError
from cuelight.practice.latch import Latch
from cuelight.practice.mirror.routes import add_mirror
from cuelight.view.board.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cuelight.practice.mirror.mirror import Mirror
    from cuelight.practice.mirror.refusal import Refusal
    from cuelight.practice.stills import Stills
    from cuelight.practice.tutor import Tutor

_STATIC: Final = Path(__file__).parent / "static"

_HOST: Final = "127.0.0.1"

_MOST_BYTES: Final = 8192
"""A question of the page is far shorter."""

_FOR_GOOD: Final = {"Cache-Control": "private, max-age=86400"}


class PracticePage:
    """One web server; `address` holds the key and is known from construction on.

    There is one a process, since NiceGUI keeps its pages for the whole process. Raises InputError
    when the port cannot be had.
    """

    def __init__(
        self, tutor: Tutor, stills: Stills, *, mirror: Mirror | Refusal, port: int
    ) -> None:
        self._socket = _listen(port)
        key = secrets.token_urlsafe(18)
        number = self._socket.getsockname()[1]
        self.address = f"http://{_HOST}:{number}/?key={key}"
        web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        _add_answers(web, tutor)
        _add_files(web, stills)
        add_mirror(web, mirror, stopping=lambda: self._server.should_exit)
        _add_page()
        ui.run_with(
            web,
            title="cuelight practice",
            dark=None,
            language="en-US",
            tailwind=False,
            reconnect_timeout=30.0,
            show_welcome_message=False,
            favicon=_ICON,
        )
        latch = Latch(web, key=key, port=number)
        self._server = uvicorn.Server(
            uvicorn.Config(latch, log_level="warning", lifespan="on", ws_max_size=2**20)
        )

    def serve(self) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _add_page() -> None:
    body = (_STATIC / "page.html").read_text(encoding="utf-8")

    @ui.page("/")
    def practice() -> None:
        ui.page_title("Train the eye - cuelight")
        ui.add_head_html(
            f"<style>{style_sheet()}</style>"
            '<link rel="stylesheet" href="/static/practice.css">'
            '<script type="module" src="/static/practice.js"></script>'
        )
        with ui.header(fixed=False, elevated=False, bordered=False).props(remove="class"):
            ui.html(_HEADER, sanitize=False).style("display:contents")
        ui.html(body, sanitize=False)


def _add_answers(web: FastAPI, tutor: Tutor) -> None:
    questions: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "guide": lambda _: tutor.guide(),
        "start": tutor.start,
        "answer": tutor.answer,
        "progress": lambda _: tutor.progress(),
        "erase": lambda _: tutor.erase(),
    }

    @web.post("/ask/{question}")
    async def ask(question: str, request: Request) -> Response:
        if question not in questions:
            return JSONResponse({"error": f"{question!r} is no question of this page."}, 404)
        try:
            found = questions[question](await _page_of(request))
            return JSONResponse(found, headers={"Cache-Control": "no-store"})
        except CuelightError as error:
            return JSONResponse({"error": str(error)}, 400)


async def _page_of(request: Request) -> Mapping[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise InputError(f"more than {_MOST_BYTES} bytes were sent; the page sends far fewer.")
    try:
        page = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        raise InputError("what was sent is no JSON object.")
    return page


def _add_files(web: FastAPI, stills: Stills) -> None:
    files = {one.file: stills.folder / one.file for one in stills.strips.values()}
    files |= {path.name: path for path in _STATIC.iterdir() if path.suffix in (".js", ".css")}

    @web.get("/frames/{name}")
    async def frame(name: str) -> Response:
        if name not in files or not name.endswith(".webp"):
            return Response(status_code=404)
        return FileResponse(files[name], media_type="image/webp", headers=_FOR_GOOD)

    @web.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in files or name.endswith(".webp"):
            return Response(status_code=404)
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        return FileResponse(files[name], media_type=kind, headers={"Cache-Control": "no-cache"})


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen()  # whoever comes before the server is up waits
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"cannot listen on port {port}: {error}. Name another with --port, or 0 for a free one."
        ) from error
    return listener


_HEADER: Final = (
    '<a class="skip" href="#practise">Skip to the content</a>'
    '<span class="brand"><span aria-hidden="true"></span>cuelight</span><nav aria-label="Pages">'
    '<a href="#practise">Practise</a><a href="#scenarios">Scenarios</a>'
    '<a href="#mirror">Mirror</a><a href="#progress">Progress</a><a href="#help">Help</a></nav>'
)

_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<circle cx="8" cy="8" r="6" fill="#c0702f"/></svg>'
)
